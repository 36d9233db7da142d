import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeTask, QUEUE, takeJobs } from '../../../src/pipeline/hosts/shared-jobs.js';
import type { WorkerPool } from '../../../src/pipeline/worker-pool.js';
import { openLedgerAt } from '../../../src/store/ledger/ledger-place.js';
import { connectRedis } from '../../../src/store/redis/redis-connection.js';
import { findKeys } from '../../../src/store/redis/redis-keys.js';
import { type RedisServer, startRedis } from '../../store/redis/redis-server.js';

let server: RedisServer;
const state = mkdtempSync(join(tmpdir(), 'readmill-shared-jobs-'));
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  await server.stop();
  rmSync(state, { recursive: true });
});

it('HOSTS_LOST_MAX: a job that three hosts died with is taken by the next, after a fourth it has failed', async () => {
  const place = { state, ledger: server.url, hosts: { leaseSeconds: 1 } };
  const ledger = await openLedgerAt(place);
  const keys = findKeys(state)!;
  const redis = await connectRedis(place, null);
  const settings = { connection: redis, prefix: keys.jobs };
  const queue = new Queue(QUEUE, settings);
  const dying = new Worker(QUEUE, null, { ...settings, autorun: false });
  for (const [jobId, hostsLost] of [
    ['three', 3],
    ['four', 4],
  ] as const) {
    const job = { state, fence: ledger.fence, task: encodeTask({ kind: 'hashFile', task: jobId }) };
    await queue.add('task', job, { jobId, attempts: 1, removeOnComplete: true, removeOnFail: true });
    // The last of them takes it, and dies: its lock runs out.
    expect((await dying.getNextJob(jobId))!.id).toBe(jobId);
    await redis.hset(`${keys.jobs}:${QUEUE}:${jobId}`, 'stc', hostsLost - 1);
    await redis.del(`${keys.jobs}:${QUEUE}:${jobId}:lock`);
  }
  const taken: string[] = [];
  let onDone = (_: string) => {};
  let onFailed = (_: unknown) => {};
  const [done, failed] = [
    new Promise<string>((resolve) => {
      onDone = resolve;
    }),
    new Promise<unknown>((resolve) => {
      onFailed = resolve;
    }),
  ];
  const pool = {
    workers: 1,
    hashFile: async (path: string) => {
      onDone(path);
      return path;
    },
  } as unknown as WorkerPool;
  const taker = await takeJobs({
    ...{ place, keys, pool, name: 'next' },
    onJob: (jobId) => void taken.push(jobId),
    onProblem: (thrown) => onFailed(thrown),
    onUnfit: (error) => onFailed(error),
  });
  expect(await done).toBe('three');
  expect(await failed).toMatchObject({ message: 'job stalled more than allowable limit' });
  expect([taken, await queue.getJobState('four')]).toEqual([['three'], 'unknown']);
  await taker.close(1_000);
  await Promise.all([dying.close(), queue.close()]);
  await ledger.close();
  redis.disconnect();
});
