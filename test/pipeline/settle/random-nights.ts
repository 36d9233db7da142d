import { stampText } from '../../../src/formats/cmep/writer.js';
import { formatDecimal } from '../../../src/model/decimal.js';
import { readDayStart } from '../../../src/model/time.js';

/** Eastern standard time, in which read days run from midnight to midnight. */
export const ZONE_MINUTES = -300;

/** Numbers from 0 to below 1, the same for the same seed. */
export type Random = () => number;

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface RandomMeter {
  id: string;
  intervalMinutes: number;
  units: string[];
  decimals: number;
  /** Register of the first unit, 0.00001, at the beginning of the next night. */
  register: number;
  opens: boolean;
  flag: string;
  /** Value that it has night after night for some slots around midnight, 0.00001; -1 where it has none. */
  still: number;
  /** Its use beside that of others, which stays from day to day. */
  use: number;
}

/** Meters of a kind that real files have, and some that are odd. */
export function randomMeters(random: Random, count: number, hasMasks: boolean): RandomMeter[] {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const opens = random() < 0.6;
  const flag = pick(hasMasks ? ['R0', 'R0', 'R1024'] : ['R', 'R', '', 'A']);
  return Array.from({ length: count }, (_, i) => ({
    id: `M${String(i * 7 + Math.floor(random() * 6)).padStart(random() < 0.02 ? 9 : 6, '0')}`,
    intervalMinutes: pick([60, 60, 60, 30, 15, 5, 20]),
    units: pick([['KWH'], ['KWH'], ['KWH', 'KVARH'], ['GKWH', 'KWH'], ['KVARH']]),
    decimals: pick([3, 3, 3, 3, 2, 5, 0]),
    register: Math.floor(random() * 99_000) * 100_000,
    opens: random() < 0.05 ? !opens : opens,
    flag: random() < 0.05 ? pick(hasMasks ? ['E0', 'R512', 'N32'] : ['E', 'N', 'A']) : flag,
    still: random() < 0.2 ? pick([0, 100_000]) : -1,
    use: 1 + Math.floor(random() * 200_000),
  }));
}

/** A meter register of most of the meters, as CSV: rows of a meter or two are odd. */
export function registerText(random: Random, meters: RandomMeter[]): string {
  const rows = meters.flatMap(({ id, units, intervalMinutes }) => {
    if (random() < 0.04) return [];
    const serviceClass = random() < 0.3 ? 'strict' : 'residential';
    const multiplier = random() < 0.1 ? '2' : '1';
    const maximum = random() < 0.2 ? '9' : '';
    return units.flatMap((unit) => {
      const row = (from: string, to: string) =>
        `${id},S${id},${unit},${intervalMinutes},${multiplier},6,${maximum},${serviceClass},${from},${to}`;
      if (random() < 0.05) return [row('2020-01-01', '2026-03-08'), row('2026-03-08', '')];
      return [row('2020-01-01', random() < 0.05 ? '2026-03-07' : '')];
    });
  });
  rows.push('Z999999,SZ,KWH,60,1,6,,residential,2020-01-01,');
  const head = 'meter_id,sdp_id,units,interval_minutes,multiplier,register_digits';
  return [`${head},maximum_kwh,service_class,active_from,active_to`, ...rows, ''].join('\n');
}

/**
 * The lines of one night for meters, the registers of which go on.
 * @param odds of something odd in a channel's day
 * @param late lines that were held back the night before; those that are held back tonight are left in it
 */
export function nightLines(
  random: Random,
  meters: RandomMeter[],
  day: number,
  odds: number,
  late: string[] = [],
): string[] {
  const lines: string[] = late.splice(0);
  for (const meter of meters) {
    if (random() < odds / 3) continue;
    const created = stampText(readDayStart(day + 1, ZONE_MINUTES) + 30 + Math.floor(random() * 2), 0);
    for (const units of meter.units) channelLines(random, meter, units, day, created, odds, lines);
  }
  for (let i = lines.length - 1; i >= 0; i--) if (random() < odds / 3) late.push(...lines.splice(i, 1));
  if (random() < 0.3) lines.sort(() => random() - 0.5);
  return lines;
}

function channelLines(
  random: Random,
  meter: RandomMeter,
  units: string,
  day: number,
  created: string,
  odds: number,
  lines: string[],
): void {
  const isOdd = () => random() < odds;
  const { intervalMinutes, decimals, flag } = meter;
  const start = readDayStart(day, ZONE_MINUTES);
  const grid = 10 ** (5 - decimals);
  const base = random() < 0.05 ? 0 : isOdd() ? 1 + Math.floor(random() * 200_000) : meter.use;
  const slots = 1440 / intervalMinutes;
  const values = Array.from({ length: slots }, () => Math.floor((base * (0.3 + random())) / grid) * grid);
  if (meter.still >= 0) {
    const stillFor = () => Math.floor((random() * slots) / 2);
    values.fill(meter.still, 0, stillFor());
    values.fill(meter.still, slots - stillFor());
  }
  const sum = values.reduce((total, value) => total + value, 0);
  const flags = values.map(() => flag);
  if (isOdd()) values[Math.floor(random() * slots)] = 3_000_000;
  if (isOdd()) values[Math.floor(random() * slots)] = -grid;
  if (isOdd()) values[Math.floor(random() * slots)] = 900_000_000;
  if (isOdd()) flags[Math.floor(random() * slots)] = flag.length > 1 ? 'N32' : 'N';
  if (isOdd()) values.fill(values[0]!);
  const first = isOdd() ? Math.floor(random() * slots) : 0;
  const purpose = isOdd() ? 'RESEND' : 'OK';
  const stampOf = (k: number) => stampText(start + (k + 1) * intervalMinutes, 0);
  const triples = values.map((value, k) => `${stampOf(k)},${flags[k]},${text(value, decimals, flags[k]!)}`);
  const head = (unit: string, interval: string, count: number, constant = '') =>
    `MEPMD01,19970819,S,,R,,${created},${meter.id},${purpose},E,${unit},${constant},${interval},${count},`;
  const interval = `0000${String(Math.floor(intervalMinutes / 60)).padStart(2, '0')}${String(intervalMinutes % 60).padStart(2, '0')}`;
  const line = head(units, interval, slots - first, isOdd() ? '1.5' : '') + triples.slice(first).join(',');
  lines.push(line);
  if (isOdd()) lines.push(isOdd() ? line : line.replace(/\d\.(\d)/, '1.$1'));
  if (units !== 'KWH') return;
  const opening = Math.floor(meter.register / grid) * grid;
  const closing = opening + sum + (isOdd() ? 5_000_000 : 0) - (isOdd() ? 99_000_000_000 : 0);
  meter.register = Math.max(closing, 0);
  const read = (minute: number, value: number) =>
    `${stampText(start + minute, 0)},${flag},${text(value, decimals, flag)}`;
  const reads = [read(1440, Math.max(closing, 0))];
  if (meter.opens !== isOdd()) reads.unshift(read(0, opening + (isOdd() ? grid : 0)));
  if (isOdd()) reads.splice(reads.length - 1, 0, read(720, opening));
  if (!isOdd()) lines.push(head('KWHREG', '', reads.length) + reads.join(','));
}

const text = (value: number, decimals: number, flag: string): string =>
  flag.startsWith('N') ? '' : formatDecimal(value, decimals);
