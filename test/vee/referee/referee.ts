import { exactText, parseExact } from './exact.js';
import { hasValue, judgeRead, withLetter } from './judge-read.js';
import { type Made, settleDay } from './settle-day.js';
import { dayOf, slotAt, stampsOf, startOf, stateOf } from './slots.js';
import type {
  Channel,
  InputRecord,
  MeterRow,
  Night,
  NightResult,
  Rank,
  ReviewLine,
  Setting,
  Slot,
  Triple,
} from './types.js';

type Read = NonNullable<Slot['read']>;
/** What a slot or a register's stamp holds already. */
type Held = Pick<Read, 'exact' | 'value' | 'rank'>;

/**
 * docs/vee.md once more, from the text of the rules alone: slow, obvious, with plain objects and exact whole numbers,
 * and without anything of src/vee. It is given the nights of some channels and says what each must put out.
 *
 * Where the rules leave room:
 *
 * | Question | Taken here |
 * | --- | --- |
 * | a read with a value and one without for one slot | the one with a value wins, whatever its rank |
 * | a held value that comes again with a later rank | silent; what stands has the later rank from then on |
 * | a read that beats a held actual value and fails a check | replaces nothing, settled or open; listed as `kept` |
 * | a later read for a slot of an open day whose read failed and waits | takes its place by its rank, also where its value is the same |
 * | which value losers are told against | the one that the slot holds in the end |
 * | complete outage and the value 0 | accepted; checks 5 to 7 are not made |
 * | a value that several checks flag | told with each code |
 * | does a register read make a day delivered | no: an interval read does, also one without a value |
 * | two register reads with one off the bounds between them | no span: the two do not follow each other |
 * | advance with more than five decimals | rounded half up, as each result |
 * | tolerance of check 8 | compared exactly, without rounding |
 * | maximum, spike floor | in kWh: for KWH and GKWH only; the rollover's bound holds for every unit |
 * | run of E2 over slots that an earlier settling estimated | they belong to the run: they did not pass |
 * | days that E4 takes the daily use from | those within `historyDays` before the day |
 * | kind of day of a holiday without a profile | Sunday's profile |
 * | E5 where slots of the span were estimated at an earlier settling | they have a value, which R leaves out |
 * | "at this settling" | of this read day: days that one run settles are settled one by one |
 * | stamp of a finding | span: its end (a refused scaling: the day's end if that is earlier); run: its last slot in the day; total: the day's last slot |
 * | run of check 10 that ends within the day | lasts until there |
 * | check 11 on final values | where each slot has one |
 * | slot in which a meter is exchanged | belongs to the meter that is active at its end |
 * | flag of a slot for which nothing came | in the form of the day's first flag, without a bit; of a day without one that of the day before, then that of the day after, as they went out or wait |
 * | one that belongs to another meter and has a failing read | nothing goes out; the read is listed as `none` |
 * | days on which channels that deliver nothing are missing | those with a tenth of the interval records of the run's fullest day, or that something waited for, each in the first run after its close that finds it so |
 * | is a channel missing | one of a meter that is active at some time of the day |
 */
export class Referee {
  private readonly channels = new Map<string, Channel>();
  private result!: NightResult;
  private now = 0;
  /** Days whose missing channels have been told. */
  private readonly completeDays = new Set<number>();

  constructor(private readonly setting: Setting) {
    for (const row of setting.rows) {
      const policyName = setting.policies.has(row.serviceClass) ? row.serviceClass : 'default';
      this.channels.set(`${row.meterId}|${row.units}`, {
        row,
        otherRows: setting.rows.filter((other) => isSamePoint(row, other)),
        policyName,
        policy: setting.policies.get(policyName)!,
        slots: new Map(),
        registers: new Map(),
        deliveredDays: new Set(),
        settledDays: new Set(),
      });
    }
  }

