import type { RangeBounds, RangeEnd } from '../../formats/range.js';

/** What is needed of a range that was read. */
export type ReadRange = Pick<RangeEnd, 'start' | 'end' | 'lines' | 'lastLineBytes'>;

/**
 * Puts the ranges of one file in their order, each where the one before it ended. A range that began at a wrong
 * guess (`RangeBounds.startsAt`), or that follows one after which nothing can be read, is read again.
 */
export class RangeChain<Result extends ReadRange> {
  private readonly waiting = new Map<number, Result>();
  private next = 0;
  private start = 0;
  private columnBefore = 0;
  private done: Promise<void> = Promise.resolve();

  /**
   * @param ranges all ranges of the file, in order
   * @param readAgain reads a range that begins at `startsAt`
   * @param take is given the ranges in order, each once, with the bytes before it on its first line
   */
  constructor(
    private readonly ranges: readonly Pick<RangeBounds, 'from' | 'to'>[],
    private readonly readAgain: (index: number, startsAt: number) => Promise<Result>,
    private readonly take: (index: number, result: Result, columnBefore: number) => void,
  ) {}

  /**
   * @param index of the range in the file
   * @returns when all that can be taken by now is taken
   */
  add(index: number, result: Result): Promise<void> {
    this.waiting.set(index, result);
    this.done = this.done.then(() => this.takeReady());
    return this.done;
  }

  private async takeReady(): Promise<void> {
    for (;;) {
      let result = this.waiting.get(this.next);
      if (result === undefined) return;
      this.waiting.delete(this.next);
      if (!this.isRight(result)) result = await this.readAgain(this.next, this.start);
      this.take(this.next, result, this.columnBefore);
      this.start = Math.max(this.start, result.end);
      this.columnBefore = result.lines > 0 ? result.lastLineBytes : this.columnBefore + result.lastLineBytes;
      this.next++;
    }
  }

  private isRight({ start }: Result): boolean {
    const { to } = this.ranges[this.next]!;
    return this.start < to ? start === this.start : start >= to;
  }
}
