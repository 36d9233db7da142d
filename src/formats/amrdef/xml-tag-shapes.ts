import { hasTextAt } from '../word-text.js';
import { BYTE_KIND, IS_NAME, IS_PLAIN_VALUE } from './xml-characters.js';
import { ATTRIBUTES_MAX } from './xml-limits.js';
import type { NameTable } from './xml-names.js';
import { referenceEnd } from './xml-references.js';
import type { XmlTag } from './xml-tag.js';
import {
  noteMiss,
  noteValues,
  noteWhole,
  shapeOf,
  type TagPattern,
  type TagShape,
} from './xml-tag-pattern.js';

const DOUBLE_QUOTE = 0x22;
const AMPERSAND = 0x26;
const QUOTE = 0x27;

/** Forms of an element that are remembered, and how often one takes the place of another before it is left at that. */
const FORMS_MAX = 2;
const LEARNED_MAX = 200;
/** Bytes beyond a text that whole words are compared in. */
const ROOM_BYTES = 4;

/**
 * The tags of a document mostly differ from others of their element in a few values alone. This reads such a tag
 * by comparing what stands between these values; anything else is left to `XmlTag.read`, which accepts and
 * refuses the same. What is compared with, in this order:
 *
 * | Pattern   | Stands there to the letter                     | Made of                            |
 * | --------- | ---------------------------------------------- | ---------------------------------- |
 * | whole     | all                                            | a tag that came before             |
 * | settled   | all but the values that differ                 | what some tags had in common       |
 * | base      | all but the values                             | one tag that `XmlTag.read` read    |
 */
export class TagShapes {
  /** By number of the element's name; the one that came last first. */
  private readonly shapes: TagShape[][];
  private readonly learned: Int32Array;
  /** Shape of the tag that was read last: mostly the same one follows as the time before. */
  private last: TagShape | null = null;
  private viewed: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  /** Texts are compared up to here. */
  private viewEnd = 0;
  /** Where each text of the pattern under work begins. */
  private readonly places = new Int32Array(ATTRIBUTES_MAX + 1);

  constructor(private readonly table: NameTable) {
    this.shapes = Array.from({ length: table.count }, () => []);
    this.learned = new Int32Array(table.count);
  }

  /**
   * Reads the tag at `from` where it has a form that is known.
   * @returns the place behind it, or -1: nothing is known of it then
   */
  read(tag: XmlTag, bytes: Uint8Array, from: number, to: number): number {
    if (bytes !== this.viewed) this.setBuffer(bytes);
    const { last } = this;
    if (last !== null && last.next !== null) {
      const end = this.readAs(last.next, tag, bytes, from, to);
      if (end >= 0) {
        this.last = last.next;
        return end;
      }
    }
    return this.readNamed(tag, bytes, from, to);
  }

  private readNamed(tag: XmlTag, bytes: Uint8Array, from: number, to: number): number {
    let at = from + 1;
    while (at < to && (BYTE_KIND[bytes[at]!]! & IS_NAME) !== 0) at++;
    if (at === to || at === from + 1) return -1;
    const name = this.table.find(bytes, from + 1, at);
    if (name < 0) return -1;
    const known = this.shapes[name]!;
    for (let tries = known.length; tries > 0; tries--) {
      const shape = known[0]!;
      const end = this.readAs(shape, tag, bytes, from, to);
      if (end >= 0) {
        if (this.last !== null) this.last.next = shape;
        this.last = shape;
        return end;
      }
      known.reverse();
    }
    return -1;
  }

  private readAs(shape: TagShape, tag: XmlTag, bytes: Uint8Array, from: number, to: number): number {
    const end = Math.min(to, this.viewEnd);
    const { wholes, settled, first } = shape;
    if (wholes.length > 0 && (from + first.length > end || !hasTextAt(this.view, from, first))) return -1;
    for (let tries = wholes.length; tries > 0; tries--) {
      if (shape.nextWhole >= wholes.length) shape.nextWhole = 0;
      const whole = wholes[shape.nextWhole++]!;
      if (this.readBy(whole, shape, tag, bytes, from, end) >= 0) return tag.to;
    }
    if (settled !== null && this.readBy(settled, shape, tag, bytes, from, end) >= 0) shape.settledHits++;
    else if (this.readBy(shape.base, shape, tag, bytes, from, end) < 0) return -1;
    else if (settled !== null) noteMiss(shape);
    else noteValues(shape, tag, bytes);
    noteWhole(shape, tag, bytes);
    return tag.to;
  }

  /** @returns the place behind the tag, or -1 where the pattern is not its own */
  private readBy(
    pattern: TagPattern,
    shape: TagShape,
    tag: XmlTag,
    bytes: Uint8Array,
    from: number,
    end: number,
  ): number {
    const { texts, variables } = pattern;
    const { view, places } = this;
    const opening = texts[0]!;
    if (from + opening.length > end || !hasTextAt(view, from, opening)) return -1;
    places[0] = from;
    let at = from + opening.length;
    for (let k = 0; k < variables.length; k++) {
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
      const text = texts[k + 1]!;
      if (at + text.length > end || !hasTextAt(view, at, text)) return -1;
      const i = variables[k]!;
      tag.valueFroms[i] = valueFrom;
      tag.valueTos[i] = at;
      tag.isIndirect[i] = isIndirect;
      places[k + 1] = at;
      at += text.length;
    }
    this.fill(pattern, shape, tag, from, at);
    return at;
  }

  private fill(pattern: TagPattern, shape: TagShape, tag: XmlTag, from: number, to: number): void {
    const { fixed, fixedTexts, fixedFroms, fixedTos, fixedIndirect } = pattern;
    for (let k = 0; k < fixed.length; k++) {
      const i = fixed[k]!;
      const place = this.places[fixedTexts[k]!]!;
      tag.valueFroms[i] = place + fixedFroms[k]!;
      tag.valueTos[i] = place + fixedTos[k]!;
      tag.isIndirect[i] = fixedIndirect[k]!;
    }
    tag.form = shape;
    tag.whole = pattern.isWhole ? pattern : null;
    tag.name = shape.name;
    tag.from = from;
    tag.to = to;
    tag.nameFrom = from + 1;
    tag.nameTo = from + 1 + shape.nameBytes;
    tag.isEmpty = shape.isEmpty;
    tag.count = shape.names.length;
    tag.lineEnds = 0;
  }

  /** Remembers the form of a tag that was read otherwise. */
  learn(tag: XmlTag, bytes: Uint8Array): void {
    this.last = null;
    if (tag.name < 0 || this.learned[tag.name]! >= LEARNED_MAX) return;
    this.learned[tag.name]!++;
    const shape = shapeOf(tag, bytes, this.table.count);
    if (shape === null) return;
    const known = this.shapes[tag.name]!;
    known.unshift(shape);
    if (known.length > FORMS_MAX) known.pop();
    this.last = shape;
  }

  private setBuffer(bytes: Uint8Array): void {
    this.viewed = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.viewEnd = bytes.byteLength - ROOM_BYTES;
  }
}