  run(night: Night): NightResult {
    const reads = { received: 0, accepted: 0, replaced: 0, waiting: 0, rejected: 0, duplicates: 0 };
    this.result = { sent: [], estimates: [], review: [], duplicates: [], missing: [], situations: [], reads };
    this.now = night.now;
    const byChannel = new Map<Channel, InputRecord[]>();
    for (const record of night.records) {
      reads.received += record.triples.length;
      const channel = this.channels.get(`${record.meterId}|${record.units.replace(/REG$/, '')}`);
      if (channel === undefined) reads.rejected += record.triples.length;
      else byChannel.set(channel, [...(byChannel.get(channel) ?? []), record]);
    }
    const complete = this.completeNow(night.records);
    const touched = new Map<Channel, Set<number>>();
    for (const [channel, records] of byChannel) touched.set(channel, this.take(channel, records));
    this.findMissing(complete);
    this.settle(complete);
    // What came in this run and did not go out: replaced where its day is settled, else it waits.
    for (const [channel, stamps] of touched) {
      for (const stamp of stamps) this.place(channel, stamp);
    }
    return this.result;
  }

  private isClosed(day: number): boolean {
    return startOf(this.setting, day + 1) + this.setting.closeAfterMinutes <= this.now;
  }

  /** Checks 2 to 7 on the reads of a run. @returns stamps of slots whose read of this run is kept and is not sent */
  private take(channel: Channel, records: InputRecord[]): Set<number> {
    const intervals = new Map<number, Read[]>();
    const registers = new Map<number, Read[]>();
    for (const record of records) {
      const place = record.units.endsWith('REG') ? registers : intervals;
      for (const triple of record.triples) {
        const read = readOf(channel, record, triple);
        place.set(triple.stamp, [...(place.get(triple.stamp) ?? []), read]);
      }
    }
    const unsent = new Set<number>();
    for (const [stamp, reads] of intervals) if (this.takeIntervals(channel, stamp, reads)) unsent.add(stamp);
    for (const [stamp, reads] of registers) this.takeRegisters(channel, stamp, reads);
    return unsent;
  }

  /**
   * Check 2 among the reads of a run for one slot, and the one that the slot holds if that may stay.
   * @returns the read of this run that beats all others, or null where the one that is held stays
   */
  private winnerOf(reads: Read[], held: Held | null): Read | null {
    const best = reads.reduce((best, read) => (beats(read.rank, best.rank) ? read : best));
    if (held === null) return best;
    if (!beats(best.rank, held.rank)) return null;
    if (best.exact !== held.exact) return best;
    // The same value is silent: what stands stays, by the authority of the later record.
    held.rank = best.rank;
    return null;
  }

  /** A read that waits since it failed has not gone out: the order alone decides, whatever the values are. */
  private afterWaiting(reads: Read[], waiting: Held): Read | null {
    const best = this.winnerOf(reads, null)!;
    return beats(best.rank, waiting.rank) ? best : null;
  }

  /** Counts the reads of a run that another one beat, and tells those with another value than the one kept. */
  private countLosers(
    channel: Channel,
    units: string,
    stamp: number,
    losers: Read[],
    kept: { exact: bigint | null; value: string },
  ): void {
    const textOf = ({ exact, value }: { exact: bigint | null; value: string }) =>
      exact === null ? '' : value;
    for (const loser of losers) {
      this.result.reads.duplicates++;
      if (loser.exact === kept.exact) continue;
      const { meterId } = channel.row;
      const line = { meterId, units, stamp, keptValue: textOf(kept), value: textOf(loser) };
      this.result.duplicates.push(line);
    }
  }

  /** @returns whether one of the reads is kept and has not gone out */
  private takeIntervals(channel: Channel, stamp: number, reads: Read[]): boolean {
    const { units } = channel.row;
    const day = dayOf(this.setting, stamp);
    channel.deliveredDays.add(day);
    const isSettled = channel.settledDays.has(day);
    const slot = slotAt(channel, stamp);
    const held = slot.read;
    const holdsActual = stateOf(channel, stamp) === 'passed';
    const isWaiting = !isSettled && !holdsActual && held !== null;
    const winner = isWaiting
      ? this.afterWaiting(reads, held)
      : this.winnerOf(reads, holdsActual ? held : null);
    const isPassed = winner?.judgement.kind === 'passed';
    // A read that fails a check does not replace an actual value, nor what a settled day came to.
    const isRefused = winner !== null && !isPassed && (holdsActual || isSettled);
    const losers = reads.filter((read) => read !== winner);
    this.countLosers(channel, units, stamp, losers, holdsActual && !isPassed ? held! : (winner ?? held!));
    if (winner === null) return false;
    if (isRefused) {
      this.keepsOut(channel, stamp, winner, slot);
      return false;
    }
    slot.read = winner;
    if (!isPassed) return true;
    if (isSettled) slot.settled = 'actual';
    slot.estimate = null;
    this.send(channel, units, stamp, slot.isSent ? 'RESEND' : 'OK', winner.value, winner.flag);
    slot.isSent = true;
    this.result.reads.accepted++;
    for (const code of winner.judgement.codes) this.tell(channel, units, stamp, code);
    return false;
  }

