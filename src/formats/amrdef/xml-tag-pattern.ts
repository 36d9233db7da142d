import { type WordText, wordText } from '../word-text.js';
import { isSame } from './xml-names.js';
import { NO_PLACE, type TagForm, type WholeTag, type XmlTag } from './xml-tag.js';

const LF = 10;
const DOUBLE_QUOTE = 0x22;

/** The longest text between two values that is remembered, and the longest tag. */
const LITERAL_BYTES_MAX = 256;
const PATTERN_BYTES_MAX = 4_096;
/** Whole tags of a form that are remembered, how long one may be, and how many are looked at. */
const WHOLE_MAX = 8;
const WHOLE_BYTES_MAX = 256;
const WHOLE_LEARNED_MAX = 64;
/** Tags that show which values of a form are mostly the same; misses until that is found out again; how often. */
const SETTLE_TAGS = 6;
const SETTLED_MISSES_MAX = 32;
const SETTLINGS_MAX = 16;

/** What a tag is compared with: texts that stand there to the letter, and values between them that may be any. */
export interface TagPattern extends WholeTag {
  isWhole: boolean;
  /** One more than there are values that may be any. */
  texts: WordText[];
  /** Which attributes have the values between the texts. */
  variables: Uint8Array;
  /** The other attributes: the text that their value is part of, where in it, and whether it has references. */
  fixed: Uint8Array;
  fixedTexts: Uint8Array;
  fixedFroms: Int32Array;
  fixedTos: Int32Array;
  fixedIndirect: Uint8Array;
}

/** A tag to the letter but for its values, and what is known of these. */
export interface TagShape extends TagForm {
  name: number;
  nameBytes: number;
  isEmpty: boolean;
  /** The text up to the first value. */
  first: WordText;
  /** The shape that came after it the last time. */
  next: TagShape | null;
  /** All values may be any. */
  base: TagPattern;
  /** Values that were mostly the same are so; null while it is not known which. */
  settled: TagPattern | null;
  settledHits: number;
  settledMisses: number;
  settlings: number;
  /** While it is found out: values that some tags have in common (null: they have not), and how many tags. */
  common: (Uint8Array | null)[];
  commonTags: number;
  /** Tags of this form that came before, to the letter; the next one to compare with; how many were noted. */
  wholes: TagPattern[];
  nextWhole: number;
  wholesNoted: number;
}

/** The shape of a tag, or null where it is none to remember: other quotes, line ends, unknown names. */
export function shapeOf(tag: XmlTag, bytes: Uint8Array, nameCount: number): TagShape | null {
  if (tag.lineEnds > 0 || tag.name < 0 || tag.to - tag.from > PATTERN_BYTES_MAX) return null;
  const places = new Uint8Array(nameCount).fill(NO_PLACE);
  const names: number[] = [];
  const nameOffsets: number[] = [];
  const nameLengths: number[] = [];
  let from = tag.from;
  for (let i = 0; i <= tag.count; i++) {
    const to = i === tag.count ? tag.to : tag.valueFroms[i]!;
    if (to - from > LITERAL_BYTES_MAX) return null;
    if (i === tag.count) break;
    const name = tag.nameOf(i);
    if (bytes[to - 1] !== DOUBLE_QUOTE || name < 0) return null;
    if (bytes.subarray(to, tag.valueTos[i]!).includes(LF)) return null;
    places[name] = i;
    names.push(name);
    nameOffsets.push(to - tag.nameFromOf(i));
    nameLengths.push(tag.nameToOf(i) - tag.nameFromOf(i));
    from = tag.valueTos[i]!;
  }
  const base = patternOf(tag, bytes, () => false);
  return {
    name: tag.name,
    nameBytes: tag.nameTo - tag.nameFrom,
    isEmpty: tag.isEmpty,
    isAllowed: null,
    places,
    names: Int16Array.from(names),
    nameOffsets: Int32Array.from(nameOffsets),
    nameLengths: Int32Array.from(nameLengths),
    first: base.texts[0]!,
    next: null,
    base,
    settled: null,
    settledHits: 0,
    settledMisses: 0,
    settlings: 0,
    common: [],
    commonTags: 0,
    wholes: [],
    nextWhole: 0,
    wholesNoted: 0,
  };
}

