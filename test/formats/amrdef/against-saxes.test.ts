import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWithSaxes, readXml } from './read-xml.js';
import { document, mutation, repetitiveDocument } from './xml-arbitraries.js';

const CASES = 5_500;
const REPETITIVE_CASES = 1_000;

/**
 * What we refuse and saxes does not: the table of `xml-tokenizer` (sizes are the matter of another test), and
 * `<?go?on?>`, which saxes takes though the "?" must end the instruction (XML 1.0 [16]).
 */
function isRefusedOnPurpose(bytes: Uint8Array): boolean {
  return /<!DOCTYPE|<!\[CDATA\[|<\?[^?>\s]+\?[^>]/.test(Buffer.from(bytes).toString('latin1'));
}

/** Compares all that both readers say of a document, and that it does not matter how ours is given it. */
function compare(bytes: Uint8Array, cuts: readonly number[]): boolean {
  const saxes = readWithSaxes(bytes);
  const ours = readXml(Uint8Array.from(bytes));
  const isWellFormed = ours.failure === null;
  if (isRefusedOnPurpose(bytes)) {
    // We may have stopped where saxes goes on.
    if (isWellFormed) expect(saxes.isWellFormed).toBe(true);
    if (saxes.elements.length > 0) {
      expect(ours.elements).toEqual(saxes.elements.slice(0, ours.elements.length));
    }
  } else {
    expect({ isWellFormed, says: ours.failure }).toMatchObject({ isWellFormed: saxes.isWellFormed });
    if (saxes.isUtf8) expect(ours.elements).toEqual(saxes.elements);
    if (isWellFormed) expect(ours.ends).toBe(saxes.ends);
  }
  const places = cuts.map((cut) => cut % (bytes.length + 1));
  expect(readXml(Uint8Array.from(bytes), places)).toEqual(ours);
  return isWellFormed;
}

const cuts = fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 6 });

describe('the tokenizer says what saxes says', () => {
  it(`of ${CASES} documents`, () => {
    let wellFormed = 0;
    const property = fc.property(document, cuts, (text, places) => {
      if (compare(Buffer.from(text), places)) wellFormed++;
    });
    fc.assert(property, { numRuns: CASES });
    expect(wellFormed).toBeGreaterThan(CASES / 2);
    expect(wellFormed).toBeLessThan(CASES);
  });

  it(`of ${CASES} documents with changes in them`, () => {
    let wellFormed = 0;
    const changes = fc.array(mutation, { minLength: 1, maxLength: 3 });
    const property = fc.property(document, changes, cuts, (text, list, places) => {
      const changed = list.reduce<Uint8Array>((bytes, change) => change(bytes), Buffer.from(text));
      if (compare(changed, places)) wellFormed++;
    });
    fc.assert(property, { numRuns: CASES });
    expect(wellFormed).toBeGreaterThan(CASES / 20);
    expect(wellFormed).toBeLessThan((CASES * 9) / 10);
  });

  it(`of ${REPETITIVE_CASES} documents whose tags come again and again, with changes in some`, () => {
    let wellFormed = 0;
    const changes = fc.array(mutation, { maxLength: 1 });
    const property = fc.property(repetitiveDocument, changes, cuts, (text, list, places) => {
      const changed = list.reduce<Uint8Array>((bytes, change) => change(bytes), Buffer.from(text));
      if (compare(changed, places)) wellFormed++;
    });
    fc.assert(property, { numRuns: REPETITIVE_CASES });
    expect(wellFormed).toBeGreaterThan(REPETITIVE_CASES / 20);
  });

  it('whatever the piece of a document ends with', () => {
    const text =
      '\ufeff<?xml version="1.0"?>\n<!-- é -->\n<a x=\'1&#10;&amp;\'>\r\n<?go on?><b é="漢"/>😀 ]] &lt;</a >\n';
    const bytes = Buffer.from(text);
    for (let at = 0; at <= bytes.length; at++) compare(bytes, [at]);
    compare(bytes, Array.from(bytes.keys()));
  });
});
