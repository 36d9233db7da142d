import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/conformance/finding-buffer.js';
import { findProfile, readerSettings } from '../../../src/conformance/profiles.js';
import { type CmepBlock, readCmep } from '../../../src/pipeline/scan/read-cmep.js';
import { lineOf } from '../../formats/cmep/hand-made-lines.js';
import { spoiltFile } from '../../formats/cmep/line-arbitraries.js';
import { callsFor } from '../../formats/cmep/recorded-calls.js';

const NOW_MS = Date.UTC(2027, 1, 1);

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let k = 0; at < bytes.length; k++) {
    const size = sizes.length === 0 ? bytes.length : sizes[k % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function readAll(bytes: Uint8Array, sizes: readonly number[], profile = 'cmep-1.20') {
  const blocks: CmepBlock[] = [];
  const findings: Finding[] = [];
  const options = {
    profile: findProfile(profile)!,
    nowMs: NOW_MS,
    onFinding: (finding: Finding) => void findings.push(finding),
  };
  for await (const block of readCmep(inPieces(bytes, sizes), options)) blocks.push(block);
  return { blocks, findings };
}

describe('readCmep', () => {
  it('gives the same blocks and findings whatever the pieces of the stream', async () => {
    await fc.assert(
      fc.asyncProperty(
        spoiltFile,
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
        async ({ profile, text }, sizes) => {
          const bytes = Buffer.from(text, 'latin1');
          const whole = await readAll(bytes, [], profile);
          expect(await readAll(bytes, sizes, profile)).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives the records that the reader of whole files gives', async () => {
    await fc.assert(
      fc.asyncProperty(spoiltFile, async ({ profile, text }) => {
        const bytes = Buffer.from(text, 'latin1');
        const { blocks } = await readAll(bytes, [], profile);
        const settings = readerSettings(findProfile(profile)!, 0, NOW_MS / 60_000);
        const { calls } = callsFor(bytes, settings, true);
        const records = calls.filter((call) => call.startsWith('record '));
        const valueTexts = records.map((call) => call.split(' | ')[1]!);
        expect(
          blocks.map(({ values }) => [...values].map((v) => (Number.isNaN(v) ? 0 : v)).join(' ')),
        ).toEqual(valueTexts);
      }),
      { numRuns: 200 },
    );
  });

  it('names what a record says', async () => {
    const { blocks } = await readAll(Buffer.from(`${lineOf({ 16: 'N', 17: '', 20: '1.25' })}\r\n`), [7]);
    expect(blocks).toHaveLength(1);
    const { line, units, commodity, intervalMinutes, values, decimals, flags } = blocks[0]!;
    expect({ line, units, commodity, intervalMinutes }).toEqual({
      ...{ line: 1, units: 'KWH', commodity: 'E', intervalMinutes: 60 },
    });
    expect([...values]).toEqual([Number.NaN, 125_000]);
    expect([[...decimals], flags[0]]).toEqual([[0, 2], 'N']);
  });

  it.each([['\r\n'], ['\n'], ['\r']])(
    'passes over a line longer than any that is looked at, ended by %j',
    async (end) => {
      const text = `${lineOf()}${end}${'x,'.repeat(400_000)}${end}${lineOf({ 8: 'M9' })}${end}`;
      for (const size of [1000, 65_536, 800_003, 2 ** 20]) {
        const { blocks, findings } = await readAll(Buffer.from(text), [size]);
        expect(blocks.map(({ line, meterId }) => [line, meterId])).toEqual([
          [1, expect.any(String)],
          [3, 'M9'],
        ]);
        expect(findings.filter(({ line, severity }) => line === 2 && severity === 'error')).toHaveLength(1);
      }
    },
  );
});
