/** Names that a reader knows, each with a number, found by their bytes without making a string. */
export interface NameTable {
  count: number;
  /** Number of the name `bytes[from]` to `bytes[to - 1]`, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number;
  /** The bytes of a name by its number. */
  bytesOf(name: number): Uint8Array;
}

/** Slots for each name: nearly all names are then found at once. */
const SLOTS_PER_NAME = 8;

/** @param names the name of number i is `names[i]` */
export function nameTable(names: readonly string[]): NameTable {
  const texts = names.map((name) => Uint8Array.from(Buffer.from(name, 'latin1')));
  const size = 1 << Math.ceil(Math.log2(names.length * SLOTS_PER_NAME));
  const mask = size - 1;
  const slots = new Int16Array(size).fill(-1);
  for (const [name, text] of texts.entries()) {
    let slot = hashOf(text, 0, text.length) & mask;
    while (slots[slot] !== -1) slot = (slot + 1) & mask;
    slots[slot] = name;
  }
  const find = (bytes: Uint8Array, from: number, to: number): number => {
    for (let slot = hashOf(bytes, from, to) & mask; ; slot = (slot + 1) & mask) {
      const name = slots[slot]!;
      if (name < 0 || isSame(texts[name]!, bytes, from, to)) return name;
    }
  };
  return { count: names.length, find, bytesOf: (name) => texts[name]! };
}

/** Of the length and of four bytes: enough to tell most known names apart. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  const middle = (from + to) >> 1;
  let hash = (to - from) * 31 + bytes[from]!;
  hash = Math.imul(hash, 31) + bytes[to - 1]!;
  hash = Math.imul(hash, 31) + bytes[middle]!;
  hash = Math.imul(hash, 31) + bytes[(from + middle) >> 1]!;
  return hash ^ (hash >>> 11);
}

export function isSame(text: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false;
  return true;
}
