import { type InputRead, slotKey } from './auditor.js';
import { fine, minutesOf, stampAfter } from './cmep-lines.js';

/** The default policy of docs/vee.md, in whole numbers of 0.00001 where they are values. */
const LINEAR_HOURS = 2;
const SUM_TOLERANCE = 200_000n;
const MAXIMUM_PER_HOUR = 4_800_000n;
const GRID = 100n;
const SPIKE_FLOOR = 200_000n;
const DAY_MINUTES = 1440;
/** Of the generated meter registers: registers roll over after so much. */
const ROLLOVER = 10n ** 6n * 100_000n;

/** Bits of a Sensus mask. */
const OUTAGE = 1 << 1;
const RESTORATION = 1 << 2;
const MISSING = 1 << 5;

/** What must go out for a slot that does not go out as it came. */
export interface Verdict {
  method: 'linear' | 'register-share' | 'outage-zero' | 'none';
  /** Whole number of 0.00001; 0 where there is none. */
  value: bigint;
  /** As the estimates file shows it. */
  scale: string;
}

export interface Judgement {
  /** By slot key. */
  verdicts: Map<string, Verdict>;
  /** `meter|units|stamp|code` of all that a person should look at. */
  review: Set<string>;
  scaledSpans: number;
  /** Sums of the slots of scaled spans, and what the register says of them rounded to the grid. */
  spans: { meterId: string; keys: string[]; advance: bigint }[];
}

interface Slot {
  key: string;
  stamp: string;
  state: 'passed' | 'needs' | 'outage' | 'estimated';
  value: bigint;
  isInOutage: boolean;
  /** How an estimate was made. */
  method?: 'linear' | 'register-share';
}

/**
 * Settles one read day of all KWH channels that delivered anything for it, straight from the text of the
 * rules: checks 3 to 9, linear estimates, zeros in an outage, shares of the register and scaling to it.
 * @param winners reads after check 2, by slot key
 * @param dayStart stamp at which the read day begins
 */
export function judgeDay(
  winners: Map<string, InputRead>,
  dayStart: string,
  intervalMinutes: number,
): Judgement {
  const judgement: Judgement = { verdicts: new Map(), review: new Set(), scaledSpans: 0, spans: [] };
  const meters = new Set<string>();
  for (const { meterId, units } of winners.values()) if (units === 'KWH') meters.add(meterId);
  const stamps: string[] = [];
  for (let minutes = intervalMinutes; minutes <= DAY_MINUTES; minutes += intervalMinutes) {
    stamps.push(stampAfter(dayStart, minutes));
  }
  for (const meterId of meters) {
    const slots = stamps.map((stamp) => judgeSlot(judgement, winners, meterId, stamp, intervalMinutes));
    estimateLines(slots, intervalMinutes);
    settleRegister(judgement, winners, meterId, slots, dayStart);
    findSpike(judgement, slots);
  }
  return judgement;
}

const ceiling = (intervalMinutes: number) => (MAXIMUM_PER_HOUR * BigInt(intervalMinutes)) / 60n;

function judgeSlot(
  judgement: Judgement,
  winners: Map<string, InputRead>,
  meterId: string,
  stamp: string,
  intervalMinutes: number,
): Slot {
  const key = slotKey(meterId, 'KWH', stamp);
  const read = winners.get(key);
  if (read === undefined) return { key, stamp, state: 'needs', value: 0n, isInOutage: false };
  const mask = /^[A-Z]\d+$/.test(read.flag) ? Number(read.flag.slice(1)) : 0;
  const isInOutage = (mask & (OUTAGE | RESTORATION)) !== 0;
  const isMissing = read.value === '' || read.flag.startsWith('N') || (mask & MISSING) !== 0;
  const value = isMissing ? 0n : fine(read.value);
  if (isMissing) {
    const isOutage = (mask & OUTAGE) !== 0;
    if (isOutage) judgement.verdicts.set(key, { method: 'outage-zero', value: 0n, scale: '' });
    return { key, stamp, state: isOutage ? 'outage' : 'needs', value, isInOutage };
  }
  if (value < 0n || value > ceiling(intervalMinutes)) {
    return { key, stamp, state: 'needs', value, isInOutage };
  }
  if ((mask & RESTORATION) !== 0) judgement.review.add(`${key}|vee/doubtful-status`);
  else if ((mask & OUTAGE) !== 0 && value !== 0n) judgement.review.add(`${key}|vee/outage`);
  return { key, stamp, state: 'passed', value, isInOutage };
}

/** E2: runs of at most two hours between two sound slots. */
function estimateLines(slots: Slot[], intervalMinutes: number): void {
  for (let i = 0; i < slots.length; i++) {
    if (slots[i]!.state !== 'needs') continue;
    let end = i;
    while (slots[end]?.state === 'needs') end++;
    const [before, after] = [slots[i - 1], slots[end]];
    const n = end - i;
    const isSound = (slot?: Slot) => slot !== undefined && slot.state === 'passed' && !slot.isInOutage;
    const isLine = n * intervalMinutes <= LINEAR_HOURS * 60 && isSound(before) && isSound(after);
    for (let k = 1; k <= n; k++) {
      const slot = slots[i + k - 1]!;
      if (isLine) {
        const rise = (after!.value - before!.value) * BigInt(k);
        slot.value = before!.value + halfUp(rise, BigInt(n + 1));
        slot.state = 'estimated';
        slot.method = 'linear';
      }
    }
    i = end;
  }
}

