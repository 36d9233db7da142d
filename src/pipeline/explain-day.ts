import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { formatDecimal } from '../model/decimal.js';
import { codeOf } from '../model/errors.js';
import { decimalsOf, flagText, NO_DECIMALS, STATUS, statusOf } from '../model/quality.js';
import {
  compactSecond,
  isoDate,
  isoMinute,
  MINUTES_PER_DAY,
  parseZone,
  readDayOf,
  readDayStart,
} from '../model/time.js';
import { IS_REGISTER, UNITS } from '../model/units.js';
import { ReadRanks } from '../store/blocks/read-ranks.js';
import { seekKey } from '../store/history/history-columns.js';
import { type DayColumns, readDayFile } from '../store/history/history-file.js';
import { readRegisterFile } from '../store/history/registers-file.js';
import type { LedgerView } from '../store/ledger/ledger.js';
import { viewLedgerAt } from '../store/ledger/ledger-place.js';
import type { PartitionMap } from '../store/partition-map.js';
import { linesOf } from '../store/sorted-lines.js';
import type { Config } from './config/config.js';
import { dayKey, type HistoryEntry, MAP_KEY, registersKey } from './run-state.js';

/** One slot of a channel's day, and why it looks as it does. Values are decimals as text. */
export interface ExplainedSlot {
  /** End of the slot, UTC. */
  stamp: string;
  /** As it came; null where nothing came, or where no list tells it any more. */
  raw: string | null;
  rawFlag: string | null;
  /** As it went out, or will; null without a value. */
  final: string | null;
  finalFlag: string;
  state: (typeof SLOT_STATES)[number];
  /** What the flag says: `restoration`, `timeChanged` ... */
  status: string[];
  /** Checks that failed or flagged it. */
  checks: string[];
  method: string | null;
  /** Dates of like days; of a profile how many days its daily use is the mean of. */
  referenceDays: string | null;
  scale: string | null;
  policy: string | null;
  /** The run that estimated it. */
  runId: string | null;
}

export interface ExplainedChannel {
  units: string;
  intervalMinutes: number;
  settled: boolean;
  slots: ExplainedSlot[];
  /** What stands in the review lists of the day. */
  review: { runId: string; stamp: string; code: string; detail: string }[];
  /** Register reads around the day, in units of the dial. */
  registers: { stamp: string; value: string }[];
}

export interface ExplainedDay {
  meterId: string;
  day: string;
  channels: ExplainedChannel[];
  /** Runs whose lists were looked through. */
  runs: string[];
}

const SECONDS_PER_DAY = 86_400;

/** States of slots in the history (docs/history.md), in words. */
const SLOT_STATES = [
  'absent',
  'actual',
  'waiting',
  'outage-zero',
  'estimated',
  'none',
  'other-meter',
] as const;

interface ListedLine {
  runId: string;
  row: Record<string, string>;
}

/**
 * Gathers what is known of a meter's read day: slots and registers of the history, and the lines of the lists
 * of past runs that concern it. Changes nothing, and may be called while a run works.
 * @param day day number, market time
 * @param withLists whether the lists of past runs are looked through; without them no raw value that was replaced
 *   is known, and no reason
 * @throws ReadmillError READMILL_STATE_UNUSABLE, READMILL_HISTORY_DAMAGED
 */
export async function explainDay(
  config: Config,
  meterId: string,
  day: number,
  withLists = true,
): Promise<ExplainedDay> {
  try {
    return await gathered(config, meterId, day, withLists);
  } catch (thrown) {
    // A run that ended in between has replaced the day's file by another.
    if (codeOf(thrown) !== 'READMILL_HISTORY_DAMAGED') throw thrown;
    return gathered(config, meterId, day, withLists);
  }
}

