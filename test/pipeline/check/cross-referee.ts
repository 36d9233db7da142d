import { type CmepLine, fine, minutesOf } from '../../run/cmep-lines.js';

/** What the referee found: `code severity file line field stamp`, and coverage of each file by day and hour. */
export interface Verdict {
  findings: string[];
  meters: number[];
  coverage: Record<string, { channels: number; present: number[]; expected: number[] }>[];
}

interface Read {
  file: number;
  line: number;
  field: number;
  stamp: number;
  value: bigint | null;
  resend: boolean;
  creation: string;
  constant: bigint;
  interval: number;
}

const EST_MINUTES = -300;
const DAY_MINUTES = 1440;
const TOLERANCE = 200_000n;
/** 48 kWh an hour, in units of 0.00001. */
const MAXIMUM_PER_HOUR = 4_800_000n;

/** The rules across records, written down plainly from their text: maps and BigInt, no order of files assumed. */
export function crossVerdict(files: readonly (readonly CmepLine[])[]): Verdict {
  const channels = new Map<string, Read[]>();
  const meters = files.map(() => new Set<string>());
  for (const [file, lines] of files.entries()) {
    for (const line of lines) {
      meters[file]!.add(line.meterId);
      const key = `${line.meterId} ${line.units} ${line.fields[9]}`;
      const reads = channels.get(key) ?? [];
      channels.set(key, reads);
      reads.push(...readsOf(file, line));
    }
  }
  const findings: string[] = [];
  const settled = new Map<string, Read[]>();
  for (const [key, reads] of channels) settled.set(key, winners(reads, findings));
  for (const [key, reads] of settled) {
    const [meter, units, commodity] = key.split(' ');
    if (!units!.endsWith('REG')) continue;
    const intervalKey = `${meter} ${units!.slice(0, -3)} ${commodity}`;
    const intervals = settled.get(intervalKey) ?? [];
    const constant = oneConstantOf(channels.get(intervalKey) ?? []);
    registers(units!, reads, intervals, constant, channels.get(key)!, findings);
  }
  return {
    findings: findings.sort(),
    meters: meters.map(({ size }) => size),
    coverage: files.map((_, f) => coverage(f, channels)),
  };
}

function readsOf(file: number, line: CmepLine): Read[] {
  const interval = line.fields[12] ?? '';
  const minutes = Number(interval.slice(4, 6)) * 60 + Number(interval.slice(6, 8));
  return line.triples.map(({ stamp, flag, value }, k) => ({
    ...{ file, line: line.line, field: 17 + k * 3, stamp: minutesOf(stamp) },
    value: flag.startsWith('N') ? null : fine(value),
    resend: line.purpose === 'RESEND',
    creation: line.creation,
    constant: line.fields[11] === '' ? 100_000n : fine(line.fields[11]!),
    interval: minutes,
  }));
}

const tell = (code: string, severity: string, { file, line, field, stamp }: Read): string =>
  `${code} ${severity} ${file} ${line} ${field} ${new Date(stamp * 60_000).toISOString().slice(0, 16)}Z`;

/** Tells of each read whose stamp was there before; returns one read of each stamp, in the order of time. */
function winners(reads: readonly Read[], findings: string[]): Read[] {
  const byStamp = new Map<number, Read[]>();
  for (const read of reads) byStamp.set(read.stamp, [...(byStamp.get(read.stamp) ?? []), read]);
  const result: Read[] = [];
  for (const same of byStamp.values()) {
    const order = (r: Read) => [r.value === null ? 0 : 1, r.resend ? 1 : 0, r.creation];
    let winner = same[0]!;
    for (const [k, read] of same.entries()) {
      if (k === 0) continue;
      const base = same.slice(0, k).find(({ value }) => value !== null) ?? same[0]!;
      const differs = base.value !== null && read.value !== null && base.value !== read.value;
      const corrects = base.resend !== read.resend && base.file !== read.file;
      findings.push(tell('cmep/duplicate-read', differs && !corrects ? 'error' : 'info', read));
      const [a, b] = [order(read), order(winner)];
      const at = a.findIndex((one, i) => one !== b[i]);
      if (at < 0 || a[at]! > b[at]!) winner = read;
    }
    result.push(winner);
  }
  return result.sort((a, b) => a.stamp - b.stamp);
}

/** The calculation constant of all reads of a channel; null where they have none or several. */
function oneConstantOf(reads: readonly Read[]): bigint | null {
  const constants = new Set(reads.map(({ constant }) => constant));
  return constants.size === 1 ? reads[0]!.constant : null;
}

function registers(
  units: string,
  reads: readonly Read[],
  intervals: readonly Read[],
  constant: bigint | null,
  all: readonly Read[],
  findings: string[],
): void {
  const valued = reads.filter(({ value }) => value !== null);
  const own = oneConstantOf(all);
  const multiplier = own ?? 100_000n;
  for (let i = 1; i < valued.length; i++) {
    const [before, read] = [valued[i - 1]!, valued[i]!];
    let dial = read.value! - before.value!;
    if (dial < 0n && !units.startsWith('N')) {
      const digits = Math.max(4, String(before.value! / 100_000n).length);
      const rolled = dial + 10n ** BigInt(digits + 5);
      const allowed = (MAXIMUM_PER_HOUR * BigInt(read.stamp - before.stamp)) / 60n;
      if ((rolled * multiplier) / 100_000n > allowed) {
        findings.push(tell('cmep/register-decreased', 'warning', read));
        continue;
      }
      dial = rolled;
    }
    const span = intervals.filter(({ stamp }) => stamp > before.stamp && stamp <= read.stamp);
    const there = span.filter(({ value }) => value !== null);
    const length = intervals[0]?.interval ?? 0;
    if (
      own === null ||
      constant === null ||
      there.length === 0 ||
      there.length * length !== read.stamp - before.stamp
    )
      continue;
    if (there.some(({ stamp }) => (stamp - before.stamp) % length !== 0)) continue;
    const sum = (there.reduce((total, { value }) => total + value!, 0n) * constant) / 100_000n;
    const difference = (dial * multiplier) / 100_000n - sum;
    if ((difference < 0n ? -difference : difference) > (TOLERANCE * multiplier) / 100_000n) {
      findings.push(tell('cmep/register-sum-mismatch', 'warning', read));
    }
  }
}

function coverage(file: number, channels: ReadonlyMap<string, Read[]>): Verdict['coverage'][number] {
  const days: Verdict['coverage'][number] = {};
  for (const [key, all] of channels) {
    const reads = all.filter((read) => read.file === file);
    if (key.split(' ')[1]!.endsWith('REG') || reads.length === 0) continue;
    const length = all[0]!.interval;
    const slots = new Map<string, Set<number>>();
    for (const { stamp, value } of reads) {
      const market = stamp + EST_MINUTES - 1;
      const day = new Date(Math.floor(market / DAY_MINUTES) * DAY_MINUTES * 60_000)
        .toISOString()
        .slice(0, 10);
      if (!slots.has(day)) slots.set(day, new Set());
      if (value !== null)
        slots.get(day)!.add(Math.floor((((market % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES) / length));
    }
    for (const [day, there] of slots) {
      const none = () => new Array<number>(24).fill(0);
      days[day] ??= { channels: 0, present: none(), expected: none() };
      const of = days[day];
      of.channels++;
      const hourOf = (slot: number) => Math.floor(((slot + 1) * length - 1) / 60);
      for (let slot = 0; slot < DAY_MINUTES / length; slot++) of.expected[hourOf(slot)]!++;
      for (const slot of there) of.present[hourOf(slot)]!++;
    }
  }
  return days;
}
