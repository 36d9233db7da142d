import { FindingBuffer } from '../../conformance/finding-buffer.js';
import { RULES, ruleNumber } from '../../conformance/rules.js';
import { SEVERITY } from '../../formats/cmep/settings.js';
import { CmepWriter, stampTable } from '../../formats/cmep/writer.js';
import { BLOCK_RESEND } from '../../model/block.js';
import { formatDecimal } from '../../model/decimal.js';
import {
  decimalsOf,
  FORM_BARE,
  FORM_MASK,
  FORM_NAMED,
  flagText,
  formOf,
  LETTER_NONE,
  LETTER_RAW,
  letterOf,
  metaWord,
  NO_DECIMALS,
  withLetter,
} from '../../model/quality.js';
import { isoMinute, readDayStart } from '../../model/time.js';
import { UNITS } from '../../model/units.js';
import { type BlockIndex, meterIdLength, meterIdStart } from '../../store/blocks/block-index.js';
import { ReadRanks } from '../../store/blocks/read-ranks.js';
import { csvField, ListWriter } from '../finish/list-writer.js';
import { BatchWriter } from './batch-writer.js';
import { type ChannelFacts, meterText } from './channel-facts.js';
import { ChannelHistory } from './channel-history.js';
import type { DayStore } from './day-store.js';
import { DrawnDays } from './drawn-days.js';
import { EstimatesList } from './estimates-list.js';
import { Exchanges } from './exchanges.js';
import type { PastDays } from './past-days.js';
import type { DayHours, Outcome, SettleTask } from './settle-types.js';
import { VeeRules } from './vee-rules.js';

/** Stamp tables that are kept: one for each read day and interval that is being written. */
const STAMP_TABLES_MAX = 512;

export const EXCEPTION = { replaced: 0, waiting: 1, rejected: 2, duplicates: 3 } as const;
export const EXCEPTIONS = 4;

/** Nothing counted yet, for so many sources. */
export function emptyOutcome(sources: number): Outcome {
  return {
    accepted: 0,
    replaced: 0,
    waiting: 0,
    rejected: 0,
    duplicates: 0,
    estimated: 0,
    unresolved: 0,
    exceptionsBySource: new Float64Array(sources * EXCEPTIONS),
    policies: [],
    scaledSpans: 0,
    lateActuals: 0,
  };
}

const KEPT = { method: 'kept', referenceDays: '', scale: 0, check: '', policy: '' };

/** Severities of the rules by number, for findings that pass 2 makes. */
const SEVERITIES = RULES.map((rule) => SEVERITY[rule.severity]);

/** Everything that pass 2 counts, lists and writes while it goes through the channels of a task. */
export class SettleState {
  readonly outcome: Outcome;
  readonly findings: FindingBuffer;
  readonly writer: CmepWriter;
  readonly batches: BatchWriter;
  readonly estimates: EstimatesList;
  readonly rules: VeeRules;
  readonly history: ChannelHistory;
  readonly drawn = new DrawnDays();
  readonly review: ListWriter;
  readonly missingMeters: ListWriter;
  readonly duplicatesList: ListWriter;
  readonly rejects: number[] = [];
  readonly openDays = new Set<number>();
  readonly hours = new Map<number, DayHours>();
  /** Channels that were estimated though they delivered nothing, by `silentKey`. */
  readonly silent = new Set<string>();
  /** Time that other meters cover; null where no meter was exchanged on the days of the run. */
  readonly exchanges: Exchanges | null;
  /** Ranks of reads (check 2), those of this run and those that the history keeps. */
  readonly ranks = new ReadRanks();
  /** Rank of a row that holds no read. */
  readonly noRank = this.ranks.numberOf(0, 0, '');
  /** By range: rank of the block that was asked for last, or -1. */
  private readonly lastRanks: Int32Array;
  reviewCount = 0;
  rejectedRecords = 0;
  /** The history of the partition under work. */
  days!: DayStore;
  past!: PastDays;
  private lastActualMeta = -1;
  private lastActualOut = 0;
  private lastHours: DayHours | null = null;
  private readonly stampTables = new Map<number, Int32Array>();
  private index: BlockIndex | null = null;

  constructor(readonly task: SettleTask) {
    this.outcome = emptyOutcome(task.sourceCount);
    this.findings = new FindingBuffer(task.findingsMax);
    this.writer = new CmepWriter(task.output);
    const prefix = `${task.stagingDirectory}/task-${task.index}`;
    this.batches = new BatchWriter(this.writer, task.output, prefix);
    this.estimates = new EstimatesList(`${prefix}.estimates.csv`);
    this.rules = new VeeRules(task.vee);
    this.history = new ChannelHistory(this.rules.calendar);
    this.exchanges = task.covered.length === 0 ? null : new Exchanges(task.covered);
    this.review = new ListWriter(`${prefix}.review.csv`);
    this.missingMeters = new ListWriter(`${prefix}.missing-meters.csv`);
    this.duplicatesList = new ListWriter(`${prefix}.duplicates.csv`);
    this.lastRanks = new Int32Array(task.rangeFiles.length).fill(-1);
  }

