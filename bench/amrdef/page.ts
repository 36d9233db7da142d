import type { NightFigure } from '../night-rounds.js';
import type { ScanComparison } from '../result.js';
import type { ScanFigure } from '../scan-rounds.js';
import { median } from '../statistics.js';
import { comparisonTable, mebibytes, megabytes, table, times, whole } from '../tables.js';
import type { Verdict } from '../targets.js';
import type { AmrdefResult } from './figures.js';

const SCAN_OVER_SAXES = 4;
const TWO_OVER_ONE = 1.7;
const PROVINCE_KIB = 1024 * 1024;

/** The targets, and what came of them. */
export function amrdefVerdicts(result: AmrdefResult): Verdict[] {
  const one = (scans: ScanComparison) => figureOf(scans, 'readmill-amrdef-1');
  const over = coldFactor(result.coldScans, 'readmill-amrdef-1');
  return [
    factorVerdict(
      `our scan with one worker at least ${SCAN_OVER_SAXES} times as fast as saxes doing the same extraction`,
      SCAN_OVER_SAXES,
      secondsOf(figureOf(result.scans, 'saxes')) / secondsOf(one(result.scans)),
    ),
    factorVerdict(
      `the same on the first pass of a fresh process, over ${whole(result.coldScans[0]!.meters)} meters`,
      SCAN_OVER_SAXES,
      over,
    ),
    factorVerdict(
      `our scan with two workers at least ${TWO_OVER_ONE} times as fast as with one`,
      TWO_OVER_ONE,
      secondsOf(one(result.scans)) / secondsOf(figureOf(result.scans, 'readmill-amrdef-2')),
    ),
    provinceVerdict(result),
  ];
}

function figureOf({ figures }: ScanComparison, name: string): ScanFigure {
  return figures.find(({ contender }) => contender.name === name)!;
}

/** NaN where the answer was wrong: no factor then meets a target. */
const secondsOf = ({ isRight, medianSeconds }: ScanFigure): number => (isRight ? medianSeconds : Number.NaN);

/** How many times as long as ours the first pass of saxes takes, medians over processes. */
function coldFactor(coldScans: readonly ScanComparison[], ours: string): number {
  const middle = (name: string) => median(coldScans.map((scans) => secondsOf(figureOf(scans, name))));
  return middle('saxes') / middle(ours);
}

function factorVerdict(target: string, least: number, factor: number): Verdict {
  if (!Number.isFinite(factor)) return { target, measured: 'no right answer', isMet: false };
  return { target, measured: `${factor.toFixed(2)} times`, isMet: factor >= least };
}

function provinceVerdict({ province }: AmrdefResult): Verdict {
  const target = 'a province-night of AMRDEF within 1 GiB of resident memory, all processes together';
  if (province === null) return { target, measured: 'not measured: needs `--large`', isMet: null };
  const { wrong, sampledKib, highWaterKib, meters } = province.night;
  if (wrong.length > 0) return { target, measured: 'no right answer', isMet: false };
  const peakKib = Math.max(sampledKib ?? 0, highWaterKib ?? 0);
  const measured = `${mebibytes(peakKib)} MiB, ${whole(meters)} meters`;
  return { target, measured, isMet: peakKib > 0 && peakKib <= PROVINCE_KIB };
}

/** The page of a run, whole, as Markdown. */
export function amrdefPage(result: AmrdefResult): string {
  const { command, date } = result;
  const words = (isMet: boolean | null) => (isMet === null ? 'open' : isMet ? '**met**' : '**missed**');
  const targets = amrdefVerdicts(result).map(({ target, measured, isMet }) => [
    target,
    measured,
    words(isMet),
  ]);
  return [
    '# Benchmarks of AMRDEF',
    `Made by \`${command}\` on ${date}. Every figure is of that run; the page is written anew by each run, so changes made here by hand are lost.`,
    `## Targets\n\n${table(['Target', 'Measured', ''], targets, 3)}`,
    machinePart(result),
    scanPart(result),
    nightPart(result),
  ]
    .join('\n\n')
    .concat('\n');
}

