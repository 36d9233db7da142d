import { FindingCollector } from '../../conformance/finding-collector.js';
import type { BlockPieces } from '../../store/blocks/block-index.js';
import { EMPTY_PARTITION_MAP, splitPartitions } from '../../store/partition-map.js';
import { type SampledFile, sampleMeterIds } from '../intake/sample.js';
import { RangeChain } from '../scan/range-chain.js';
import { forEachLimited } from '../worker-pool.js';
import { CoverageCounter } from './check-coverage.js';
import type { CheckOptions, OpenedFile } from './check-files.js';
import type { CrossResult, CrossSettings } from './check-meters.js';
import { MeterOrder } from './check-order.js';
import { PlaceLists } from './check-places.js';
import type { CheckPool } from './check-pool.js';
import type { CheckRangeResult, CheckRangeTask } from './check-range.js';

/** A range is this long, or longer where there would be too many of them. */
const RANGE_BYTES = 4 * 1024 * 1024;
const RANGES_MAX = 4096;
const RANGE_BYTES_MAX = 64 * 1024 * 1024;
/** Input that is checked in memory, whatever order its meters stand in: its reads take a few times as much. */
const KEPT_INPUT_BYTES_MAX = 24 * 1024 * 1024;
/** Meters at the ends of ranges that are put aside, in bytes; with more of them the input is no longer in order. */
const ENDS_BYTES_MAX = 32 * 1024 * 1024;
/** Bytes of input that a partition should hold, about. */
const PARTITION_INPUT_BYTES = 24 * 1024 * 1024;

/** Sizes that decide how input is gone through; any give the same findings. */
export interface CheckSizes {
  rangeBytes: number;
  keptInputBytes: number;
  partitionInputBytes: number;
}

export const CHECK_SIZES: CheckSizes = {
  rangeBytes: RANGE_BYTES,
  keptInputBytes: KEPT_INPUT_BYTES_MAX,
  partitionInputBytes: PARTITION_INPUT_BYTES,
};

/** Places that are looked at in the input of a partition, so that partitions come out even. */
const PARTITION_SAMPLES_MIN = 192;
/** Places of the input that are looked at for whether its meters stand in order. */
const ORDER_SAMPLES = 256;

/** What all meters of all files gave. */
export interface CrossOutcome {
  meters: Float64Array;
  places: PlaceLists;
  coverage: CoverageCounter;
  /** By range: its file, where it begins in it, and the lines of the file before it. */
  ranges: { file: number; from: number; lineBefore: number; columnBefore: number }[];
}

/** A range that is to be read, and the file it is of. */
interface Job {
  file: number;
  from: number;
  to: number;
}

/**
 * Reads all files once, or twice where their meters only seemed to stand in order, and checks all meters.
 * Faults of records go to the files; what is found across records is returned.
 */
export async function passOver(
  files: OpenedFile[],
  settings: CrossSettings,
  options: CheckOptions,
  pool: CheckPool,
  sizes: CheckSizes,
): Promise<CrossOutcome> {
  const total = totalBytes(files);
  const { progress } = options;
  const pass = (reads: CheckRangeTask['reads']) =>
    new Pass(files, settings, options, pool, sizes, reads).run();
  try {
    let outcome: CrossOutcome | null = null;
    if (total <= sizes.keptInputBytes) outcome = await pass('keep');
    else if (looksSorted(files, total)) outcome = await pass('settle');
    return outcome ?? (await pass('spill'))!;
  } finally {
    progress.end();
  }
}