  /** Begins a partition. */
  enter(days: DayStore, past: PastDays, index: BlockIndex): void {
    this.days = days;
    this.past = past;
    this.index = index;
    this.history.enter(past);
    this.estimates.enter();
  }

  /** Rejects a block: its record goes to the quarantine as it came. */
  reject(block: number, code: string): void {
    const index = this.index!;
    const { words, bytes } = index;
    const start = index.starts[block]!;
    const range = words[start + 4]!;
    const reads = words[start + 2]! >>> 16;
    const rule = ruleNumber(code);
    const offset = this.task.rangeStarts[range]! + words[start + 5]!;
    this.rejects.push(range, offset, words[start + 6]!, words[start + 7]!, rule, 1, reads);
    this.rejectedRecords++;
    this.outcome.rejected += reads;
    this.countException(range, EXCEPTION.rejected, reads);
    const from = meterIdStart(words, start);
    const to = from + meterIdLength(words, start);
    this.findings.add(rule, SEVERITIES[rule]!, 0, 0, 0, words[start + 8]!, bytes, from, from, from, to);
  }

  private countException(range: number, kind: number, reads: number): void {
    this.outcome.exceptionsBySource[this.task.rangeSources[range]! * EXCEPTIONS + kind]! += reads;
  }

  private rangeOf(block: number): number {
    return this.index!.words[this.index!.starts[block]! + 4]!;
  }

  /** Rank of the reads of the block that begins at word `start`. */
  rankOf(start: number): number {
    const { words } = this.index!;
    const range = words[start + 4]!;
    const created = words[start + 3]!;
    const resend = ((words[start + 1]! >>> 24) & BLOCK_RESEND) === 0 ? 0 : 1;
    const last = this.lastRanks[range]!;
    if (last >= 0 && this.ranks.is(last, resend, created)) return last;
    const rank = this.ranks.numberOf(resend, created, this.task.rangeFiles[range]!);
    this.lastRanks[range] = rank;
    return rank;
  }

  /** Rank of the reads of a block, by its place in the order. */
  rankOfBlock(block: number): number {
    return this.rankOf(this.index!.starts[block]!);
  }

  /** A read that gave way to an estimate, or came too late to replace one. */
  countReplaced(block: number): void {
    this.outcome.replaced++;
    this.countException(this.rangeOf(block), EXCEPTION.replaced, 1);
  }

  countWaiting(block: number): void {
    this.outcome.waiting++;
    this.countException(this.rangeOf(block), EXCEPTION.waiting, 1);
  }

  /** Whether a channel that delivered nothing for a day is estimated all the same. */
  estimatesSilent(facts: ChannelFacts, day: number): boolean {
    const { vee, completeDays, register } = this.task;
    return (
      vee.enabled && facts.policy.estimateMissingMeters && register !== null && completeDays.includes(day)
    );
  }

  /** Remembers a channel that was estimated though it delivered nothing: it counts as missing. */
  noteSilent(facts: ChannelFacts, day: number): void {
    this.silent.add(silentKey(meterText(facts), facts.channel >> 2, day));
  }

  countFinding(code: string, times: number): void {
    this.findings.count(ruleNumber(code), times);
  }

  /** A read that another one of the same slot beats; told where the values differ. */
  duplicate(
    block: number,
    facts: ChannelFacts,
    stamp: number,
    isSame: boolean,
    keptMeta: number,
    kept: number,
    meta: number,
    value: number,
  ): void {
    this.outcome.duplicates++;
    const range = this.rangeOf(block);
    this.countException(range, EXCEPTION.duplicates, 1);
    if (isSame) return;
    this.addFinding('vee/duplicate-read', facts, stamp);
    const file = csvField(this.task.rangeFiles[range]!);
    const values = `${valueText(keptMeta, kept)},${valueText(meta, value)},${flagText(meta)}`;
    this.duplicatesList.line(`${this.place(facts, stamp)},${values},${file}`);
  }

  /** Reads that say the same as what is kept. @param start word of a block of the range that they came in */
  countRepeated(start: number, reads: number): void {
    this.outcome.duplicates += reads;
    this.countException(this.index!.words[start + 4]!, EXCEPTION.duplicates, reads);
  }

  private place(facts: ChannelFacts, stamp: number): string {
    return `${csvField(meterText(facts))},${UNITS[facts.channel >> 2]},${isoMinute(stamp)}`;
  }

