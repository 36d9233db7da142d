import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMITS, limitsPage, valueIn } from '../../bench/limits/limits-page.js';
import { found, ROOT, sourceFiles, textOf } from './project-files.js';

/** Names in `_MAX` that bound no input: figures of arithmetic, of a fixed layout, of the generator's dice. */
const NO_LIMITS_OF_INPUT = new Set([
  'EXACT_MAX',
  'EXACT_PRODUCT_MAX',
  'DIAL_DIGITS_MAX',
  'EXACT_DIGITS_MAX',
  'SMALL_DIGITS_MAX',
  'UNIT_LENGTH_MAX',
  'HEADER_BYTES_MAX',
  'TRIPLE_BYTES_MAX',
]);

/** Limits that no test goes to: this number may only get smaller. */
const UNTRIED_MAX = 1;

describe('docs/limits.md', () => {
  it('is what the catalogue and the code say (npm run docs)', () => {
    expect(textOf('docs/limits.md')).toBe(limitsPage(ROOT));
  });

  it.each(LIMITS)('$name of $file has a value', ({ name, file }) => {
    expect(valueIn(textOf(file), name)).toBeGreaterThan(0);
  });

  it('names for each limit the test that goes to it and beyond, or that it changes the pace alone', () => {
    const untried = LIMITS.filter(({ test, sameAs }) => test === undefined && sameAs === undefined);
    expect(untried.length).toBeLessThanOrEqual(UNTRIED_MAX);
    for (const { test, sameAs } of LIMITS)
      for (const path of [test, sameAs])
        expect(path === undefined || existsSync(join(ROOT, path))).toBe(true);
  });

  it('names every limit of the source', () => {
    const described = new Set(LIMITS.map(({ name }) => name));
    const inSource = sourceFiles()
      .filter((file) => !file.startsWith('src/generate/'))
      .flatMap((file) => [...found(textOf(file), /^(?:export )?const ([A-Z][A-Z_]*_MAX)\b[^=]*= [^[{]/gm)]);
    expect(inSource.length).toBeGreaterThan(40);
    expect(inSource.filter((name) => !described.has(name) && !NO_LIMITS_OF_INPUT.has(name))).toEqual([]);
  });
});
