import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { parseZone, readDayStart } from '../../model/time.js';
import { openRegister, type RegisterSlice } from '../../store/register/meter-register.js';
import { meterIdText } from '../../store/register/register-rows.js';
import { isNeedy, SLOT_COVERED, type Slots } from '../../vee/slots.js';
import type { RunRecord } from '../run-state.js';
import { type ChannelFacts, meterText } from './channel-facts.js';

/**
 * Meters that were exchanged: service delivery points with more than one meter in the register. They are few;
 * a small file beside the imported register lists them, so that a night need not look for them.
 */
interface ExchangedRow {
  sdpId: string;
  meterId: string;
  unit: number;
  /** Stamps, from (inclusive) to (exclusive): it covers the slots that end after the first, up to the second. */
  from: number;
  to: number;
}

/** Time of a channel that another meter of its service delivery point covers, and it does not. */
export interface CoveredTime {
  meterId: string;
  unit: number;
  from: number;
  to: number;
}

/** Bits of the hash by which service delivery points with several meters are found. */
const HASH_BITS = 26;
/** Meters of a register that are looked at in one piece have ids between those that begin its blocks. */
const exchangesPath = (register: string): string => `${register}.exchanges.json`;

/** Finds the exchanged meters of an imported register and writes them beside it. */
export function writeExchanges(register: string): void {
  const path = exchangesPath(register);
  const rows = JSON.stringify(findExchanges(register));
  writeFileSync(`${path}.tmp`, `{"crc32":${crc32(rows)},"rows":${rows}}`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** The exchanged meters beside a register; null where the file is not there, or not as it was written. */
export function readExchanges(register: string): ExchangedRow[] | null {
  try {
    const text = readFileSync(exchangesPath(register), 'utf8');
    const { crc32: check, rows } = JSON.parse(text) as { crc32: number; rows: ExchangedRow[] };
    const content = JSON.stringify(rows);
    return check === crc32(content) && text === `{"crc32":${check},"rows":${content}}` ? rows : null;
  } catch {
    return null;
  }
}

/** Counts meters by a hash of their service delivery point, then looks closer where there is more than one. */
function findExchanges(path: string): ExchangedRow[] {
  const register = openRegister(path);
  try {
    const meters = new Uint8Array(1 << HASH_BITS);
    for (const slice of register.pieces()) {
      let last = -1;
      for (let row = 0; row < slice.rows; row++) {
        const hash = sdpHash(slice, row);
        if (hash < 0) continue;
        const isSameMeter = last >= 0 && sdpHash(slice, last) === hash && sameMeter(slice, last, row);
        if (!isSameMeter && meters[hash]! < 2) meters[hash]!++;
        last = row;
      }
    }
    const rows = new Map<string, ExchangedRow[]>();
    for (const slice of register.pieces()) {
      for (let row = 0; row < slice.rows; row++) {
        const hash = sdpHash(slice, row);
        if (hash < 0 || meters[hash]! < 2) continue;
        const found = exchangedRow(slice, row);
        const group = rows.get(found.sdpId);
        if (group === undefined) rows.set(found.sdpId, [found]);
        else group.push(found);
      }
    }
    return [...rows.values()].filter((group) => new Set(group.map(({ meterId }) => meterId)).size > 1).flat();
  } finally {
    register.close();
  }
}

/** FNV-1a of a row's service delivery point, or -1 where it has none. */
function sdpHash(slice: RegisterSlice, row: number): number {
  const from = slice.sdpIdOffsets[row]!;
  const to = slice.sdpIdOffsets[row + 1]!;
  if (from === to) return -1;
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ slice.sdpIdBytes[i]!, 0x01000193);
  return (hash ^ (hash >>> HASH_BITS)) & ((1 << HASH_BITS) - 1);
}

function sameMeter(slice: RegisterSlice, a: number, b: number): boolean {
  return meterIdText(slice, a) === meterIdText(slice, b);
}

function exchangedRow(slice: RegisterSlice, row: number): ExchangedRow {
  const { sdpIdBytes, sdpIdOffsets } = slice;
  const sdp = sdpIdBytes.subarray(sdpIdOffsets[row]!, sdpIdOffsets[row + 1]!);
  return {
    sdpId: Buffer.from(sdp).toString('latin1'),
    meterId: meterIdText(slice, row),
    unit: slice.unitCodes[row]!,
    from: slice.activeFrom[row]!,
    to: slice.activeTo[row]!,
  };
}

/** Covered time on the days of a run, of all meters. @param days read days that the run has to do with */
export function coveredTimes(run: RunRecord, days: readonly number[]): CoveredTime[] {
  if (run.register === null || days.length === 0) return [];
  let rows = readExchanges(run.register);
  if (rows === null) {
    // It is made from the register alone.
    writeExchanges(run.register);
    rows = readExchanges(run.register)!;
  }
  const zone = parseZone(run.config.marketTimeZone)!;
  const start = readDayStart(
    days.reduce((a, b) => Math.min(a, b)),
    zone,
  );
  const end = readDayStart(days.reduce((a, b) => Math.max(a, b)) + 1, zone);
  const groups = new Map<string, ExchangedRow[]>();
  for (const row of rows) {
    const key = `${row.unit}/${row.sdpId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].flatMap((group) => coveredByOthers(group, start, end));
}

/** Of each meter of a group: the time between `start` and `end` that others cover and itself does not. */
function coveredByOthers(group: readonly ExchangedRow[], start: number, end: number): CoveredTime[] {
  const covered: CoveredTime[] = [];
  for (const meterId of new Set(group.map((row) => row.meterId))) {
    const own = group.filter((row) => row.meterId === meterId).sort((a, b) => a.from - b.from);
    for (const other of group) {
      if (other.meterId === meterId) continue;
      let from = Math.max(other.from, start);
      const last = Math.min(other.to, end);
      for (const row of own) {
        if (row.from > from) push(covered, meterId, other.unit, from, Math.min(row.from, last));
        from = Math.max(from, row.to);
      }
      push(covered, meterId, other.unit, from, last);
    }
  }
  return covered;
}

function push(to: CoveredTime[], meterId: string, unit: number, from: number, end: number): void {
  if (from < end) to.push({ meterId, unit, from, to: end });
}

/** The covered time of a task's meters, by channel. */
export class Exchanges {
  private readonly times = new Map<string, CoveredTime[]>();

  constructor(covered: readonly CoveredTime[]) {
    for (const time of covered) {
      const key = `${time.unit}/${time.meterId}`;
      const known = this.times.get(key);
      if (known === undefined) this.times.set(key, [time]);
      else known.push(time);
    }
  }

  /**
   * Marks the slots of a day, from `from` on, that need an estimate and that another meter covers: those that
   * end while it is active.
   * @param stamp of the first of them
   */
  markCovered(facts: ChannelFacts, slots: Slots, from: number, stamp: number): void {
    const times = this.times.get(`${facts.channel >> 2}/${meterText(facts)}`);
    if (times === undefined) return;
    for (let i = 0; i < slots.slotsPerDay; i++) {
      if (!isNeedy(slots.states[from + i]!)) continue;
      const end = stamp + i * slots.intervalMinutes;
      if (times.some((time) => end > time.from && end <= time.to)) slots.states[from + i] = SLOT_COVERED;
    }
  }
}
