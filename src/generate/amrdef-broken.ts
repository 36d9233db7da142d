import type { AmrdefFaultCode } from '../formats/amrdef/faults.js';
import type { ElementLines, IntervalText } from './amrdef-document.js';
import type { BrokenKind } from './broken-lines.js';
import { drawBelow } from './hash.js';

/**
 * An `IntervalData` broken on purpose, and what a reader must say of it. XML that is not well formed is no such
 * way: it would take the rest of the file with it.
 */
export interface BrokenElement {
  interval: IntervalText;
  meterId: string;
  code: AmrdefFaultCode;
  /** Readings in the element, and the one that is hit (-1: the element as a whole). */
  reads: number;
  reading: number;
  /** Line of the element that the finding is about. */
  lineOf(lines: ElementLines): number;
}

type Broken = Pick<BrokenElement, 'code' | 'lineOf'> &
  Partial<Pick<BrokenElement, 'meterId' | 'reads' | 'reading'>> & { changes?: Partial<IntervalText> };

type Breaker = (interval: IntervalText, reading: number, draw: (n: number) => number) => Broken;

const ofReading =
  (reading: number): BrokenElement['lineOf'] =>
  ({ intervals }) =>
    intervals[0]!.readings[reading]!;
const ofSpec: BrokenElement['lineOf'] = ({ intervals }) => intervals[0]!.spec;
const ofChannel: BrokenElement['lineOf'] = ({ intervals }) => intervals[0]!.channel;

function withValue(interval: IntervalText, reading: number, change: (value: string) => string) {
  const { readings } = interval;
  const one = readings[reading]!;
  return { readings: readings.with(reading, { ...one, value: change(one.value) }) };
}

const BREAKERS: Record<BrokenKind, Breaker> = {
  /** The readings end early; the summary still tells of all. */
  'broken-truncated': ({ readings }, reading) => ({
    changes: { readings: readings.slice(0, reading + 1) },
    code: 'amrdef/interval-count-mismatch',
    reads: reading + 1,
    lineOf: ofChannel,
  }),
  /** A letter O for the last digit. */
  'broken-number': (interval, reading) => ({
    changes: withValue(interval, reading, (value) => `${value.slice(0, -1)}O`),
    code: 'amrdef/bad-number',
    reading,
    lineOf: ofReading(reading),
  }),
  /** The time keeps its form and names no day. */
  'broken-stamp': (interval, reading) => ({
    changes: {
      readings: interval.readings.with(reading, { ...interval.readings[reading]!, stamp: Number.NaN }),
    },
    code: 'amrdef/bad-timestamp',
    reading,
    lineOf: ofReading(reading),
  }),
  'broken-units': () => ({ changes: { uom: 'kWx' }, code: 'amrdef/unknown-uom', lineOf: ofSpec }),
  /** A comma for the point. */
  'broken-comma': (interval, reading) => ({
    changes: withValue(interval, reading, (value) => value.replace('.', ',')),
    code: 'amrdef/bad-number',
    reading,
    lineOf: ofReading(reading),
  }),
  'broken-count': ({ readings }, _reading, draw) => ({
    changes: { count: String(readings.length + 1 + draw(9)) },
    code: 'amrdef/interval-count-mismatch',
    lineOf: ofChannel,
  }),
  'broken-meter-id': () => ({ meterId: '', code: 'amrdef/missing-attribute', lineOf: ({ meter }) => meter }),
  /** A letter that is not ASCII, as XML writes it. */
  'broken-byte': () => ({
    changes: { direction: 'D&#201;livered' },
    code: 'amrdef/unknown-uom',
    lineOf: ofSpec,
  }),
  'broken-flag': ({ readings }, reading) => ({
    changes: { readings: readings.with(reading, { ...readings[reading]!, flags: 'NoSuchFlag' }) },
    code: 'amrdef/unknown-quality-flag',
    lineOf: ({ intervals }) => intervals[0]!.flags[reading]!,
    reading,
  }),
  'broken-type': () => ({
    changes: { element: 'IntervalDataX' },
    code: 'amrdef/unknown-element',
    lineOf: ({ intervals }) => intervals[0]!.element,
  }),
};

/**
 * @param interval with four readings or more
 * @param key of the draws
 * @param counter first counter of the draws
 */
export function breakElement(
  kind: BrokenKind,
  interval: IntervalText,
  meterId: string,
  key: number,
  counter: number,
): BrokenElement {
  const count = interval.readings.length;
  // Not at an end: a truncated one has lost some, and has some.
  const quarter = Math.floor(count / 4);
  const reading = quarter + drawBelow(key, counter, count - 2 * quarter);
  const broken = BREAKERS[kind](interval, reading, (n) => drawBelow(key, counter + 1, n));
  return {
    interval: { ...interval, ...broken.changes },
    meterId: broken.meterId ?? meterId,
    code: broken.code,
    reads: broken.reads ?? count,
    reading: broken.reading ?? -1,
    lineOf: broken.lineOf,
  };
}
