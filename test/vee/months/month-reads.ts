import { exactText, halfUp, ONE, parseExact } from '../referee/exact.js';
import type { InputRecord, MeterRow, Triple } from '../referee/types.js';
import { type ChannelMonth, type Delivery, type Incident, MONTH_DAYS } from './channel-month.js';

const DAY_MINUTES = 1440;
const COUNT_MAX = 48;

/** When the month begins, and when the runs are. */
export interface MonthFrame {
  /** Stamp of the first day's 00:00 in market time. */
  start: number;
  /** Clocks of the runs, ascending. */
  clocks: number[];
}

/** A record and the run that it comes with. */
export interface Parcel extends Omit<InputRecord, 'line'> {
  run: number;
  intervalMinutes: number;
  /** Place among the lines of its file. */
  order: number;
}

/** Numbers that look random and depend on the seed alone. */
function numbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const firstSlot = ({ day, at }: Incident, slotsPerDay: number) =>
  day * slotsPerDay + Math.floor(at * slotsPerDay);

/** What the meter measures, slot by slot. */
function truthOf(month: ChannelMonth): bigint[] {
  const slotsPerDay = DAY_MINUTES / month.intervalMinutes;
  const next = numbers(month.seed);
  const grid = 10 ** (5 - month.decimals);
  const onGrid = (value: number) => BigInt(Math.floor(value / grid) * grid);
  const pattern = Array.from({ length: slotsPerDay }, () => next() % (month.level + 1));
  const values = Array.from({ length: slotsPerDay * MONTH_DAYS }, (_, i) => {
    if (month.shape === 'random') return onGrid(next() % (month.level + 1));
    return onGrid(pattern[i % slotsPerDay]! * (0.8 + (next() % 100) / 250));
  });
  for (const truth of month.truths) {
    const first = firstSlot(truth, slotsPerDay);
    const hours = Math.ceil((truth.length * 60) / month.intervalMinutes);
    for (let i = first; i < Math.min(first + hours, values.length); i++) {
      if (truth.kind < 35) values[i] = 0n;
      else if (truth.kind < 70) values[i] = values[first]!;
      else if (i === first) values[i] = values[i]! * 6n + 300_000n;
    }
  }
  return values;
}

/** What is sent in place of `flag,value`: null is nothing. */
const FAULTS: ((value: string, flag: string, extra: number, grid: bigint) => [string, string] | null)[] = [
  () => null,
  () => null,
  () => null,
  () => null,
  () => ['N', ''],
  () => ['N32', ''],
  () => ['N34', ''],
  () => ['N34', ''],
  () => ['N34', '0'],
  () => ['R2', '0'],
  () => ['R514', '0.000'],
  (value) => ['R2', value],
  (value) => ['R4', value],
  (value) => ['R32', value],
  (value) => ['E', value],
  (value) => ['E256', value],
  (value) => ['A', value],
  (value, flag, _, grid) => [flag, negative(value, grid)],
  (value, flag) => [flag, exactText(parseExact(value) + 60n * 100_000n, 5)],
  (value, flag, extra) => [flag, exactText(parseExact(value) * BigInt((extra % 9) + 2), 5)],
  (value, _, extra) => [`R${2 ** (extra % 18)}`, value],
  (value, _, extra) => [`R${extra % 262_144}`, value],
  (value, _, extra, grid) => [`R${2 ** (extra % 18)}`, negative(value, grid)],
  (_, flag) => [flag, '0'],
];

/** A flag in the form of those of its meter: all with a mask, or none. */
function formed(month: ChannelMonth, flag: string): string {
  if (!/\d/.test(month.flag)) return flag.replace(/\d+/, '');
  return /\d/.test(flag) ? flag : `${flag}0`;
}

const negative = (value: string, grid: bigint) => exactText(-parseExact(value) - grid, 5);

/** What the head end says of each slot; null where it says nothing. */
function triplesOf(month: ChannelMonth, truth: bigint[], start: number): (Triple | null)[] {
  const slotsPerDay = DAY_MINUTES / month.intervalMinutes;
  const grid = 10n ** BigInt(5 - month.decimals);
  const triples: (Triple | null)[] = truth.map((value, i) => ({
    stamp: start + (i + 1) * month.intervalMinutes,
    flag: month.flag,
    value: exactText(value, month.decimals),
  }));
  for (const fault of month.faults) {
    const first = firstSlot(fault, slotsPerDay);
    for (let i = first; i < Math.min(first + fault.length, triples.length); i++) {
      const value = exactText(truth[i]!, month.decimals);
      const given = FAULTS[fault.kind % FAULTS.length]!(value, month.flag, fault.extra, grid);
      const stamp = start + (i + 1) * month.intervalMinutes;
      triples[i] = given === null ? null : { stamp, flag: formed(month, given[0]), value: given[1] };
    }
  }
  return triples;
}

