import { UNITS_PER_ONE } from '../../model/decimal.js';

const READS_AT_FIRST = 64;

/** Register reads of one channel that are known, in the order of time, each stamp once. */
export class KnownRegisters {
  count = 0;
  stamps = new Int32Array(READS_AT_FIRST);
  values = new Float64Array(READS_AT_FIRST);
  metas = new Int32Array(READS_AT_FIRST);
  /** The block of this run that the read came in, or -1 where the history kept it. */
  blocks = new Int32Array(READS_AT_FIRST);
  /** 1 where it replaces what was sent before. */
  resend = new Uint8Array(READS_AT_FIRST);
  /** Calculation constants, 0.00001. */
  constants = new Float64Array(READS_AT_FIRST);
  /** Ranks (check 2), and 1 where the history keeps the read with a lower one. */
  ranks = new Int32Array(READS_AT_FIRST);
  raised = new Uint8Array(READS_AT_FIRST);

  clear(): void {
    this.count = 0;
  }

  /** How many reads are at or before a stamp: one of that stamp is the last of them, a new one comes after. */
  placeOf(stamp: number): number {
    let at = this.count;
    while (at > 0 && this.stamps[at - 1]! > stamp) at--;
    return at;
  }

  /** Puts a read at a place, and those from there on one further. */
  insert(
    at: number,
    stamp: number,
    value: number,
    meta: number,
    rank: number,
    block: number,
    constant: number,
  ): void {
    if (this.count === this.stamps.length) this.grow();
    for (let i = this.count; i > at; i--) {
      this.stamps[i] = this.stamps[i - 1]!;
      this.values[i] = this.values[i - 1]!;
      this.metas[i] = this.metas[i - 1]!;
      this.blocks[i] = this.blocks[i - 1]!;
      this.resend[i] = this.resend[i - 1]!;
      this.constants[i] = this.constants[i - 1]!;
      this.ranks[i] = this.ranks[i - 1]!;
      this.raised[i] = this.raised[i - 1]!;
    }
    this.count++;
    this.stamps[at] = stamp;
    this.values[at] = value;
    this.metas[at] = meta;
    this.blocks[at] = block;
    this.resend[at] = 0;
    this.constants[at] = constant;
    this.ranks[at] = rank;
    this.raised[at] = 0;
  }

  /** Adds a read that the history kept; a stamp that is known already stays as it is. */
  addKept(stamp: number, value: number, meta: number, rank: number): void {
    const at = this.placeOf(stamp);
    if (at > 0 && this.stamps[at - 1] === stamp) return;
    this.insert(at, stamp, value, meta, rank, -1, UNITS_PER_ONE);
  }

  private grow(): void {
    const { stamps, values, metas, blocks, resend, constants, ranks, raised } = this;
    const length = stamps.length * 2;
    this.stamps = new Int32Array(length);
    this.stamps.set(stamps);
    this.values = new Float64Array(length);
    this.values.set(values);
    this.metas = new Int32Array(length);
    this.metas.set(metas);
    this.blocks = new Int32Array(length);
    this.blocks.set(blocks);
    this.resend = new Uint8Array(length);
    this.resend.set(resend);
    this.constants = new Float64Array(length);
    this.constants.set(constants);
    this.ranks = new Int32Array(length);
    this.ranks.set(ranks);
    this.raised = new Uint8Array(length);
    this.raised.set(raised);
  }
}
