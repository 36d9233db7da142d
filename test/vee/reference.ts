/**
 * Checks 3 to 8, E1, E2, E5 and E6 of docs/vee.md once more: slow, in the words of the page, with plain objects and
 * BigInt, and without anything of src/vee. Values are whole numbers of 0.00001.
 */
export interface Parameters {
  linearHours: number;
  maximumKwh: bigint;
  sumTolerance: bigint;
  decimals: number;
  historyDays: number;
  distrustHeadEndEstimates: boolean;
  badStatus: Action;
  doubtfulStatus: Action;
  negative: Action;
  overMaximum: Action;
  sum: 'flag' | 'ignore';
}
export type Action = 'estimate' | 'flag' | 'ignore';

export interface Channel {
  intervalMinutes: number;
  isOneWayEnergy: boolean;
  /** Whether `maximumKwh` bounds the channel. */
  isKwh: boolean;
  multiplier: bigint;
  registerDigits: number;
  /** Register reads in the order of time: minutes after the beginning of the first day. */
  registers: { minute: number; value: bigint }[];
}

export interface Slot {
  /** What came: nothing, or a flag with or without a value. */
  given: { value: bigint | null; letter: string; bits: number[] } | null;
  /** Settled before this run, and how; only then `given` was not validated here. */
  settledBefore: 'passed' | 'estimated' | 'outage-zero' | 'none' | null;
}

export interface Outcome {
  kind: 'absent' | 'passed' | 'failed' | 'outage-zero' | 'estimated' | 'none';
  /** Checks that estimate the slot or flag it, first the one that decides. */
  checks: string[];
  /** Estimate, where there is one. */
  estimate: bigint | null;
  isScaled: boolean;
  method?: string;
}

const BAD_BITS = [7, 9, 12];
const DOUBTFUL_BITS = [2, 8, 10, 11, 15, 16, 17];
const OUTAGE_BITS = [1, 2];

function floorDivide(over: bigint, under: bigint): bigint {
  const positive = under < 0n ? [-over, -under] : [over, under];
  const remainder = ((positive[0]! % positive[1]!) + positive[1]!) % positive[1]!;
  return (positive[0]! - remainder) / positive[1]!;
}

/** over / under rounded half up, towards plus infinity. */
export function halfUp(over: bigint, under: bigint): bigint {
  return floorDivide(2n * over + under, 2n * under);
}

/** Shares of a target by weight on a grid: floors, then one grid unit each by largest remainder. */
export function shareOut(weights: bigint[], target: bigint, grid: bigint): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  const parts = weights.map((weight) => {
    const [over, under] =
      total === 0n ? [target, grid * BigInt(weights.length)] : [weight * target, total * grid];
    const share = floorDivide(over, under);
    return { share, restOver: over - share * under, restUnder: under };
  });
  let left = halfUp(target, grid) - parts.reduce((sum, { share }) => sum + share, 0n);
  const size = (k: number) => (parts[k]!.restUnder < 0n ? -parts[k]!.restOver : parts[k]!.restOver);
  const byRest = parts
    .map((_, k) => k)
    .sort((a, b) => (size(b) > size(a) ? 1 : size(b) < size(a) ? -1 : a - b));
  for (const k of byRest) {
    if (left <= 0n) break;
    parts[k]!.share += 1n;
    left -= 1n;
  }
  return parts.map(({ share }) => share * grid);
}

/** Checks 3 to 7 on what came for one slot. */
function validate(slot: Slot, channel: Channel, parameters: Parameters): Outcome {
  const outcome: Outcome = { kind: 'absent', checks: [], estimate: null, isScaled: false };
  if (slot.given === null) return outcome;
  const { value, letter, bits } = slot.given;
  const has = (list: number[]) => bits.some((bit) => list.includes(bit));
  const isMissing =
    value === null ||
    letter === 'N' ||
    bits.includes(5) ||
    (letter === 'E' && parameters.distrustHeadEndEstimates);
  const flags: string[] = [];
  const failed = (code: string): Outcome => ({ ...outcome, kind: 'failed', checks: [code] });
  if (bits.includes(1)) {
    if (isMissing) return failed('vee/outage');
    if (value === 0n) return { ...outcome, kind: 'passed' };
    flags.push('vee/outage');
  }
  if (isMissing) return failed('vee/missing');
  const limit = parameters.maximumKwh * BigInt(channel.intervalMinutes);
  const rules: [boolean, Action, string][] = [
    [has(BAD_BITS), parameters.badStatus, 'vee/bad-status'],
    [has(DOUBTFUL_BITS), parameters.doubtfulStatus, 'vee/doubtful-status'],
    [channel.isOneWayEnergy && value < 0n, parameters.negative, 'vee/negative'],
    [channel.isKwh && value * 60n > limit, parameters.overMaximum, 'vee/over-maximum'],
  ];
  for (const [applies, action, code] of rules) {
    if (applies && action === 'estimate') return failed(code);
    if (applies && action === 'flag') flags.push(code);
  }
  return { ...outcome, kind: 'passed', checks: flags };
}

