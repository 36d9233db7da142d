import { RUN_FINDINGS_MAX, unpackFindings } from '../../conformance/finding-buffer.js';
import { PURPOSES_OF_READS } from '../../conformance/profiles.js';
import { RULES, ruleNumber } from '../../conformance/rules.js';
import { sourceSettings } from '../../conformance/source-settings.js';
import { formatNamed } from '../../formats/formats.js';
import { messageOf, ReadmillError } from '../../model/errors.js';
import { parseZone } from '../../model/time.js';
import type { Ledger } from '../../store/ledger/ledger.js';
import { detectFormats } from '../intake/input-formats.js';
import { hasChanged } from '../intake/intake.js';
import type { Progress } from '../progress.js';
import type { InputCounts, InputRecord, RunRecord, ScannedRange, ScanOutcome } from '../run-state.js';
import { forEachLimited, type WorkerPool } from '../worker-pool.js';
import { RangeChain } from './range-chain.js';
import type { RangeResult, RangeTask } from './scan-range.js';

/** A range is this long, or longer where there would be too many of them. */
export const RANGE_BYTES = 4 * 1024 * 1024;
const RANGES_MAX = 4096;
const RANGE_BYTES_MAX = 64 * 1024 * 1024;

interface Job {
  input: number;
  member: number;
  /** Number of the range in its file. */
  number: number;
  task: RangeTask;
}

/** A range in its place: behind the one before it in the file. */
interface PlacedResult extends RangeResult {
  /** Bytes before the range on its first line. */
  columnBefore: number;
}

/**
 * Pass 1: reads all claimed files in ranges, many at a time, and hashes them beside it. A file that cannot
 * be read, or that changes while it is read, has failed, and nothing of it is kept.
 * @param rangeBytes length of a range; any gives the same reads
 */
export async function scanInputs(
  run: RunRecord,
  ledger: Ledger,
  pool: WorkerPool,
  workDirectory: string,
  rangeBytes: number,
  progress: Progress,
): Promise<ScanOutcome> {
  await hashLikelyDuplicates(run, ledger, pool);
  detectFormats(run.inputs);
  const jobs = rangeJobs(run, workDirectory, rangeBytes, pool.isShared);
  const results = new Array<PlacedResult | null>(jobs.length).fill(null);
  const chains = rangeChains(jobs, pool, results);
  const totalBytes = jobs.reduce((sum, { task }) => sum + task.to - task.from, 0);
  progress.begin('reading', totalBytes, 'bytes');
  const work: (() => Promise<void>)[] = [];
  for (const [number, input] of run.inputs.entries()) {
    if (input.status === 'claimed' && input.sha256 === '') work.push(() => hashInput(run, number, pool));
  }
  for (const [i, job] of jobs.entries()) {
    work.push(async () => {
      const input = run.inputs[job.input]!;
      if (input.status === 'failed') return;
      try {
        await chains[i]!.add(job.number, await pool.scanRange(job.task));
      } catch (thrown) {
        if (!isInputFault(thrown)) throw thrown;
        fail(input, `cannot be read: ${messageOf(thrown)}`, true);
      }
      progress.advance(job.task.to - job.task.from);
    });
  }
  await forEachLimited(work, pool.tasksAtATime + 1, (next) => next());
  for (const input of run.inputs) checkUnchanged(input);
  settleDuplicates(run, ledger);
  const outcome = gatherOutcome(run, jobs, results);
  keepLastCopies(run, ledger);
  return outcome;
}

/** A repeat of a file of the same run that was not carried after all is no repeat: it stays for the next run. */
function keepLastCopies(run: RunRecord, ledger: Ledger): void {
  const carried = new Set(run.inputs.filter(({ status }) => status === 'done').map(({ sha256 }) => sha256));
  for (const input of run.inputs) {
    const { status, sha256, duplicateOf } = input;
    if (status !== 'duplicate' || carried.has(sha256) || ledger.get(`file/${sha256}`) !== undefined) continue;
    delete input.duplicateOf;
    fail(input, `has the content of ${duplicateOf}, which was not carried; it stays in the inbox`, false);
  }
}

