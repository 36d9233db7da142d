import type { TextRead } from './cmep-text.js';
import type { Told } from './told.js';

export interface SourcedRead extends TextRead {
  source: string;
  file: string;
}

export interface EstimateRow {
  meterId: string;
  units: string;
  stamp: number;
  rawValue: string;
  rawFlag: string;
  value: string;
  method: string;
}

/** Everything of one run that the places of reads hang on. */
export interface AuditRun {
  nowMinutes: number;
  /** Minutes after a read day's end until it closes. */
  closeAfterMinutes: number;
  /** Reads that were not rejected. */
  reads: SourcedRead[];
  /** Rejected reads by source. */
  rejected: Map<string, number>;
  output: TextRead[];
  estimates: EstimateRow[];
}

/** What is known of a slot after the runs so far. */
export interface Kept {
  /** The read that counts, where there is one; its value went out, or waits. */
  read: SourcedRead | null;
  isWaiting: boolean;
  /** Value that went out last; null = nothing yet. */
  sent: string | null;
}

export interface PlaceCounts {
  received: number;
  all: Record<string, number>;
  bySource: Map<string, Record<string, number>>;
}

const PLACES = ['received', 'accepted', 'replaced', 'waiting', 'rejected', 'duplicates'] as const;
/** Market time is five hours behind UTC the whole year; a read day ends with the stamp of its last slot. */
const ZONE_MINUTES = 300;
const DAY_MINUTES = 1440;

const slotOf = (one: { meterId: string; units: string; stamp: number }): string =>
  `${one.meterId} ${one.units} ${one.stamp}`;
const hasValue = ({ flag, value }: TextRead): boolean => value !== '' && !flag.startsWith('N');
/** The value as it is carried: with the letter N there is none. */
const carried = (read: TextRead): string => (hasValue(read) ? read.value : '');
/** When the read day that a stamp lies in ends. */
const endOf = (stamp: number): number =>
  (Math.floor((stamp - 1 - ZONE_MINUTES) / DAY_MINUTES) + 1) * DAY_MINUTES + ZONE_MINUTES;

/** Whether a read takes precedence over another of its slot (docs/vee.md, "A slot given twice"). */
function beats(a: SourcedRead, b: SourcedRead): boolean {
  if (hasValue(a) !== hasValue(b)) return hasValue(a);
  const isResend = a.purpose === 'RESEND';
  if (isResend !== (b.purpose === 'RESEND')) return isResend;
  if (a.creation !== b.creation) return a.creation > b.creation;
  if (a.file !== b.file) return a.file > b.file;
  return a.offset > b.offset;
}

/** Finds the one place of each read of a run, by what lies in the folders alone. */
export function placeRun(run: AuditRun, kept: Map<string, Kept>, told: Told): PlaceCounts {
  const bySource = new Map<string, Record<string, number>>();
  const count = (source: string, place: (typeof PLACES)[number], by = 1): void => {
    let counts = bySource.get(source);
    if (counts === undefined) {
      counts = Object.fromEntries(PLACES.map((name) => [name, 0]));
      bySource.set(source, counts);
    }
    counts[place]! += by;
  };
  for (const [source, reads] of run.rejected) {
    count(source, 'rejected', reads);
    count(source, 'received', reads);
  }
  const winners = new Map<string, SourcedRead>();
  for (const read of run.reads) {
    count(read.source, 'received');
    const slot = slotOf(read);
    const before = winners.get(slot);
    const isBetter = before === undefined || beats(read, before);
    if (before !== undefined) count(isBetter ? before.source : read.source, 'duplicates');
    if (isBetter) winners.set(slot, read);
  }
  const output = bySlot(run.output, 'slot twice in a run', told);
  const estimates = bySlot(run.estimates, 'estimate twice in a run', told);
  const sorts = { estimated: 0, unresolved: 0 };
  for (const [slot, read] of winners) {
    const out = output.get(slot);
    const place = placeOf(read, out, estimates.get(slot), kept.get(slot), run, told);
    count(read.source, place);
    keep(kept, slot, read, place, out);
    if (place === 'accepted') output.delete(slot);
  }
  for (const [slot, out] of output) filled(slot, out, estimates.get(slot), kept, sorts, told);
  for (const out of run.output) auditPurpose(out, kept.get(slotOf(out))!, told);
  for (const out of run.output) kept.get(slotOf(out))!.sent = out.value;
  for (const slot of estimates.keys())
    if (kept.get(slot) === undefined) told.tell('estimate of nothing', slot);
  for (const [slot, { isWaiting, read }] of kept) {
    const isOverdue = isWaiting && endOf(read!.stamp) + run.closeAfterMinutes <= run.nowMinutes;
    if (isOverdue) told.tell('waits beyond the close of its day', slot);
  }
  const all = Object.fromEntries(PLACES.map((name) => [name, 0]));
  for (const counts of bySource.values()) for (const name of PLACES) all[name]! += counts[name]!;
  return { received: all.received!, all: { ...all, ...sorts }, bySource };
}

