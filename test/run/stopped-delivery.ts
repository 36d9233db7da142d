import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { finishedDeliveries, openDeliveries } from '../../src/as2/sender/delivery-queue.js';
import { type LedgerView, viewLedger } from '../../src/store/ledger/ledger.js';
import { type GeneratedNight, NOW, temporaryFolder } from './night-folder.js';
import { readmill, startReadmill } from './program.js';
import { partnerOf, type ReceiverProcess, sha256Of, startReceiver } from './receiver-process.js';

export const COMMANDS = ['run', 'send', 'retry'] as const;
export const SIGNALS = ['SIGKILL', 'SIGINT', 'SIGTERM'] as const;

/** A delivery during which somebody is stopped. */
export interface Trial {
  command: (typeof COMMANDS)[number];
  /** Who is stopped; null: nobody. */
  victim: 'sender' | 'receiver' | null;
  signal: (typeof SIGNALS)[number];
  /** The stop comes when so many messages were taken, and so long after that. */
  afterMessages: number;
  delayMs: number;
  misbehave?: string;
  mdn: 'sync' | 'async';
}

const CALLS_MAX = 20;
/** Far more than it takes, for a machine that has other things to do. */
export const LONG_MS = 900_000;
/** What `run`, `send` and `retry` may end with when they are asked to stop: nothing, in order, or by the signal. */
const STOPPED = { SIGKILL: [null], SIGINT: [130], SIGTERM: [143] };