/** What the register shows at some stamps: right but for its faults. */
function registersOf(month: ChannelMonth, truth: bigint[], start: number): Triple[] {
  const slotsPerDay = DAY_MINUTES / month.intervalMinutes;
  const minutes = new Set<number>();
  if (month.registerEvery > 0) {
    for (let day = 0; day <= MONTH_DAYS; day += month.registerEvery) minutes.add(day * DAY_MINUTES);
  }
  for (const { day, at, kind } of month.extraRegisters) {
    const step = kind < 90 ? month.intervalMinutes : 1;
    minutes.add(day * DAY_MINUTES + Math.floor((at * DAY_MINUTES) / step) * step);
  }
  const multiplier = parseExact(month.multiplier === '' ? '1' : month.multiplier);
  const digits = month.registerDigits === 0 ? 6 : month.registerDigits;
  const full = 10n ** BigInt(digits) * ONE;
  const from = (full * BigInt(Math.round(month.dialStart * 10_000))) / 10_000n;
  const grid = 10n ** BigInt(5 - month.registerDecimals);
  const cumulative = [0n];
  for (const value of truth) cumulative.push(cumulative.at(-1)! + value);
  return [...minutes]
    .sort((a, b) => a - b)
    .map((minute) => {
      const used = cumulative[Math.floor(minute / month.intervalMinutes)]!;
      const faults = month.registerFaults.filter(
        (fault) =>
          Math.floor(firstSlot(fault, slotsPerDay) / slotsPerDay) === Math.floor(minute / DAY_MINUTES),
      );
      let dial = from + halfUp(used * ONE, multiplier);
      for (const { kind, extra } of faults) {
        dial += BigInt(kind < 50 ? (extra % 600_000) - 300_000 : (extra % 80) * 1_000_000 - 40_000_000);
      }
      dial = (((dial % full) + full) % full) - ((((dial % full) + full) % full) % grid);
      return { stamp: start + minute, flag: month.flag, value: exactText(dial, month.registerDecimals) };
    });
}

/** The meters of the month: one, or one after the other. `until` and `from` are stamps. */
export function metersOf(month: ChannelMonth, index: number, start: number) {
  const id = `M${String(index).padStart(6, '0')}`;
  if (month.exchange === null) return [{ meterId: id, from: null, until: null }];
  const { day, at, isOnBound } = month.exchange;
  const step = isOnBound ? month.intervalMinutes : 1;
  const moment = start + day * DAY_MINUTES + Math.floor((at * DAY_MINUTES) / step) * step;
  return [
    { meterId: `${id}A`, from: null, until: moment },
    { meterId: `${id}B`, from: moment, until: null },
  ];
}

/** Rows of the meter register for the month. */
export function rowsOf(month: ChannelMonth, index: number, start: number): MeterRow[] {
  if (month.isUnknown) return [];
  return metersOf(month, index, start).map(({ meterId, from, until }) => ({
    meterId,
    sdpId: `S${String(index).padStart(6, '0')}`,
    units: month.units,
    intervalMinutes: month.intervalMinutes,
    multiplier: parseExact(month.multiplier === '' ? '1' : month.multiplier),
    registerDigits: month.registerDigits,
    maximumKwh: month.maximumKwh === '' ? null : parseExact(month.maximumKwh),
    serviceClass: `c${month.serviceClass}`,
    activeFrom: from,
    activeTo: until,
  }));
}

/** All records of a month, each with the run that it comes with. */
export function parcelsOf(month: ChannelMonth, index: number, frame: MonthFrame): Parcel[] {
  const truth = truthOf(month);
  const triples = triplesOf(month, truth, frame.start);
  const registers = registersOf(month, truth, frame.start);
  const parcels: Parcel[] = [];
  for (const { meterId, from, until } of metersOf(month, index, frame.start)) {
    const reach = month.exchange?.overlaps === true ? 3 * month.intervalMinutes : 0;
    const isOwn = ({ stamp }: Triple) =>
      (from === null || stamp > from - reach) && (until === null || stamp <= until + reach);
    const own = triples.filter((triple): triple is Triple => triple !== null && isOwn(triple));
    parcels.push(...sendIntervals(month, meterId, own, frame));
    const ownRegisters = registers.filter(
      ({ stamp }) => (from === null || stamp >= from) && (until === null || stamp <= until),
    );
    parcels.push(...sendRegisters(month, meterId, ownRegisters, frame));
  }
  return parcels;
}

/** Kinds of deliveries that are not plain. */
const LATE = 30;
const NEVER = 38;
const EARLY = 60;
const TWICE = 100;

/** The first run at or after a stamp, and so many runs later; the last run at most. */
function runFor(frame: MonthFrame, stamp: number, later: number): number {
  const first = frame.clocks.findIndex((clock) => clock >= stamp);
  return Math.min((first < 0 ? frame.clocks.length - 1 : first) + later, frame.clocks.length - 1);
}

interface Way {
  run: number;
  purpose: string;
  /** Stamp at which the record was made. */
  creation: number;
  letter: string;
  order: number;
}

