import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amrdefDocument } from './document-arbitraries.js';
import { callsFor, type ReadOptions, settingsWith } from './recorded-reads.js';
import { mutation } from './xml-arbitraries.js';

const CASES = 1_500;

const settings = fc
  .record({
    rejectReadings: fc.boolean(),
    applyMultiplier: fc.constantFrom(false, false, true),
    latestStamp: fc.constantFrom(Date.UTC(2027, 0, 1) / 60_000, Date.UTC(2026, 10, 20, 4) / 60_000),
  })
  .map(settingsWith);
const cuts = fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 5 });

function calls(bytes: Uint8Array, options: ReadOptions): string[] {
  return callsFor(Uint8Array.from(bytes), options);
}

describe('readings that the quick path takes', () => {
  it(`are told as the careful path tells them, wherever the buffer is cut (${CASES} documents)`, () => {
    let records = 0;
    const property = fc.property(amrdefDocument, settings, cuts, (text, given, places) => {
      const bytes = Buffer.from(text);
      const careful = calls(bytes, { settings: given, alwaysCareful: true });
      expect(calls(bytes, { settings: given })).toEqual(careful);
      const at = places.map((place) => place % (bytes.length + 1));
      expect(calls(bytes, { settings: given, cuts: at })).toEqual(careful);
      records += careful.filter((call) => call.startsWith('record')).length;
    });
    fc.assert(property, { numRuns: CASES });
    expect(records).toBeGreaterThan(CASES / 2);
  });

  it(`are told the same of documents that are spoilt (${CASES} documents)`, () => {
    let failed = 0;
    const changes = fc.array(mutation, { minLength: 1, maxLength: 2 });
    const property = fc.property(amrdefDocument, changes, settings, cuts, (text, list, given, places) => {
      const bytes = list.reduce<Uint8Array>((all, change) => change(all), Buffer.from(text));
      const careful = calls(bytes, { settings: given, alwaysCareful: true });
      const at = places.map((place) => place % (bytes.length + 1));
      expect(calls(bytes, { settings: given, cuts: at })).toEqual(careful);
      if (careful.some((call) => call.includes('not-well-formed'))) failed++;
    });
    fc.assert(property, { numRuns: CASES });
    expect(failed).toBeGreaterThan(CASES / 10);
  });
});
