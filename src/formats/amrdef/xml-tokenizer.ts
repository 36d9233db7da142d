import { BYTE_KIND, CUT_CHARACTER, IS_ALLOWED, IS_SPACE, longCharacter } from './xml-characters.js';
import { START_BAD, startEnd } from './xml-declaration.js';
import type { XmlFailure, XmlSink } from './xml-events.js';
import { DEPTH_MAX, TAG_BYTES_MAX } from './xml-limits.js';
import { isSame, type NameTable } from './xml-names.js';
import { OpenElements } from './xml-open-elements.js';
import { CUT_REFERENCE, referenceEnd } from './xml-references.js';
import { BAD, CUT, nameEnd, XmlTag } from './xml-tag.js';
import { TagShapes } from './xml-tag-shapes.js';

const LF = 10;
const BANG = 0x21;
const AMPERSAND = 0x26;
const DASH = 0x2d;
const SLASH = 0x2f;
const LESS = 0x3c;
const GREATER = 0x3e;
const QUESTION = 0x3f;
const CLOSE_BRACKET = 0x5d;

/** What the next byte belongs to. Tags, references and declarations are read whole. */
const IN_TEXT = 0;
const IN_COMMENT = 1;
const IN_INSTRUCTION = 2;

const PREFIXES = {
  comment: Buffer.from('<!--', 'latin1'),
  cdata: Buffer.from('<![CDATA[', 'latin1'),
} as const;
/** Declarations of a document type, with or without the type around them. */
const TYPE_DECLARATIONS = ['<!DOCTYPE', '<!ENTITY', '<!ELEMENT', '<!ATTLIST', '<!NOTATION'].map((text) =>
  Buffer.from(text, 'latin1'),
);
/**
 * A well-formedness checking tokenizer for XML 1.0 documents in UTF-8 whose data stand in attributes. It
 * accepts and refuses what XML 1.0 does, but for this:
 *
 * | Matter                                   | Here                                   |
 * | ---------------------------------------- | -------------------------------------- |
 * | DOCTYPE and its declarations             | refused, nothing is expanded           |
 * | CDATA sections                           | refused                                |
 * | sizes beyond those of `xml-limits`       | refused                                |
 * | an encoding other than UTF-8             | passed over: the bytes must be UTF-8    |
 * | version 1.1                              | read as 1.0                            |
 *
 * It sees the document through a buffer that its caller moves along: `step` reads one token, and leaves one
 * that is cut off by the end of the buffer for the next call. Where the buffer is cut changes nothing.
 */
export class XmlTokenizer {
  readonly tag: XmlTag;
  failure: XmlFailure | null = null;
  /** Line of the next byte, from 1, and the offset in the document at which that line begins. */
  line = 1;
  lineOffset = 0;
  /** Elements of this name that begin the root's content at or after this offset end the reading. */
  stopName = -1;
  stopOffset = Number.POSITIVE_INFINITY;
  /** Whether such an element was met: it is the next token. */
  isStopped = false;

  private sawRoot = false;
  private isAtStart = true;
  private mode = IN_TEXT;
  /** Dashes, question marks or brackets just before the next byte, in the modes where they count. */
  private run = 0;
  private isTextTold = false;
  private base = 0;
  private readonly open: OpenElements;
  private readonly shapes: TagShapes;

  constructor(
    private readonly table: NameTable,
    private readonly sink: XmlSink,
  ) {
    this.tag = new XmlTag(table);
    this.open = new OpenElements(table);
    this.shapes = new TagShapes(table);
  }

  /** Begins a document. */
  begin(): void {
    this.open.depth = 0;
    this.sawRoot = false;
    this.isAtStart = true;
    this.isStopped = false;
    this.failure = null;
    this.mode = IN_TEXT;
    this.run = 0;
    this.line = 1;
    this.lineOffset = 0;
  }

  /** Begins in the middle of a document: at `offset`, in the content of the root element `root`. */
  beginInRoot(root: number, offset: number): void {
    this.begin();
    this.sawRoot = true;
    this.isAtStart = false;
    this.lineOffset = offset;
    this.open.push(root, this.table.bytesOf(root), 0, this.table.bytesOf(root).length);
  }