  /** A check's result on a slot. */
  addFinding(code: string, facts: ChannelFacts, stamp: number): void {
    const rule = ruleNumber(code);
    const { meter, from, to } = facts;
    this.findings.add(rule, SEVERITIES[rule]!, 0, 0, 0, stamp, meter, from, from, from, to);
  }

  /** Something that a person should look at. */
  tellReview(code: string, facts: ChannelFacts, stamp: number, detail: string): void {
    this.addFinding(code, facts, stamp);
    this.reviewCount++;
    this.review.line(`${this.place(facts, stamp)},${code},${csvField(detail)}`);
  }

  /**
   * Flag of a slot whose value is replaced: the form of the flag that came (or of the channel's other
   * flags, without their mask) with another letter.
   */
  replacedMeta(meta: number, isOwn: boolean, letter: number): number {
    if (this.task.output.flags === 'letter') return metaWord(0, letter);
    const plain = plainForm(meta);
    if (isOwn) return withLetter(plain, letter);
    const form = formOf(plain);
    return metaWord(0, letter, form, form === FORM_MASK ? 1 : 0, 0);
  }

  /** A line of the estimates file for a late read that did not replace what went out before. */
  keptLine(
    facts: ChannelFacts,
    stamp: number,
    rawMeta: number,
    raw: number,
    keptMeta: number,
    kept: number,
  ): void {
    KEPT.policy = facts.policyName;
    this.estimates.line(facts, stamp, rawMeta, raw, decimalsOf(keptMeta), kept, KEPT);
  }

  /** The stamps of a read day, as the writer wants them. */
  stampsOf(day: number, intervalMinutes: number): Int32Array {
    const key = day * 1441 + intervalMinutes;
    let table = this.stampTables.get(key);
    if (table === undefined) {
      if (this.stampTables.size >= STAMP_TABLES_MAX) this.stampTables.clear();
      const first = readDayStart(day, this.task.marketZoneMinutes) + intervalMinutes;
      table = stampTable(first, intervalMinutes, 1440 / intervalMinutes, this.task.output.zoneMinutes);
      this.stampTables.set(key, table);
    }
    return table;
  }

  hoursOf(day: number, settled: boolean): DayHours {
    let hours = this.lastHours?.day === day ? this.lastHours : this.hours.get(day);
    if (hours === undefined) {
      const column = () => new Float64Array(24);
      hours = {
        day,
        settled: false,
        actual: column(),
        estimated: column(),
        unresolved: column(),
        fullChannels: new Map(),
        fullSlotsPerDay: 24,
        fullCount: 0,
      };
      this.hours.set(day, hours);
    }
    if (settled) hours.settled = true;
    this.lastHours = hours;
    return hours;
  }

  /** The counts by hour, channels with all slots actual added in. */
  finishedHours(): DayHours[] {
    for (const hours of this.hours.values()) {
      const { fullChannels, fullSlotsPerDay, fullCount } = hours;
      fullChannels.set(fullSlotsPerDay, (fullChannels.get(fullSlotsPerDay) ?? 0) + fullCount);
      hours.fullCount = 0;
      for (const [slotsPerDay, channels] of fullChannels) {
        for (let hour = 0; hour < 24; hour++) {
          const first = Math.ceil((hour * slotsPerDay) / 24);
          const end = Math.ceil(((hour + 1) * slotsPerDay) / 24);
          hours.actual[hour]! += (end - first) * channels;
        }
      }
      hours.fullChannels.clear();
    }
    return [...this.hours.values()];
  }

  /** Flag of an actual value as the output wants it. */
  actualMeta(meta: number): number {
    if (meta !== this.lastActualMeta) {
      this.lastActualMeta = meta;
      this.lastActualOut = this.judgeActualMeta(meta);
    }
    return this.lastActualOut;
  }

  private judgeActualMeta(meta: number): number {
    const { output } = this.task;
    const bare = output.flags === 'letter' || formOf(meta) === FORM_NAMED;
    const shown = bare ? metaWord(decimalsOf(meta), letterOf(meta), FORM_BARE) : meta;
    const isRaw = letterOf(shown) === LETTER_RAW;
    return output.validatedFlag === 'empty' && isRaw ? metaWord(decimalsOf(shown), LETTER_NONE) : shown;
  }
}

export const silentKey = (meter: string, unit: number, day: number): string => `${day}/${unit}/${meter}`;

/** A flag's form and mask as CMEP can write them: named flags (AMRDEF) have a bare letter there. */
function plainForm(meta: number): number {
  return formOf(meta) === FORM_NAMED ? metaWord(decimalsOf(meta), letterOf(meta), FORM_BARE) : meta;
}

/** A value with the decimals that it has, or '' where there is none. */
function valueText(meta: number, value: number): string {
  return decimalsOf(meta) === NO_DECIMALS ? '' : formatDecimal(value, decimalsOf(meta));
}
