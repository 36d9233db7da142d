import { resolve } from 'node:path';
import type { Command } from 'commander';
import { DEFAULT_MISSING_RATE, DEFECT_KINDS, parseDefects } from '../generate/defect-kinds.js';
import { DIALECTS } from '../generate/dialects.js';
import { type GenerateResult, generateNight } from '../generate/generate-night.js';
import { FORMATS } from '../generate/options.js';
import { ReadmillError } from '../model/errors.js';
import { EST_OFFSET_MINUTES, MINUTES_PER_DAY, parseIsoDate } from '../model/time.js';

/** Options as commander hands them over: texts. */
interface GenerateFlags {
  meters: string;
  days: string;
  out: string;
  format: string;
  dialect: string;
  interval: string;
  seed: string;
  start?: string;
  files: string;
  missingRate: string;
  defects: string;
  firstMeter: string;
  now?: string;
  json?: boolean;
}

/** With its zone: without one it would be a time of this machine. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

const EXAMPLE = `
Example:
  readmill generate --meters 10000 --days 1 --out night --dialect sensus --files 4

Kinds of defects: ${DEFECT_KINDS.join(', ')};
the first word of several names them all: broken, missing, duplicate.
`;

/** Adds `readmill generate`: synthetic files of a head end with known defects. */
export function registerGenerate(program: Command): void {
  program
    .command('generate')
    .description('synthetic meter-read files with known defects, their meter register and the answers')
    .requiredOption('--meters <N>', 'how many meters')
    .requiredOption('--days <D>', 'how many read days')
    .requiredOption('--out <DIR>', 'folder for the files, meters.csv and answers.json')
    .option('--format <NAME>', FORMATS.join(' or '), FORMATS[0])
    .option('--dialect <NAME>', `of CMEP: ${DIALECTS.map(({ name }) => name).join(', ')}`, DIALECTS[0]!.name)
    .option('--interval <MINUTES>', '60, 30 or 15', '60')
    .option('--seed <N>', 'the same seed and options give the same bytes', '1')
    .option(
      '--start <DATE>',
      'first read day, yyyy-mm-dd in market time (default: so that the last is yesterday)',
    )
    .option('--files <N>', 'files to share the meters among', '1')
    .option('--missing-rate <SHARE>', 'share of slots that are missing, 0 to 1', String(DEFAULT_MISSING_RATE))
    .option('--defects <LIST>', 'all, none, or kinds with commas between', 'all')
    .option('--first-meter <N>', 'number of the first meter, so that two runs have different meters', '0')
    .option('--now <ISO>', 'the time that yesterday is reckoned from (default: the clock)')
    .option('--json', 'print what was written as one JSON document')
    .addHelpText('after', EXAMPLE)
    .action(async (flags: GenerateFlags) => {
      const result = await generate(flags);
      process.stdout.write(flags.json ? `${JSON.stringify(result, null, 2)}\n` : summary(result, flags.out));
    });
}

async function generate(flags: GenerateFlags): Promise<GenerateResult> {
  const days = numberOf('--days', flags.days);
  return generateNight({
    meters: numberOf('--meters', flags.meters),
    days,
    startDay: startDayOf(flags, days),
    outDirectory: resolve(flags.out),
    format: flags.format,
    dialect: flags.dialect,
    intervalMinutes: numberOf('--interval', flags.interval),
    seed: numberOf('--seed', flags.seed),
    files: numberOf('--files', flags.files),
    missingRate: numberOf('--missing-rate', flags.missingRate),
    defects: parseDefects(flags.defects),
    firstMeter: numberOf('--first-meter', flags.firstMeter),
  });
}

/** Bounds are those of `resolveOptions`; here a text that is no number is told apart from one out of bounds. */
function numberOf(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new ReadmillError('READMILL_OPTION', `${option}: "${text}" is not a number of 0 or more.`);
}

/** First read day as a day number: `--start`, or such that the last day closed before `--now`. */
function startDayOf(flags: GenerateFlags, days: number): number {
  if (flags.start !== undefined) {
    const day = parseIsoDate(flags.start);
    if (day >= 0) return day;
    throw new ReadmillError('READMILL_OPTION', `--start: "${flags.start}" is not a date yyyy-mm-dd.`);
  }
  const isTime = flags.now === undefined || ISO_TIME.test(flags.now);
  const nowMs = flags.now === undefined ? Date.now() : Date.parse(flags.now);
  if (!isTime || Number.isNaN(nowMs)) {
    const message = `--now: "${flags.now}" is not a time such as 2026-11-21T06:00:00Z.`;
    throw new ReadmillError('READMILL_OPTION', message);
  }
  const today = Math.floor((nowMs / 60_000 + EST_OFFSET_MINUTES) / MINUTES_PER_DAY);
  return today - days;
}

function summary({ files, totals, defectCounts }: GenerateResult, out: string): string {
  const sizeBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const defects = Object.values(defectCounts).reduce((sum, count) => sum + count, 0);
  const number = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
  return [
    `${number(totals.meters)} meters, ${number(totals.lines)} lines, ${number(totals.reads)} reads, ${number(sizeBytes)} bytes`,
    `${number(defects)} defects, each with its place in ${out}/answers.json`,
    `meter register: ${out}/meters.csv`,
    ...files.map(({ name }) => `${out}/${name}`),
    '',
  ].join('\n');
}