function bySlot<T extends { meterId: string; units: string; stamp: number }>(
  list: readonly T[],
  kind: string,
  told: Told,
): Map<string, T> {
  const slots = new Map<string, T>();
  for (const one of list) {
    const slot = slotOf(one);
    if (slots.has(slot)) told.tell(kind, slot);
    slots.set(slot, one);
  }
  return slots;
}

/** The one place of the read that wins its slot within a run. */
function placeOf(
  read: SourcedRead,
  out: TextRead | undefined,
  estimate: EstimateRow | undefined,
  kept: Kept | undefined,
  { nowMinutes, closeAfterMinutes }: AuditRun,
  told: Told,
): 'accepted' | 'replaced' | 'waiting' | 'duplicates' {
  const where = `${read.file}: ${slotOf(read)} ${read.flag} ${read.value}`;
  const isRaw = estimate?.rawValue === carried(read) && estimate.rawFlag[0] === read.flag[0];
  if (estimate !== undefined && isRaw) return 'replaced';
  if (out !== undefined && out.value === carried(read) && out.flag[0] === read.flag[0]) return 'accepted';
  const before = kept?.read ?? null;
  if (before !== null) {
    // Of reads that wait for their day's close the one with precedence is the one that waits.
    if (kept!.isWaiting && !beats(before, read)) return 'waiting';
    const isSame = before.value === read.value;
    if (!isSame && beats(read, before) && !kept!.isWaiting) told.tell('lost to a read that it beats', where);
    return 'duplicates';
  }
  if (endOf(read.stamp) + closeAfterMinutes <= nowMinutes) told.tell('a read that is nowhere', where);
  return 'waiting';
}

function keep(
  kept: Map<string, Kept>,
  slot: string,
  read: SourcedRead,
  place: 'accepted' | 'replaced' | 'waiting' | 'duplicates',
  out: TextRead | undefined,
): void {
  const before = kept.get(slot) ?? { read: null, isWaiting: false, sent: null };
  kept.set(slot, before);
  const isWaiting = place === 'waiting' || (place === 'duplicates' && before.isWaiting && out === undefined);
  const takesOver = before.read !== null && before.read.value === read.value && beats(read, before.read);
  if (place === 'accepted' || place === 'waiting' || (place === 'duplicates' && takesOver))
    before.read = read;
  before.isWaiting = isWaiting;
}

/** A slot that went out with something else than a read of this run. */
function filled(
  slot: string,
  out: TextRead,
  estimate: EstimateRow | undefined,
  kept: Map<string, Kept>,
  sorts: { estimated: number; unresolved: number },
  told: Told,
): void {
  const before = kept.get(slot) ?? { read: null, isWaiting: false, sent: null };
  kept.set(slot, before);
  if (before.isWaiting) {
    const isRaw = estimate?.rawValue === carried(before.read!);
    if (!isRaw)
      told.tell(
        'raw value of a read that waited',
        `${slot}: ${estimate?.rawValue}, not ${before.read!.value}`,
      );
  }
  before.isWaiting = false;
  before.read = null;
  if (out.value === '') {
    sorts.unresolved++;
    if (!out.flag.startsWith('N')) told.tell('no value, and no N', `${slot} ${out.flag}`);
    return;
  }
  sorts.estimated++;
  if (!out.flag.startsWith('E')) told.tell('a value that nobody sent', `${slot} ${out.flag} ${out.value}`);
  if (estimate?.value !== out.value) told.tell('estimate that the list has not', `${slot} ${out.value}`);
}

/** What replaces something sent is a RESEND, and nothing is sent twice. */
function auditPurpose(out: TextRead, { sent }: Kept, told: Told): void {
  const purpose = sent === null ? 'OK' : 'RESEND';
  told.equal(`purpose of ${slotOf(out)}`, out.purpose, purpose);
  if (sent !== null && sent !== '' && sent === out.value && !out.flag.startsWith('R'))
    told.tell('sent twice', slotOf(out));
}
