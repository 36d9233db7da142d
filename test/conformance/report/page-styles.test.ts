import { describe, expect, it } from 'vitest';
import { type ColourScheme, DARK, LIGHT } from '../../../src/conformance/report/page-styles.js';

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high! + 0.05) / (low! + 0.05);
}

describe.each<[string, ColourScheme]>([
  ['light', LIGHT],
  ['dark', DARK],
])('%s scheme', (_, scheme) => {
  it.each(['text', 'muted', 'link', 'good', 'doubt', 'bad'] as const)('has readable %s', (name) => {
    expect(contrast(scheme[name], scheme.page)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['actual', 'estimated', 'waiting', 'rejected', 'duplicate'] as const)('shows %s parts', (name) => {
    expect(contrast(scheme[name], scheme.page)).toBeGreaterThanOrEqual(3);
  });
});