/** A pattern of the tag in which some values are part of the texts. */
function patternOf(tag: XmlTag, bytes: Uint8Array, isFixed: (attribute: number) => boolean): TagPattern {
  const texts: WordText[] = [];
  const variables: number[] = [];
  const fixed: number[] = [];
  const fixedTexts: number[] = [];
  const fixedFroms: number[] = [];
  const fixedTos: number[] = [];
  let from = tag.from;
  for (let i = 0; i < tag.count; i++) {
    const valueFrom = tag.valueFroms[i]!;
    const valueTo = tag.valueTos[i]!;
    if (isFixed(i)) {
      fixed.push(i);
      fixedTexts.push(texts.length);
      fixedFroms.push(valueFrom - from);
      fixedTos.push(valueTo - from);
    } else {
      texts.push(wordText(bytes, from, valueFrom));
      variables.push(i);
      from = valueTo;
    }
  }
  texts.push(wordText(bytes, from, tag.to));
  return {
    isWhole: variables.length === 0,
    meaning: null,
    texts,
    variables: Uint8Array.from(variables),
    fixed: Uint8Array.from(fixed),
    fixedTexts: Uint8Array.from(fixedTexts),
    fixedFroms: Int32Array.from(fixedFroms),
    fixedTos: Int32Array.from(fixedTos),
    fixedIndirect: Uint8Array.from(fixed, (i) => tag.isIndirect[i]!),
  };
}

/** Notes which values a tag has in common with those before it; after some tags, what is common is settled. */
export function noteValues(shape: TagShape, tag: XmlTag, bytes: Uint8Array): void {
  if (shape.settlings === SETTLINGS_MAX || tag.count === 0) return;
  if (shape.commonTags === 0) {
    shape.common = Array.from(shape.names, (_, i) => bytes.slice(tag.valueFroms[i]!, tag.valueTos[i]!));
  } else {
    for (const [i, value] of shape.common.entries()) {
      if (value !== null && !isSame(value, bytes, tag.valueFroms[i]!, tag.valueTos[i]!))
        shape.common[i] = null;
    }
  }
  if (++shape.commonTags < SETTLE_TAGS) return;
  const { common } = shape;
  shape.settlings++;
  shape.commonTags = 0;
  shape.common = [];
  if (common.every((value) => value === null) || tag.to - tag.from > PATTERN_BYTES_MAX) return;
  shape.settled = patternOf(tag, bytes, (i) => common[i] !== null);
  shape.settledHits = 0;
  shape.settledMisses = 0;
}

/** A tag of this shape was not as settled: where that is often so, it is found out again what is common. */
export function noteMiss(shape: TagShape): void {
  shape.settledMisses++;
  if (shape.settledMisses > SETTLED_MISSES_MAX && shape.settledMisses > shape.settledHits)
    shape.settled = null;
}

/** Remembers a tag to the letter, until it shows that those of its form seldom come again. */
export function noteWhole(shape: TagShape, tag: XmlTag, bytes: Uint8Array): void {
  const { from, to, count } = tag;
  if (shape.wholesNoted === WHOLE_LEARNED_MAX) return;
  if (++shape.wholesNoted === WHOLE_LEARNED_MAX) shape.wholes.length = 0;
  else if (to - from <= WHOLE_BYTES_MAX && count > 0) {
    if (shape.wholes.length === WHOLE_MAX) shape.wholes.shift();
    const whole = patternOf(tag, bytes, () => true);
    shape.wholes.push(whole);
    tag.whole = whole;
  }
}