/** By job: the chain of the ranges of its file. */
function rangeChains(
  jobs: readonly Job[],
  pool: WorkerPool,
  results: (PlacedResult | null)[],
): RangeChain<RangeResult>[] {
  const chains: RangeChain<RangeResult>[] = [];
  for (let first = 0; first < jobs.length; ) {
    let end = first + 1;
    while (end < jobs.length && jobs[end]!.number > 0) end++;
    const tasks = jobs.slice(first, end).map(({ task }) => task);
    const from = first;
    const readAgain = (k: number, startsAt: number) => pool.scanRange({ ...tasks[k]!, startsAt });
    const chain = new RangeChain<RangeResult>(tasks, readAgain, (k, result, columnBefore) => {
      results[from + k] = { ...result, columnBefore };
    });
    for (; first < end; first++) chains.push(chain);
  }
  return chains;
}

/** Faults of reading the input; faults of writing (disk full) end the run. */
function isInputFault(thrown: unknown): boolean {
  const { syscall, code } = thrown as NodeJS.ErrnoException;
  return (syscall === 'open' && code !== 'EMFILE') || syscall === 'read' || code === 'ENOENT';
}

/** @param isToolFault whether the tool could not do its work; left out where the file itself is wrong */
function fail(input: InputRecord, problem: string, isToolFault?: boolean): void {
  input.status = 'failed';
  input.problem = problem;
  if (isToolFault !== undefined) input.isToolFault = isToolFault;
}

/** A file of a size that was done before, or that two files of the run share, is hashed before it is read. */
async function hashLikelyDuplicates(run: RunRecord, ledger: Ledger, pool: WorkerPool): Promise<void> {
  const sizes = new Map<number, number>();
  for (const { sizeBytes } of run.inputs) sizes.set(sizeBytes, (sizes.get(sizeBytes) ?? 0) + 1);
  const likely = [...run.inputs.keys()].filter((number) => {
    const { sizeBytes, status } = run.inputs[number]!;
    return status === 'claimed' && (sizes.get(sizeBytes)! > 1 || ledger.get(`size/${sizeBytes}`) === true);
  });
  await forEachLimited(likely, pool.tasksAtATime, (number) => hashInput(run, number, pool));
  settleDuplicates(run, ledger);
}

async function hashInput(run: RunRecord, number: number, pool: WorkerPool): Promise<void> {
  const input = run.inputs[number]!;
  try {
    input.sha256 = await pool.hashFile(input.path);
  } catch (thrown) {
    if (thrown instanceof ReadmillError) throw thrown;
    fail(input, `cannot be read: ${messageOf(thrown)}`, true);
  }
}

/** Marks files whose content was done before, or stands twice in this run (the first by name counts). */
function settleDuplicates(run: RunRecord, ledger: Ledger): void {
  const seen = new Map<string, string>();
  for (const input of run.inputs) {
    if (input.status !== 'claimed' || input.sha256 === '') continue;
    const known = ledger.get<{ name: string; runId: string }>(`file/${input.sha256}`);
    const original = known === undefined ? seen.get(input.sha256) : `${known.name} of run ${known.runId}`;
    if (original === undefined) seen.set(input.sha256, input.name);
    else {
      input.status = 'duplicate';
      input.duplicateOf = original;
    }
  }
}

/** Also of one that could not be expanded: it may not have been whole yet. */
function checkUnchanged(input: InputRecord): void {
  const isUnexpanded = input.status === 'failed' && input.isToolFault === undefined;
  if (input.status !== 'claimed' && !isUnexpanded) return;
  try {
    if (!hasChanged(input)) return;
    fail(input, 'changed while it was read; it stays in the inbox for the next run', false);
  } catch (thrown) {
    fail(input, `went away while it was read: ${messageOf(thrown)}`, true);
  }
}

function rangeJobs(run: RunRecord, workDirectory: string, wantedBytes: number, isShared: boolean): Job[] {
  const { config, nowStamp } = run;
  const settings = config.sources.map((source) => {
    return sourceSettings(source.profile, parseZone(source.timeZone)!, nowStamp, {
      purposes: PURPOSES_OF_READS,
      rejectTriples: source.reject === 'triple',
    });
  });
  const claimed = run.inputs.filter(({ status }) => status === 'claimed');
  const total = claimed.flatMap(({ members }) => members).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const rangeBytes = Math.min(Math.max(wantedBytes, Math.ceil(total / RANGES_MAX)), RANGE_BYTES_MAX);
  const jobs: Job[] = [];
  for (const [number, input] of run.inputs.entries()) {
    if (input.status !== 'claimed') continue;
    for (const [memberNumber, member] of input.members.entries()) {
      for (let from = 0; from < member.sizeBytes; from += rangeBytes) {
        const task: RangeTask = {
          range: jobs.length,
          path: member.path,
          format: member.format!,
          startsAt: null,
          from,
          to: Math.min(from + rangeBytes, member.sizeBytes),
          fileBytes: member.sizeBytes,
          settings: settings[input.sourceIndex]![member.format!],
          partitionLowers: run.partitionMap.lowers,
          workDirectory,
          isShared,
          findingsMax: RUN_FINDINGS_MAX,
          marketZoneMinutes: parseZone(config.marketTimeZone)!,
        };
        jobs.push({ input: number, member: memberNumber, number: from / rangeBytes, task });
      }
    }
  }
  return jobs;
}

