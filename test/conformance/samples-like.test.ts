import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../docs/project-files.js';
import { checkFixture } from './fixture-checker.js';

const check = (name: string, profile: string | null) =>
  checkFixture(join(ROOT, 'fixtures/samples-like', name), profile);

/** Files of the shapes that docs/samples.md judges, with values of their own. */
describe('files as head ends really write them', () => {
  it('of Sensus: registers off the hour that go down, no meter id in field 8, no line end at the end', async () => {
    const found = await check('sensus.cmep', null);
    expect(found).toMatchObject({ profile: 'sensus', valid: true, records: 4, reads: 100, meters: 4 });
    expect(found.counts).toEqual({
      'cmep/line-ending': { severity: 'warning', count: 3 },
      'cmep/missing-final-newline': { severity: 'warning', count: 1 },
      'cmep/stamp-not-aligned': { severity: 'info', count: 71 },
      'cmep/register-decreased': { severity: 'warning', count: 3 },
    });
  });

  it('of SmartSynch: registers read at any minute, then two records of 48 quarter hours a channel', async () => {
    const found = await check('smartsynch.cmep', null);
    expect(found).toMatchObject({ profile: 'smartsynch', valid: true, records: 6, reads: 194, meters: 1 });
    expect(found.counts).toEqual({
      'cmep/line-ending': { severity: 'warning', count: 6 },
      'cmep/stamp-not-aligned': { severity: 'warning', count: 2 },
    });
  });

  it('are refused by the strict profile for what their makers do otherwise', async () => {
    expect(Object.keys((await check('sensus.cmep', 'cmep-1.20')).counts).sort()).toEqual([
      'cmep/bad-quality-flag',
      'cmep/field-too-long',
      'cmep/line-ending',
      'cmep/missing-final-newline',
      'cmep/missing-meter-id',
      'cmep/record-version',
      'cmep/stamp-not-aligned',
    ]);
    expect((await check('smartsynch.cmep', 'cmep-1.20')).counts['cmep/bad-quality-flag']).toEqual({
      severity: 'error',
      count: 194,
    });
  });
});
