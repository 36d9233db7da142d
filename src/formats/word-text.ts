/**
 * A short text as little-endian 32-bit words, so that finding it in a buffer takes one comparison for
 * four bytes. The last word is masked to the bytes that belong to the text.
 */
export interface WordText {
  length: number;
  words: Int32Array;
  lastMask: number;
}

export const EMPTY_WORD_TEXT: WordText = { length: 0, words: new Int32Array(0), lastMask: 0 };

/** Makes a text of `bytes[from]` to `bytes[to - 1]`. */
export function wordText(bytes: Uint8Array, from: number, to: number): WordText {
  const length = to - from;
  const words = new Int32Array(Math.ceil(length / 4));
  new Uint8Array(words.buffer).set(bytes.subarray(from, to));
  const used = length % 4;
  return { length, words, lastMask: used === 0 ? -1 : (1 << (used * 8)) - 1 };
}

/** Whether the buffer has the text at a place; the buffer must go on for three bytes after it. */
export function hasTextAt(view: DataView, at: number, text: WordText): boolean {
  const { words } = text;
  const last = words.length - 1;
  let place = at;
  for (let i = 0; i < last; i++, place += 4) if (view.getInt32(place, true) !== words[i]) return false;
  return last < 0 || (view.getInt32(place, true) & text.lastMask) === words[last];
}

/** Whether two texts are the same. */
export function isSameText(a: WordText, b: WordText): boolean {
  return a.length === b.length && a.words.every((word, i) => word === b.words[i]);
}
