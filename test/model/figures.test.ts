import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatNumberOf,
  formatReachedPercent,
  formatSeconds,
  formatShare,
  formatSize,
  readsPerSecond,
} from '../../src/model/figures.js';

describe('figures', () => {
  it('write counts with thousands separators', () => {
    expect(formatCount(0)).toBe('0');
    expect(formatCount(125_000_000)).toBe('125,000,000');
    expect(formatNumberOf(1, 'file')).toBe('1 file');
    expect(formatNumberOf(2_000, 'delivery', 'deliveries')).toBe('2,000 deliveries');
  });

  it('write sizes and times', () => {
    expect(formatSize(812)).toBe('812 bytes');
    expect(formatSize(47_312_000)).toBe('47.3 MB');
    expect(formatSize(3_604_919_000)).toBe('3.6 GB');
    expect(formatSeconds(0.041)).toBe('0.04 s');
    expect(formatSeconds(4321.26)).toBe('4,321.3 s');
    expect(readsPerSecond(100, 0)).toBeNull();
    expect(readsPerSecond(100, 0.5)).toBe(200);
  });

  it('never round a percentage up to the next hundredth', () => {
    expect(formatReachedPercent(97.99)).toBe('97.99 %');
    expect(formatReachedPercent(97.9999)).toBe('97.99 %');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (hundredths) => {
        expect(formatReachedPercent(hundredths / 100)).toBe(`${(hundredths / 100).toFixed(2)} %`);
      }),
    );
  });

  it('keep 0 % and 100 % for none and all', () => {
    expect(formatShare(0, 125_000_000)).toBe('0 %');
    expect(formatShare(1, 125_000_000)).toBe('0.01 %');
    expect(formatShare(124_999_999, 125_000_000)).toBe('99.99 %');
    expect(formatShare(5, 5)).toBe('100 %');
    expect(formatShare(0, 0)).toBe('–');
  });
});
