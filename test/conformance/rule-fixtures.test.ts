import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/conformance/rules.js';
import { ROOT } from '../docs/project-files.js';
import { checkFixture } from './fixture-checker.js';

/** Rules of validation show in a run, not in a file by itself; they have tests of their own. */
const CODES = RULES.map(({ code }) => code).filter((code) => !code.startsWith('vee/'));
/** Profile of a fixture whose options name none. */
const PROFILE = 'cmep-1.20';
const FOLDER = join(ROOT, 'fixtures/rules');

/** The file of a rule's folder whose name begins so; the ending is that of the format. */
function fileIn(code: string, begin: string): string {
  const names = readdirSync(join(FOLDER, code)).filter((name) => name.startsWith(`${begin}.`));
  expect(names, `fixtures/rules/${code}/${begin}.*`).toHaveLength(1);
  return join(FOLDER, code, names[0]!);
}

describe('fixtures of the rules', () => {
  it('are there for each rule, and for no other', () => {
    const folders = readdirSync(FOLDER).flatMap((format) =>
      readdirSync(join(FOLDER, format)).map((name) => `${format}/${name}`),
    );
    expect(folders.sort()).toEqual([...CODES].sort());
  });

  it.each(CODES)('%s: the hit triggers it and nothing else, the near miss nothing', async (code) => {
    expect(existsSync(join(FOLDER, code)), `fixtures/rules/${code} is missing: docs/adding-a-rule.md`).toBe(
      true,
    );
    const hit = fileIn(code, 'hit');
    const nearMiss = fileIn(code, 'near-miss');
    const found = await checkFixture(hit, PROFILE);
    expect(Object.keys(found.counts)).toEqual([code]);
    expect(found.counts[code]!.severity).toBe(RULES.find((rule) => rule.code === code)!.severity);
    expect((await checkFixture(nearMiss, PROFILE)).counts).toEqual({});
    expect(readFileSync(hit).equals(readFileSync(nearMiss))).toBe(false);
  });
});
