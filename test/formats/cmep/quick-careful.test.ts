import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineOf } from './hand-made-lines.js';
import { spoiltFile } from './line-arbitraries.js';
import { callsFor, lineStarts } from './recorded-calls.js';
import { NOW_STAMP, settingsOf, source } from './source-arbitraries.js';

/** Lines of one shape, of which the second is where the paths could part. */
const REGISTER = { 11: 'KWHREG', 13: '' };
const TWO_HOURS = { 13: '00000200', 18: '' };
const PAIRS: [name: string, first: string, second: string, zoneMinutes?: number][] = [
  ['a line end of LF alone', `${lineOf()}\r\n`, `${lineOf()}\n`],
  ['a line end of CR alone', `${lineOf()}\r\n`, `${lineOf()}\r${lineOf()}\r\n`],
  ['registers of one stamp', `${lineOf(REGISTER)}\r\n`, `${lineOf({ ...REGISTER, 18: '202611200600' })}\r\n`],
  ['registers that go back', `${lineOf(REGISTER)}\r\n`, `${lineOf({ ...REGISTER, 18: '202611200500' })}\r\n`],
  ['a gap', `${lineOf()}\r\n`, `${lineOf({ 18: '202611200800' })}\r\n`],
  ['a stamp off the grid', `${lineOf()}\r\n`, `${lineOf({ 18: '202611200701' })}\r\n`],
  ['31 November', `${lineOf()}\r\n`, `${lineOf({ 15: '202611310600', 18: '' })}\r\n`],
  ['a stamp in the future', `${lineOf()}\r\n`, `${lineOf({ 15: '202702012300', 18: '' })}\r\n`],
  ['a first stamp left out', `${lineOf()}\r\n`, `${lineOf({ 15: '' })}\r\n`],
  ['a value too large', `${lineOf()}\r\n`, `${lineOf({ 17: '10000000000.0000' })}\r\n`],
  ['16 digits', `${lineOf()}\r\n`, `${lineOf({ 17: '0000000000000001' })}\r\n`],
  ['a value of only a point', `${lineOf()}\r\n`, `${lineOf({ 17: '.' })}\r\n`],
  ['blanks around a meter id', `${lineOf()}\r\n`, `${lineOf({ 8: ' M1 ' })}\r\n`],
  ['a meter id that is too long', `${lineOf()}\r\n`, `${lineOf({ 8: 'M234567890123' })}\r\n`],
  ['another flag', `${lineOf()}\r\n`, `${lineOf({ 16: 'E', 19: '' })}\r\n`],
  ['a flag without a value', `${lineOf()}\r\n`, `${lineOf({ 16: 'N', 17: '' })}\r\n`],
  ['meter ids longer than the quick path takes', `${lineOf()}\r\n`, `${lineOf({ 8: 'M'.repeat(65) })}\r\n`],
  [
    'intervals of two hours at an odd hour',
    `${lineOf(TWO_HOURS)}\r\n`,
    `${lineOf({ ...TWO_HOURS, 15: '202611200500' })}\r\n`,
  ],
  ['a triple too many', `${lineOf()}\r\n`, `${lineOf({ 21: '202611200800', 22: 'R', 23: '1' })}\r\n`],
  ['a bare comma at the end', `${lineOf()}\r\n`, `${lineOf({ 21: '' })}\r\n`],
  [
    'the first hours of 1970 east of UTC',
    `${lineOf()}\r\n`,
    `${lineOf({ 15: '197001010100', 18: '' })}\r\n`,
    330,
  ],
];

describe('the quick path and the careful path', () => {
  it.each(PAIRS)('agree about %s', (_, first, second, zoneMinutes = 0) => {
    const file = Buffer.from(`${first}${second}${lineOf({ 8: 'M9' })}\r\n`, 'latin1');
    const settings = settingsOf('cmep-1.20', {
      ...{ zoneMinutes, rejectTriples: false, otherProfile: false, own: {}, nowStamp: NOW_STAMP },
    });
    expect(callsFor(file, settings, false)).toEqual(callsFor(file, settings, true));
  });

  it('give the same calls for whole files and for pieces', () => {
    const seen = { records: 0, faults: 0, rejected: 0 };
    fc.assert(
      fc.property(
        spoiltFile,
        source,
        fc.array(fc.nat(12), { maxLength: 2 }),
        fc.constantFrom(0, 32, 44, 48, 255),
        ({ profile, text }, given, picks, filler) => {
          const file = Buffer.from(text, 'latin1');
          const settings = settingsOf(profile, given);
          const careful = callsFor(file, settings, true);
          const starts = lineStarts(file);
          const cuts = [...new Set(picks.map((pick) => starts[pick]))].filter((cut) => cut !== undefined);
          cuts.sort((a, b) => a - b);
          const quick = callsFor(file, settings, false, cuts, filler);
          if (quick.calls.join('\n') !== careful.calls.join('\n')) expect(quick.calls).toEqual(careful.calls);
          expect(quick.lines).toBe(careful.lines);
          for (const call of careful.calls) {
            if (call.startsWith('record ')) seen.records++;
            else if (call.startsWith('fault ')) seen.faults++;
            else if (call.startsWith('rejected ')) seen.rejected++;
          }
        },
      ),
      { numRuns: 10_000 },
    );
    // The comparison is worth something only where all kinds of call occur often.
    expect(Math.min(seen.records, seen.faults, seen.rejected)).toBeGreaterThan(5_000);
  });
});
