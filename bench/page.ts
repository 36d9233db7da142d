import { contenderNamed } from './contenders/catalogue.js';
import type { NightFigure } from './night-rounds.js';
import type { BenchResult } from './result.js';
import { comparisonTable, mebibytes, megabytes, table, times, whole } from './tables.js';
import { verdicts } from './targets.js';

const MIB = 1024 * 1024;

/** The page of a run, whole, as Markdown. */
export function benchmarksPage(result: BenchResult): string {
  return [
    '# Benchmarks',
    `Made by \`${result.command}\` on ${result.date}. Every figure is of that run; the page is written anew by each run, so changes made here by hand are lost.`,
    targetsPart(result),
    machinePart(result),
    scanPart(result),
    nightPart(result),
    filesPart(result),
    diskPart(result),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function targetsPart(result: BenchResult): string {
  const words = (isMet: boolean | null) => (isMet === null ? 'open' : isMet ? '**met**' : '**missed**');
  const rows = verdicts(result).map(({ target, measured, isMet }) => [target, measured, words(isMet)]);
  return `## Targets\n\n${table(['Target', 'Measured', ''], rows, 3)}`;
}

function machinePart({ machine, fileSystem, scans }: BenchResult): string {
  const rivals = Object.entries(machine.rivals).map(([name, version]) => `${name} ${version}`);
  return [
    '## Machine and data',
    [
      `- ${machine.cpu}, ${machine.cores} cores, ${(machine.memoryBytes / 1024 / MIB).toFixed(1)} GiB of memory, ${machine.system}, Node ${machine.node}. Load average before the run: ${machine.load.toFixed(1)}.`,
      `- Rivals: ${rivals.join(', ')}.`,
      `- Files lie on ${fileSystem}${fileSystem === 'tmpfs' ? ', in memory: the figures are of pure work, and the last part tells what a disk adds. Before each night free memory is filled with the cache of an empty file, as on a server that has run for a while: a virtual machine gives free memory back to its host, and would get it again page by page' : ''}.`,
      `- Data: \`readmill generate\`, CMEP v1.20, one day of hourly reads; a meter has one record of 24 intervals and one of two register reads, ${whole(scans.sizeBytes / scans.meters)} bytes. All is clean but where the table says defects.`,
      '- Times are wall time. Memory is the peak of resident memory (VmHWM) of a whole process, all its threads and what Node takes included.',
    ].join('\n'),
  ].join('\n\n');
}

function scanPart(result: BenchResult): string {
  return [
    '## Read and sum one file',
    'Each contender reads the same file and adds up all values, in a process of its own: a pass to warm up, then passes in turn with the others; the median counts. Our scan makes every check of `readmill check` on the way: it reads stamps, flags and values and skips nothing. A sum or count that is wrong is no result. uDSV needs rows of one width, so its lines are sorted by width first, in its time.',
    `DuckDB in three ways and our scan:`,
    comparisonTable(result.scans),
    'Parsers in JavaScript and our scan, over a smaller file:',
    comparisonTable(result.slowScans),
  ].join('\n\n');
}

function nightPart({ nights, defects, duckdb }: BenchResult): string {
  return [
    '## A whole night, and how it grows',
    `\`readmill run --no-deliver --workers 2\` as a process, from its start to its end: takes in, checks, validates, estimates, writes history, sorted batches, lists and report, with SHA-256 of input and output. ${duckdb === null ? 'DuckDB' : contenderNamed(duckdb).title} only reads and sums the same file, in turn with the runs. The meter register is imported before; its time stands by itself.`,
    table(
      [
        'Meters',
        'File MB',
        'Register',
        'Runs',
        'Seconds',
        'us per meter',
        'DuckDB seconds',
        'To DuckDB',
        'Peak MiB',
        'Sampled MiB',
        'Register import',
      ],
      [...nights, ...defects].map(nightRow),
      0,
    ),
    'Peak is the sum of VmHWM over the process and its children, sampled the highest sum of VmRSS at 50 ms. The results are compared with what the generator put in: exit code, reads received and placed, exact sums of kWh; and the batches of the first run of each row are read again by a plain reader that shares no code with ours.',
    ...wrongPart([...nights, ...defects]),
  ].join('\n\n');
}

function nightRow(figure: NightFigure): string[] {
  const { meters, sizeBytes, hasRegister, hasDefects, runs, medianSeconds, duckdbSeconds } = figure;
  const isRight = figure.wrong.length === 0;
  return [
    `${whole(meters)}${hasDefects ? ', defects' : ''}`,
    megabytes(sizeBytes),
    hasRegister ? 'yes' : 'no',
    String(runs.length),
    isRight ? medianSeconds.toFixed(2) : 'wrong: no result',
    isRight ? ((medianSeconds / meters) * 1e6).toFixed(2) : '',
    duckdbSeconds?.toFixed(2) ?? '',
    isRight && duckdbSeconds !== null ? times(medianSeconds / duckdbSeconds) : '',
    mebibytes(figure.highWaterKib),
    mebibytes(figure.sampledKib),
    hasRegister ? Math.max(...runs.map(({ registerSeconds }) => registerSeconds)).toFixed(2) : '',
  ];
}

function wrongPart(figures: readonly NightFigure[]): string[] {
  const lines = figures.flatMap(({ meters, hasRegister, wrong }) =>
    wrong.map((what) => `- ${whole(meters)} meters, register ${hasRegister ? 'yes' : 'no'}: ${what}`),
  );
  return lines.length === 0 ? [] : [`What was wrong:\n\n${lines.join('\n')}`];
}

function filesPart({ inFiles }: BenchResult): string {
  const header = ['Files', 'Meters', 'Runs', 'Seconds', 'us per meter', 'Peak MiB'];
  const rows = inFiles.map((figure) => {
    const { files, meters, runs, medianSeconds, highWaterKib, wrong } = figure;
    const seconds = wrong.length === 0 ? medianSeconds.toFixed(2) : 'wrong: no result';
    const perMeter = ((medianSeconds / meters) * 1e6).toFixed(2);
    return [whole(files), whole(meters), String(runs.length), seconds, perMeter, mebibytes(highWaterKib)];
  });
  const words = 'The same meters in more and more files, without a register.';
  return ['## More files', words, table(header, rows, 0), ...wrongPart(inFiles)].join('\n\n');
}

function diskPart({ disk, fileSystem }: BenchResult): string {
  if (disk === null) return `## On the disk\n\nAll of this page was measured on ${fileSystem}.`;
  const { night, floorSeconds } = disk;
  const run = night.runs[0]!;
  const kept = run.outputBytes + run.historyBytes;
  const rows = [
    ['the night, without a register', night.medianSeconds.toFixed(2)],
    [
      `the floor: as many bytes (${megabytes(run.outputBytes)} MB of output, ${megabytes(run.historyBytes)} MB of history) written and fsynced, nothing else`,
      floorSeconds.toFixed(2),
    ],
  ];
  return [
    '## On the disk',
    `${whole(night.meters)} meters on ${disk.fileSystem}, median of ${night.runs.length}. The disk takes ${whole(kept / 1e6 / floorSeconds)} MB/s with fsync: what lies above the floor is work that the disk did not hide.`,
    table(['', 'Seconds'], rows),
    ...wrongPart([night]),
  ].join('\n\n');
}