function machinePart({ machine, fileSystem, scans }: AmrdefResult): string {
  const gibibytes = (machine.memoryBytes / 2 ** 30).toFixed(1);
  return [
    '## Machine and data',
    [
      `- ${machine.cpu}, ${machine.cores} cores, ${gibibytes} GiB of memory, ${machine.system}, Node ${machine.node}. Load average before the run: ${machine.load.toFixed(1)}.`,
      `- Rival: saxes ${machine.rivals.saxes}, a conforming XML parser in JavaScript.`,
      `- Files lie on ${fileSystem}${fileSystem === 'tmpfs' ? ', in memory' : ''}, but where the table says otherwise.`,
      `- Data: \`readmill generate --format amrdef\`, one day of hourly reads; a meter has registers with tiers, control totals, 24 intervals and statuses, ${whole(scans.sizeBytes / scans.meters)} bytes. All is clean.`,
      '- Times are wall time. Memory is the peak of resident memory (VmHWM) of a whole process, all its threads and what Node takes included.',
    ].join('\n'),
  ].join('\n\n');
}

function scanPart({ scans, coldScans }: AmrdefResult): string {
  const names = scans.figures.map(({ contender }) => contender.name);
  const rows = names.map((name) => {
    const figures = coldScans.map((cold) => figureOf(cold, name));
    const { title, threads } = figures[0]!.contender;
    const seconds = figures.map(secondsOf);
    const bounds = `${Math.min(...seconds).toFixed(3)} - ${Math.max(...seconds).toFixed(3)}`;
    return [title, String(threads), median(seconds).toFixed(3), bounds, times(coldFactor(coldScans, name))];
  });
  const { meters, sizeBytes } = coldScans[0]!;
  return [
    '## Read and sum one file',
    'Each contender reads the same file and adds up all reads, in a process of its own: a pass to warm up, then passes in turn with the others; the median counts. saxes is given the least that makes reads of what it tells: meter, unit, time, value and flags. Our scan makes every check of `readmill check` on the way. A sum or count that is wrong is no result.',
    comparisonTable(scans),
    'A fresh process that reads one small file, once, with what it must compile on the way (the start of Node and the loading of code are not counted):',
    `${whole(meters)} meters, ${megabytes(sizeBytes)} MB; median of ${coldScans.length} processes.`,
    table(['', 'Threads', 'Seconds', 'Least - most', 'To saxes'], rows),
  ].join('\n\n');
}

function nightPart({ nights, province }: AmrdefResult): string {
  const rows = nights.map(({ workers, night }) => nightRow(workers, night));
  if (province !== null) rows.push(nightRow(2, province.night, province.fileSystem));
  const [one, two] = nights;
  const gain = one!.night.medianSeconds / two!.night.medianSeconds;
  const all = [...nights.map(({ night }) => night), ...(province === null ? [] : [province.night])];
  const wrong = all.flatMap((night) => night.wrong.map((what) => `- ${whole(night.meters)} meters: ${what}`));
  const header = [
    'Meters',
    'File MB',
    'Workers',
    'Runs',
    'Seconds',
    'us per meter',
    'Peak MiB',
    'Sampled MiB',
  ];
  return [
    '## A whole night',
    '`readmill run --no-deliver` as a process, from its start to its end, without a meter register: takes in, checks, validates, estimates, writes history, sorted batches, lists and report, with SHA-256 of input and output.',
    table(header, rows, 0),
    `Two workers are ${gain.toFixed(2)} times as fast as one over the whole run, with the start of Node, intake and the lists that one thread writes.`,
    'Peak is the sum of VmHWM over the process and its children, sampled the highest sum of VmRSS at 50 ms. The results are compared with what the generator put in: exit code, reads received and placed, exact sums of kWh; and the batches of the first run of each row are read again by a plain reader that shares no code with ours.',
    ...(wrong.length === 0 ? [] : [`What was wrong:\n\n${wrong.join('\n')}`]),
  ].join('\n\n');
}

function nightRow(workers: number, night: NightFigure, fileSystem = ''): string[] {
  const { meters, sizeBytes, runs, medianSeconds, sampledKib, highWaterKib } = night;
  const isRight = night.wrong.length === 0;
  return [
    `${whole(meters)}${fileSystem === '' ? '' : `, on ${fileSystem}`}`,
    megabytes(sizeBytes),
    String(workers),
    String(runs.length),
    isRight ? medianSeconds.toFixed(2) : 'wrong: no result',
    isRight ? ((medianSeconds / meters) * 1e6).toFixed(2) : '',
    mebibytes(highWaterKib),
    mebibytes(sampledKib),
  ];
}
