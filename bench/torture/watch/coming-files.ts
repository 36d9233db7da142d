import type { Dice } from '../../fuzz/soup.js';
import { makeFiles, type NightFile } from '../made-files.js';
import type { MadeFiles, NightPlan } from '../night-plan.js';

/** Read days before the clock that files come for: history is kept for somewhat longer. */
const DAYS_MAX = 28;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const FIRST_DAY_MS = Date.UTC(2025, 0, 1);
const DAYS_TO_CHOOSE = 600;
/** Files to choose the next one from: those of a day come in any order, and mixed with other days'. */
const POOL = 40;
/** Meters of the second source have numbers of their own. */
const SOUTH_METERS = 500_000;

export interface SoakPlan extends Pick<NightPlan, 'sources' | 'closeAfterMinutes' | 'maximumRecords'> {
  /** First read day, milliseconds since 1970, and how many there are. */
  startMs: number;
  days: number;
  /** Dates of the days that files were made for; `joinRegisters` looks at the first. */
  dates: readonly { date: string }[];
  /** Reference clock at the beginning: all days have closed. */
  nowMs: number;
}

/** Draws what comes in a soak. @param files about so many come */
export function drawSoak(dice: Dice, files: number): SoakPlan {
  const days = Math.min(DAYS_MAX, Math.max(2, Math.round(files / 12)));
  const aDay = Math.max(4, Math.ceil(files / days));
  const north: MadeFiles = {
    source: 'north',
    profile: dice.oneOf(['cmep-1.20', 'sensus', 'smartsynch']),
    format: 'cmep',
    firstMeter: 0,
    meters: 100 + dice.below(60),
    intervalMinutes: 60,
    files: Math.ceil(aDay * 0.7),
    seed: dice.below(1_000_000),
    missingRate: 0.01,
  };
  const south: MadeFiles = {
    ...north,
    source: 'south',
    profile: 'cmep-1.20',
    format: 'amrdef',
    firstMeter: SOUTH_METERS,
    meters: 40 + dice.below(40),
    files: Math.ceil(aDay * 0.3),
  };
  const startMs = FIRST_DAY_MS + dice.below(DAYS_TO_CHOOSE) * DAY_MS;
  return {
    sources: [north, south],
    closeAfterMinutes: 0,
    maximumRecords: dice.oneOf([100, 500, 2_000]),
    startMs,
    days,
    dates: [{ date: isoDate(startMs) }],
    nowMs: startMs + (days + 1) * DAY_MS + 6 * HOUR_MS,
  };
}

/** The files of a soak in the order in which they come, made a day at a time. */
export class ComingFiles {
  private readonly pool: NightFile[] = [];
  private day = 0;

  constructor(
    private readonly plan: SoakPlan,
    private readonly dice: Dice,
    private readonly directory: string,
  ) {}

  /** Null when all have come. */
  async next(): Promise<NightFile | null> {
    while (this.pool.length < POOL && this.day < this.plan.days) await this.more();
    return this.pool.length === 0 ? null : this.pool.splice(this.dice.below(this.pool.length), 1)[0]!;
  }

  /** Those of the days that were begun and have not come. */
  rest(): NightFile[] {
    return this.pool.splice(0);
  }

  /** Makes the files of one more day. */
  async more(): Promise<void> {
    const { plan, dice, directory } = this;
    const day = this.day++;
    const date = isoDate(plan.startMs + day * DAY_MS);
    const days = [
      {
        date,
        nowIso: new Date(plan.nowMs).toISOString(),
        lateShare: 0,
        packedShare: dice.oneOf([0, 0.3]),
        isRepeated: dice.below(3) === 0,
        isCorrected: dice.below(2) === 0,
      },
    ];
    const [files = []] = await makeFiles({ sources: plan.sources, days }, dice, directory);
    for (const file of files)
      this.pool.push({ ...file, name: `${String(day).padStart(2, '0')}-${file.name}` });
  }
}

const isoDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
