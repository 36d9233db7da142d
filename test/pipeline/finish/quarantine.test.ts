import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ruleNumber } from '../../../src/conformance/rules.js';
import { writeQuarantine } from '../../../src/pipeline/finish/quarantine.js';
import type { RunRecord, ScanOutcome } from '../../../src/pipeline/run-state.js';
import { RejectRows } from '../../../src/pipeline/scan/reject-rows.js';
import { temporaryFolder } from '../../run/night-folder.js';

const folder = temporaryFolder();

/** Text at fault in the reasons of a file of one line that is rejected for the field at the column. */
async function reasonOf(line: string, column: number): Promise<string> {
  const path = join(folder, 'expanded');
  writeFileSync(path, line);
  const rows = new RejectRows(folder);
  rows.add(0, 0, line.length, 1, ruleNumber('cmep/bad-number'), column, 1);
  const member = { path, name: 'bad.cmep', sizeBytes: line.length, format: 'cmep' };
  const run = {
    ...{ runId: 'R', config: { state: join(folder, 'state') } },
    inputs: [{ source: 'north', path: join(folder, 'bad.cmep.gz'), members: [member] }],
  } as unknown as RunRecord;
  const range = { input: 0, member: 0, from: 0, lineBefore: 0, columnBefore: 0, rejects: rows.finish() };
  const scan = { ranges: [range] } as unknown as ScanOutcome;
  const paths = await writeQuarantine(run, scan, join(folder, 'drafts'), []);
  expect(readFileSync(paths.get(0)!, 'utf8')).toBe(line);
  const reason = readFileSync(`${paths.get(0)!}.reasons.csv`, 'utf8').split('\n')[1]!;
  return reason.split(',')[7]!;
}

it('TEXT_BYTES_MAX: sixty bytes of the text at fault are told, of more also how many there are', async () => {
  const text = `${'x'.repeat(59)}y`;
  expect(await reasonOf(`MEPMD01,${text},OK\r\n`, 9)).toBe(text);
  expect(await reasonOf(`MEPMD01,${text}z,OK\r\n`, 9)).toBe(`${text}... (61 bytes)`);
});
