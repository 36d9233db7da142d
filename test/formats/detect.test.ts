import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROFILES } from '../../src/conformance/profiles.js';
import { DETECTION_BYTES, detectFormat } from '../../src/formats/detect.js';
import { lineOf, readFile, settingsFor } from './cmep/hand-made-lines.js';

const detect = (text: string) => detectFormat(Buffer.from(text, 'latin1'));

const LINES: [profile: string, line: string][] = [
  ['cmep-1.20', lineOf()],
  ['cmep-1.20', lineOf({ 1: '"MEPMD01"' })],
  ['sensus', lineOf({ 2: '20080501', 16: 'R0', 19: 'R4' })],
  ['sensus', lineOf({ 6: 'M1', 8: '', 16: 'R0', 19: 'R0' })],
  ['sensus', lineOf({ 16: 'R64', 19: 'R64' })],
  ['sensus', lineOf({ 2: '20080501', 16: 'A', 19: 'A' })],
  ['smartsynch', lineOf({ 5: 'UTILITY ', 16: 'R 00 00', 19: 'R 00 00' })],
  ['smartsynch', lineOf({ 13: '', 16: 'R 00 00', 19: 'R 00 00' })],
  ['yukon', lineOf({ 13: '', 14: '1', 16: 'R 00 00', 18: null })],
  ['yukon', lineOf({ 2: '20080519' })],
  ['twacs', lineOf({ 11: 'KWHREG', 13: '00000000', 16: 'A', 19: 'A' })],
  ['twacs', lineOf({ 16: 'A', 19: 'A' })],
  ['twacs', lineOf({ 16: 'R', 19: 'N0', 20: '' })],
  ['cmep-1.20', lineOf({ 16: 'A' })],
  ['cmep-1.20', lineOf({ 16: '', 19: '' })],
  ['tab', lineOf({}, '\t')],
  ['tab', `Record Type\tVersion\r\n${lineOf({ 16: 'R 00 00' }, '\t')}`],
];

describe('the format of a file', () => {
  it.each(LINES)('%s is told by %s', (profile, line) => {
    expect(detect(`${line}\r\n`)).toMatchObject({ format: 'cmep', profile });
  });

  it.each(LINES)('%s reads what it was told by: %s', (_, line) => {
    const { profile } = detect(`${line}\r\n`);
    expect(readFile(`${line}\r\n`, settingsFor(profile)).records).toHaveLength(1);
  });

  it('is told by all records of the beginning: one SmartSynch record of 48 reads outweighs registers', () => {
    const register = lineOf({ 11: 'KWHREG', 13: '', 14: '1', 16: 'R 00 00', 18: null });
    expect(detect(`${register}\r\n${register}\r\n`).profile).toBe('yukon');
    expect(detect(`${register}\r\n${lineOf({ 16: 'R 00 00', 19: 'R 00 00' })}\r\n`).profile).toBe(
      'smartsynch',
    );
  });

  it('is not told by a line that the end of the head cuts off', () => {
    const line = `${lineOf({ 5: 'x'.repeat(400), 16: 'N0', 17: '0', 19: 'R0' })}\r\n`;
    const text = line.repeat(Math.ceil(DETECTION_BYTES / line.length) + 1);
    for (let cut = 0; cut < line.length; cut += 1) {
      expect(detect(`${' '.repeat(cut)}${text}`.slice(0, DETECTION_BYTES)).profile).toBe('sensus');
    }
  });

  it('says why, and of a neutral file that the MDM/R has a profile', () => {
    expect(detect(`${lineOf()}\r\n`).reason).toMatch(/--profile mdmr/);
    const utf16 = Buffer.from(`\ufeff${lineOf()}\r\n`, 'utf16le');
    expect(detectFormat(utf16)).toMatchObject({ format: 'unknown', reason: expect.stringMatching(/UTF-16/) });
    expect(detect(`${lineOf({ 16: 'A', 19: 'A' })}\r\n`).reason).toBe('most quality flags are a bare "A"');
  });

  it('is told from any line end, behind a byte order mark, blank lines, and alarms', () => {
    for (const end of ['\r\n', '\n', '\r']) {
      const text = `\u00ef\u00bb\u00bf${end}${end}MLA01,x${end}${lineOf({ 2: '20080501' })}${end}`;
      expect(detect(text)).toMatchObject({ format: 'cmep', profile: 'sensus' });
    }
  });

  it.each([
    ['<?xml version="1.0"?>\n<AMRDEF Purpose="x">', 'amrdef'],
    ['<AMRDEF>', 'amrdef'],
    ['<AMRDEFX>', 'unknown'],
    ['<html>', 'unknown'],
    ['', 'unknown'],
    ['meter_id,value\nM1,2\n', 'unknown'],
    ['\u0000\u0001\u0002', 'unknown'],
    ['PK\u0003\u0004', 'unknown'],
  ])('of %j is %s', (text, format) => {
    expect(detect(text).format).toBe(format);
  });

  it('is judged without an error whatever the bytes, and names a profile that there is', () => {
    const names = [...PROFILES.map(({ name }) => name), ''];
    const crumbs = fc.array(
      fc.constantFrom('MEPMD01', ',', '\t', 'R 00 00', '<AMRDEF ', '\n', 'R4', '"', '20080501'),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      crumbs.map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(bytes, (head) => {
        const { format, profile, reason } = detectFormat(head);
        expect(['cmep', 'amrdef', 'unknown']).toContain(format);
        expect(names).toContain(profile);
        expect(reason).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
    expect(detectFormat(new Uint8Array(DETECTION_BYTES).fill(44)).format).toBe('unknown');
  });
});
