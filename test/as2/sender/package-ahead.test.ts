import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { deliverNight } from '../../../src/as2/sender/deliver-night.js';
import { openDeliveries } from '../../../src/as2/sender/delivery-queue.js';
import { openAhead } from '../../../src/as2/sender/package-ahead.js';
import { type PackageTask, packageMessage } from '../../../src/as2/sender/package-task.js';
import { loadPartners, type Partner } from '../../../src/as2/sender/partner.js';
import { readDeliveryConfig } from '../../../src/pipeline/config/config.js';
import type { Night } from '../../../src/pipeline/finish/finish.js';
import type { Progress } from '../../../src/pipeline/progress.js';
import type { RunRecord } from '../../../src/pipeline/run-state.js';
import type { TaskRecord } from '../../../src/pipeline/settle/settle.js';
import type { WorkerPool } from '../../../src/pipeline/worker-pool.js';
import { type Bench, makeIdentities, openBench } from './sender-folder.js';

const identities = makeIdentities();
const progress = { begin() {}, advance() {}, end() {} } as unknown as Progress;
let bench: Bench;
let partners: Partner[];
let outbox = '';
let built: string[] = [];

/** A pool that works in this thread and notes what it packages. */
const pool = {
  workers: 2,
  runNamed: (_name: string, task: PackageTask) => {
    built.push(task.payload.name);
    return packageMessage(structuredClone(task));
  },
} as unknown as WorkerPool;

beforeEach(async () => {
  bench = await openBench(identities);
  partners = loadPartners(readDeliveryConfig(bench.config).partners, Date.now());
  outbox = join(bench.state, '..', 'outbox');
  mkdirSync(outbox);
  built = [];
});
afterEach(() => bench.close());
afterAll(() => rmSync(identities.folder, { recursive: true }));

const runOf = () => ({ runId: 'R1', config: { output: { directory: outbox } } }) as unknown as RunRecord;

/** A task whose batches lie in the outbox. */
function task(...names: string[]): TaskRecord {
  const batches = names.map((name) => {
    const content = `00001,${name},\r\n`.repeat(900);
    writeFileSync(join(outbox, name), content);
    return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  });
  return { names, result: { batches } } as unknown as TaskRecord;
}

const spoolFolder = () => join(bench.state, 'spool');
const ahead = () => openAhead(bench.state, partners, Date.now);

async function deliver(tasks: TaskRecord[], begun = ahead()) {
  const config = readDeliveryConfig(bench.config) as never;
  const night = { run: runOf(), tasks } as unknown as Night;
  const sending = { config, partners, clock: Date.now, progress, ahead: begun };
  const { deliveries } = await deliverNight(night, bench.ledger, pool, sending);
  return deliveries.map(({ file, status }) => ({ file, status }));
}

it('builds messages that nothing names before the night is delivered, and then sends these', async () => {
  const [first, second] = [task('A.DAT', 'B.DAT'), task('C.DAT')];
  const begun = ahead();
  begun.begin(runOf(), first, bench.ledger, pool);
  await begun.ended();
  expect([built, openDeliveries(bench.ledger), bench.partner.requests.length]).toEqual([
    ['A.DAT', 'B.DAT'],
    [],
    0,
  ]);
  expect(readdirSync(spoolFolder()).length).toBe(2);
  expect(await deliver([first, second], begun)).toEqual(
    ['A.DAT', 'B.DAT', 'C.DAT'].map((file) => ({ file, status: 'delivered' })),
  );
  expect(built).toEqual(['A.DAT', 'B.DAT', 'C.DAT']);
});

it('leaves out what is known already, and what cannot be read is told when it is delivered', async () => {
  const known = task('A.DAT');
  await deliver([known]);
  const lost = task('B.DAT');
  rmSync(join(outbox, 'B.DAT'));
  built = [];
  const begun = ahead();
  begun.begin(runOf(), known, bench.ledger, pool);
  begun.begin(runOf(), lost, bench.ledger, pool);
  expect((await begun.ended()).size).toBe(0);
  expect(built).toEqual([]);
  await expect(deliver([known, lost], begun)).rejects.toMatchObject({ code: 'READMILL_SEND_FILE' });
});

it('leaves nothing in the spool of a run that was not delivered, once another one delivers', async () => {
  const begun = ahead();
  begun.begin(runOf(), task('A.DAT'), bench.ledger, pool);
  await begun.ended();
  const [orphan] = readdirSync(spoolFolder());
  await deliver([task('B.DAT')]);
  expect(existsSync(join(spoolFolder(), orphan!))).toBe(false);
});