  /** A late read that fails a check replaces nothing. */
  private keepsOut(channel: Channel, stamp: number, read: Read, slot: Slot): void {
    this.result.reads.replaced++;
    const { meterId, units } = channel.row;
    const isActual = stateOf(channel, stamp) === 'passed';
    const held = isActual ? slot.read!.value : textOf(channel, slot.estimate);
    this.result.estimates.push({
      meterId,
      units,
      stamp,
      rawValue: read.exact === null ? '' : read.value,
      rawFlag: read.flag,
      value: held,
      method: 'kept',
      referenceDays: [],
      check: '',
      policy: channel.policyName,
      scale: null,
    });
  }

  private takeRegisters(channel: Channel, stamp: number, reads: Read[]): void {
    const units = `${channel.row.units}REG`;
    const held = channel.registers.get(stamp) ?? null;
    const winner = this.winnerOf(reads, held);
    const losers = reads.filter((read) => read !== winner);
    this.countLosers(channel, units, stamp, losers, winner ?? held!);
    if (winner === null) return;
    channel.registers.set(stamp, { exact: winner.exact, value: winner.value, rank: winner.rank });
    this.send(channel, units, stamp, held === null ? 'OK' : 'RESEND', winner.value, winner.flag);
    this.result.reads.accepted++;
  }

  /** Days of which all channels must have delivered now. To be asked before the reads of the run are taken. */
  private completeNow(records: InputRecord[]): number[] {
    const counts = new Map<number, number>();
    for (const { units, triples } of records) {
      if (units.endsWith('REG')) continue;
      const last = dayOf(this.setting, triples.at(-1)!.stamp);
      for (let day = dayOf(this.setting, triples[0]!.stamp); day <= last; day++)
        counts.set(day, (counts.get(day) ?? 0) + 1);
    }
    const fullest = Math.max(0, ...counts.values());
    const days = [...counts].filter(([, count]) => count * 10 >= fullest).map(([day]) => day);
    for (const { deliveredDays, settledDays } of this.channels.values())
      days.push(...[...deliveredDays].filter((day) => !settledDays.has(day)));
    const isNew = (day: number) => this.isClosed(day) && !this.completeDays.has(day);
    const complete = [...new Set(days)].filter(isNew);
    for (const day of complete) this.completeDays.add(day);
    return complete;
  }

  private isSilent(channel: Channel, day: number): boolean {
    const { activeFrom, activeTo } = channel.row;
    const isActive =
      (activeFrom === null || activeFrom < startOf(this.setting, day + 1)) &&
      (activeTo === null || activeTo > startOf(this.setting, day));
    return isActive && !channel.deliveredDays.has(day);
  }

  private findMissing(complete: number[]): void {
    for (const channel of this.channels.values()) {
      const { meterId, units } = channel.row;
      for (const day of complete)
        if (this.isSilent(channel, day)) this.result.missing.push({ meterId, units, day });
    }
  }

  /** Settles all days that have closed, day by day. @param complete days of which silent channels are settled too */
  private settle(complete: number[]): void {
    for (const channel of this.channels.values()) {
      const due = [...channel.deliveredDays].filter(
        (day) => this.isClosed(day) && !channel.settledDays.has(day),
      );
      if (channel.policy.estimateMissingMeters)
        due.push(...complete.filter((day) => this.isSilent(channel, day)));
      for (const day of due.sort((a, b) => a - b)) this.settleOne(channel, day);
    }
  }