export class Reference {
  readonly outcomes: Outcome[];
  readonly told: string[] = [];

  constructor(
    private readonly slots: Slot[],
    private readonly channel: Channel,
    private readonly parameters: Parameters,
  ) {
    this.outcomes = slots.map((slot) => {
      if (slot.settledBefore === null) return validate(slot, channel, parameters);
      return { kind: slot.settledBefore, checks: [], estimate: null, isScaled: false };
    });
  }

  /** Settles slots `from` to `to - 1`, one read day. */
  settle(from: number, to: number): void {
    const day = Array.from({ length: to - from }, (_, i) => from + i);
    const needy = day.filter((i) => this.outcomes[i]!.kind !== 'passed');
    for (const i of needy) {
      if (this.isOutage(i)) Object.assign(this.outcomes[i]!, { kind: 'outage-zero', estimate: 0n });
    }
    const lines = needy.map((i) => ({ i, estimate: this.linear(i) }));
    for (const { i, estimate } of lines) {
      if (this.outcomes[i]!.kind === 'outage-zero') continue;
      if (estimate !== null)
        Object.assign(this.outcomes[i]!, { kind: 'estimated', estimate, method: 'linear' });
    }
    for (const span of this.spans(from, to)) if (span.advance !== null) this.share(span, from, to);
    for (const i of needy) {
      if (!['absent', 'failed'].includes(this.outcomes[i]!.kind)) continue;
      this.outcomes[i]!.kind = 'none';
      this.told.push(`vee/needs-review ${i}`);
    }
    for (const { first, last, advance } of this.spans(from, to))
      this.lookAtSpan(first, last, advance, from, to);
    for (const i of day) this.finish(this.outcomes[i]!, i);
  }

  private isOutage(i: number): boolean {
    const { kind, checks } = this.outcomes[i]!;
    return kind === 'outage-zero' || (kind === 'failed' && checks[0] === 'vee/outage');
  }

  private needsLine(i: number): boolean {
    return this.outcomes[i]!.kind !== 'passed' && !this.isOutage(i);
  }

  /** E2 for one slot: the run that it lies in, and the slots around that. */
  private linear(i: number): bigint | null {
    if (!this.needsLine(i)) return null;
    let before = i;
    while (before >= 0 && this.needsLine(before)) before--;
    let after = i;
    while (after < this.slots.length && this.needsLine(after)) after++;
    const n = after - before - 1;
    if (n * this.channel.intervalMinutes > this.parameters.linearHours * 60) return null;
    const [a, b] = [this.soundValue(before), this.soundValue(after)];
    if (a === null || b === null) return null;
    return a + halfUp((b - a) * BigInt(i - before), BigInt(n + 1));
  }

  private soundValue(i: number): bigint | null {
    if (this.outcomes[i]?.kind !== 'passed') return null;
    const { value, bits } = this.slots[i]!.given!;
    return bits.some((bit) => OUTAGE_BITS.includes(bit)) ? null : value;
  }

  /** Register spans that have a slot in the day. */
  private spans(from: number, to: number): { first: number; last: number; advance: bigint | null }[] {
    const { registers, intervalMinutes } = this.channel;
    const spans: { first: number; last: number; advance: bigint | null }[] = [];
    for (let r = 0; r + 1 < registers.length; r++) {
      const [start, end] = [registers[r]!, registers[r + 1]!];
      if (start.minute % intervalMinutes !== 0 || end.minute % intervalMinutes !== 0) continue;
      if (end.minute - start.minute > this.parameters.historyDays * 1440) continue;
      const first = start.minute / intervalMinutes;
      const last = end.minute / intervalMinutes - 1;
      if (last < from || first >= to) continue;
      spans.push({ first, last, advance: this.advance(start, end) });
    }
    return spans;
  }

