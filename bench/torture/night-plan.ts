import type { Dice } from '../fuzz/soup.js';

/** A file that `readmill generate` makes for a source and a market day. */
export interface MadeFiles {
  source: 'north' | 'south';
  profile: string;
  format: 'cmep' | 'amrdef';
  firstMeter: number;
  meters: number;
  intervalMinutes: number;
  files: number;
  seed: number;
  missingRate: number;
}

/** One market day: what arrives, and when the run is started. */
export interface DayPlan {
  /** `yyyy-mm-dd` */
  date: string;
  /** Reference clock of the run. */
  nowIso: string;
  /** Share of the files that come a day late. */
  lateShare: number;
  /** Share of the files that come as .gz. */
  packedShare: number;
  /** Whether a file of the day comes once more under another name. */
  isRepeated: boolean;
  /** Whether corrections of some reads come in a file of their own. */
  isCorrected: boolean;
}

/** Everything that a night of some market days hangs on, drawn from its seed. */
export interface NightPlan {
  sources: MadeFiles[];
  days: DayPlan[];
  maximumRecords: number;
  delivers: boolean;
  /** Minutes after a read day's end until it closes. */
  closeAfterMinutes: number;
  /** Clock of a last run, when all days have closed. */
  lastNowIso: string;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Of a day that stays open: until after the next day's run at the earliest. */
const OPEN_MINUTES = 1440;
const DIALECTS = ['cmep-1.20', 'sensus', 'smartsynch'];
const FIRST_DAY_MS = Date.UTC(2025, 0, 1);
const DAYS_TO_CHOOSE = 660;
/** Meters of the second source have numbers of their own. */
const SOUTH_METERS = 500_000;

/** Draws a night. */
export function drawNight(dice: Dice): NightPlan {
  const size = (): number => Math.round(10 * 10 ** (dice.below(2400) / 1000));
  const intervalMinutes = dice.oneOf([60, 60, 60, 30, 15]);
  const north: MadeFiles = {
    source: 'north',
    profile: dice.oneOf(DIALECTS),
    format: 'cmep',
    firstMeter: 0,
    meters: size(),
    intervalMinutes,
    files: 1 + dice.below(4),
    seed: dice.below(1_000_000),
    missingRate: dice.oneOf([0, 0.005, 0.02]),
  };
  const south: MadeFiles = {
    ...north,
    source: 'south',
    profile: 'cmep-1.20',
    format: 'amrdef',
    firstMeter: SOUTH_METERS,
    meters: Math.min(size(), 1_000),
    files: 1 + dice.below(3),
  };
  const sources = dice.oneOf([[north], [north, south], [north, south], [south]]);
  const startMs = FIRST_DAY_MS + dice.below(DAYS_TO_CHOOSE) * DAY_MS;
  const closeAfterMinutes = dice.oneOf([0, 0, OPEN_MINUTES]);
  const days = Array.from({ length: 1 + dice.below(3) }, (_, i) => {
    return drawDay(dice, startMs + i * DAY_MS, closeAfterMinutes > 0);
  });
  const lastMs = startMs + (days.length + 4) * DAY_MS;
  return {
    sources,
    days,
    maximumRecords: dice.oneOf([100, 500, 2_000, 100_000]),
    delivers: dice.below(2) === 0,
    closeAfterMinutes,
    lastNowIso: new Date(lastMs).toISOString(),
  };
}

function drawDay(dice: Dice, dayMs: number, staysOpen: boolean): DayPlan {
  // Read days end at 05:00Z of the next day. Where they stay open for a while, some runs are made before they close.
  const isEarly = staysOpen && dice.below(3) > 0;
  const nowMs = dayMs + (isEarly ? DAY_MS : 2 * DAY_MS) + 6 * HOUR_MS;
  return {
    date: new Date(dayMs).toISOString().slice(0, 10),
    nowIso: new Date(nowMs).toISOString(),
    lateShare: dice.oneOf([0, 0, 0.3, 0.6]),
    packedShare: dice.oneOf([0, 0, 0.5]),
    isRepeated: dice.below(4) === 0,
    isCorrected: dice.below(3) === 0,
  };
}
