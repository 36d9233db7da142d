import type { Verdict } from '../targets.js';
import type { As2Figures } from './main.js';

const SPEED_LEAST = 0.6;
const MEMORY_MIB_MAX = 200;
/** Memory counts as flat where it grows by at most this factor from the second to the last quarter of the time. */
const GROWTH_MAX = 1.1;
const NIGHT_OVER_FLOOR_MAX = 2;
/** Meters of a province. */
export const PROVINCE_METERS = 5_000_000;

export function as2Verdicts({ message, file, loads, nights }: As2Figures): Verdict[] {
  const speed = message.opensslSeconds / message.buildSeconds;
  const errors = loads.reduce((sum, load) => sum + load.errors, 0);
  const growths = loads.map(({ earlyKib, lateKib }) => lateKib / earlyKib);
  const isRight = (wrong: readonly string[]) => wrong.length === 0;
  return [
    {
      target: `a large message built at no less than ${SPEED_LEAST} times the speed of the openssl command line`,
      measured: `${speed.toFixed(2)} times`,
      isMet: isRight(message.wrong) && speed >= SPEED_LEAST,
    },
    memoryVerdict(file),
    {
      target: `no error under load, and memory flat (grows by a factor of ${GROWTH_MAX} at most)`,
      measured: `${errors} errors, factors ${growths.map((factor) => factor.toFixed(2)).join(' and ')}`,
      isMet: errors === 0 && growths.every((factor) => factor <= GROWTH_MAX),
    },
    spoolVerdict(nights),
  ];
}

/** Judged by the province-night; smaller ones are shown. */
function spoolVerdict(nights: As2Figures['nights']): Verdict {
  const factorOf = ({ spoolSeconds, floorSeconds }: As2Figures['nights'][number]) =>
    spoolSeconds / floorSeconds;
  const shown = nights.map(
    (night) => `${factorOf(night).toFixed(2)} times (${night.meters.toLocaleString('en')} meters)`,
  );
  const province = nights.find(({ meters }) => meters >= PROVINCE_METERS);
  if (province === undefined) shown.push('a province-night needs `--large`');
  return {
    target: `a province-night up to the spool in at most ${NIGHT_OVER_FLOOR_MAX} times the floor`,
    measured: shown.join(', '),
    isMet:
      province === undefined
        ? null
        : nights.every(({ wrong }) => wrong.length === 0) && factorOf(province) <= NIGHT_OVER_FLOOR_MAX,
  };
}

function memoryVerdict(file: As2Figures['file']): Verdict {
  const target = `a file of 2 GiB sent and received within ${MEMORY_MIB_MAX} MiB each`;
  if (file === null) return { target, measured: 'not measured: needs `--large`', isMet: null };
  const { senderKib, receiverKib, wrong } = file;
  const mib = (kib: number) => `${Math.round(kib / 1024)} MiB`;
  return {
    target,
    measured: `${mib(senderKib)} and ${mib(receiverKib)}`,
    isMet: wrong.length === 0 && Math.max(senderKib, receiverKib) <= MEMORY_MIB_MAX * 1024,
  };
}