  /**
   * Reads on from `bytes[at]`, at least to the end of the next tag where that is there.
   * @param to end of what is there
   * @param base offset in the document of `bytes[0]`
   * @param isLast whether the document ends at `to`
   * @returns the place behind what was read; as `at` where more bytes are wanted, where the document has ended
   *   or failed, or where the reading has stopped
   */
  step(bytes: Uint8Array, at: number, to: number, base: number, isLast: boolean): number {
    this.base = base;
    let next = at;
    if (this.isAtStart) {
      next = startEnd(bytes, at, to, isLast);
      if (next === START_BAD) this.fail('this is no XML declaration', at, at);
      if (next < 0) return at;
      this.countLines(bytes, at, next);
      this.isAtStart = false;
    }
    while (next < to && this.failure === null) {
      if (this.mode === IN_TEXT) {
        next = this.readText(bytes, next, to, isLast);
        if (next === to || this.failure !== null || bytes[next] !== LESS) break;
        const end = this.readMarkup(bytes, next, to, isLast);
        if (end < 0) break;
        next = end;
        if (this.mode === IN_TEXT) return next;
      } else {
        const end = this.readUnseen(bytes, next, to, isLast);
        if (end === next) break;
        next = end;
      }
    }
    if (isLast && next === to && this.failure === null) this.finish(next);
    return next;
  }

  /** Whether the next byte is text or begins a tag. */
  get isInText(): boolean {
    return this.mode === IN_TEXT;
  }

  /** Says that whole tags were read without the tokenizer, and where the line of the next byte begins. */
  passOver(lines: number, lineOffset: number): void {
    this.line += lines;
    if (lines > 0) this.lineOffset = lineOffset;
    this.run = 0;
    this.isTextTold = false;
  }

  /** Ends the reading before the tag that was read last, for a reason of the caller's. */
  refuse(what: string): void {
    const { tag } = this;
    const offset = this.base + tag.from;
    this.failure = {
      isDoctype: false,
      what,
      line: tag.line,
      column: tag.column,
      offset,
      tokenOffset: offset,
    };
  }

  private finish(at: number): void {
    if (this.mode !== IN_TEXT) this.fail('the file ends within a comment or an instruction', at, at);
    else if (this.open.depth > 0) this.fail('the file ends within an element', at, at);
    else if (!this.sawRoot) this.fail('there is no element', at, at);
  }

