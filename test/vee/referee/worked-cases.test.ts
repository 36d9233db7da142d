import { describe, expect, it } from 'vitest';
import { DEFAULT_KEYS, policyOf } from '../months/month-case.js';
import { parseExact } from './exact.js';
import { Referee } from './referee.js';
import type { InputRecord, MeterRow, Triple } from './types.js';

/** 00:00 of a day, market time. */
const MIDNIGHT = Date.UTC(2026, 10, 20, 5) / 60_000;

/** One day of a meter, settled: what goes out for it, and what is told. `null` is a slot that does not come. */
function settled(step: number, values: (string | null)[], dials: [number, string][] = []) {
  const row: MeterRow = {
    meterId: 'M1',
    sdpId: '',
    units: 'KWH',
    intervalMinutes: step,
    multiplier: parseExact('1'),
    registerDigits: 0,
    maximumKwh: parseExact('1000'),
    serviceClass: 'default',
    activeFrom: null,
    activeTo: null,
  };
  const referee = new Referee({
    zoneMinutes: -300,
    closeAfterMinutes: 0,
    policies: new Map([['default', policyOf({ ...DEFAULT_KEYS, decimals: 3 })]]),
    rows: [row],
    holidays: null,
    profiles: [],
  });
  const record = (units: string, triples: Triple[], line: number): InputRecord => {
    return { file: 'a', line, meterId: 'M1', units, purpose: 'OK', creation: MIDNIGHT, triples };
  };
  const came = values.flatMap((value, i): Triple[] => {
    return value === null ? [] : [{ stamp: MIDNIGHT + (i + 1) * step, flag: 'R', value }];
  });
  const registers = dials.map(([minute, value]) => ({ stamp: MIDNIGHT + minute, flag: 'R', value }));
  const records = [record('KWH', came, 1), ...registers.map((read, i) => record('KWHREG', [read], i + 2))];
  const { sent, review, estimates } = referee.run({ now: MIDNIGHT + 1440, records });
  const estimated = sent.filter(({ flag }) => flag === 'E').sort((a, b) => a.stamp - b.stamp);
  return {
    values: estimated.map(({ value }) => value),
    methods: new Set(estimates.map(({ method }) => method)),
    told: review.map(({ code }) => code).filter((code) => code !== 'vee/needs-review'),
  };
}

const day = (step: number, ...some: (string | null)[]): (string | null)[] => {
  return Array.from({ length: 1440 / step }, (_, i) => (i < some.length ? some[i]! : `${1 + (i % 3)}.5`));
};
const missing = (count: number): null[] => Array.from({ length: count }, () => null);

describe('the referee on the worked cases of docs/vee.md', () => {
  it('draws lines over at most two hours', () => {
    const quarters = settled(15, day(15, '4.350', '4.300', ...missing(4), '4.100', '3.900'));
    expect(quarters.values).toEqual(['4.260', '4.220', '4.180', '4.140']);
    expect(settled(30, day(30, '75', ...missing(4), '100')).values).toEqual([
      '80.000',
      '85.000',
      '90.000',
      '95.000',
    ]);
    expect(settled(15, day(15, '1', ...missing(8), '1')).values).toHaveLength(8);
    expect(settled(15, day(15, '1', ...missing(9), '1')).values).toEqual([]);
  });

  it('scales to the register', () => {
    const gap = day(60, '1', null, null, '4');
    const span = (advance: string): [number, string][] => [
      [0, '100'],
      [240, advance],
    ];
    expect(settled(60, gap, span('111')).values).toEqual(['2.400', '3.600']);
    const zeros = day(60, '0', null, null, null, '5');
    expect(
      settled(60, zeros, [
        [60, '0'],
        [240, '7'],
      ]),
    ).toMatchObject({
      values: ['2.334', '2.333', '2.333'],
      methods: new Set(['register-share']),
    });
    const refused = settled(60, gap, span('104.999'));
    expect(refused).toMatchObject({ values: ['2.000', '3.000'], told: ['vee/negative-scaling-refused'] });
  });
});
