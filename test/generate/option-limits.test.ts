import { describe, expect, it } from 'vitest';
import { type GenerateOptions, resolveOptions } from '../../src/generate/options.js';

const options = (more: Partial<GenerateOptions>) =>
  resolveOptions({ meters: 10_001, days: 1, startDay: 20_000, outDirectory: 'x', ...more });

describe('limits of what is generated', () => {
  it.each([
    ['DAYS_MAX', 3_660, (days: number) => ({ days })],
    ['FILES_MAX', 10_000, (files: number) => ({ files })],
    ['SEED_MAX', 2 ** 32 - 1, (seed: number) => ({ seed })],
    ['METER_DIGITS_COUNT', 10 ** 9, (meters: number) => ({ meters })],
  ])('%s: %i is taken, one more is refused', (_name, limit, given) => {
    expect(options(given(limit))).toBeDefined();
    expect(() => options(given(limit + 1))).toThrow();
  });
});
