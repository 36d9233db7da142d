import type { ChannelReads } from './check-channel.js';
import { CoverageCounter, type PackedCoverage } from './check-coverage.js';
import { pair } from './check-pair.js';

/** Brings the reads of meters into the coverage: those of channels one by one, those of plain pairs together. */
export class MeterCoverage {
  private readonly counter: CoverageCounter;
  /** Intervals of the last pairs, and how many pairs in a row had the same. */
  private readonly run = { ...pair, file: -1, times: 0 };
  private times = new Int32Array(256);

  /**
   * @param zoneMinutes minutes that market time is ahead of UTC
   * @param daysMax days to keep of a file: the latest
   */
  constructor(zoneMinutes: number, daysMax: number) {
    this.counter = new CoverageCounter(zoneMinutes, daysMax);
  }

  /** Adds the intervals of the pair that was looked at last, or of so many pairs with the very same. */
  addPair(file: number, times = 1): void {
    const { run } = this;
    if (
      run.file !== file ||
      run.firstStamp !== pair.firstStamp ||
      run.count !== pair.count ||
      run.intervalMinutes !== pair.intervalMinutes
    ) {
      this.addPairs();
      Object.assign(run, pair, { file });
    }
    run.times += times;
  }

  private addPairs(): void {
    const { run, counter } = this;
    if (run.times > 0) {
      counter.beginRuns(run.file, run.intervalMinutes, run.times);
      counter.addRun(run.firstStamp, run.count);
    }
    run.times = 0;
  }

  /** Begins a channel of a file whose reads come as runs without a gap, rising. */
  beginRuns(file: number, intervalMinutes: number): void {
    this.counter.beginRuns(file, intervalMinutes);
  }

  addRun(firstStamp: number, count: number): void {
    this.counter.addRun(firstStamp, count);
  }

  /**
   * Adds the reads of a channel as they were gathered.
   * @param fileOf file of the block that begins at a word
   */
  addReads(reads: ChannelReads, fileOf: (block: number) => number): void {
    if (reads.count > this.times.length) this.times = new Int32Array(reads.count * 2);
    const { times } = this;
    let from = 0;
    let file = fileOf(reads.blocks[0]!);
    let isRising = true;
    for (let b = 0; b < reads.blockCount; b++) {
      const own = fileOf(reads.blocks[b]!);
      if (own !== file) {
        this.addOfFile(reads, file, from, reads.blockReads[b]!, isRising);
        from = reads.blockReads[b]!;
        file = own;
        isRising = true;
      }
      for (let i = reads.blockReads[b]!; i < reads.blockReads[b + 1]!; i++) {
        times[i] = reads.stamps[i]! * 2 + (reads.hasValue(i) ? 0 : 1);
        if (i > from && times[i]! < times[i - 1]!) isRising = false;
      }
    }
    this.addOfFile(reads, file, from, reads.count, isRising);
  }

  private addOfFile(reads: ChannelReads, file: number, from: number, to: number, isRising: boolean): void {
    if (!isRising) this.times.subarray(from, to).sort();
    this.counter.addChannel(file, this.times, from, to, reads.intervalMinutes);
  }

  pack(): PackedCoverage {
    this.addPairs();
    return this.counter.pack();
  }
}