async function gathered(
  config: Config,
  meterId: string,
  day: number,
  withLists: boolean,
): Promise<ExplainedDay> {
  const ledger = await viewLedgerAt(config);
  if (ledger === null) return { meterId, day: isoDate(day), channels: [], runs: [] };
  try {
    const map = ledger.get<PartitionMap>(MAP_KEY);
    const partition = map === undefined ? 0 : map.ids[partitionOf(map, meterId)]!;
    const pathOf = (entry: HistoryEntry | undefined) =>
      entry === undefined ? null : join(config.state, 'history', entry.file);
    const dayPath = pathOf(ledger.get<HistoryEntry>(dayKey(day, partition)));
    const registerPaths = [day, day + 1]
      .map((d) => pathOf(ledger.get<HistoryEntry>(registersKey(d, partition))))
      .filter((path) => path !== null);
    const runs = withLists ? runsSince(ledger, day) : [];
    const estimates = listedLines(config, runs, 'estimates.csv', meterId);
    const review = listedLines(config, runs, 'review.csv', meterId);
    const columns = dayPath === null ? null : readDayFile(dayPath, new ReadRanks());
    const zone = parseZone(config.marketTimeZone)!;
    const registers = registerPaths.flatMap((path) => registersOf(path, meterId, day, zone));
    const channels =
      columns === null ? [] : channelsOf(columns, meterId, day, zone, estimates, review, registers);
    return { meterId, day: isoDate(day), channels, runs: estimates.runs };
  } finally {
    await ledger.close();
  }
}

/** Runs that may have had to do with a day: those whose clock stood at its first hour in any zone, or later. */
function runsSince(ledger: LedgerView, day: number): string[] {
  const first = compactSecond((day - 1) * SECONDS_PER_DAY);
  const ids = ledger.list('runs/done/').map(({ key }) => key.slice('runs/done/'.length));
  return ids.filter((id) => id >= first);
}

function partitionOf({ lowers }: PartitionMap, meterId: string): number {
  let found = 0;
  for (const [i, lower] of lowers.entries()) if (lower <= meterId) found = i;
  return found;
}

/** Lines of one kind of list about a meter, of all runs whose lists are still there. */
function listedLines(
  config: Config,
  runIds: readonly string[],
  name: string,
  meterId: string,
): { runs: string[]; lines: ListedLine[] } {
  const runs: string[] = [];
  const lines: ListedLine[] = [];
  for (const runId of runIds) {
    const path = join(config.state, 'reports', runId, name);
    if (!existsSync(path)) continue;
    runs.push(runId);
    const found = linesOf(path, meterId);
    if (found.length === 0) continue;
    const columns = name === 'estimates.csv' ? ESTIMATE_COLUMNS : REVIEW_COLUMNS;
    const rows = parse(found.join('\n'), { columns: [...columns] }) as Record<string, string>[];
    for (const row of rows) lines.push({ runId, row });
  }
  return { runs, lines };
}

const ESTIMATE_COLUMNS = [
  'meter_id',
  'units',
  'stamp',
  'raw_value',
  'raw_flag',
  'value',
  'method',
  'reference_days',
  'scale',
  'check',
  'policy',
] as const;
const REVIEW_COLUMNS = ['meter_id', 'units', 'stamp', 'code', 'detail'] as const;

interface RegisterOfDay {
  unit: number;
  stamp: string;
  value: string;
}

/** Register reads of a meter on a day, and the last one before it. */
function registersOf(path: string, meterId: string, day: number, zone: number): RegisterOfDay[] {
  const columns = readRegisterFile(path, new ReadRanks());
  const meter = Buffer.from(meterId, 'latin1');
  const found: RegisterOfDay[] = [];
  let row = seekKey(columns, 0, meter, 0, meter.length, -1);
  for (; row < columns.rowCount && idAt(columns, row) === meterId; row++) {
    const stamp = columns.stamps[row]!;
    if (readDayOf(stamp, zone) > day) continue;
    const value = formatDecimal(columns.values[row]!, decimalsOf(columns.metas[columns.quality[row]!]!));
    const one = { unit: columns.channels[row]! >> 2, stamp: isoMinute(stamp), value };
    found.push(one);
  }
  return found;
}

function idAt(keys: { meterBytes: Uint8Array; meterOffsets: Int32Array }, row: number): string {
  const { meterBytes, meterOffsets } = keys;
  return Buffer.from(meterBytes.subarray(meterOffsets[row]!, meterOffsets[row + 1]!)).toString('latin1');
}

