/**
 * What the receiver does wrong on purpose, so that a sender can be tried: `--misbehave delay=5,fail*3`.
 *
 * | Word | What happens |
 * | --- | --- |
 * | `delay=SECONDS` | the answer waits |
 * | `close-at=BYTE` | the connection is closed once so many bytes of the body have come |
 * | `fail` | 503 before the body is looked at |
 * | `wrong-mic` | the receipt carries another MIC |
 * | `wrong-id` | the receipt names another message |
 * | `unsigned-mdn` | the receipt is not signed |
 * | `lose-mdn` | the message is taken and booked, but no receipt goes out; a synchronous answer breaks off |
 * | `answer-twice` | an asynchronous receipt is sent twice |
 *
 * `*N` after a word: only for the first N messages that it meets.
 */
export const MISBEHAVIOURS = [
  'delay',
  'close-at',
  'fail',
  'wrong-mic',
  'wrong-id',
  'unsigned-mdn',
  'lose-mdn',
  'answer-twice',
] as const;
export type MisbehaviourName = (typeof MISBEHAVIOURS)[number];

/** Words that need a number: seconds of delay, the byte to close at. */
const NEEDS_NUMBER: readonly MisbehaviourName[] = ['delay', 'close-at'];

export interface Misbehaviour {
  /** The number of a word if it applies to this message, 0 for a word without one; null where it does not. */
  take(name: MisbehaviourName): number | null;
}

export const WELL_BEHAVED: Misbehaviour = { take: () => null };

/** @returns the misbehaviour, or a sentence that says what is wrong with the text */
export function parseMisbehaviour(text: string): Misbehaviour | string {
  const left = new Map<MisbehaviourName, { number: number; times: number }>();
  for (const word of text.split(',').map((one) => one.trim())) {
    const match = /^([a-z-]+)(?:=(\d+(?:\.\d+)?))?(?:\*(\d+))?$/.exec(word);
    const name = MISBEHAVIOURS.find((one) => one === match?.[1]);
    if (match === null || name === undefined) return `"${word}" is none of ${MISBEHAVIOURS.join(', ')}.`;
    if ((match[2] !== undefined) !== NEEDS_NUMBER.includes(name))
      return `"${word}": ${NEEDS_NUMBER.join(' and ')} need a number (delay=5), the others have none.`;
    left.set(name, { number: Number(match[2] ?? 0), times: Number(match[3] ?? Number.POSITIVE_INFINITY) });
  }
  return {
    take(name) {
      const entry = left.get(name);
      if (entry === undefined || entry.times <= 0) return null;
      entry.times--;
      return entry.number;
    },
  };
}
