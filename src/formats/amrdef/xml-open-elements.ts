import { DEPTH_MAX, NAME_BYTES_MAX } from './xml-limits.js';
import type { NameTable } from './xml-names.js';

/** The elements that are open, the root first; names that are not in the table are kept as bytes. */
export class OpenElements {
  depth = 0;
  private readonly names = new Int16Array(DEPTH_MAX);
  private readonly texts = new Uint8Array(DEPTH_MAX * NAME_BYTES_MAX);
  private readonly lengths = new Uint8Array(DEPTH_MAX);

  constructor(private readonly table: NameTable) {}

  /** Opens an element; there must be room for it (DEPTH_MAX). */
  push(name: number, bytes: Uint8Array, from: number, to: number): void {
    const { depth } = this;
    this.names[depth] = name;
    if (name < 0) {
      this.lengths[depth] = to - from;
      const place = depth * NAME_BYTES_MAX;
      for (let i = 0; i < to - from; i++) this.texts[place + i] = bytes[from + i]!;
    }
    this.depth = depth + 1;
  }

  /** Closes the innermost element. @returns its name */
  pop(): number {
    this.depth--;
    return this.names[this.depth]!;
  }

  /** Bytes of the name of the innermost element. */
  innermost(): Uint8Array {
    const depth = this.depth - 1;
    const name = this.names[depth]!;
    if (name >= 0) return this.table.bytesOf(name);
    const place = depth * NAME_BYTES_MAX;
    return this.texts.subarray(place, place + this.lengths[depth]!);
  }
}
