import { copyFileSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QueueEvents } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { QUEUE } from '../../src/pipeline/hosts/shared-jobs.js';
import { connectRedis } from '../../src/store/redis/redis-connection.js';
import { findKeys } from '../../src/store/redis/redis-keys.js';
import { cableTo, type RedisServer, startRedis } from '../store/redis/redis-server.js';
import { fingerprint } from './fingerprint.js';
import {
  folderWith,
  type GeneratedNight,
  generate,
  NOW,
  type RunFolder,
  runNight,
  temporaryFolder,
} from './night-folder.js';
import { type Ended, readmill, type Started, startReadmill } from './program.js';
import { makeKeys, partnerOf, type ReceiverProcess, sha256Of, startReceiver } from './receiver-process.js';

const OUTPUT = { maximumRecords: 300 };
const LEASE_SECONDS = 1;

let redis: RedisServer;
let night: GeneratedNight;
const processes: Started[] = [];
const receivers: ReceiverProcess[] = [];
/** What one host alone makes of the night. */
let alone: Record<string, string>;

beforeAll(async () => {
  [redis, night] = await Promise.all([startRedis(), generate({ meters: 2_000, files: 10, seed: 11 })]);
  const folder = folderWith(night, { output: OUTPUT });
  await runNight(folder, { workers: 2 });
  alone = fingerprint(folder);
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const { child } of processes.splice(0)) child.kill('SIGKILL');
  for (const receiver of receivers.splice(0)) await receiver.kill();
});

interface SharedFolder extends RunFolder {
  receiver: ReceiverProcess;
}

/** A folder that hosts share, with the same night in its inbox, and a receiver that its batches go to. */
async function sharedFolder(): Promise<SharedFolder> {
  const keys = temporaryFolder();
  makeKeys(keys);
  const receiver = await startReceiver(keys);
  receivers.push(receiver);
  const config = {
    ledger: redis.url,
    hosts: { leaseSeconds: LEASE_SECONDS },
    partners: [partnerOf(receiver.url)],
  };
  const folder = folderWith(night, { output: OUTPUT, config });
  for (const name of ['us.key', 'us.crt', 'mdmr.crt'])
    copyFileSync(join(keys, name), join(folder.directory, name));
  return { ...folder, receiver };
}

/** A process whose lines on standard output are told as they come. */
function startTelling(args: string[], onLine: (line: string) => void) {
  const started = startReadmill(args);
  processes.push(started);
  let rest = '';
  started.child.stdout!.on('data', (piece: Buffer) => {
    const lines = (rest + piece.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
  });
  return started;
}

/** Starts `readmill work`; settles when it takes jobs. */
async function startWorker(config: string, onJob: (jobId: string) => void) {
  let ready: () => void = () => undefined;
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const started = startTelling(['work', '--config', config, '--workers', '1'], (line) => {
    if (line.includes('Takes jobs of')) ready();
    const job = /Job (\S+):/.exec(line);
    if (job !== null) onJob(job[1]!);
  });
  await Promise.race([
    isReady,
    started.ended.then(({ stderr }) => {
      throw new Error(`work ended: ${stderr}`);
    }),
  ]);
  return started;
}

const runAt = (folder: RunFolder): string[] => [
  ...['run', '--config', folder.config, '--json', '--now', NOW, '--workers', '1'],
];

/** What was delivered is what lies in the outbox, each file once, under one Message-ID. */
function expectDeliveredOnce({ outbox, receiver }: SharedFolder): void {
  const names = readdirSync(outbox).filter((name) => name.endsWith('.DAT'));
  expect(names.length).toBeGreaterThan(5);
  expect(receiver.files()).toEqual(
    Object.fromEntries(names.sort().map((name) => [name, sha256Of(join(outbox, name))])),
  );
  expect(receiver.taken()).toHaveLength(names.length);
  expect(receiver.messageIds().size).toBe(names.length);
}

/** The files of a folder, but for receipts, which one host alone was not given. */
function filesOf(folder: RunFolder): Record<string, string> {
  const found = fingerprint(folder);
  for (const path of Object.keys(found)) if (/\.(mdn|receipt\.json)$/.test(path)) delete found[path];
  return found;
}

/** All but what the deliveries are told in. */
const withoutReport = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !path.endsWith('/report.json')));

