/**
 * Slots of one channel over consecutive read days, as columns. Slot i ends `(i + 1) x intervalMinutes`
 * after the beginning of the first day. Only the first `slotCount` entries are good.
 */
export interface Slots {
  /** Read day (day number, market time) of the first slot. */
  firstDay: number;
  dayCount: number;
  intervalMinutes: number;
  slotsPerDay: number;
  slotCount: number;
  /** As it came: whole numbers of 0.00001. */
  values: Float64Array;
  /** As it came: meta words (`model/quality`). */
  metas: Int32Array;
  /** SLOT_... */
  states: Uint8Array;
  /** CHECK_...: the check that the value failed or was flagged by. */
  checks: Uint8Array;
  /** What goes out in place of a value that needs an estimate. */
  finals: Float64Array;
  /** METHOD_... of an estimate. */
  methods: Uint8Array;
  /** Factor by which an estimate was scaled (E6); 0 where it was not. */
  scales: Float64Array;
  /** ORIGIN_... */
  origins: Uint8Array;
}

/** Nothing came. */
export const SLOT_ABSENT = 0;
/** An actual value that failed no check. */
export const SLOT_PASSED = 1;
/** Something came that needs an estimate: no value (quality N), or a value that failed a check. */
export const SLOT_FAILED = 2;
/** Settled: goes out as zero for a complete outage (E1). */
export const SLOT_OUTAGE_ZERO = 3;
/** Settled: goes out with an estimate (E2 to E5). */
export const SLOT_ESTIMATED = 4;
/** Settled: goes out without a value. */
export const SLOT_UNRESOLVED = 5;
/** Settled: the meter register says that another meter of the service delivery point covers it. */
export const SLOT_COVERED = 6;

export const CHECK_NONE = 0;
export const CHECK_MISSING = 1;
export const CHECK_OUTAGE = 2;
export const CHECK_BAD_STATUS = 3;
export const CHECK_DOUBTFUL_STATUS = 4;
export const CHECK_NEGATIVE = 5;
export const CHECK_OVER_MAXIMUM = 6;
/** Check 4 with a missing value: the slot is E1's. */
export const CHECK_OUTAGE_MISSING = 7;

/** Codes of the checks by their number. */
export const CHECK_CODES = [
  '',
  'vee/missing',
  'vee/outage',
  'vee/bad-status',
  'vee/doubtful-status',
  'vee/negative',
  'vee/over-maximum',
  'vee/outage',
] as const;

export const METHOD_NONE = 0;
export const METHOD_OUTAGE_ZERO = 1;
export const METHOD_LINEAR = 2;
export const METHOD_LIKE_DAY = 3;
export const METHOD_PROFILE = 4;
export const METHOD_REGISTER_SHARE = 5;
export const METHODS = ['none', 'outage-zero', 'linear', 'like-day', 'profile', 'register-share'] as const;

/** Nothing came. */
export const ORIGIN_NONE = 0;
/** Kept from an earlier run. */
export const ORIGIN_HISTORY = 1;
/** Came in this run. */
export const ORIGIN_NEW = 2;

/** Slots of a window at first; it grows. */
const SLOTS_AT_FIRST = 1024;

export function createSlots(): Slots {
  return {
    firstDay: 0,
    dayCount: 0,
    intervalMinutes: 60,
    slotsPerDay: 24,
    slotCount: 0,
    ...columns(SLOTS_AT_FIRST),
  };
}

function columns(length: number) {
  return {
    values: new Float64Array(length),
    metas: new Int32Array(length),
    states: new Uint8Array(length),
    checks: new Uint8Array(length),
    finals: new Float64Array(length),
    methods: new Uint8Array(length),
    scales: new Float64Array(length),
    origins: new Uint8Array(length),
  };
}

/** Makes a window over `dayCount` days from `firstDay`; what is in its slots is not good until cleared. */
export function resetSlots(slots: Slots, firstDay: number, dayCount: number, intervalMinutes: number): void {
  slots.firstDay = firstDay;
  slots.dayCount = dayCount;
  slots.intervalMinutes = intervalMinutes;
  slots.slotsPerDay = 1440 / intervalMinutes;
  slots.slotCount = slots.slotsPerDay * dayCount;
  if (slots.slotCount > slots.values.length) Object.assign(slots, columns(slots.slotCount * 2));
}

/** Whether a slot still needs an estimate: nothing came, or what came failed a check. */
export const isNeedy = (state: number): boolean => state === SLOT_ABSENT || state === SLOT_FAILED;

/** Empties the slots `from` to `to - 1`. */
export function clearSlots(slots: Slots, from: number, to: number): void {
  const { states, origins, checks } = slots;
  for (let i = from; i < to; i++) {
    states[i] = SLOT_ABSENT;
    origins[i] = ORIGIN_NONE;
    checks[i] = CHECK_NONE;
  }
}
