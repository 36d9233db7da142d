import { dateNumber, dayNumber, MINUTES_PER_DAY } from '../model/time.js';
import { fractionOf, hash, METER_DRAW, meterDayKey } from './hash.js';

/**
 * Invented but believable loads: mean power of a customer by the hour of market time, in kW. `winter` and
 * `summer` are added as the season demands (heating and light; cooling).
 */
interface ClassShape {
  weekday: readonly number[];
  weekend: readonly number[];
  winter: readonly number[];
  summer: readonly number[];
}

// biome-ignore format: one line a quarter of the day
const RESIDENTIAL: ClassShape = {
  weekday: [
    0.45, 0.4, 0.37, 0.36, 0.37, 0.45,
    0.7, 0.85, 0.7, 0.58, 0.55, 0.57,
    0.6, 0.56, 0.55, 0.62, 0.85, 1.15,
    1.25, 1.2, 1.1, 0.95, 0.75, 0.57,
  ],
  weekend: [
    0.5, 0.45, 0.41, 0.39, 0.38, 0.4,
    0.48, 0.62, 0.8, 0.95, 1.0, 1.0,
    1.0, 0.95, 0.9, 0.92, 1.02, 1.18,
    1.25, 1.18, 1.08, 0.95, 0.78, 0.6,
  ],
  winter: [
    0.3, 0.28, 0.28, 0.28, 0.3, 0.38,
    0.52, 0.55, 0.45, 0.36, 0.32, 0.3,
    0.3, 0.28, 0.3, 0.36, 0.48, 0.6,
    0.62, 0.58, 0.52, 0.46, 0.4, 0.34,
  ],
  summer: [
    0.3, 0.25, 0.21, 0.18, 0.15, 0.12,
    0.1, 0.12, 0.18, 0.27, 0.38, 0.5,
    0.62, 0.72, 0.82, 0.92, 1.0, 1.05,
    1.02, 0.92, 0.8, 0.66, 0.5, 0.38,
  ],
};

// biome-ignore format: one line a quarter of the day
const SMALL_COMMERCIAL: ClassShape = {
  weekday: [
    0.24, 0.23, 0.22, 0.22, 0.24, 0.3,
    0.42, 0.62, 0.86, 0.97, 1.0, 1.02,
    0.98, 1.0, 1.02, 1.0, 0.94, 0.82,
    0.62, 0.48, 0.4, 0.34, 0.29, 0.26,
  ],
  weekend: [
    0.23, 0.22, 0.22, 0.21, 0.22, 0.23,
    0.25, 0.28, 0.33, 0.39, 0.44, 0.46,
    0.46, 0.45, 0.44, 0.41, 0.37, 0.33,
    0.3, 0.28, 0.27, 0.26, 0.25, 0.24,
  ],
  winter: [
    0.08, 0.08, 0.08, 0.08, 0.1, 0.14,
    0.18, 0.2, 0.2, 0.18, 0.16, 0.15,
    0.14, 0.14, 0.14, 0.15, 0.16, 0.16,
    0.14, 0.12, 0.1, 0.09, 0.08, 0.08,
  ],
  summer: [
    0.08, 0.07, 0.06, 0.06, 0.06, 0.07,
    0.1, 0.16, 0.24, 0.31, 0.37, 0.42,
    0.45, 0.47, 0.48, 0.47, 0.43, 0.36,
    0.28, 0.21, 0.17, 0.14, 0.11, 0.09,
  ],
};

/** Share of meters that serve a small business, and how much larger than the shape they are, from and to. */
const COMMERCIAL_SHARE = 0.04;
const COMMERCIAL_SCALE = [1.5, 4.5] as const;
const RESIDENTIAL_SCALE = [0.45, 1.9] as const;

/**
 * All customers draw less: well under the 48 kWh in an hour that the meter register allows, and less than
 * ten kWh in an interval, so that every value has one digit before the point.
 */
export const PEAK_KW = 10;

/** Customers rise up to so much later than the shape. */
const SHIFT_MINUTES_MAX = 120;
/** A day of one customer lies between these factors of its shape, a day's weather between those. */
const CUSTOMER_DAY = [0.8, 1.2] as const;
const WEATHER_DAY = [0.92, 1.08] as const;

/** Coldest day of the year, counted from 0, and how far from it heating and cooling begin. */
const COLDEST_DAY = 20;
const DAYS_PER_YEAR = 365;
const SEASON_DAYS = 91;

/** Factors of single slots, by a byte: 0.75 to 1.5 with a mean of about 1, small ones more often. */
const NOISE = Float64Array.from({ length: 256 }, (_, byte) => 0.75 + 0.75 * (byte / 255) ** 2);

