import { dayNumber, isoDate } from '../model/time.js';
import { ByteFile } from './byte-file.js';
import { meterDigits } from './dialects.js';
import { drawBelow, METER_DRAW, meterKey } from './hash.js';
import { isCommercial } from './load-shape.js';
import type { ResolvedOptions } from './options.js';

/** Digits of the registers of all meters: they roll over after 999,999 kWh. */
export const REGISTER_DIGITS = 6;
/** For one hour; the default limit of validation. */
const MAXIMUM_KWH = 48;

const COLUMNS =
  'meter_id,sdp_id,units,interval_minutes,multiplier,register_digits,maximum_kwh,service_class,active_from,active_to';

/** Meters became active on some day of these ten years, in any case before the first day of reads. */
const FIRST_ACTIVE_DAY = dayNumber(2010, 1, 1);
const ACTIVE_DAYS = 3_650;

/**
 * Writes the meter register for the meters from `firstMeter` on.
 * @param isUnknown whether a meter is to be left out, by number and key
 * @returns how many meters stand in it
 */
export function writeRegister(
  path: string,
  options: ResolvedOptions,
  isUnknown: (meter: number, key: number) => boolean,
): number {
  const { seed, firstMeter, meters, startDay, intervalMinutes } = options;
  const activeDates = Array.from({ length: ACTIVE_DAYS }, (_, k) => {
    return isoDate(Math.min(FIRST_ACTIVE_DAY + k, startDay - 1));
  });
  const file = new ByteFile(path);
  let count = 0;
  try {
    file.writeText(`${COLUMNS}\n`);
    for (let meter = firstMeter; meter < firstMeter + meters; meter++) {
      const key = meterKey(seed, meter);
      if (isUnknown(meter, key)) continue;
      const digits = meterDigits(meter);
      const serviceClass = isCommercial(key) ? 'small-commercial' : 'residential';
      const activeFrom = activeDates[drawBelow(key, METER_DRAW.activeFrom, ACTIVE_DAYS)]!;
      file.writeText(
        `M${digits},S${digits},KWH,${intervalMinutes},1,${REGISTER_DIGITS},${MAXIMUM_KWH},${serviceClass},${activeFrom},\n`,
      );
      count++;
    }
    file.close();
  } finally {
    file.abandon();
  }
  return count;
}