  private settleOne(channel: Channel, day: number): void {
    const { units } = channel.row;
    const { made, unresolved, findings, situations } = settleDay(this.setting, channel, day);
    this.result.situations.push(...situations);
    for (const { code, stamp } of findings) this.tell(channel, units, stamp, code);
    for (const stamp of unresolved) this.tell(channel, units, stamp, 'vee/needs-review');
    // Where nothing came the flag has the form of the others, without any bit.
    const own = this.flagsOf(channel, day, ({ read }) => read?.flag);
    const first = [...own, ...this.flagsHeld(channel, day - 1), ...this.flagsHeld(channel, day + 1)][0];
    const form = /\d/.test(first ?? '') ? '0' : '';
    if (!channel.deliveredDays.has(day)) this.result.situations.push('silent day');
    for (const stamp of [...made.keys(), ...unresolved]) {
      const slot = channel.slots.get(stamp)!;
      const value = textOf(channel, slot.estimate);
      const flag = withLetter(slot.read?.flag ?? form, value === '' ? 'N' : 'E');
      this.send(channel, units, stamp, slot.isSent ? 'RESEND' : 'OK', value, flag);
      slot.isSent = true;
      slot.sentFlag = flag;
      if (made.has(stamp) || slot.read !== null) this.list(channel, stamp, slot, made.get(stamp));
    }
    // A read that fails a check in a slot that another meter answers for goes nowhere; its raw value is listed.
    for (const stamp of stampsOf(this.setting, channel, day)) {
      const slot = channel.slots.get(stamp);
      const isUseless = slot !== undefined && stateOf(channel, stamp) === 'elsewhere';
      if (isUseless && slot.read !== null) this.list(channel, stamp, slot);
    }
  }

  private flagsOf(channel: Channel, day: number, flagOf: (slot: Slot) => string | undefined): string[] {
    return stampsOf(this.setting, channel, day)
      .map((stamp) => channel.slots.get(stamp))
      .map((slot) => (slot === undefined ? undefined : flagOf(slot)))
      .filter((flag): flag is string => flag !== undefined && flag !== '');
  }

  /** Flags of what a day's slots hold: values that came, or estimates. */
  private flagsHeld(channel: Channel, day: number): string[] {
    return this.flagsOf(channel, day, ({ settled, read, sentFlag }) => {
      if (settled === 'none') return undefined;
      return settled === null || settled === 'actual' ? read?.flag : sentFlag;
    });
  }

  private list(channel: Channel, stamp: number, { read, estimate }: Slot, made?: Made): void {
    this.result.estimates.push({
      meterId: channel.row.meterId,
      units: channel.row.units,
      stamp,
      rawValue: read === null || read.exact === null ? '' : read.value,
      rawFlag: read?.flag ?? '',
      value: textOf(channel, estimate),
      method: made?.method ?? 'none',
      referenceDays: made?.referenceDays ?? [],
      check: read?.judgement.codes[0] ?? 'vee/missing',
      policy: channel.policyName,
      scale: made?.scale ?? null,
    });
  }

  private place(channel: Channel, stamp: number): void {
    const isSettled = channel.settledDays.has(dayOf(this.setting, stamp));
    if (isSettled) this.result.reads.replaced++;
    else this.result.reads.waiting++;
  }

  private send(
    channel: Channel,
    units: string,
    stamp: number,
    purpose: 'OK' | 'RESEND',
    value: string,
    flag: string,
  ): void {
    this.result.sent.push({ meterId: channel.row.meterId, units, stamp, purpose, value, flag });
  }

  private tell(channel: Channel, units: string, stamp: number, code: string): void {
    const line: ReviewLine = { meterId: channel.row.meterId, units, stamp, code };
    this.result.review.push(line);
  }
}

function readOf(channel: Channel, record: InputRecord, triple: Triple): Read {
  const { creation, file, line } = record;
  const exact = hasValue(triple) ? parseExact(triple.value) : null;
  const isResend = record.purpose === 'RESEND';
  const rank = { hasValue: exact !== null, isResend, creation, file, line };
  return { ...triple, exact, rank, judgement: judgeRead(channel, triple.flag, exact) };
}

/** Check 2: a RESEND, then the later creation stamp, then the later file name, then the later line. */
function beats(a: Rank, b: Rank): boolean {
  if (a.hasValue !== b.hasValue) return a.hasValue;
  if (a.isResend !== b.isResend) return a.isResend;
  if (a.creation !== b.creation) return a.creation > b.creation;
  if (a.file !== b.file) return a.file > b.file;
  return a.line > b.line;
}

/** An estimate has the decimals of the policy. */
function textOf(channel: Channel, estimate: bigint | null): string {
  return estimate === null ? '' : exactText(estimate, channel.policy.decimals);
}

const isSamePoint = (row: MeterRow, other: MeterRow): boolean =>
  row.sdpId !== '' && other.sdpId === row.sdpId && other.units === row.units && other.meterId !== row.meterId;
