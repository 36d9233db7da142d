import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../bench/mutants/mutants.js';
import { PROMISES, type PromiseName } from '../../bench/mutants/promises.js';
import { promisesPart } from '../../bench/mutants/promises-part.js';
import { ROOT, textOf } from './project-files.js';

describe('docs/reliability.md', () => {
  it('names the promises, their tests and all defects as they are now (npm run mutants -- --write)', () => {
    expect(textOf('docs/reliability.md')).toContain(promisesPart());
  });

  it('is of a run of torture in which nothing was lost', () => {
    expect(textOf('docs/reliability.md')).toMatch(/^\| violations \| 0 \|$/m);
  });
});

describe('the defects that tests must notice', () => {
  it.each(MUTANTS)('$name: can be put in', ({ file, find, replace }) => {
    expect(textOf(file).split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  });

  it('have names of their own, and tests of their promise', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    for (const { promise, test } of MUTANTS) expect(PROMISES[promise].tests).toContain(test);
  });

  it.each(Object.keys(PROMISES) as PromiseName[])('are several for the promise "%s"', (promise) => {
    expect(MUTANTS.filter((mutant) => mutant.promise === promise).length).toBeGreaterThan(2);
    for (const test of PROMISES[promise].tests) expect(existsSync(join(ROOT, test))).toBe(true);
  });
});
