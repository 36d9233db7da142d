import { contenderNamed } from '../contenders/catalogue.js';
import type { Machine } from '../machine.js';
import { type CheckBench, checkVerdicts } from './check-targets.js';

const MIB = 1024 * 1024;

/** The page that this part of the bench writes, all figures in it measured by the same run. */
export function checkPage(machine: Machine, fileSystem: string, command: string, bench: CheckBench): string {
  const { nights, errors } = bench;
  const words = (isMet: boolean | null) => (isMet === null ? 'open' : isMet ? '**met**' : '**missed**');
  const whole = (number: number) => Math.round(number).toLocaleString('en');
  const mebibytes = (kib: number | null) => (kib === null ? 'not known' : whole(kib / 1024));
  const rows = nights.flatMap(({ meters, duckdb, figures }) =>
    figures.map((figure) => {
      const { kind, sizeBytes, seconds, medianSeconds, highWaterKib, wrong } = figure;
      const spread = `${Math.min(...seconds).toFixed(2)} - ${Math.max(...seconds).toFixed(2)}`;
      const toDuckdb = duckdb === null ? '' : `${(medianSeconds / duckdb.medianSeconds).toFixed(2)} x`;
      const toClean = `${(medianSeconds / figures[0]!.medianSeconds).toFixed(2)} x`;
      const times = wrong.length === 0 ? [medianSeconds.toFixed(2), spread] : ['wrong: no result', ''];
      const beside = [duckdb?.medianSeconds.toFixed(2) ?? '', toDuckdb, toClean, mebibytes(highWaterKib)];
      return [whole(meters), kind, whole(sizeBytes / 1e6), String(seconds.length), ...times, ...beside];
    }),
  );
  const ways = [...new Set(nights.flatMap(({ duckdb }) => (duckdb === null ? [] : [duckdb.name])))];
  return `${[
    '# Benchmarks of check',
    '',
    `Made by \`${command}\` on ${new Date().toISOString().slice(0, 10)}. Every figure is of that run; the page is written anew by each run.`,
    '',
    '| Target | Measured | |',
    '| --- | --- | --- |',
    ...checkVerdicts(bench).map(
      ({ target, measured, isMet }) => `| ${target} | ${measured} | ${words(isMet)} |`,
    ),
    '',
    `${machine.cpu}, ${machine.cores} cores, ${(machine.memoryBytes / 1024 / MIB).toFixed(1)} GiB, ${machine.system}, Node ${machine.node}. Load before: ${machine.load.toFixed(2)}. Files lie on ${fileSystem}.`,
    '',
    '## One file',
    '',
    `\`readmill check --format json --workers 2\` as a process, from its start to its end, with all rules, those across records too. In order means that the meters of the file rise; shuffled are the same lines in any order; the others are the lines in order with an error on each: a letter in one number, or eight kinds of errors in turn. In turn with the checks DuckDB (${ways.map((way) => contenderNamed(way).title).join('; ')}; two threads) reads and sums the clean file, in a process that runs already. What is found is compared with what was put in: records, reads, meters, counts.`,
    '',
    '| Meters | File | MB | Runs | Seconds | Least - most | DuckDB seconds | To DuckDB | To the clean file | Peak MiB |',
    '| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    'Peak is the highest resident memory (VmHWM) of the whole process.',
    '',
    ...(errors === null
      ? []
      : [
          '## Nothing but errors',
          '',
          `A file of ${whole(errors.errors)} lines of one to two bytes, each with one error (${whole(errors.sizeBytes / 1e6)} MB): ${errors.wrong.length === 0 ? `checked in ${errors.seconds.toFixed(1)} s, all counts right, peak ${mebibytes(errors.highWaterKib)} MiB` : `wrong: ${errors.wrong.join('; ')}`}.`,
          '',
        ]),
  ]
    .join('\n')
    .trimEnd()}\n`;
}
