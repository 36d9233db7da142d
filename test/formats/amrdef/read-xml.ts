import { SaxesParser } from 'saxes';
import type { XmlFailure } from '../../../src/formats/amrdef/xml-events.js';
import { nameTable } from '../../../src/formats/amrdef/xml-names.js';
import { resolveInPlace } from '../../../src/formats/amrdef/xml-references.js';
import { XmlTokenizer } from '../../../src/formats/amrdef/xml-tokenizer.js';

/** One start tag as both readers tell it. */
export interface Element {
  name: string;
  attributes: [string, string][];
}

export interface Reading {
  elements: Element[];
  ends: number;
  failure: XmlFailure | null;
  lastLine: number;
}

/** Names that the table knows; documents have others beside them. */
export const KNOWN_NAMES = ['AMRDEF', 'Meter', 'Reading', 'Value', 'TimeStamp', 'a', 'b', 'ab', 'x'];
const table = nameTable(KNOWN_NAMES);

/**
 * Reads a document with the tokenizer, the pieces one after the other in one moving buffer.
 * @param cuts places at which a piece ends
 */
export function readXml(document: Uint8Array, cuts: readonly number[] = []): Reading {
  const reading: Reading = { elements: [], ends: 0, failure: null, lastLine: 0 };
  const text = (bytes: Uint8Array, from: number, to: number) =>
    Buffer.from(bytes.subarray(from, to)).toString();
  const tokenizer = new XmlTokenizer(table, {
    startTag(tag, bytes) {
      const attributes: [string, string][] = [];
      for (let i = 0; i < tag.count; i++) {
        const name = text(bytes, tag.nameFromOf(i), tag.nameToOf(i));
        if (KNOWN_NAMES.indexOf(name) !== tag.nameOf(i))
          throw new Error(`${name} has the number ${tag.nameOf(i)}`);
        const from = tag.valueFroms[i]!;
        const to = tag.valueTos[i]!;
        attributes.push([
          name,
          text(bytes, from, tag.isIndirect[i] === 1 ? resolveInPlace(bytes, from, to) : to),
        ]);
      }
      reading.elements.push({ name: text(bytes, tag.nameFrom, tag.nameTo), attributes });
    },
    endTag() {
      reading.ends++;
    },
    text() {},
  });
  tokenizer.begin();
  // The buffer holds what is left of the pieces before and the next one, as a reader of files does it.
  let kept = new Uint8Array(0);
  let base = 0;
  const ends = [...new Set([...cuts, document.length])].sort((a, b) => a - b);
  let pieceFrom = 0;
  for (const [k, pieceTo] of ends.entries()) {
    const buffer = new Uint8Array(kept.length + pieceTo - pieceFrom);
    buffer.set(kept);
    buffer.set(document.subarray(pieceFrom, pieceTo), kept.length);
    const isLast = k === ends.length - 1;
    let at = 0;
    for (;;) {
      const next = tokenizer.step(buffer, at, buffer.length, base, isLast);
      if (next === at) break;
      if (next < at) throw new Error('the tokenizer went back');
      at = next;
    }
    kept = buffer.subarray(at);
    base += at;
    pieceFrom = pieceTo;
  }
  reading.failure = tokenizer.failure;
  reading.lastLine = tokenizer.line;
  return reading;
}

/** What saxes says of the same document: the elements before its first error, and whether there is one. */
export function readWithSaxes(document: Uint8Array): {
  elements: Element[];
  ends: number;
  isWellFormed: boolean;
  isUtf8: boolean;
} {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(document);
  } catch {
    return { elements: [], ends: 0, isWellFormed: false, isUtf8: false };
  }
  const parser = new SaxesParser({ defaultXMLVersion: '1.0', forceXMLVersion: true });
  const found = { elements: [] as Element[], ends: 0, isWellFormed: true, isUtf8: true };
  parser.on('error', () => {
    found.isWellFormed = false;
  });
  let attributes: [string, string][] = [];
  parser.on('attribute', ({ name, value }) => void attributes.push([name, value]));
  parser.on('opentag', ({ name }) => {
    if (found.isWellFormed) found.elements.push({ name, attributes });
    attributes = [];
  });
  parser.on('closetag', () => {
    if (found.isWellFormed) found.ends++;
  });
  parser.write(text).close();
  return found;
}
