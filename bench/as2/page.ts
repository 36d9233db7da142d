import type { Machine } from '../machine.js';
import type { LargeMessageFigure } from './large-message.js';
import type { LoadFigure } from './receiver-load.js';

const MIB = 1024 * 1024;
/** Targets: of the speed of the openssl command line; resident memory; growth under load that counts as flat. */
const SPEED_LEAST = 0.6;
const MEMORY_MIB_MAX = 200;
const GROWTH_MAX = 1.2;

/** The page that the bench writes, all figures in it measured by the same run. */
export function as2Page(machine: Machine, messages: LargeMessageFigure[], loads: LoadFigure[]): string {
  const mib = (kib: number) => `${Math.round(kib / 1024)} MiB`;
  const speed = (figure: LargeMessageFigure) => figure.opensslSeconds / figure.buildSeconds;
  const large = messages.map(
    (figure) =>
      `| ${figure.sizeBytes / MIB} MiB | ${figure.buildSeconds.toFixed(2)} s | ${figure.opensslSeconds.toFixed(2)} s | ${speed(figure).toFixed(2)} | ${figure.openSeconds.toFixed(2)} s | ${mib(figure.buildKib)} | ${mib(figure.openKib)} |`,
  );
  const load = loads.map(
    (figure) =>
      `| ${figure.payloadBytes / 1024} KiB | ${figure.messagesPerSecond.toFixed(1)} | ${figure.latencyMs.median} ms | ${figure.latencyMs.p99} ms | ${mib(figure.earlyKib)} | ${mib(figure.lateKib)} | ${figure.errors} |`,
  );
  const met = (isMet: boolean) => (isMet ? 'met' : 'MISSED');
  const verdicts = [
    `| built at no less than ${SPEED_LEAST} times the speed of openssl | ${met(messages.every((figure) => speed(figure) >= SPEED_LEAST))} |`,
    `| built and opened within ${MEMORY_MIB_MAX} MiB each | ${met(messages.every(({ buildKib, openKib }) => Math.max(buildKib, openKib) <= MEMORY_MIB_MAX * 1024))} |`,
    `| no error under load, and memory flat (a factor of ${GROWTH_MAX} at most) | ${met(loads.every(({ errors, earlyKib, lateKib }) => errors === 0 && lateKib <= earlyKib * GROWTH_MAX))} |`,
  ];
  return `${[
    '# Benchmarks of AS2',
    '',
    'Written by `npm run bench -- as2`; measured figures of AS2 stand here and nowhere else.',
    '',
    `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB, ${machine.system}, Node ${machine.node}. Load before: ${machine.load.toFixed(2)}.`,
    '',
    '## Large messages',
    '',
    'A file of noise becomes a signed (SHA-256, RSA 2048) and encrypted (AES-256-CBC) message, without compression, each time in a process of its own. The rival is `openssl cms -sign -stream | openssl cms -encrypt -stream` on the same file. Each message is decrypted by openssl, and opened by readmill: decrypted, verified, its MIC made, its content put down and compared.',
    '',
    '| File | Built | openssl | Speed over openssl | Opened | Memory to build | Memory to open |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...large,
    '',
    '## Receiver under load',
    '',
    `autocannon with 8 connections for ${Math.round(loads[0]?.seconds ?? 0)} s, on the same machine: each message is decrypted, verified, put down and booked on the disk, and answered with a signed receipt, which is looked at.`,
    '',
    '| File | Messages a second | Latency, median | Latency, 99 % | Memory, early | Memory, late | Errors |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...load,
    '',
    '## Targets',
    '',
    '| Target | |',
    '| --- | --- |',
    ...verdicts,
    '',
  ].join('\n')}`;
}
