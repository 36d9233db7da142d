import { hasTextAt, type WordText, wordText } from '../word-text.js';
import { BYTE_KIND, IS_NAME, IS_PLAIN_VALUE } from './xml-characters.js';
import type { NameTable } from './xml-names.js';
import { referenceEnd } from './xml-references.js';
import type { XmlTag } from './xml-tag.js';

const LF = 10;
const DOUBLE_QUOTE = 0x22;
const AMPERSAND = 0x26;
const QUOTE = 0x27;

/** The longest text between two values that is remembered. */
const LITERAL_BYTES_MAX = 256;
/** Forms of an element that are remembered, and how often one takes the place of another before it is left at that. */
const FORMS_MAX = 2;
const LEARNED_MAX = 200;
/** Bytes beyond a text that whole words are compared in. */
const ROOM_BYTES = 4;

/** A tag to the letter but for its values. */
interface TagShape {
  name: number;
  nameBytes: number;
  isEmpty: boolean;
  /** What stands before each value, and behind the last one. */
  literals: WordText[];
  /** Of each attribute: number of its name, where the name begins in the literal before its value, and its length. */
  names: number[];
  nameOffsets: number[];
  nameLengths: number[];
}

/**
 * The tags of a document mostly differ from others of their element in the values alone. This reads such a tag by
 * comparing what stands between the values; anything else is left to `XmlTag.read`, which accepts and refuses
 * the same.
 */
export class TagShapes {
  /** By number of the element's name; the one that came last first. */
  private readonly shapes: TagShape[][];
  private readonly learned: Int32Array;
  private viewed: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));

  constructor(private readonly table: NameTable) {
    this.shapes = Array.from({ length: table.count }, () => []);
    this.learned = new Int32Array(table.count);
  }

  /**
   * Reads the tag at `from` where it has a form that is known.
   * @returns the place behind it, or -1: nothing is known of it then
   */
  read(tag: XmlTag, bytes: Uint8Array, from: number, to: number): number {
    let at = from + 1;
    while (at < to && (BYTE_KIND[bytes[at]!]! & IS_NAME) !== 0) at++;
    if (at === to || at === from + 1) return -1;
    const name = this.table.find(bytes, from + 1, at);
    if (name < 0) return -1;
    const known = this.shapes[name]!;
    if (known.length === 0) return -1;
    const end = this.readAs(known[0]!, tag, bytes, from, to);
    if (end >= 0 || known.length < FORMS_MAX) return end;
    known.reverse();
    return this.readAs(known[0]!, tag, bytes, from, to);
  }

  private readAs(shape: TagShape, tag: XmlTag, bytes: Uint8Array, from: number, to: number): number {
    const { literals } = shape;
    if (bytes !== this.viewed) this.setBuffer(bytes);
    const { view } = this;
    const end = Math.min(to, view.byteLength - ROOM_BYTES);
    if (from + literals[0]!.length > end || !hasTextAt(view, from, literals[0]!)) return -1;
    let at = from + literals[0]!.length;
    const count = literals.length - 1;
    for (let i = 0; i < count; i++) {
      const valueFrom = at;
      let isIndirect = 0;
      for (;;) {
        while (at < end && (BYTE_KIND[bytes[at]!]! & IS_PLAIN_VALUE) !== 0) at++;
        if (at >= end) return -1;
        const byte = bytes[at]!;
        if (byte === DOUBLE_QUOTE) break;
        if (byte === AMPERSAND) {
          const after = referenceEnd(bytes, at, end);
          if (after < 0) return -1;
          isIndirect = 1;
          at = after;
        } else if (byte === QUOTE) at++;
        else return -1;
      }
      const literal = literals[i + 1]!;
      if (at + literal.length > end || !hasTextAt(view, at, literal)) return -1;
      const nameFrom = valueFrom - shape.nameOffsets[i]!;
      tag.valueFroms[i] = valueFrom;
      tag.valueTos[i] = at;
      tag.isIndirect[i] = isIndirect;
      tag.names[i] = shape.names[i]!;
      tag.nameFroms[i] = nameFrom;
      tag.nameTos[i] = nameFrom + shape.nameLengths[i]!;
      at += literal.length;
    }
    tag.name = shape.name;
    tag.from = from;
    tag.to = at;
    tag.nameFrom = from + 1;
    tag.nameTo = from + 1 + shape.nameBytes;
    tag.isEmpty = shape.isEmpty;
    tag.count = count;
    tag.lineEnds = 0;
    return at;
  }

  /** Remembers the form of a tag that was read otherwise. */
  learn(tag: XmlTag, bytes: Uint8Array): void {
    if (tag.name < 0 || this.learned[tag.name]! >= LEARNED_MAX) return;
    this.learned[tag.name]!++;
    const shape = shapeOf(tag, bytes);
    if (shape === null) return;
    const known = this.shapes[tag.name]!;
    known.unshift(shape);
    if (known.length > FORMS_MAX) known.pop();
  }

  private setBuffer(bytes: Uint8Array): void {
    this.viewed = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** The shape of a tag, or null where it is none to remember: other quotes, line ends, unknown names. */
function shapeOf(tag: XmlTag, bytes: Uint8Array): TagShape | null {
  if (tag.lineEnds > 0 || tag.name < 0) return null;
  const shape: TagShape = {
    name: tag.name,
    nameBytes: tag.nameTo - tag.nameFrom,
    isEmpty: tag.isEmpty,
    literals: [],
    names: [],
    nameOffsets: [],
    nameLengths: [],
  };
  let from = tag.from;
  for (let i = 0; i <= tag.count; i++) {
    const to = i === tag.count ? tag.to : tag.valueFroms[i]!;
    if (to - from > LITERAL_BYTES_MAX) return null;
    shape.literals.push(wordText(bytes, from, to));
    if (i === tag.count) break;
    if (bytes[to - 1] !== DOUBLE_QUOTE || tag.names[i]! < 0) return null;
    if (bytes.subarray(to, tag.valueTos[i]!).includes(LF)) return null;
    shape.names.push(tag.names[i]!);
    shape.nameOffsets.push(to - tag.nameFroms[i]!);
    shape.nameLengths.push(tag.nameTos[i]! - tag.nameFroms[i]!);
    from = tag.valueTos[i]!;
  }
  return shape;
}
