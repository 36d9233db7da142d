import { isoDate } from '../model/time.js';
import { type ExplainedChannel, type ExplainedDay, explainDay } from '../pipeline/explain-day.js';
import { marketDayOf } from '../watch/schedule.js';
import type { Served } from './served.js';

/** Days that are drawn small beside the one that is looked at. */
const DAYS_BEFORE = 7;
const DAYS_AFTER = 2;

/** A meter's day with all that explains it, and the days around it in small. */
export interface MeterView extends ExplainedDay {
  around: { day: string; channels: Pick<ExplainedChannel, 'units' | 'settled' | 'slots'>[] }[];
  previous: string;
  next: string | null;
}

/** @throws ReadmillError as `explainDay` */
export async function meterView({ config, clock }: Served, meterId: string, day: number): Promise<MeterView> {
  const explained = await explainDay(config, meterId, day);
  const today = marketDayOf(config, clock());
  const around: MeterView['around'] = [];
  for (let near = day - DAYS_BEFORE; near <= Math.min(day + DAYS_AFTER, today); near++) {
    const { channels } = near === day ? explained : await explainDay(config, meterId, near, false);
    around.push({
      day: isoDate(near),
      channels: channels.map(({ units, settled, slots }) => ({ units, settled, slots })),
    });
  }
  return { ...explained, around, previous: isoDate(day - 1), next: day < today ? isoDate(day + 1) : null };
}