const between = (range: readonly [number, number], fraction: number) =>
  range[0] + (range[1] - range[0]) * fraction;

export function isCommercial(key: number): boolean {
  return fractionOf(hash(key, METER_DRAW.serviceClass)) < COMMERCIAL_SHARE;
}

/** True loads of all meters for one day after the other. */
export interface LoadModel {
  /** Turns to a read day (day number of market time). */
  turnTo(day: number): void;
  /**
   * Fills in the true interval values of a meter for the day turned to, in the grid's units.
   * @param key of the meter (`meterKey`)
   * @returns their sum
   */
  fill(key: number, values: Int32Array): number;
}

/**
 * @param gridPerKwh units of the last decimal that make a kWh: 1,000 or 100,000
 */
export function createLoadModel(seed: number, intervalMinutes: number, gridPerKwh: number): LoadModel {
  const slots = MINUTES_PER_DAY / intervalMinutes;
  const shifts = SHIFT_MINUTES_MAX / intervalMinutes;
  const peak = (PEAK_KW * gridPerKwh * intervalMinutes) / 60 - 1;
  const residential = new Float64Array(slots + shifts);
  const commercial = new Float64Array(slots + shifts);
  let today = 0;

  const turnTo = (day: number) => {
    today = day;
    const weather = between(WEATHER_DAY, fractionOf(hash(hash(seed, 1), day)));
    const scale = (weather * gridPerKwh * intervalMinutes) / 60;
    fillShape(residential, RESIDENTIAL, day, intervalMinutes, shifts, scale);
    fillShape(commercial, SMALL_COMMERCIAL, day, intervalMinutes, shifts, scale);
  };

  const fill = (key: number, values: Int32Array) => {
    const isBusiness = isCommercial(key);
    const shape = isBusiness ? commercial : residential;
    const size = fractionOf(hash(key, METER_DRAW.scale));
    const dayKey = meterDayKey(key, today);
    const factor =
      between(isBusiness ? COMMERCIAL_SCALE : RESIDENTIAL_SCALE, size * size) *
      between(CUSTOMER_DAY, fractionOf(dayKey));
    const shift = (fractionOf(hash(key, METER_DRAW.shift)) * (shifts + 1)) | 0;
    let sum = 0;
    // One hash serves four slots; there are 24, 48 or 96.
    for (let slot = 0; slot < slots; slot += 4) {
      const bits = hash(dayKey, slot);
      for (let k = 0; k < 4; k++) {
        // At least one unit: an accidental zero would look like an outage.
        const value = (shape[slot + shift + k]! * factor * NOISE[(bits >>> (k << 3)) & 255]! + 1) | 0;
        const held = Math.min(value, peak);
        values[slot + k] = held;
        sum += held;
      }
    }
    return sum;
  };
  return { turnTo, fill };
}

/** The shape of a day in the grid's units a slot; the last `shifts` slots of the day stand before it, too. */
function fillShape(
  out: Float64Array,
  shape: ClassShape,
  day: number,
  intervalMinutes: number,
  shifts: number,
  scale: number,
): void {
  const slots = out.length - shifts;
  const base = isWeekend(day) ? shape.weekend : shape.weekday;
  const { cold, hot } = seasonOf(day);
  for (let i = 0; i < out.length; i++) {
    const slot = (i - shifts + slots) % slots;
    const hour = ((slot + 0.5) * intervalMinutes) / 60;
    const kw = atHour(base, hour) + cold * atHour(shape.winter, hour) + hot * atHour(shape.summer, hour);
    // Read from the start, entry `shift` is the shape `shifts - shift` slots late.
    out[i] = kw * scale;
  }
}

/** Between the means of the hours, which stand at half past. */
function atHour(means: readonly number[], hour: number): number {
  const place = hour - 0.5 + 24;
  const before = Math.floor(place);
  const part = place - before;
  return means[before % 24]! * (1 - part) + means[(before + 1) % 24]! * part;
}

/** 1970-01-01 was a Thursday. */
export function isWeekend(day: number): boolean {
  const weekday = (day + 4) % 7;
  return weekday === 0 || weekday === 6;
}

/** How much of winter and of summer a day has, 0 to 1; straight lines, so that no machine rounds otherwise. */
export function seasonOf(day: number): { cold: number; hot: number } {
  const year = Math.floor(dateNumber(day) / 10000);
  const away = Math.abs(day - dayNumber(year, 1, 1) - COLDEST_DAY);
  const distance = Math.min(away, DAYS_PER_YEAR - away);
  return {
    cold: Math.max(0, 1 - distance / SEASON_DAYS),
    hot: Math.max(0, distance / SEASON_DAYS - 1),
  };
}
