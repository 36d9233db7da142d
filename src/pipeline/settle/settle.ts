import { join } from 'node:path';
import { RUN_FINDINGS_MAX } from '../../conformance/finding-buffer.js';
import { stampText } from '../../formats/cmep/writer.js';
import { parseZone, readDayStart } from '../../model/time.js';
import type { BlockPieces } from '../../store/blocks/block-index.js';
import type { Ledger } from '../../store/ledger/ledger.js';
import { publishTask, syncStaged } from '../finish/publish.js';
import type { Progress } from '../progress.js';
import { type HistoryEntry, type RunRecord, type ScanOutcome, taskKey } from '../run-state.js';
import type { WorkerPool } from '../worker-pool.js';
import { type CoveredTime, coveredTimes } from './exchanges.js';
import type { HistoryRef, PartitionInput, SettleResult, SettleTask } from './settle-types.js';

/** Blocks that one task of pass 2 has at most, about; adjacent partitions with less are done together. */
const TASK_BYTES = 12 * 1024 * 1024;
/** A small night has so many tasks, about, that no thread waits long for the last of another. */
const TASKS_WANTED = 8;
/** A day counts for completeness where it has at least this share of the records of the fullest day. */
const COMPLETE_DAY_SHARE = 0.1;

/** What a finished task keeps in the ledger. */
export interface TaskRecord {
  result: SettleResult;
  /** Final names of its batches. */
  names: string[];
}

/** Read days of the history by partition, from the ledger. */
interface KnownHistory {
  days: Map<number, HistoryRef[]>;
  registers: Map<number, HistoryRef[]>;
}

function knownHistory(ledger: Ledger, stateDirectory: string): KnownHistory {
  const read = (kind: 'day' | 'registers') => {
    const byPartition = new Map<number, HistoryRef[]>();
    for (const { key, value } of ledger.list<HistoryEntry>(`history/${kind}/`)) {
      const [day, partition] = key.split('/').slice(2).map(Number) as [number, number];
      const refs = byPartition.get(partition) ?? [];
      const pathOf = (name: string) => join(stateDirectory, 'history', name);
      const totalsPath = value.totals === undefined ? '' : pathOf(value.totals);
      refs.push({ day, path: pathOf(value.file), totalsPath, isOpen: value.isOpen });
      byPartition.set(partition, refs);
    }
    return byPartition;
  };
  return { days: read('day'), registers: read('registers') };
}

/**
 * Plans pass 2: which days are complete now, and which partitions form a task. The plan hangs on the data
 * alone, so the same input gives the same tasks.
 */
export function planSettling(run: RunRecord, ledger: Ledger, scan: ScanOutcome): void {
  const { config, nowStamp, partitionMap } = run;
  const zone = parseZone(config.marketTimeZone)!;
  const { closeAfterMinutes } = config.vee;
  const isClosed = (day: number) => readDayStart(day + 1, zone) + closeAfterMinutes <= nowStamp;
  const history = knownHistory(ledger, config.state);
  const fullest = Math.max(0, ...scan.recordsByDay.values());
  const complete = new Set<number>();
  for (const [day, records] of scan.recordsByDay) {
    if (isClosed(day) && records >= fullest * COMPLETE_DAY_SHARE) complete.add(day);
  }
  for (const refs of history.days.values()) {
    for (const ref of refs) if (ref.isOpen && isClosed(ref.day)) complete.add(ref.day);
  }
  const days = [...scan.recordsByDay.keys(), ...complete];
  const settledBefore = new Set(ledger.get<number[]>('days/settled') ?? []);
  run.covered = coveredTimes(run, days);
  run.completeDays = [...complete].filter((day) => !settledBefore.has(day)).sort((a, b) => a - b);
  run.tasks = [];
  let group: number[] = [];
  let groupBytes = 0;
  const bytesOf = partitionMap.ids.map((_, p) => partitionBytes(scan, p));
  const taskBytes = Math.min(TASK_BYTES, bytesOf.reduce((sum, bytes) => sum + bytes, 0) / TASKS_WANTED);
  for (const [p, bytes] of bytesOf.entries()) {
    const refs = history.days.get(partitionMap.ids[p]!) ?? [];
    const isIdle = bytes === 0 && !refs.some((ref) => ref.isOpen && isClosed(ref.day));
    if (isIdle && (run.register === null || run.completeDays.length === 0)) continue;
    if (group.length > 0 && groupBytes + bytes > taskBytes) {
      run.tasks.push(group);
      group = [];
      groupBytes = 0;
    }
    group.push(p);
    groupBytes += bytes;
  }
  if (group.length > 0) run.tasks.push(group);
}

function partitionBytes(scan: ScanOutcome, p: number): number {
  let words = 0;
  for (const { partitionStarts } of scan.ranges) words += partitionStarts[p + 1]! - partitionStarts[p]!;
  return words * 4;
}

/**
 * Pass 2: does the tasks that are not done yet, several at a time, and makes each current in their order.
 * @param onCurrent is told of each that was not current before
 */