/** a / b rounded half up, b > 0. */
function halfUp(a: bigint, b: bigint): bigint {
  return floorOf(2n * a + b, 2n * b);
}

function floorOf(a: bigint, b: bigint): bigint {
  return a % b !== 0n && a < 0n ? a / b - 1n : a / b;
}

/** Check 9: the first of the highest where it stands more than 1.8 times the third highest above that. */
function findSpike(judgement: Judgement, slots: Slot[]): void {
  const passed = slots.filter(({ state }) => state === 'passed');
  const [highest, , third] = [...passed].sort((a, b) => (a.value < b.value ? 1 : a.value > b.value ? -1 : 0));
  if (third === undefined || highest!.value < SPIKE_FLOOR) return;
  if ((highest!.value - third.value) * 10n > 18n * third.value)
    judgement.review.add(`${highest!.key}|vee/spike`);
}

/** Check 8, E5 and E6 over the span from the day's opening register to its closing one. */
function settleRegister(
  judgement: Judgement,
  winners: Map<string, InputRead>,
  meterId: string,
  slots: Slot[],
  dayStart: string,
): void {
  const needy = slots.filter(({ state }) => state === 'needs');
  const rounded = () => {
    for (const { key, state, value, method } of slots) {
      if (state === 'estimated') {
        judgement.verdicts.set(key, { method: method!, value: halfUp(value, GRID) * GRID, scale: '' });
      }
      if (state !== 'needs') continue;
      judgement.verdicts.set(key, { method: 'none', value: 0n, scale: '' });
      judgement.review.add(`${key}|vee/needs-review`);
    }
  };
  const last = slots.at(-1)!;
  const opening = winners.get(slotKey(meterId, 'KWHREG', dayStart));
  const closing = winners.get(slotKey(meterId, 'KWHREG', last.stamp));
  if (opening === undefined || closing === undefined) {
    rounded();
    return;
  }
  let advance = fine(closing.value) - fine(opening.value);
  if (advance < 0n) {
    const hours = BigInt((minutesOf(last.stamp) - minutesOf(dayStart)) / 60);
    if (advance + ROLLOVER > MAXIMUM_PER_HOUR * hours) {
      judgement.review.add(`${last.key}|vee/register-decreased`);
      rounded();
      return;
    }
    advance += ROLLOVER;
  }
  const passed = slots.filter(({ state }) => state === 'passed').reduce((sum, { value }) => sum + value, 0n);
  const difference = passed > advance ? passed - advance : advance - passed;
  if (slots.every(({ state }) => state === 'passed') && difference > SUM_TOLERANCE) {
    judgement.review.add(`${last.key}|vee/sum`);
  }
  const target = advance - passed;
  if (needy.length > 0 && target >= 0n) shareRest(slots, needy, target);
  const estimated = slots.filter(({ state }) => state === 'estimated');
  if (slots.some(({ state }) => state === 'needs') || estimated.length === 0) {
    rounded();
    return;
  }
  if (target < 0n) {
    judgement.review.add(`${last.key}|vee/negative-scaling-refused`);
    rounded();
    return;
  }
  scale(judgement, estimated, target);
  judgement.scaledSpans++;
  const goal = passed + halfUp(target, GRID) * GRID;
  judgement.spans.push({ meterId, keys: slots.map(({ key }) => key), advance: goal });
}

/** E5: what the register leaves beside the estimates there are, in equal shares, or nothing. */
function shareRest(slots: Slot[], needy: Slot[], target: bigint): void {
  const lines = slots.filter(({ state }) => state === 'estimated');
  const rest = target - lines.reduce((sum, { value }) => sum + value, 0n);
  for (const slot of needy) {
    slot.value = rest < 0n ? 0n : halfUp(rest, BigInt(needy.length));
    slot.state = 'estimated';
    slot.method = 'register-share';
  }
}

/** E6: floors on the grid, then one grid unit each by largest remainder, ties to the earlier slot. */
function scale(judgement: Judgement, estimated: Slot[], target: bigint): void {
  const sum = estimated.reduce((total, { value }) => total + value, 0n);
  const weights = estimated.map(({ value }) => (sum === 0n ? 1n : value));
  const divisor = (sum === 0n ? BigInt(weights.length) : sum) * GRID;
  const shares = weights.map((weight, at) => {
    const exact = weight * target;
    const floor = floorOf(exact, divisor);
    return { at, units: floor, remainder: exact - floor * divisor };
  });
  let left = halfUp(target, GRID) - shares.reduce((total, { units }) => total + units, 0n);
  const byRemainder = [...shares].sort((a, b) => {
    if (a.remainder === b.remainder) return a.at - b.at;
    return a.remainder > b.remainder ? -1 : 1;
  });
  for (const share of byRemainder) {
    if (left <= 0n) break;
    share.units += 1n;
    left -= 1n;
  }
  const factor = (sum === 0n ? 1 : Number(target) / Number(sum)).toFixed(6);
  for (const { at, units } of shares) {
    const { key, method } = estimated[at]!;
    judgement.verdicts.set(key, { method: method!, value: units * GRID, scale: factor });
  }
}
