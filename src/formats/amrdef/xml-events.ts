import type { XmlTag } from './xml-tag.js';

/** What the tokenizer tells, in the order of the document. Places are in the buffer of the call of `step`. */
export interface XmlSink {
  /** The tag is good until the next one is read. */
  startTag(tag: XmlTag, bytes: Uint8Array): void;
  /**
   * @param name number of the element's name or -1
   * @param from first byte of the end tag, of an empty element that of its one tag
   * @param to behind it
   */
  endTag(name: number, from: number, to: number): void;
  /** Text in the root element that is not white space: where it begins. */
  text(at: number): void;
}

/** Why a document cannot be read on. */
export interface XmlFailure {
  isDoctype: boolean;
  what: string;
  line: number;
  column: number;
  /** Offset in the document: of what is wrong, and of the token that it is part of. */
  offset: number;
  tokenOffset: number;
}