function gatherOutcome(run: RunRecord, jobs: Job[], results: (PlacedResult | null)[]): ScanOutcome {
  refuseWhole(run, jobs, results);
  const outcome: ScanOutcome = {
    ranges: [],
    counts: run.inputs.map(emptyCounts),
    inputs: run.inputs,
    ruleCounts: new Float64Array(RULES.length),
    examples: [],
    recordsByDay: new Map(),
  };
  const kept = new Map<string, number>();
  const further: ScannedRange[] = [];
  let member = '';
  let lineBefore = 0;
  for (const [i, job] of jobs.entries()) {
    const result = results[i] ?? null;
    const place = `${job.input}/${job.member}`;
    if (place !== member) lineBefore = 0;
    member = place;
    const isKept = run.inputs[job.input]!.status === 'claimed' && result !== null;
    outcome.ranges.push({
      input: job.input,
      member: job.member,
      from: job.task.from,
      lineBefore,
      columnBefore: result?.columnBefore ?? 0,
      spillFile: isKept ? result.spillFile : '',
      spillOffset: result?.spillOffset ?? 0,
      partitionStarts: isKept ? result.partitionStarts : new Uint32Array(run.partitionMap.ids.length + 1),
      rejects: isKept ? result.rejects : [],
    });
    if (!isKept) continue;
    for (const spilled of result.spilledBefore) {
      further.push({ ...outcome.ranges[i]!, ...spilled, rejects: [] });
    }
    addCounts(outcome.counts[job.input]!, result);
    for (const [day, records] of result.recordsByDay) {
      outcome.recordsByDay.set(day, (outcome.recordsByDay.get(day) ?? 0) + records);
    }
    for (let rule = 0; rule < RULES.length; rule++)
      outcome.ruleCounts[rule]! += result.findings.counts[rule]!;
    for (const finding of unpackFindings(result.findings, lineBefore)) {
      const count = kept.get(finding.code) ?? 0;
      kept.set(finding.code, count + 1);
      if (finding.line === lineBefore + 1) finding.column += result.columnBefore;
      if (count < RUN_FINDINGS_MAX) outcome.examples.push({ input: job.input, member: job.member, finding });
    }
    lineBefore += result.lines;
  }
  // Blocks name their range by its number, so what large records left besides comes after all ranges.
  outcome.ranges.push(...further);
  for (const [number, input] of run.inputs.entries()) finishInput(outcome, input, number);
  return outcome;
}

/** An input with a file that is refused as a whole has failed. */
function refuseWhole(run: RunRecord, jobs: Job[], results: (PlacedResult | null)[]): void {
  for (const [i, { input, member }] of jobs.entries()) {
    const refusal = results[i]?.refusal ?? '';
    const record = run.inputs[input]!;
    if (refusal !== '' && record.status === 'claimed')
      fail(record, `${record.members[member]!.name}: ${refusal}`);
  }
}

function finishInput(outcome: ScanOutcome, input: InputRecord, number: number): void {
  if (input.status !== 'claimed') return;
  input.status = 'done';
  if (outcome.counts[number]!.records > 0) return;
  input.status = 'failed';
  const code = formatNamed(input.members[0]?.format ?? 'cmep').emptyCode;
  input.problem = `holds no record (${code})`;
  outcome.ruleCounts[ruleNumber(code)]! += 1;
}

function emptyCounts(): InputCounts {
  return {
    records: 0,
    reads: 0,
    rejectedRecords: 0,
    rejectedReads: 0,
    firstStamp: Number.POSITIVE_INFINITY,
    lastStamp: Number.NEGATIVE_INFINITY,
  };
}

function addCounts(counts: InputCounts, result: RangeResult): void {
  counts.records += result.records;
  counts.reads += result.reads;
  counts.rejectedRecords += result.rejectedRecords;
  counts.rejectedReads += result.rejectedReads;
  counts.firstStamp = Math.min(counts.firstStamp, result.firstStamp);
  counts.lastStamp = Math.max(counts.lastStamp, result.lastStamp);
}
