import { type Command, InvalidArgumentError } from 'commander';
import type { FileCheck } from '../conformance/file-check.js';
import { findProfile, PROFILES } from '../conformance/profiles.js';
import { CHECK_FORMATS, type CheckFormat } from '../conformance/report/check-report.js';
import { type CheckProblem, isValid } from '../conformance/report/checked-files.js';
import { writeCheckReport } from '../conformance/report/write-check-report.js';
import { ReadmillError } from '../model/errors.js';
import { parseZone } from '../model/time.js';
import { VERSION } from '../model/version.js';
import { checkFile, filesToCheck } from '../pipeline/check-files.js';
import { openPool } from '../pipeline/worker-pool.js';
import { defaultWorkers, parseNow, parseWorkers } from './terminal.js';

const FINDINGS_DEFAULT = 1000;
const FINDINGS_MAX = 100_000;

interface CheckCommandOptions {
  profile?: string;
  timeZone: string;
  format: CheckFormat;
  output?: string;
  maxFindings: number;
  workers: number;
  now?: number;
}

export function registerCheck(program: Command): void {
  program
    .command('check <file...>')
    .description('check files or folders: is each right, and if not, which line and which rule')
    .option(
      '--profile <name>',
      `how the file should be written: ${PROFILES.map(({ name }) => name).join(', ')}`,
      parseProfile,
    )
    .option(
      '--time-zone <zone>',
      'zone of the stamps: UTC, EST or an offset such as -05:00',
      parseTimeZone,
      'UTC',
    )
    .option('--format <format>', CHECK_FORMATS.join(', '), parseFormat, 'text')
    .option('--output <file>', 'write the result there instead of printing it')
    .option(
      '--max-findings <n>',
      'findings to keep of each code; counts are always complete',
      parseMaximum,
      FINDINGS_DEFAULT,
    )
    .option('--workers <n>', 'worker threads', parseWorkers, defaultWorkers())
    .option('--now <time>', 'reference clock, ISO, instead of the system clock', parseNow)
    .addHelpText(
      'after',
      '\nExample:\n  readmill check inbox/ --profile sensus --format json --output result.json\n\nExit code: 0 no finding of severity error; 2 there is one; 1 a file could not be read.',
    )
    .action(runCheck);
}

async function runCheck(paths: string[], options: CheckCommandOptions): Promise<void> {
  const profile = options.profile === undefined ? undefined : findProfile(options.profile)!;
  const pool = openPool(options.workers);
  const checks: FileCheck[] = [];
  const problems: CheckProblem[] = [];
  try {
    for (const path of filesToCheck(paths)) {
      try {
        const check = await checkFile(
          path,
          {
            ...(profile === undefined ? {} : { profile }),
            zoneMinutes: parseZone(options.timeZone)!,
            nowMs: options.now ?? Date.now(),
            findingsMax: options.maxFindings,
          },
          pool,
        );
        checks.push(check);
      } catch (thrown) {
        // One file that cannot be read must not hide what is known of the others.
        if (!(thrown instanceof ReadmillError)) throw thrown;
        process.stderr.write(`readmill: ${thrown.message} [${thrown.code}]\n`);
        problems.push({ path, code: thrown.code, message: thrown.message });
      }
    }
  } finally {
    await pool.close();
  }
  if (checks.length === 0 && problems.length > 0) {
    process.exitCode = 1;
    return;
  }
  const checked = { checks, problems, version: VERSION };
  await writeCheckReport(options.format, checked, options.output);
  process.exitCode = problems.length > 0 ? 1 : isValid(checked) ? 0 : 2;
}

function parseProfile(name: string): string {
  if (findProfile(name) === undefined) {
    throw new InvalidArgumentError(
      `There is no such profile. Profiles: ${PROFILES.map((p) => p.name).join(', ')}.`,
    );
  }
  return name;
}

function parseTimeZone(text: string): string {
  if (parseZone(text) === null) {
    throw new InvalidArgumentError('It must be UTC, EST or an offset such as -05:00.');
  }
  return text;
}

function parseFormat(text: string): CheckFormat {
  const format = CHECK_FORMATS.find((known) => known === text);
  if (format === undefined) throw new InvalidArgumentError(`It must be one of ${CHECK_FORMATS.join(', ')}.`);
  return format;
}

function parseMaximum(text: string): number {
  const maximum = Number(text);
  if (!Number.isInteger(maximum) || maximum < 0 || maximum > FINDINGS_MAX) {
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${FINDINGS_MAX}.`);
  }
  return maximum;
}
