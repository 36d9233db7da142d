import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from './night-folder.js';
import { readmill, startReadmill } from './program.js';
import { makeKeys, partnerOf, sha256Of, startReceiver } from './receiver-process.js';

const FILES = 12;
const TRIALS = 4;
/** Far more than it takes, for a machine that has other things to do. */
const LONG_MS = 900_000;
const CALLS_MAX = 20;
/** Of the moments; printed, so that a failure can be looked at again. */
const SEED = Number(process.env.READMILL_KILL_SEED ?? 20261124);

/** Fractions from 0 to 1 (mulberry32). */
function fractions(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A folder with files to be sent, and its receiver. */
async function sendingFolder() {
  const folder = temporaryFolder();
  makeKeys(folder);
  const receiver = await startReceiver(folder);
  const partner = partnerOf(receiver.url, { retryWaitMinutes: Array.from({ length: 20 }, () => 0.005) });
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ state: './state', partners: [partner] }));
  mkdirSync(join(folder, 'files'));
  const paths = Array.from({ length: FILES }, (_, i) => join(folder, 'files', `N${i}.DAT`));
  for (const [i, path] of paths.entries()) writeFileSync(path, `reads of ${i}\r\n`.repeat(1 + i * 100));
  const words = ['send', ...paths, '--config', config, '--partner', 'sandbox', '--json'];
  return { receiver, words, paths };
}

interface Delivery {
  file: string;
  messageId: string;
  status: string;
}

/** Calls the command until all is delivered, and compares what both sides have. */
async function expectOnce(
  { receiver, words, paths }: Awaited<ReturnType<typeof sendingFolder>>,
  how: string,
) {
  let deliveries: Delivery[] = [];
  let code: number | null = null;
  for (let call = 0; code !== 0 && call < CALLS_MAX; call++) {
    const ended = await readmill(words);
    expect([how, ended.code === 0 || ended.code === 2 ? '' : ended.stderr]).toEqual([how, '']);
    code = ended.code;
    deliveries = (JSON.parse(ended.stdout) as { deliveries: Delivery[] }).deliveries;
  }
  expect([how, [...new Set(deliveries.map(({ status }) => status))]]).toEqual([how, ['delivered']]);
  const sent = paths.map((path) => [path.split('/').at(-1)!, sha256Of(path)]);
  expect({ how, ...receiver.files() }).toEqual({ how, ...Object.fromEntries(sent) });
  const ours = deliveries.map(({ messageId }) => messageId).sort();
  expect([how, new Set(ours).size]).toEqual([how, FILES]);
  // Nothing was ever seen under another Message-ID, whole or refused.
  const strange = [...receiver.messageIds()].filter((messageId) => !ours.includes(messageId));
  expect([how, strange]).toEqual([how, []]);
}

test('the sender is killed at any moment: each file is in the books once, under one Message-ID', {
  timeout: LONG_MS,
}, async () => {
  const plain = await sendingFolder();
  const { wallMs } = await readmill(plain.words);
  await expectOnce(plain, 'not killed');
  await plain.receiver.stop();
  const next = fractions(SEED);
  for (let trial = 0; trial < TRIALS; trial++) {
    const folder = await sendingFolder();
    const moments = [next(), next()].map((fraction) => Math.round((0.3 + 0.7 * fraction) * wallMs));
    const ends: (number | null)[] = [];
    for (const ms of moments) {
      const { child, ended } = startReadmill(folder.words);
      const timer = setTimeout(() => child.kill('SIGKILL'), ms);
      ends.push((await ended).code);
      clearTimeout(timer);
    }
    const how = `seed ${SEED}, trial ${trial}: sender killed after ${moments.join(' and ')} of ${Math.round(wallMs)} ms`;
    console.log(`${how}; ended ${ends.join(', ')}`);
    await expectOnce(folder, how);
    await folder.receiver.stop();
  }
});

test('the receiver is killed at any moment and started again: the same', { timeout: LONG_MS }, async () => {
  const next = fractions(SEED + 1);
  for (let trial = 0; trial < TRIALS / 2; trial++) {
    const folder = await sendingFolder();
    const sending = startReadmill(folder.words);
    const count = Math.floor(next() * FILES);
    await expect
      .poll(() => folder.receiver.taken().length, { timeout: LONG_MS, interval: 2 })
      .toBeGreaterThan(count);
    await folder.receiver.kill();
    await folder.receiver.start();
    await sending.ended;
    const how = `seed ${SEED}, trial ${trial}: receiver killed after ${count} of ${FILES} messages`;
    console.log(how);
    await expectOnce(folder, how);
    await folder.receiver.stop();
  }
});
