import {
  BYTE_KIND,
  CUT_CHARACTER,
  IS_NAME,
  IS_NAME_START,
  IS_PLAIN_VALUE,
  IS_SPACE,
  isNameCharacter,
  longCharacter,
  longCode,
} from './xml-characters.js';
import { ATTRIBUTES_MAX, NAME_BYTES_MAX } from './xml-limits.js';
import type { NameTable } from './xml-names.js';
import { CUT_REFERENCE, referenceEnd } from './xml-references.js';

const LF = 10;
const DOUBLE_QUOTE = 0x22;
const AMPERSAND = 0x26;
const QUOTE = 0x27;
const SLASH = 0x2f;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;

/** What the readers of parts of a tag say instead of a place: the text ends within it, or it is at fault. */
export const CUT = -1;
export const BAD = -2;

/** What a reader notes of tags that are the same but for their values. */
export interface TagForm {
  /** By number of a name: place of the attribute, or NO_PLACE. */
  places: Uint8Array;
  /** Whether each attribute may stand there; null = not looked at yet. */
  isAllowed: boolean | null;
  /** Of each attribute: number of its name, how far before its value the name begins, and its length. */
  names: Int16Array;
  nameOffsets: Int32Array;
  nameLengths: Int32Array;
}

/** A tag that came before to the letter. */
export interface WholeTag {
  /** What its reader made of it, where it cares to remember. */
  meaning: unknown;
}

export const NO_PLACE = 255;

/**
 * A start tag as byte ranges of the buffer: one object that is filled again for each tag. Of the arrays the
 * first `count` entries are good.
 */
export class XmlTag {
  /** Number of the element's name in the name table, or -1; and where it stands. */
  name = -1;
  nameFrom = 0;
  nameTo = 0;
  /** From `<` to behind `>`. */
  from = 0;
  to = 0;
  /** Line, and column in bytes, both from 1, of the `<`. */
  line = 0;
  column = 0;
  /** Whether it is an empty-element tag, `<a/>`. */
  isEmpty = false;
  count = 0;
  /** Attributes: where the value (without quotes) stands. */
  readonly valueFroms = new Int32Array(ATTRIBUTES_MAX);
  readonly valueTos = new Int32Array(ATTRIBUTES_MAX);
  /** 1 where the value's text is not its meaning: `resolveInPlace` makes it so. */
  readonly isIndirect = new Uint8Array(ATTRIBUTES_MAX);
  /** What tags of the same form have in common, where the form is known; else null. */
  form: TagForm | null = null;
  /** Where the tag came before to the letter, or may come again; else null. */
  whole: WholeTag | null = null;
  /** What is wrong, and where, after BAD. */
  fault = '';
  faultAt = 0;
  /** Line ends within the tag, and the place behind the last one. */
  lineEnds = 0;
  lineStart = 0;
  private valueIsIndirect = false;
  /** Names of the attributes where the form is not known: number or -1, and where they stand. */
  private readonly names = new Int16Array(ATTRIBUTES_MAX);
  private readonly nameFroms = new Int32Array(ATTRIBUTES_MAX);
  private readonly nameTos = new Int32Array(ATTRIBUTES_MAX);
  /** By number of a name: the tag that it was seen in last. */
  private readonly seen: Int32Array;
  private serial = 0;

  constructor(private readonly table: NameTable) {
    this.seen = new Int32Array(table.count);
  }

  /** Number of the name of attribute `i`, or -1. */
  nameOf(i: number): number {
    return this.form === null ? this.names[i]! : this.form.names[i]!;
  }

  /** Where the name of attribute `i` begins. */
  nameFromOf(i: number): number {
    return this.form === null ? this.nameFroms[i]! : this.valueFroms[i]! - this.form.nameOffsets[i]!;
  }

  /** The place behind the name of attribute `i`. */
  nameToOf(i: number): number {
    return this.form === null ? this.nameTos[i]! : this.nameFromOf(i) + this.form.nameLengths[i]!;
  }

  /**
   * Reads the start tag that begins at `from`.
   * @returns the place behind its `>`, CUT or BAD
   */
  read(bytes: Uint8Array, from: number, to: number): number {
    this.from = from;
    this.form = null;
    this.whole = null;
    this.count = 0;
    this.isEmpty = false;
    this.lineEnds = 0;
    this.nameFrom = from + 1;
    let at = nameEnd(bytes, from + 1, to);
    if (at < 0) return at === CUT ? CUT : this.bad('a name must follow "<"', from);
    this.nameTo = at;
    this.name = this.table.find(bytes, from + 1, at);
    for (;;) {
      const next = this.skipSpace(bytes, at, to);
      if (next === to) return CUT;
      const byte = bytes[next]!;
      if (byte === GREATER) return this.end(bytes, next + 1);
      if (byte === SLASH) {
        if (next + 1 === to) return CUT;
        if (bytes[next + 1] !== GREATER) return this.bad('">" must follow "/"', next);
        this.isEmpty = true;
        return this.end(bytes, next + 2);
      }
      if (next === at) return this.bad('white space must stand before an attribute', next);
      at = this.readAttribute(bytes, next, to);
      if (at < 0) return at;
    }
  }

