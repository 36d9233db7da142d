import { halfUp } from '../referee/exact.js';
import { Referee } from '../referee/referee.js';
import type { EstimateLine, NightResult } from '../referee/types.js';
import type { BuiltCase } from './month-case.js';
import { type NightLines, PLACES } from './program-nights.js';

const isoOf = (stamp: number) => `${new Date(stamp * 60_000).toISOString().slice(0, 16)}Z`;
const compactOf = (stamp: number) => isoOf(stamp).replace(/[-T:Z]/g, '');
const dayText = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10);

/** The factor with six decimals. */
function scaleText(scale: EstimateLine['scale']): string {
  if (scale === null) return '';
  const millionths = halfUp(scale[0] * 1_000_000n, scale[1]);
  const digits = String(millionths < 0n ? -millionths : millionths).padStart(7, '0');
  return `${millionths < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function linesOf(result: NightResult): NightLines {
  return {
    sent: result.sent.map(({ meterId, units, stamp, purpose, value, flag }) =>
      [meterId, units, compactOf(stamp), purpose, value, flag].join(),
    ),
    estimates: result.estimates.map((one) =>
      [
        one.meterId,
        one.units,
        isoOf(one.stamp),
        one.rawValue,
        one.rawFlag,
        one.value,
        one.method,
        one.method === 'profile' ? one.referenceDays.length || '' : one.referenceDays.map(dayText).join(' '),
        scaleText(one.scale),
        one.check,
        one.policy,
      ].join(),
    ),
    review: result.review.map(({ meterId, units, stamp, code }) =>
      [meterId, units, isoOf(stamp), code].join(),
    ),
    duplicates: result.duplicates.map(({ meterId, units, stamp, keptValue, value }) =>
      [meterId, units, isoOf(stamp), keptValue, value].join(),
    ),
    missing: result.missing.map(({ meterId, units, day }) => [meterId, units, dayText(day)].join()),
    reads: PLACES.map((place) => `${place},${result.reads[place]}`),
  };
}

/** The nights of a case by the referee. */
export function* refereeNights(built: BuiltCase): Generator<NightLines & { situations: string[] }> {
  const referee = new Referee(built.setting);
  for (const night of built.nights) {
    const result = referee.run(night);
    yield { ...linesOf(result), situations: result.situations };
  }
}
