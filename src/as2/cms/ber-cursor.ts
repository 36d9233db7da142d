import type { ByteRange } from '../byte-range.js';
import { TAG } from './der.js';

/** Bytes that are read from the source at a time. */
const WINDOW_BYTES = 256 * 1024;
/** Tag and length of an element: one byte, one byte and at most eight. */
const ELEMENT_HEAD_BYTES = 10;
/** Bytes of a length that count; those before them must be zero. */
const LENGTH_BYTES_MAX = 6;
/** Elements inside each other, in the small structures and in strings made of strings. */
export const BER_DEPTH_MAX = 32;
/** Bytes of a structure that is read as a whole: certificates, recipients, signers. */
export const STRUCTURE_BYTES_MAX = 1024 * 1024;
/** Pieces of a string made of strings are gathered into pieces of this size. */
const GATHER_BYTES = 256 * 1024;

/** Bytes that are no BER, or more than we take. */
export class BerError extends Error {
  override readonly name = 'BerError';
}

/** Tag and length of an element. */
export interface ElementHead {
  tag: number;
  /** Bytes of the content; -1 for the indefinite form, which an end-of-contents ends. */
  length: number;
}

const END_OF_CONTENTS: ElementHead = { tag: 0, length: 0 };

/**
 * Walks through BER (X.690) of any size from the front: definite and indefinite lengths, strings in pieces.
 * Tags above 30 are not used in CMS and are refused.
 */
export class BerCursor {
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;
  /** Place of the next byte. */
  position = 0;

  constructor(private readonly source: ByteRange) {}