  private end(bytes: Uint8Array, to: number): number {
    this.to = to;
    this.serial = (this.serial + 1) | 0;
    for (let i = 0; i < this.count; i++) {
      const name = this.names[i]!;
      const isTwice = name < 0 ? this.isRepeated(bytes, i) : this.seen[name] === this.serial;
      if (isTwice) return this.bad('an attribute is there twice', this.nameFroms[i]!);
      if (name >= 0) this.seen[name] = this.serial;
    }
    return to;
  }

  /** Whether a name that is not in the table stands before it too. */
  private isRepeated(bytes: Uint8Array, i: number): boolean {
    for (let k = 0; k < i; k++) if (this.names[k]! < 0 && this.isSameName(bytes, i, k)) return true;
    return false;
  }

  private isSameName(bytes: Uint8Array, i: number, k: number): boolean {
    const a = this.nameFroms[i]!;
    const b = this.nameFroms[k]!;
    const length = this.nameTos[i]! - a;
    if (this.nameTos[k]! - b !== length) return false;
    for (let n = 0; n < length; n++) if (bytes[a + n] !== bytes[b + n]) return false;
    return true;
  }

  private skipSpace(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && (BYTE_KIND[bytes[at]!]! & IS_SPACE) !== 0) {
      if (bytes[at] === LF) this.noteLineEnd(at);
      at++;
    }
    return at;
  }

  private noteLineEnd(at: number): void {
    this.lineEnds++;
    this.lineStart = at + 1;
  }

  /** @returns the place behind the closing quote, CUT or BAD */
  private readAttribute(bytes: Uint8Array, from: number, to: number): number {
    const i = this.count;
    if (i === ATTRIBUTES_MAX) return this.bad(`more than ${ATTRIBUTES_MAX} attributes`, from);
    const end = nameEnd(bytes, from, to);
    if (end < 0) return end === CUT ? CUT : this.bad('this is no name of an attribute', from);
    let at = this.skipSpace(bytes, end, to);
    if (at === to) return CUT;
    if (bytes[at] !== EQUALS) return this.bad('"=" must follow the name of an attribute', at);
    at = this.skipSpace(bytes, at + 1, to);
    if (at === to) return CUT;
    const quote = bytes[at]!;
    if (quote !== DOUBLE_QUOTE && quote !== QUOTE) return this.bad('a value must stand in quotes', at);
    const close = this.valueEnd(bytes, at + 1, to, quote);
    if (close < 0) return close;
    this.names[i] = this.table.find(bytes, from, end);
    this.nameFroms[i] = from;
    this.nameTos[i] = end;
    this.valueFroms[i] = at + 1;
    this.valueTos[i] = close;
    this.isIndirect[i] = this.valueIsIndirect ? 1 : 0;
    this.count = i + 1;
    return close + 1;
  }

  /** @returns the place of the closing quote, CUT or BAD */
  private valueEnd(bytes: Uint8Array, from: number, to: number, quote: number): number {
    this.valueIsIndirect = false;
    let at = from;
    for (;;) {
      while (at < to && (BYTE_KIND[bytes[at]!]! & IS_PLAIN_VALUE) !== 0) at++;
      if (at === to) return CUT;
      const byte = bytes[at]!;
      if (byte === quote) return at;
      if (byte === DOUBLE_QUOTE || byte === QUOTE) at++;
      else if (byte === LESS) return this.bad('"<" must not stand in a value', at);
      else if (byte === AMPERSAND) {
        const end = referenceEnd(bytes, at, to);
        if (end < 0) return end === CUT_REFERENCE ? CUT : this.bad('no reference that XML knows', at);
        this.valueIsIndirect = true;
        at = end;
      } else if (byte > 0x7f) {
        const length = longCharacter(bytes, at, to);
        if (length <= 0)
          return length === CUT_CHARACTER ? CUT : this.bad('no UTF-8, or no character of XML', at);
        at += length;
      } else if ((BYTE_KIND[byte]! & IS_SPACE) !== 0) {
        if (byte === LF) this.noteLineEnd(at);
        this.valueIsIndirect = true;
        at++;
      } else return this.bad('a control character', at);
    }
  }

  private bad(fault: string, at: number): number {
    this.fault = fault;
    this.faultAt = at;
    return BAD;
  }
}

/**
 * End of the name that begins at `from`.
 * @returns the place behind it, CUT where it may go on beyond `to`, BAD where it is no name or too long
 */
export function nameEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  for (;;) {
    const kind = at === from ? IS_NAME_START : IS_NAME;
    if (at === to) return at - from > NAME_BYTES_MAX ? BAD : CUT;
    const byte = bytes[at]!;
    if ((BYTE_KIND[byte]! & kind) !== 0) at++;
    else if (byte > 0x7f) {
      const length = longCharacter(bytes, at, to);
      if (length === CUT_CHARACTER) return CUT;
      if (length === 0 || !isNameCharacter(longCode, at === from))
        return at === from ? BAD : bounded(from, at);
      at += length;
    } else return at === from ? BAD : bounded(from, at);
  }
}

const bounded = (from: number, to: number): number => (to - from > NAME_BYTES_MAX ? BAD : to);