const totalBytes = (files: readonly OpenedFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

const sampled = ({ path, bytes, format, settings }: OpenedFile): SampledFile => {
  return { path, sizeBytes: bytes, format, settings };
};

/** Whether the meters of a sample stand in order within each file, and no two files share a stretch of them. */
function looksSorted(files: readonly OpenedFile[], total: number): boolean {
  const step = Math.ceil(total / ORDER_SAMPLES);
  const order = new MeterOrder();
  for (const file of files) {
    const { meterIds } = sampleMeterIds([sampled(file)], step);
    if (meterIds.length === 0) continue;
    if (meterIds.some((id, i) => i > 0 && id < meterIds[i - 1]!)) return false;
    if (!order.add(meterIds[0]!, meterIds.at(-1)!)) return false;
  }
  return true;
}

/** One pass over the input, with one way of treating the reads. */
class Pass {
  private readonly jobs: Job[];
  private readonly outcome: CrossOutcome;
  private readonly order = new MeterOrder();
  private readonly kept: Int32Array[] = [];
  private keptWords = 0;
  private readonly lowers: string[];
  private readonly workDirectory: string;
  private readonly spilled: { range: number; file: string; offset: number; starts: Uint32Array }[] = [];
  private isWrong = false;

  constructor(
    private readonly files: OpenedFile[],
    private readonly settings: CrossSettings,
    private readonly options: CheckOptions,
    private readonly pool: CheckPool,
    sizes: CheckSizes,
    private readonly reads: CheckRangeTask['reads'],
  ) {
    this.jobs = jobsOf(files, sizes.rangeBytes);
    settings.fileStarts = firstRanges(files, this.jobs);
    this.outcome = {
      meters: new Float64Array(files.length),
      places: new PlaceLists(files.length, settings.findingsMax),
      coverage: new CoverageCounter(settings.marketZoneMinutes, settings.coverageDaysMax),
      ranges: this.jobs.map(({ file, from }) => ({ file, from, lineBefore: 0, columnBefore: 0 })),
    };
    this.lowers = reads === 'spill' ? partitionLowers(files, sizes.partitionInputBytes) : [];
    this.workDirectory = reads === 'spill' ? options.workDirectory() : '';
  }

  /** @returns null where the meters do not stand in the order that this way of treating the reads needs */
  async run(): Promise<CrossOutcome | null> {
    const { options, jobs, pool } = this;
    for (const file of this.files) resetFile(file, options);
    options.progress.begin('reading', totalBytes(this.files), 'bytes');
    const lines = new Float64Array(jobs.length);
    const chains = this.files.map((_, file) => this.chainOf(file, lines));
    await forEachLimited(jobs.entries(), pool.workers + 1, async ([range, job]) => {
      const file = this.files[job.file]!;
      if (file.failure !== null || this.isWrong) return;
      try {
        const result = await pool.checkRange(this.task(range, job, null));
        await chains[job.file]!.add(range - this.settings.fileStarts[job.file]!, result);
      } catch (thrown) {
        if (!isInputFault(thrown)) throw thrown;
        file.failure = thrown;
      }
      options.progress.advance(job.to - job.from);
    });
    if (this.isWrong) return null;
    countLines(this.outcome, lines);
    await this.checkMeters();
    return this.outcome;
  }

  /** Puts the ranges of a file in order. */
  private chainOf(file: number, lines: Float64Array): RangeChain<CheckRangeResult> {
    const { jobs, pool, settings, outcome } = this;
    const first = settings.fileStarts[file]!;
    const ofFile = jobs.slice(
      first,
      file + 1 < this.files.length ? settings.fileStarts[file + 1] : undefined,
    );
    const readAgain = (k: number, startsAt: number) =>
      pool.checkRange(this.task(first + k, ofFile[k]!, startsAt));
    return new RangeChain(ofFile, readAgain, (k, result, columnBefore) => {
      lines[first + k] = result.lines;
      outcome.ranges[first + k]!.columnBefore = columnBefore;
      this.take(file, result, columnBefore);
    });
  }

  private task(range: number, job: Job, startsAt: number | null): CheckRangeTask {
    const { path, bytes, format, settings, findings } = this.files[job.file]!;
    return {
      ...{ range, path, from: job.from, to: job.to, startsAt, fileBytes: bytes, format, settings },
      findingsMax: this.options.findingsMax,
      isClosed: findings.closedCells(range - this.settings.fileStarts[job.file]!),
      reads: this.reads,
      cross: oneFile(this.settings, job.file, range),
      registerPath: this.options.registerPath,
      partitionLowers: this.lowers,
      workDirectory: this.workDirectory,
    };
  }

  private take(number: number, result: CheckRangeResult, columnBefore: number): void {
    const file = this.files[number]!;
    const range = result.range - this.settings.fileStarts[number]!;
    file.findings.addRange(range, result.findings, result.lines, columnBefore);
    file.records += result.records;
    file.reads += result.reads;
    file.firstStamp = Math.min(file.firstStamp, result.firstStamp);
    file.lastStamp = Math.max(file.lastStamp, result.lastStamp);
    const { settled, kept } = result;
    for (const { spillFile, spillOffset, partitionStarts } of [...result.spilledBefore, result]) {
      if (spillFile === '') continue;
      this.spilled.push({
        range: result.range,
        file: spillFile,
        offset: spillOffset,
        starts: partitionStarts,
      });
    }
    if (settled !== null) {
      if (!settled.isInOrder || !this.order.add(settled.lowest, settled.highest)) this.isWrong = true;
      if (settled.cross !== null) mergeCross(this.outcome, settled.cross, number);
    }
    if (kept.length === 0) return;
    this.kept[result.range] = kept;
    this.keptWords += kept.length;
    if (this.reads === 'settle' && this.keptWords * 4 > ENDS_BYTES_MAX) this.isWrong = true;
  }

  /** Pass 2: the meters that were not checked in pass 1. */
  private async checkMeters(): Promise<void> {
    const { outcome, pool, settings, options } = this;
    const { registerPath } = options;
    if (this.keptWords > 0) {
      const words = new Int32Array(this.keptWords);
      let at = 0;
      for (const piece of this.kept) {
        if (piece === undefined) continue;
        words.set(piece, at);
        at += piece.length;
      }
      this.kept.length = 0;
      const cross = await pool.checkPartition({ blocks: words, cross: settings, registerPath });
      mergeCross(outcome, cross, 0);
    }
    if (this.reads !== 'spill') return;
    options.progress.begin('checking meters', this.lowers.length, 'partitions');
    // Which of two reads comes first is told by where they lie: files are read side by side.
    this.spilled.sort((a, b) => a.range - b.range);
    const spillFiles = [...new Set(this.spilled.map(({ file }) => file))];
    await forEachLimited(this.lowers.keys(), pool.workers, async (p) => {
      const pieces = this.piecesOf(p, spillFiles);
      if (pieces.lengths.length > 0) {
        const blocks = { files: spillFiles, pieces };
        mergeCross(outcome, await pool.checkPartition({ blocks, cross: settings, registerPath }), 0);
      }
      options.progress.advance(1);
    });
  }

  private piecesOf(p: number, spillFiles: string[]): BlockPieces {
    const there = this.spilled.filter(({ starts }) => starts[p + 1]! > starts[p]!);
    return {
      fileIndex: Int32Array.from(there, ({ file }) => spillFiles.indexOf(file)),
      offsets: Float64Array.from(there, ({ offset, starts }) => offset + starts[p]! * 4),
      lengths: Int32Array.from(there, ({ starts }) => (starts[p + 1]! - starts[p]!) * 4),
    };
  }
}

/** Faults of reading the input; faults of writing (disk full) end the check. */
function isInputFault(thrown: unknown): boolean {
  const { syscall, code } = thrown as NodeJS.ErrnoException;
  return (syscall === 'open' && code !== 'EMFILE') || syscall === 'read' || code === 'ENOENT';
}

function resetFile(file: OpenedFile, options: CheckOptions): void {
  file.findings = new FindingCollector(options.findingsMax);
  file.records = 0;
  file.reads = 0;
  file.firstStamp = Number.POSITIVE_INFINITY;
  file.lastStamp = Number.NEGATIVE_INFINITY;
}

function jobsOf(files: readonly OpenedFile[], leastBytes: number): Job[] {
  const wanted = Math.max(leastBytes, Math.ceil(totalBytes(files) / RANGES_MAX));
  const rangeBytes = Math.min(wanted, RANGE_BYTES_MAX);
  return files.flatMap(({ bytes }, file) =>
    Array.from({ length: Math.ceil(bytes / rangeBytes) }, (_, k): Job => {
      return { file, from: k * rangeBytes, to: Math.min((k + 1) * rangeBytes, bytes) };
    }),
  );
}

/** By file: its first range, or where it would be. */
function firstRanges(files: readonly OpenedFile[], jobs: readonly Job[]): Int32Array {
  const counts = new Int32Array(files.length);
  for (const { file } of jobs) counts[file]!++;
  let next = 0;
  return counts.map((count) => {
    next += count;
    return next - count;
  });
}

/** The settings as a task needs them whose ranges are all of one file. */
function oneFile(settings: CrossSettings, file: number, range: number): CrossSettings {
  const kinds = settings.isOn.length / settings.fileStarts.length;
  return {
    ...settings,
    fileStarts: Int32Array.of(range),
    isOn: settings.isOn.slice(file * kinds, (file + 1) * kinds),
    sumTolerances: settings.sumTolerances.slice(file, file + 1),
  };
}

function mergeCross(outcome: CrossOutcome, cross: CrossResult, firstFile: number): void {
  for (let i = 0; i < cross.meters.length; i++) outcome.meters[firstFile + i]! += cross.meters[i]!;
  outcome.places.merge(cross.counts, cross.places, firstFile);
  outcome.coverage.merge(cross.coverage, firstFile);
}

function countLines({ ranges }: CrossOutcome, lines: Float64Array): void {
  for (let range = 1; range < ranges.length; range++) {
    const before = ranges[range - 1]!;
    const isSameFile = before.file === ranges[range]!.file;
    ranges[range]!.lineBefore = isSameFile ? before.lineBefore + lines[range - 1]! : 0;
  }
}

function partitionLowers(files: readonly OpenedFile[], partitionBytes: number): string[] {
  const step = Math.ceil(partitionBytes / PARTITION_SAMPLES_MIN);
  const { meterIds, bytesPerSample } = sampleMeterIds(files.map(sampled), step);
  return splitPartitions(EMPTY_PARTITION_MAP, meterIds, bytesPerSample, partitionBytes).lowers;
}