function channelsOf(
  columns: DayColumns,
  meterId: string,
  day: number,
  zone: number,
  estimates: { lines: ListedLine[] },
  review: { lines: ListedLine[] },
  registers: RegisterOfDay[],
): ExplainedChannel[] {
  const meter = Buffer.from(meterId, 'latin1');
  const channels: ExplainedChannel[] = [];
  let row = seekKey(columns, 0, meter, 0, meter.length, -1);
  for (; row < columns.rowCount && idAt(columns, row) === meterId; row++) {
    const unit = columns.channels[row]! >> 2;
    if (IS_REGISTER[unit] === 1) continue;
    const units = UNITS[unit]!;
    const isOfDay = ({ row: line }: ListedLine) => {
      const stamp = Date.parse(line.stamp!) / 60_000;
      return line.units === units && readDayOf(stamp, zone) === day;
    };
    const reviewed = review.lines.filter(isOfDay);
    const estimated = new Map(
      estimates.lines.filter(isOfDay).map((line): [string, ListedLine] => [line.row.stamp!, line]),
    );
    const known = new Map(
      registers
        .filter((read) => UNITS[read.unit] === `${units}REG`)
        .map(({ stamp, value }): [string, string] => [stamp, value]),
    );
    channels.push({
      units,
      intervalMinutes: columns.intervalMinutes[row]!,
      settled: columns.settled[row] === 1,
      slots: slotsOf(columns, row, day, zone, estimated, reviewed),
      review: reviewed.map(({ runId, row: line }) => ({
        runId,
        stamp: line.stamp!,
        code: line.code!,
        detail: line.detail!,
      })),
      registers: [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([stamp, value]) => ({ stamp, value })),
    });
  }
  return channels;
}

function slotsOf(
  columns: DayColumns,
  row: number,
  day: number,
  zone: number,
  estimated: Map<string, ListedLine>,
  reviewed: readonly ListedLine[],
): ExplainedSlot[] {
  const interval = columns.intervalMinutes[row]!;
  const start = readDayStart(day, zone);
  return Array.from({ length: MINUTES_PER_DAY / interval }, (_, i) => {
    const at = columns.slotOffsets[row]! + i;
    const quality = columns.quality[at]!;
    const meta = columns.metas[quality]!;
    const state = SLOT_STATES[columns.states[quality]!]!;
    const stamp = isoMinute(start + (i + 1) * interval);
    const hasValue = decimalsOf(meta) !== NO_DECIMALS;
    const value = hasValue ? formatDecimal(columns.values[at]!, decimalsOf(meta)) : null;
    const isOwn = state === 'actual' || state === 'waiting';
    const line = estimated.get(stamp);
    const isEstimate = state === 'estimated' || state === 'outage-zero' || state === 'none';
    const told = reviewed.filter((one) => one.row.stamp === stamp).map((one) => one.row.code!);
    const check = isEstimate && line !== undefined ? [line.row.check!] : [];
    return {
      stamp,
      raw: isOwn ? value : line?.row.raw_value || null,
      rawFlag: isOwn ? flagText(meta) : (line?.row.raw_flag ?? null),
      final: state === 'waiting' ? null : value,
      finalFlag: state === 'absent' ? '' : flagText(meta),
      state,
      status: statusNames(meta),
      checks: [...new Set([...check, ...told])].filter((code) => code !== ''),
      method: isEstimate ? (line?.row.method ?? (state === 'estimated' ? null : state)) : null,
      referenceDays: isEstimate ? line?.row.reference_days || null : null,
      scale: isEstimate ? line?.row.scale || null : null,
      policy: isEstimate ? (line?.row.policy ?? null) : null,
      runId: isEstimate ? (line?.runId ?? null) : null,
    };
  });
}

function statusNames(meta: number): string[] {
  const status = statusOf(meta);
  return Object.entries(STATUS)
    .filter(([, bit]) => (status & bit) !== 0)
    .map(([name]) => name);
}