describe('three hosts that take jobs', () => {
  it('one killed, one paused and woken, one cut off: the bytes of one host, each sent once', async () => {
    const folder = await sharedFolder();
    const other = await cableTo(redis.port);
    const behindCable = join(folder.directory, 'cable.json');
    const text = readFileSync(folder.config, 'utf8');
    writeFileSync(behindCable, text.replace(redis.url, `redis://127.0.0.1:${other.port}/0`));
    // The first look makes the ledger that the hosts wait for.
    expect((await readmill(['register', 'import', night.register, '--config', folder.config])).code).toBe(0);
    const lost: Record<string, string> = {};
    const first = (who: string, act: () => void) => (jobId: string) => {
      if (lost[who] !== undefined) return;
      lost[who] = jobId;
      act();
    };
    const [killed, paused, cut] = await Promise.all([
      startWorker(
        folder.config,
        first('killed', () => killed.child.kill('SIGKILL')),
      ),
      startWorker(
        folder.config,
        first('paused', () => paused.child.kill('SIGSTOP')),
      ),
      startWorker(
        behindCable,
        first('cut', () => other.cut()),
      ),
    ]);
    const connection = await connectRedis({ state: '', ledger: redis.url, hosts: { leaseSeconds: 5 } }, null);
    const events = new QueueEvents(QUEUE, { connection, prefix: findKeys(folder.state)!.jobs });
    const stalled = new Set<string>();
    events.on('stalled', ({ jobId }) => {
      stalled.add(jobId);
      // Another host has the job now, or will have it soon.
      if (jobId === lost.paused) paused.child.kill('SIGCONT');
    });
    await events.waitUntilReady();
    const ran = await readmill(runAt(folder));
    expect([ran.code, ran.stderr]).toEqual([2, '']);
    expect(Object.keys(lost).sort()).toEqual(['cut', 'killed', 'paused']);
    expect([lost.killed, lost.paused].filter((jobId) => !stalled.has(jobId!))).toEqual([]);
    expect(withoutReport(filesOf(folder))).toEqual(withoutReport(alone));
    const files = fingerprint(folder);
    other.mend();
    paused.child.kill('SIGCONT');
    for (const { child } of [paused, cut]) child.kill('SIGTERM');
    const ends = await Promise.all([paused.ended, cut.ended]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect((await killed.ended).code).toBeNull();
    expect(fingerprint(folder)).toEqual(files);
    expectDeliveredOnce(folder);
    await events.close();
    connection.disconnect();
    other.close();
  });
});

describe('the host of a run', () => {
  it('paused for longer than its lease is followed by another, and changes nothing when it is woken', async () => {
    const folder = await sharedFolder();
    const { receiver } = folder;
    /** Starts a run as soon as the ledger is free. */
    const followed = async (until: (pause: () => void) => () => void) => {
      for (;;) {
        const started = startReadmill(runAt(folder));
        processes.push(started);
        let isPaused = false;
        let end: () => void = () => undefined;
        const paused = new Promise<void>((resolve) => {
          end = until(() => {
            if (isPaused) return;
            isPaused = started.child.kill('SIGSTOP');
            resolve();
          });
        });
        const ended = await Promise.race([paused, started.ended]);
        end();
        if (ended === undefined || !ended.stderr.includes('READMILL_STATE_BUSY')) return started;
      }
    };
    mkdirSync(folder.outbox);
    const whenBatchIsThere = (pause: () => void) => {
      const watcher = watch(folder.outbox, (_, name) => {
        if (name?.endsWith('.DAT')) pause();
      });
      return () => watcher.close();
    };
    const whenSent = (pause: () => void) => {
      const timer = setInterval(() => {
        if (receiver.taken().length > 1) pause();
      }, 1);
      return () => clearInterval(timer);
    };
    const first = await followed(whenBatchIsThere);
    const second = await followed(whenSent);
    const third = await followed(() => () => undefined);
    const { code, stderr } = await third.ended;
    expect([code, stderr]).toEqual([2, '']);
    expect(withoutReport(filesOf(folder))).toEqual(withoutReport(alone));
    expectDeliveredOnce(folder);
    const files = fingerprint(folder);
    const status = await statusOf(folder);
    for (const { child } of [first, second]) child.kill('SIGCONT');
    const late = await Promise.all([first.ended, second.ended]);
    for (const { code: lateCode, stderr: said } of late) {
      expect(said).toContain('READMILL_STATE_LOST');
      expect(lateCode).toBe(1);
    }
    expect(fingerprint(folder)).toEqual(files);
    expect(await statusOf(folder)).toEqual(status);
    expectDeliveredOnce(folder);
  });
});

async function statusOf(folder: RunFolder): Promise<unknown> {
  const ended: Ended = await readmill(['status', '--config', folder.config, '--json']);
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  // Who is paused still counts as a host that takes jobs.
  const { hosts: _, ...status } = JSON.parse(ended.stdout) as Record<string, unknown>;
  return status;
}