  /** E5: what the advance leaves, shared equally among the slots of the day that have nothing else. */
  private share(
    span: { first: number; last: number; advance: bigint | null },
    from: number,
    to: number,
  ): void {
    const { first, last } = span;
    if (first < 0 || last >= this.slots.length) return;
    const places = Array.from({ length: last - first + 1 }, (_, k) => first + k);
    const without = places.filter((i) => ['absent', 'failed', 'none'].includes(this.outcomes[i]!.kind));
    if (without.length === 0) return;
    if (without.some((i) => i < from || i >= to || this.outcomes[i]!.kind === 'none')) return;
    const ofKind = (kind: string) => places.filter((i) => this.outcomes[i]!.kind === kind);
    const passed = ofKind('passed').reduce((sum, i) => sum + this.slots[i]!.given!.value!, 0n);
    const estimates = ofKind('estimated').reduce((sum, i) => sum + this.valueOf(i), 0n);
    const target = span.advance! - passed;
    if (target < 0n) return;
    const rest = target - estimates;
    const estimate = rest < 0n ? 0n : halfUp(rest, BigInt(without.length));
    for (const i of without) {
      Object.assign(this.outcomes[i]!, { kind: 'estimated', estimate, method: 'register-share' });
    }
  }

  /** An estimate of this settling, or one that went out before. */
  private valueOf(i: number): bigint {
    return this.outcomes[i]!.estimate ?? this.slots[i]!.given!.value!;
  }

  private advance(
    start: { minute: number; value: bigint },
    end: { minute: number; value: bigint },
  ): bigint | null {
    const { multiplier, registerDigits } = this.channel;
    const scaled = (dial: bigint) => halfUp(dial * multiplier, 100_000n);
    if (end.value >= start.value) return scaled(end.value - start.value);
    if (registerDigits === 0) return null;
    const rolled = scaled(end.value - start.value + 10n ** BigInt(registerDigits) * 100_000n);
    const minutes = BigInt(end.minute - start.minute);
    if (rolled < 0n || rolled * 60n > this.parameters.maximumKwh * minutes) return null;
    return rolled;
  }

  private lookAtSpan(first: number, last: number, advance: bigint | null, from: number, to: number): void {
    const isLastNow = last >= from && last < to;
    if (advance === null) {
      if (isLastNow) this.told.push('vee/register-decreased');
      return;
    }
    if (first < 0 || last >= this.slots.length) return;
    const span = Array.from({ length: last - first + 1 }, (_, k) => first + k);
    const kindOf = (i: number) => this.outcomes[i]!.kind;
    const isNow = (i: number) => i >= from && i < to;
    const passed = span.filter((i) => kindOf(i) === 'passed');
    const estimated = span.filter((i) => kindOf(i) === 'estimated' && isNow(i));
    const zeros = span.filter((i) => kindOf(i) === 'outage-zero' && isNow(i));
    const sum = passed.reduce((total, i) => total + this.slots[i]!.given!.value!, 0n);
    if (passed.length === span.length) {
      const { sumTolerance, sum: action } = this.parameters;
      const tolerance = sumTolerance * this.channel.multiplier;
      const difference = sum > advance ? sum - advance : advance - sum;
      if (isLastNow && action === 'flag' && difference * 100_000n > tolerance) this.told.push('vee/sum');
    }
    if (estimated.length === 0 || passed.length + estimated.length + zeros.length < span.length) return;
    if (sum > advance) {
      this.told.push('vee/negative-scaling-refused');
      return;
    }
    const weights = estimated.map((i) => this.outcomes[i]!.estimate!);
    const shares = shareOut(weights, advance - sum, 10n ** BigInt(5 - this.parameters.decimals));
    for (const [k, i] of estimated.entries()) {
      Object.assign(this.outcomes[i]!, { estimate: shares[k], isScaled: true });
    }
  }

  /** Rounds what was not scaled, and check 7 again on the final value. */
  private finish(outcome: Outcome, i: number): void {
    if (outcome.kind !== 'estimated') return;
    const grid = 10n ** BigInt(5 - this.parameters.decimals);
    if (!outcome.isScaled) outcome.estimate = halfUp(outcome.estimate!, grid) * grid;
    const { maximumKwh, overMaximum } = this.parameters;
    if (!this.channel.isKwh || overMaximum === 'ignore') return;
    if (outcome.estimate! * 60n > maximumKwh * BigInt(this.channel.intervalMinutes)) {
      this.told.push(`vee/over-maximum ${i}`);
    }
  }
}