  private countLines(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      if (bytes[at] !== LF) continue;
      this.line++;
      this.lineOffset = this.base + at + 1;
    }
  }

  /** Reads text up to the next `<`. @returns its place, or where more bytes are wanted */
  private readText(bytes: Uint8Array, from: number, to: number, isLast: boolean): number {
    let at = from;
    while (at < to) {
      const byte = bytes[at]!;
      if ((BYTE_KIND[byte]! & IS_SPACE) !== 0) {
        if (byte === LF) {
          this.line++;
          this.lineOffset = this.base + at + 1;
        }
        this.run = 0;
        at++;
        continue;
      }
      if (byte === LESS) {
        this.isTextTold = false;
        return at;
      }
      const end = this.readSolid(bytes, at, to, isLast);
      if (end === at) return at;
      at = end;
    }
    return at;
  }

  /** Reads a character or reference of text that is not white space. */
  private readSolid(bytes: Uint8Array, at: number, to: number, isLast: boolean): number {
    if (this.open.depth === 0) return this.fail('text outside of the root element', at, at);
    const byte = bytes[at]!;
    let end = at + 1;
    if (byte === AMPERSAND) {
      end = referenceEnd(bytes, at, to);
      if (end === CUT_REFERENCE && !isLast) return at;
      if (end < 0) return this.fail('no reference that XML knows', at, at);
    } else if (byte > 0x7f) {
      const length = longCharacter(bytes, at, to);
      if (length === CUT_CHARACTER && !isLast) return at;
      if (length <= 0) return this.fail('no UTF-8, or no character of XML', at, at);
      end = at + length;
    } else if ((BYTE_KIND[byte]! & IS_ALLOWED) === 0) return this.fail('a control character', at, at);
    if (byte === GREATER && this.run >= 2) return this.fail('"]]>" must not stand in text', at, at);
    this.run = byte === CLOSE_BRACKET ? Math.min(this.run + 1, 2) : 0;
    if (!this.isTextTold) {
      this.isTextTold = true;
      this.sink.text(at);
    }
    return end;
  }

  /**
   * Reads what begins with `<`.
   * @returns the place behind it (of a comment or an instruction, behind its beginning), or -1
   */
  private readMarkup(bytes: Uint8Array, at: number, to: number, isLast: boolean): number {
    this.run = 0;
    if (at + 1 === to) return isLast ? this.fail('the file ends within a tag', at, at, -1) : -1;
    const second = bytes[at + 1]!;
    if (second === SLASH) return this.readEndTag(bytes, at, to, isLast);
    if (second === BANG) return this.readDeclared(bytes, at, to, isLast);
    if (second === QUESTION) return this.readInstruction(bytes, at, to, isLast);
    return this.readStartTag(bytes, at, to, isLast);
  }

  private readStartTag(bytes: Uint8Array, at: number, to: number, isLast: boolean): number {
    const { tag } = this;
    const last = Math.min(to, at + TAG_BYTES_MAX);
    let end = this.shapes.read(tag, bytes, at, last);
    if (end < 0) {
      end = tag.read(bytes, at, last);
      if (end >= 0) this.shapes.learn(tag, bytes);
    }
    if (end === CUT) return this.cut(at, to, isLast);
    if (end === BAD) {
      this.countLines(bytes, at, tag.faultAt);
      return this.fail(tag.fault, tag.faultAt, at, -1);
    }
    if (this.open.depth === 0 && this.sawRoot) return this.fail('a second root element', at, at, -1);
    if (this.open.depth === 1 && tag.name === this.stopName && this.base + at >= this.stopOffset) {
      this.isStopped = true;
      return -1;
    }
    if (this.open.depth === DEPTH_MAX)
      return this.fail(`more than ${DEPTH_MAX} elements within each other`, at, at, -1);
    this.sawRoot = true;
    tag.line = this.line;
    tag.column = this.base + at - this.lineOffset + 1;
    if (tag.lineEnds > 0) {
      this.line += tag.lineEnds;
      this.lineOffset = this.base + tag.lineStart;
    }
    const { name, isEmpty } = tag;
    this.open.push(name, bytes, tag.nameFrom, tag.nameTo);
    this.sink.startTag(tag, bytes);
    if (isEmpty) {
      this.open.pop();
      this.sink.endTag(name, at, end);
    }
    return end;
  }

  private readEndTag(bytes: Uint8Array, at: number, to: number, isLast: boolean): number {
    const last = Math.min(to, at + TAG_BYTES_MAX);
    if (this.open.depth > 0) {
      const expected = this.open.innermost();
      const next = at + 2 + expected.length;
      if (next < last && bytes[next] === GREATER && isSame(expected, bytes, at + 2, next)) {
        this.sink.endTag(this.open.pop(), at, next + 1);
        return next + 1;
      }
    }
    const nameTo = nameEnd(bytes, at + 2, last);
    if (nameTo === CUT) return this.cut(at, to, isLast);
    if (nameTo === BAD) return this.fail('a name must follow "</"', at, at, -1);
    let end = nameTo;
    while (end < last && (BYTE_KIND[bytes[end]!]! & IS_SPACE) !== 0) end++;
    if (end === last) return this.cut(at, to, isLast);
    if (bytes[end] !== GREATER) return this.fail('an end tag must end in ">"', at, at, -1);
    if (this.open.depth === 0) return this.fail('an end tag without a start tag', at, at, -1);
    const open = this.open.innermost();
    if (!isSame(open, bytes, at + 2, nameTo)) {
      return this.fail(`the open element is "${Buffer.from(open).toString()}"`, at, at, -1);
    }
    this.countLines(bytes, nameTo, end);
    this.sink.endTag(this.open.pop(), at, end + 1);
    return end + 1;
  }

  /** Reads the beginning of a comment; what else begins with `<!` is refused. */
  private readDeclared(bytes: Uint8Array, at: number, to: number, isLast: boolean): number {
    if (isSame(PREFIXES.comment, bytes, at, Math.min(to, at + 4))) {
      this.mode = IN_COMMENT;
      this.run = 0;
      return at + 4;
    }
    for (const declaration of [PREFIXES.comment, PREFIXES.cdata, ...TYPE_DECLARATIONS]) {
      const end = Math.min(to, at + declaration.length);
      if (!isSame(declaration.subarray(0, end - at), bytes, at, end)) continue;
      if (end - at < declaration.length)
        return isLast ? this.fail('the file ends within a tag', at, at, -1) : -1;
      if (declaration === PREFIXES.cdata) return this.fail('CDATA sections are refused', at, at, -1);
      this.fail('a DOCTYPE or entity declaration: the file is refused', at, at);
      this.failure!.isDoctype = true;
      return -1;
    }
    return this.fail('"<!" begins nothing that XML knows', at, at, -1);
  }

  private readInstruction(bytes: Uint8Array, at: number, to: number, isLast: boolean): number {
    const end = nameEnd(bytes, at + 2, to);
    if (end === CUT) return isLast ? this.fail('the file ends within an instruction', at, at, -1) : -1;
    if (end === BAD) return this.fail('a name must follow "<?"', at, at, -1);
    const isXml = end - at === 5 && /^xml$/i.test(String.fromCharCode(...bytes.subarray(at + 2, end)));
    if (isXml) return this.fail('an XML declaration stands at the very beginning only', at, at, -1);
    if ((BYTE_KIND[bytes[end]!]! & IS_SPACE) === 0) {
      if (bytes[end] !== QUESTION)
        return this.fail('the name of an instruction has another end', end, at, -1);
      if (end + 1 === to) return isLast ? this.fail('the file ends within an instruction', at, at, -1) : -1;
      if (bytes[end + 1] !== GREATER)
        return this.fail('the name of an instruction has another end', end, at, -1);
    }
    this.mode = IN_INSTRUCTION;
    this.run = 0;
    return end;
  }

  /** Passes over a comment or an instruction. @returns how far it came */
  private readUnseen(bytes: Uint8Array, from: number, to: number, isLast: boolean): number {
    const mark = this.mode === IN_COMMENT ? DASH : QUESTION;
    const isComment = this.mode === IN_COMMENT;
    let at = from;
    while (at < to) {
      const byte = bytes[at]!;
      if (isComment && this.run === 2 && byte !== GREATER) {
        return this.fail('"--" must not stand in a comment', at, at, at);
      }
      if (byte > 0x7f) {
        const length = longCharacter(bytes, at, to);
        if (length === CUT_CHARACTER && !isLast) return at;
        if (length <= 0) return this.fail('no UTF-8, or no character of XML', at, at);
        this.run = 0;
        at += length;
        continue;
      }
      if ((BYTE_KIND[byte]! & IS_ALLOWED) === 0) return this.fail('a control character', at, at);
      at++;
      if (byte === GREATER && this.run === (isComment ? 2 : 1)) {
        this.mode = IN_TEXT;
        this.run = 0;
        return at;
      }
      if (byte === LF) {
        this.line++;
        this.lineOffset = this.base + at;
      }
      if (byte !== mark) this.run = 0;
      else if (this.run < (isComment ? 2 : 1)) this.run++;
    }
    return at;
  }

  /** A tag that ends beyond what is there. */
  private cut(at: number, to: number, isLast: boolean): number {
    if (to >= at + TAG_BYTES_MAX) return this.fail(`a tag of more than ${TAG_BYTES_MAX} bytes`, at, at, -1);
    return isLast ? this.fail('the file ends within a tag', at, at, -1) : -1;
  }

  private fail(what: string, at: number, tokenAt: number, returned = at): number {
    this.failure = {
      isDoctype: false,
      what,
      line: this.line,
      column: this.base + at - this.lineOffset + 1,
      offset: this.base + at,
      tokenOffset: this.base + tokenAt,
    };
    return returned;
  }
}