export async function settlePartitions(
  run: RunRecord,
  ledger: Ledger,
  pool: WorkerPool,
  scan: ScanOutcome,
  stagingDirectory: string,
  progress: Progress,
  onCurrent: (task: TaskRecord) => void,
): Promise<TaskRecord[]> {
  const tasks = run.tasks!;
  const history = knownHistory(ledger, run.config.state);
  const records: TaskRecord[] = [];
  const waiting = new Map<number, { result: SettleResult; synced: Promise<void> }>();
  const spillFiles = [...new Set(scan.ranges.map(({ spillFile }) => spillFile))].filter(
    (file) => file !== '',
  );
  progress.begin('estimating and writing', tasks.length, 'tasks');
  let publishing = Promise.resolve();
  let next = 0;
  let failure: unknown;
  /** Makes finished tasks current as far as they follow each other; batches are named in this order. */
  const publishInOrder = async () => {
    for (let task = waiting.get(records.length); task !== undefined; task = waiting.get(records.length)) {
      waiting.delete(records.length);
      await task.synced;
      const record = await publishTask(run, ledger, task.result, batchesBefore(records));
      records.push(record);
      onCurrent(record);
      progress.advance(1);
    }
  };
  const lane = async () => {
    while (next < tasks.length && failure === undefined) {
      const index = next++;
      const done = ledger.get<TaskRecord>(taskKey(run.runId, index));
      if (done !== undefined) {
        publishing = publishing.then(() => {
          records[index] = done;
          progress.advance(1);
        });
        await publishing;
        continue;
      }
      try {
        const task = settleTask(run, scan, history, spillFiles, index, stagingDirectory);
        const result = await pool.runSettleTask(task);
        const synced = syncStaged(result);
        // An error is told where it is waited for.
        synced.catch(() => {});
        waiting.set(index, { result, synced });
        publishing = publishing.then(publishInOrder);
        publishing.catch((thrown) => {
          failure ??= thrown;
        });
        // A lane goes on while what it made is synced, but only so far ahead.
        if (waiting.size > pool.tasksAtATime * 2) await publishing;
      } catch (thrown) {
        failure ??= thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: pool.tasksAtATime }, lane));
  await publishing.catch((thrown) => {
    failure ??= thrown;
  });
  if (failure !== undefined) throw failure;
  return records;
}

function batchesBefore(records: TaskRecord[]): number {
  return records.reduce((sum, { names }) => sum + names.length, 0);
}

function settleTask(
  run: RunRecord,
  scan: ScanOutcome,
  history: KnownHistory,
  spillFiles: string[],
  index: number,
  stagingDirectory: string,
): SettleTask {
  const { config, nowStamp } = run;
  const zoneMinutes = parseZone(config.output.timeZone)!;
  const { sender, receiver, stamps, flags, validatedFlag, maximumBytes, maximumRecords } = config.output;
  const rangeFiles = scan.ranges.map(({ input, member }) => run.inputs[input]!.members[member]!.name);
  return {
    index,
    partitions: run.tasks![index]!.map((p) => partitionInput(run, scan, history, spillFiles, p)),
    spillFiles,
    rangeStarts: Float64Array.from(scan.ranges, ({ from }) => from),
    rangeSources: Uint16Array.from(scan.ranges, ({ input }) => run.inputs[input]!.sourceIndex),
    sourceCount: config.sources.length,
    rangeFiles,
    rangeOrder: orderOfNames(rangeFiles),
    nowStamp,
    closeAfterMinutes: config.vee.closeAfterMinutes,
    marketZoneMinutes: parseZone(config.marketTimeZone)!,
    vee: run.vee,
    register: run.register,
    covered: coveredOf(run, index),
    sends: run.kind === 'night',
    completeDays: run.kind === 'night' ? run.completeDays! : [],
    output: {
      sender,
      receiver,
      created: stampText(nowStamp, zoneMinutes),
      zoneMinutes,
      stamps: run.kind === 'night' ? stamps : 'explicit',
      flags,
      validatedFlag,
      maximumBytes,
      maximumRecords,
    },
    stagingDirectory,
    findingsMax: RUN_FINDINGS_MAX,
  };
}

/** Places of ranges in the order of their files' names: inputs come by source, and a zip holds files in any order. */
function orderOfNames(names: readonly string[]): Int32Array | null {
  const sorted = names.map((_, range) => range);
  sorted.sort((a, b) => (names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : a - b));
  if (sorted.every((range, place) => range === place)) return null;
  const order = new Int32Array(names.length);
  for (const [place, range] of sorted.entries()) order[range] = place;
  return order;
}

/** Covered time of the meters in a task's partitions. */
function coveredOf({ covered, partitionMap, tasks }: RunRecord, index: number): CoveredTime[] {
  const places = tasks![index]!;
  const lower = Buffer.from(partitionMap.lowers[places[0]!]!, 'latin1');
  const next = partitionMap.lowers[places.at(-1)! + 1];
  const upper = next === undefined ? null : Buffer.from(next, 'latin1');
  return (covered ?? []).filter(({ meterId }) => {
    const id = Buffer.from(meterId, 'latin1');
    return id.compare(lower) >= 0 && (upper === null || id.compare(upper) < 0);
  });
}

function partitionInput(
  run: RunRecord,
  scan: ScanOutcome,
  history: KnownHistory,
  spillFiles: string[],
  p: number,
): PartitionInput {
  const { ids, lowers } = run.partitionMap;
  const id = ids[p]!;
  return {
    id,
    lower: lowers[p]!,
    upper: lowers[p + 1] ?? null,
    pieces: piecesOf(scan, spillFiles, p),
    days: history.days.get(id) ?? [],
    registers: history.registers.get(id) ?? [],
  };
}

function piecesOf(scan: ScanOutcome, spillFiles: string[], p: number): BlockPieces {
  const ranges = scan.ranges.filter(({ partitionStarts }) => partitionStarts[p + 1]! > partitionStarts[p]!);
  const numbers = new Map(spillFiles.map((file, number) => [file, number]));
  return {
    fileIndex: Int32Array.from(ranges, ({ spillFile }) => numbers.get(spillFile)!),
    offsets: Float64Array.from(ranges, (range) => range.spillOffset + range.partitionStarts[p]! * 4),
    lengths: Int32Array.from(
      ranges,
      ({ partitionStarts }) => (partitionStarts[p + 1]! - partitionStarts[p]!) * 4,
    ),
  };
}