/** Fractions from 0 to 1 (mulberry32). */
export function fractions(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the trials need: a night for `run`, and a folder with the keys of both sides. */
export interface Material {
  night: GeneratedNight;
  keys: string;
}

interface Scene {
  folder: string;
  config: string;
  receiver: ReceiverProcess;
  /** Command line of the command that is stopped, and called again until all is delivered; without its clock. */
  words: string[];
}

/** Each call has a later clock, by far more than an attempt has to wait. */
function clockOf(call: number): string[] {
  return ['--now', new Date(Date.parse(NOW) + call * 600_000).toISOString()];
}

/**
 * Plays a trial, calls the command again until it says that all is delivered, and compares what both sides have:
 * each file in the receiver's books once, as it is, and no Message-ID but those of the sender's ledger.
 */
export async function playTrial(trial: Trial, material: Material): Promise<void> {
  const how = JSON.stringify(trial);
  const scene = await sceneOf(trial, material);
  const { receiver, words } = scene;
  const { child, ended } = startReadmill([...words, ...clockOf(0)]);
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  if (trial.victim !== null) {
    await expect
      .poll(() => hasEnded || isUnderWay(scene, trial.afterMessages), { timeout: LONG_MS, interval: 2 })
      .toBe(true);
    await new Promise((resolve) => setTimeout(resolve, trial.delayMs));
    if (trial.victim === 'sender') child.kill(trial.signal);
    else await stopReceiver(receiver, trial);
  }
  const { code, stderr } = await ended;
  const good: (number | null)[] = trial.victim === 'sender' ? [0, 2, ...STOPPED[trial.signal]] : [0, 2];
  expect(good.includes(code), `${how} ended with ${code}: ${stderr}`).toBe(true);
  expect(stderr, how).not.toMatch(/ at .*\.[jt]s/);
  await callUntilDelivered(scene, how);
  await receiver.stop();
  compareBooks(scene, how);
}

async function sceneOf(trial: Trial, { night, keys }: Material): Promise<Scene> {
  const folder = temporaryFolder();
  for (const name of readdirSync(keys)) copyFileSync(join(keys, name), join(folder, name));
  const receiver = await startReceiver(folder, trial.misbehave);
  const port = trial.mdn === 'async' ? await freePort() : 0;
  const listener = { host: '127.0.0.1', port };
  const asynchronous = { mdn: 'async', mdnUrl: `http://127.0.0.1:${port}/`, mdnWaitMinutes: 0.05 };
  const partner = partnerOf(receiver.url, {
    retryWaitMinutes: Array.from({ length: 20 }, () => 0.005),
    timeoutSeconds: 2,
    ...(port === 0 ? {} : asynchronous),
  });
  const config = join(folder, 'config.json');
  const settings = {
    state: './state',
    partners: [partner],
    environment: 'sandbox',
    sources: [{ name: 'north', inbox: './inbox', profile: 'cmep-1.20', minimumAgeSeconds: 0 }],
    output: { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000', maximumRecords: 60 },
    ...(port === 0 ? {} : { mdnListener: listener }),
  };
  writeFileSync(config, JSON.stringify(settings));
  mkdirSync(join(folder, 'inbox'));
  for (const { name, path } of night.files) copyFileSync(path, join(folder, 'inbox', name));
  const scene = { folder, config, receiver, words: [] };
  return { ...scene, words: await wordsOf(trial, scene) };
}

async function wordsOf(
  { command, misbehave }: Trial,
  { folder, config, receiver }: Scene,
): Promise<string[]> {
  const run = ['run', '--config', config, '--workers', '1', '--json'];
  if (command === 'run') return run;
  // The same batches, of a run that delivered nothing.
  await readmill([...run, '--no-deliver', ...clockOf(0)]);
  const outbox = join(folder, 'outbox');
  const paths = readdirSync(outbox).map((name) => join(outbox, name));
  const sending = ['send', ...paths, '--config', config, '--partner', 'sandbox', '--json'];
  if (command === 'send') return sending;
  await receiver.stop();
  await readmill([...sending, ...clockOf(0)]);
  await receiver.start(misbehave);
  return ['retry', '--all', '--config', config, '--json'];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isUnderWay({ receiver, folder }: Scene, afterMessages: number): boolean {
  const spool = join(folder, 'state', 'spool');
  if (afterMessages === 0) return existsSync(spool) && readdirSync(spool).length > 0;
  return receiver.messageIds().size >= afterMessages;
}

async function stopReceiver(receiver: ReceiverProcess, { signal, misbehave }: Trial): Promise<void> {
  if (signal === 'SIGKILL') await receiver.kill();
  else await receiver.stop(signal);
  await receiver.start(misbehave);
}

async function callUntilDelivered({ words }: Scene, how: string): Promise<void> {
  for (let call = 1; call <= CALLS_MAX; call++) {
    const { code, stderr } = await readmill([...words, ...clockOf(call)]);
    expect([0, 2], `${how}: ${stderr}`).toContain(code);
    if (code === 0) return;
  }
  throw new Error(`${how}: not delivered after ${CALLS_MAX} calls`);
}

function compareBooks({ folder, receiver }: Scene, how: string): void {
  const outbox = join(folder, 'outbox');
  const batches = readdirSync(outbox).filter((name) => name.endsWith('.DAT'));
  const made = Object.fromEntries(batches.sort().map((name) => [name, sha256Of(join(outbox, name))]));
  expect(batches.length, how).toBeGreaterThan(3);
  const delivered = recordsIn(join(folder, 'state'));
  expect(delivered.open, how).toEqual([]);
  const ours = delivered.done.map(({ messageId }) => messageId).sort();
  expect(Object.fromEntries(delivered.done.map(({ file, sha256 }) => [file, sha256])), how).toEqual(made);
  expect([new Set(ours).size, ours.length], how).toEqual([batches.length, batches.length]);
  expect(receiver.files(), how).toEqual(made);
  expect(bookedIn(join(folder, 'mdmr-state', 'receiver')), how).toEqual(ours);
  // Nothing was ever seen under another Message-ID, whole or refused.
  expect(
    [...receiver.messageIds()].filter((messageId) => !ours.includes(messageId)),
    how,
  ).toEqual([]);
  expect(readdirSync(join(folder, 'state', 'spool')), how).toEqual([]);
  for (const { evidence } of delivered.done) expect(readFileSync(evidence!).length, how).toBeGreaterThan(0);
}

function recordsIn(state: string) {
  const ledger = viewLedger(state)!;
  return {
    open: openDeliveries(ledger),
    done: finishedDeliveries(ledger).filter(({ status }) => status === 'delivered'),
  };
}

/** Message-IDs in the receiver's books. */
function bookedIn(state: string): string[] {
  const ledger: LedgerView = viewLedger(state)!;
  const entries = ledger.list<{ messageId: string }>('received/message/');
  return entries.map(({ value }) => value.messageId).sort();
}