function sendIntervals(month: ChannelMonth, meterId: string, triples: Triple[], frame: MonthFrame): Parcel[] {
  const slotsPerDay = DAY_MINUTES / month.intervalMinutes;
  const ways = new Map<string, { way: Way; triples: Triple[] }>();
  const put = (way: Way, day: number, triple: Triple) => {
    let key = `${day} ${Object.values(way).join()}`;
    // No record has a stamp twice: the checks of the format would reject it.
    while (ways.get(key)?.triples.at(-1)?.stamp === triple.stamp) key += '+';
    const found = ways.get(key);
    if (found === undefined) ways.set(key, { way, triples: [triple] });
    else found.triples.push(triple);
  };
  for (const triple of triples) {
    const place = (triple.stamp - frame.start) / month.intervalMinutes - 1;
    const day = Math.floor(place / slotsPerDay);
    const dayEnd = frame.start + (day + 1) * DAY_MINUTES;
    const touched = month.deliveries.filter((one) => {
      const first = firstSlot(one, slotsPerDay);
      return place >= first && place < first + one.length;
    });
    const plain: Way = {
      run: runFor(frame, dayEnd, 0),
      purpose: 'OK',
      creation: dayEnd + 20,
      letter: 'm',
      order: month.seed % 1000,
    };
    let isLost = false;
    for (const one of touched) {
      if (one.kind < LATE) plain.run = runFor(frame, dayEnd, one.runsLater);
      else if (one.kind < NEVER) isLost = true;
      else if (one.kind < EARLY) plain.run = runFor(frame, triple.stamp, 0);
      else if (one.kind < TWICE) put(secondWay(one, frame, dayEnd), day, repeated(month, triple, one.extra));
    }
    if (!isLost) put(plain, day, triple);
  }
  return [...ways.values()].flatMap((one) => recordsOf(month, meterId, month.units, one));
}

/** How a read comes once more. */
function secondWay({ runsLater, extra, length }: Delivery, frame: MonthFrame, dayEnd: number): Way {
  return {
    run: runFor(frame, dayEnd, runsLater),
    purpose: extra % 3 === 0 ? 'RESEND' : extra % 3 === 1 ? 'OK' : 'HISTORY',
    creation: dayEnd + [20, 20, 0, 500, -60][extra % 5]!,
    letter: ['m', 'a', 'z'][Math.floor(extra / 5) % 3]!,
    order: (extra + length) % 1000,
  };
}

/** The same read, or one with another value, flag, or text of the same value. */
function repeated(month: ChannelMonth, triple: Triple, extra: number): Triple {
  const change = Math.floor(extra / 15) % 8;
  const { stamp, flag, value } = triple;
  if (value === '') {
    return change < 4 ? triple : { stamp, flag: month.flag, value: `${(extra % 4000) / 1000}` };
  }
  switch (change) {
    case 0:
    case 1:
      return triple;
    case 2:
      return { stamp, flag, value: exactText(parseExact(value), 5) };
    case 3:
      return { stamp, flag: formed(month, 'R'), value };
    case 4:
      return { stamp, flag: formed(month, `R${2 ** (extra % 18)}`), value };
    case 5:
      return { stamp, flag: formed(month, 'N'), value: '' };
    case 6:
      return { stamp, flag: month.flag, value: `${-(extra % 4000) / 1000}` };
    default:
      return { stamp, flag: month.flag, value: `${(extra % 4000) / 1000}` };
  }
}

function sendRegisters(
  month: ChannelMonth,
  meterId: string,
  registers: Triple[],
  frame: MonthFrame,
): Parcel[] {
  return registers.flatMap((triple, i) => {
    const fault = month.deliveries.find(({ day }) => frame.start + (day + 1) * DAY_MINUTES === triple.stamp);
    const plain: Way = {
      run: runFor(frame, triple.stamp, 0),
      purpose: 'OK',
      creation: triple.stamp + 20,
      letter: 'm',
      order: (month.seed + i) % 1000,
    };
    const units = `${month.units}REG`;
    const kind = fault === undefined ? 99 : fault.extra % 10;
    if (kind === 0) return [];
    if (kind < 3) plain.run = runFor(frame, triple.stamp, fault!.runsLater);
    const own = recordsOf(month, meterId, units, { way: plain, triples: [triple] });
    if (kind !== 4) return own;
    const way = secondWay(fault!, frame, triple.stamp);
    const value = fault!.length % 2 === 0 ? triple.value : `${fault!.extra % 9999}.5`;
    return [...own, ...recordsOf(month, meterId, units, { way, triples: [{ ...triple, value }] })];
  });
}

function recordsOf(
  month: ChannelMonth,
  meterId: string,
  units: string,
  { way, triples }: { way: Way; triples: Triple[] },
): Parcel[] {
  const parcels: Parcel[] = [];
  for (let at = 0; at < triples.length; at += COUNT_MAX) {
    parcels.push({
      run: way.run,
      meterId,
      units,
      purpose: way.purpose,
      creation: way.creation,
      file: `${way.letter}-${String(way.run).padStart(3, '0')}.cmep`,
      order: way.order,
      intervalMinutes: month.intervalMinutes,
      triples: triples.slice(at, at + COUNT_MAX),
    });
  }
  return parcels;
}
