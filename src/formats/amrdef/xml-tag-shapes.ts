import { hasTextAt, type WordText, wordText } from '../word-text.js';
import { BYTE_KIND, IS_NAME, IS_PLAIN_VALUE } from './xml-characters.js';
import type { NameTable } from './xml-names.js';
import { referenceEnd } from './xml-references.js';
import { NO_PLACE, type TagForm, type XmlTag } from './xml-tag.js';

const LF = 10;
const DOUBLE_QUOTE = 0x22;
const AMPERSAND = 0x26;
const QUOTE = 0x27;

/** The longest text between two values that is remembered. */
const LITERAL_BYTES_MAX = 256;
/** Forms of an element that are remembered, and how often one takes the place of another before it is left at that. */
const FORMS_MAX = 2;
const LEARNED_MAX = 200;
/** Whole tags of a form that are remembered, how long one may be, and how many are looked at. */
const WHOLE_MAX = 6;
const WHOLE_BYTES_MAX = 256;
const WHOLE_LEARNED_MAX = 64;
/** Bytes beyond a text that whole words are compared in. */
const ROOM_BYTES = 4;

/** A tag to the letter but for its values. */
interface TagShape extends TagForm {
  name: number;
  nameBytes: number;
  isEmpty: boolean;
  /** What stands before each value, and behind the last one. */
  literals: WordText[];
  /** Of each attribute: number of its name, where the name begins in the literal before its value, and its length. */
  names: number[];
  nameOffsets: number[];
  nameLengths: number[];
  /** Tags of this form that came before, to the letter; the next one to compare with; how many were noted. */
  wholes: WholeTag[];
  nextWhole: number;
  wholesNoted: number;
}

/** A tag to the letter: where its values begin and end, counted from its `<`. */
interface WholeTag {
  text: WordText;
  froms: number[];
  tos: number[];
  isIndirect: number[];
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
    const whole = shape.wholes.length === 0 ? -1 : this.readWhole(shape, tag, from, end);
    if (whole >= 0) return whole;
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
    this.fill(shape, tag, from, at);
    if (shape.wholesNoted < WHOLE_LEARNED_MAX) noteWhole(shape, tag, bytes);
    return at;
  }

  private fill(shape: TagShape, tag: XmlTag, from: number, to: number): void {
    tag.form = shape;
    tag.name = shape.name;
    tag.from = from;
    tag.to = to;
    tag.nameFrom = from + 1;
    tag.nameTo = from + 1 + shape.nameBytes;
    tag.isEmpty = shape.isEmpty;
    tag.count = shape.names.length;
    tag.lineEnds = 0;
  }

  /** Reads a tag that came before to the letter. @returns the place behind it, or -1 */
  private readWhole(shape: TagShape, tag: XmlTag, from: number, end: number): number {
    const { view } = this;
    const { wholes } = shape;
    for (let tries = wholes.length; tries > 0; tries--) {
      if (shape.nextWhole >= wholes.length) shape.nextWhole = 0;
      const { text, froms, tos, isIndirect } = wholes[shape.nextWhole++]!;
      if (from + text.length > end || !hasTextAt(view, from, text)) continue;
      for (let i = 0; i < froms.length; i++) {
        const valueFrom = from + froms[i]!;
        tag.valueFroms[i] = valueFrom;
        tag.valueTos[i] = from + tos[i]!;
        tag.isIndirect[i] = isIndirect[i]!;
        tag.names[i] = shape.names[i]!;
        tag.nameFroms[i] = valueFrom - shape.nameOffsets[i]!;
        tag.nameTos[i] = tag.nameFroms[i]! + shape.nameLengths[i]!;
      }
      this.fill(shape, tag, from, from + text.length);
      return tag.to;
    }
    return -1;
  }

  /** Remembers the form of a tag that was read otherwise. */
  learn(tag: XmlTag, bytes: Uint8Array): void {
    if (tag.name < 0 || this.learned[tag.name]! >= LEARNED_MAX) return;
    this.learned[tag.name]!++;
    const shape = shapeOf(tag, bytes, this.table.count);
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

/** Remembers a tag to the letter, until it shows that those of its form seldom come again. */
function noteWhole(shape: TagShape, tag: XmlTag, bytes: Uint8Array): void {
  const { from, to, count } = tag;
  if (++shape.wholesNoted === WHOLE_LEARNED_MAX) shape.wholes.length = 0;
  else if (to - from <= WHOLE_BYTES_MAX && count > 0) {
    if (shape.wholes.length === WHOLE_MAX) shape.wholes.shift();
    shape.wholes.push({
      text: wordText(bytes, from, to),
      froms: Array.from(tag.valueFroms.subarray(0, count), (place) => place - from),
      tos: Array.from(tag.valueTos.subarray(0, count), (place) => place - from),
      isIndirect: Array.from(tag.isIndirect.subarray(0, count)),
    });
  }
}

/** The shape of a tag, or null where it is none to remember: other quotes, line ends, unknown names. */
function shapeOf(tag: XmlTag, bytes: Uint8Array, nameCount: number): TagShape | null {
  if (tag.lineEnds > 0 || tag.name < 0) return null;
  const shape: TagShape = {
    name: tag.name,
    nameBytes: tag.nameTo - tag.nameFrom,
    isEmpty: tag.isEmpty,
    literals: [],
    names: [],
    nameOffsets: [],
    nameLengths: [],
    wholes: [],
    nextWhole: 0,
    wholesNoted: 0,
    places: new Uint8Array(nameCount).fill(NO_PLACE),
    isAllowed: null,
  };
  let from = tag.from;
  for (let i = 0; i <= tag.count; i++) {
    const to = i === tag.count ? tag.to : tag.valueFroms[i]!;
    if (to - from > LITERAL_BYTES_MAX) return null;
    shape.literals.push(wordText(bytes, from, to));
    if (i === tag.count) break;
    if (bytes[to - 1] !== DOUBLE_QUOTE || tag.names[i]! < 0) return null;
    if (bytes.subarray(to, tag.valueTos[i]!).includes(LF)) return null;
    shape.places[tag.names[i]!] = i;
    shape.names.push(tag.names[i]!);
    shape.nameOffsets.push(to - tag.nameFroms[i]!);
    shape.nameLengths.push(tag.nameTos[i]! - tag.nameFroms[i]!);
    from = tag.valueTos[i]!;
  }
  return shape;
}