  /** Makes `length` bytes at the position available, or all that are left. @returns how many are */
  async #fill(length: number): Promise<number> {
    const isWithin = this.position >= this.#windowAt && this.position <= this.#windowAt + this.#window.length;
    const have = isWithin ? this.#windowAt + this.#window.length - this.position : 0;
    if (have >= length || this.position + have >= this.source.sizeBytes) return have;
    this.#window = await this.source.read(this.position, Math.max(length, WINDOW_BYTES));
    this.#windowAt = this.position;
    return this.#window.length;
  }

  /** Reads the next tag and length. @throws BerError */
  async head(): Promise<ElementHead> {
    const have = await this.#fill(ELEMENT_HEAD_BYTES);
    const at = this.position - this.#windowAt;
    if (have < 2) throw new BerError('it ends where an element should begin');
    const tag = this.#window[at]!;
    const first = this.#window[at + 1]!;
    if ((tag & 0x1f) === 0x1f) throw new BerError('it has a tag above 30');
    if (first < 0x80) {
      this.position += 2;
      return tag === 0 && first === 0 ? END_OF_CONTENTS : { tag, length: first };
    }
    const count = first & 0x7f;
    if (count === 0) {
      if ((tag & 0x20) === 0) throw new BerError('an element that is not constructed has no length');
      this.position += 2;
      return { tag, length: -1 };
    }
    if (have < 2 + count) throw new BerError('it ends within a length');
    const zeros = Math.max(0, count - LENGTH_BYTES_MAX);
    const from = at + 2 + zeros;
    if (2 + count > ELEMENT_HEAD_BYTES || this.#window.subarray(at + 2, from).some((byte) => byte !== 0))
      throw new BerError('a length is beyond 2^48');
    this.position += 2 + count;
    return { tag, length: this.#window.readUIntBE(from, count - zeros) };
  }

  /** Reads a head that must have this tag. @throws BerError */
  async enter(tag: number, what: string): Promise<ElementHead> {
    const head = await this.head();
    if (head.tag !== tag) throw new BerError(`${what} is missing or not where it should be`);
    if (head.length > this.source.sizeBytes - this.position) throw new BerError(`it ends within ${what}`);
    return head;
  }

  /** Whether what a head began has ended here; takes the end-of-contents of the indefinite form with it. */
  async isAtEnd(head: ElementHead, contentAt: number): Promise<boolean> {
    if (head.length >= 0) return this.position >= contentAt + head.length;
    const have = await this.#fill(2);
    const at = this.position - this.#windowAt;
    if (have < 2) throw new BerError('it ends before its end-of-contents');
    if (this.#window[at] !== 0 || this.#window[at + 1] !== 0) return false;
    this.position += 2;
    return true;
  }

  /** The tag of the next element, without reading it; -1 at the end of all. */
  async peekTag(): Promise<number> {
    if ((await this.#fill(1)) < 1) return -1;
    return this.#window[this.position - this.#windowAt]!;
  }

  /** Reads a whole small element with everything in it. @throws BerError */
  async element(what: string): Promise<Buffer> {
    const from = this.position;
    await this.#skip(0, from + STRUCTURE_BYTES_MAX, what);
    return this.source.read(from, this.position - from);
  }

  /** Goes past one element, which must end before a place. */
  async #skip(depth: number, limit: number, what: string): Promise<void> {
    if (depth > BER_DEPTH_MAX) throw new BerError(`${what} is nested too deeply`);
    const head = await this.head();
    if (head.length >= 0) this.position += head.length;
    else {
      while (!(await this.isAtEnd(head, 0))) await this.#skip(depth + 1, limit, what);
    }
    if (this.position > this.source.sizeBytes) throw new BerError(`it ends within ${what}`);
    if (this.position > limit) throw new BerError(`${what} is larger than ${STRUCTURE_BYTES_MAX} bytes`);
  }

  /**
   * Reads the next element as an octet string of any size and form: in one piece, or made of strings, which
   * may be made of strings. A piece is valid until two more have been asked for.
   * @param tag of the string in one piece; the constructed form is taken as well
   */
  async *octets(tag: number, what: string): AsyncGenerator<Buffer> {
    const head = await this.head();
    if ((head.tag & ~0x20) !== tag) throw new BerError(`${what} is missing or no string`);
    if ((head.tag & 0x20) === 0) {
      yield* this.#contentPieces(head.length, what);
      return;
    }
    let gathered = Buffer.allocUnsafe(GATHER_BYTES);
    let used = 0;
    for await (const piece of this.#segments(head, 1, what)) {
      for (let from = 0; from < piece.length; ) {
        const copied = piece.copy(gathered, used, from);
        from += copied;
        used += copied;
        if (used < GATHER_BYTES) continue;
        yield gathered;
        gathered = Buffer.allocUnsafe(GATHER_BYTES);
        used = 0;
      }
    }
    if (used > 0) yield gathered.subarray(0, used);
  }

  /** Goes past an element of any size without looking into it more than needed. */
  async pass(what: string): Promise<void> {
    await this.#skip(0, this.source.sizeBytes, what);
  }

  async *#contentPieces(length: number, what: string): AsyncGenerator<Buffer> {
    const from = this.position;
    if (length > this.source.sizeBytes - from) throw new BerError(`it ends within ${what}`);
    this.position += length;
    yield* this.source.slice(from, from + length).pieces();
  }

  async *#segments(outer: ElementHead, depth: number, what: string): AsyncGenerator<Buffer> {
    if (depth > BER_DEPTH_MAX) throw new BerError(`${what} is nested too deeply`);
    const contentAt = this.position;
    while (!(await this.isAtEnd(outer, contentAt))) {
      const head = await this.head();
      if ((head.tag & ~0x20) !== TAG.octetString) throw new BerError(`${what} holds what is no string`);
      if ((head.tag & 0x20) !== 0) yield* this.#segments(head, depth + 1, what);
      else if (head.length <= WINDOW_BYTES) {
        if ((await this.#fill(head.length)) < head.length) throw new BerError(`it ends within ${what}`);
        const at = this.position - this.#windowAt;
        this.position += head.length;
        yield this.#window.subarray(at, at + head.length);
      } else yield* this.#contentPieces(head.length, what);
    }
    if (outer.length >= 0 && this.position > contentAt + outer.length)
      throw new BerError(`${what} is longer than what it stands in`);
  }
}
