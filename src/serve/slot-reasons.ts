import { isoMinute } from '../model/time.js';
import type { ExplainedChannel, ExplainedSlot } from '../pipeline/explain-day.js';

const METHODS: Readonly<Record<string, string>> = {
  'outage-zero': 'set to zero, since the power was off',
  linear: 'drawn as a straight line between its neighbours',
  'like-day': 'taken from like days',
  profile: 'taken from the load profile of its class',
  'register-share': 'given its share of what the register counted',
  none: 'left without a value, since no method applied',
};

const STATES: Readonly<Record<ExplainedSlot['state'], string>> = {
  absent: 'nothing came, and the day is not settled',
  actual: 'as it came',
  waiting: 'waits for its day to close',
  'outage-zero': 'set to zero, since the power was off',
  estimated: 'estimated; the lists of the run that did it are gone',
  none: 'went out without a value',
  'other-meter': 'another meter of the service delivery point covers it',
};

/** Sentences that say what became of the slots that did not simply go out as they came; like ones are told together. */
export function reasonsOf({ slots, review }: ExplainedChannel, zoneMinutes: number): string[] {
  const groups: { sentence: string; slots: ExplainedSlot[] }[] = [];
  for (const slot of slots) {
    const sentence = sentenceOf(slot);
    // What a slot that went out as it came was flagged for stands below, with the figures.
    if (sentence === null || (slot.state === 'actual' && review.some(({ stamp }) => stamp === slot.stamp)))
      continue;
    const last = groups.at(-1);
    const isNext = last !== undefined && slots.indexOf(last.slots.at(-1)!) === slots.indexOf(slot) - 1;
    if (isNext && last.sentence === sentence) last.slots.push(slot);
    else groups.push({ sentence, slots: [slot] });
  }
  const told = groups.map(({ sentence, slots: own }) => `${spanOf(own, zoneMinutes)}: ${sentence}`);
  const reviewed = new Map<string, string>();
  for (const { code, detail, stamp } of review) {
    const text = detail === '' ? code : `${code}: ${detail}`;
    if (!reviewed.has(text)) reviewed.set(text, `For review, ${clock(stamp, zoneMinutes)}: ${text}.`);
  }
  return [...told, ...reviewed.values()];
}

/** null: as it came, and no check had anything to say. */
function sentenceOf(slot: ExplainedSlot): string | null {
  const { state, method, checks, referenceDays, scale, policy, raw, rawFlag, status } = slot;
  if (state === 'actual' && checks.length === 0) return null;
  const what = method === null ? STATES[state] : (METHODS[method] ?? `made by the method ${method}`);
  const came =
    state === 'actual' || state === 'waiting'
      ? ''
      : raw === null || raw === ''
        ? ' No value had come.'
        : ` ${raw} had come${rawFlag === null || rawFlag === '' ? '' : ` with the flag ${rawFlag}`}${status.length === 0 ? '' : ` (${status.join(', ')})`}.`;
  const why = checks.length === 0 ? '' : ` Check: ${checks.join(', ')}.`;
  const from = referenceDays === null ? '' : ` Made of: ${referenceDays}.`;
  const times = scale === null ? '' : ` Scaled to the register by ${scale}.`;
  const by = policy === null ? '' : ` Policy ${policy}.`;
  return `${what}.${came}${why}${from}${times}${by}`;
}

/** `03:00 to 05:00`, market time: from the first slot's beginning, as far as it can be told, to the last one's end. */
function spanOf(slots: readonly ExplainedSlot[], zoneMinutes: number): string {
  const first = clock(slots[0]!.stamp, zoneMinutes);
  if (slots.length === 1) return `Slot that ends ${first}`;
  return `${slots.length} slots that end ${first} to ${clock(slots.at(-1)!.stamp, zoneMinutes)}`;
}

/** Clock of a stamp in market time; midnight ends a day. */
function clock(stamp: string, zoneMinutes: number): string {
  const at = Date.parse(stamp);
  if (Number.isNaN(at)) return stamp;
  const text = isoMinute(at / 60_000 + zoneMinutes).slice(11, 16);
  return text === '00:00' ? '24:00' : text;
}
