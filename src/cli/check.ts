import { type Command, InvalidArgumentError } from 'commander';
import { findProfile, PROFILES, type Profile } from '../conformance/profiles.js';
import { CHECK_FORMATS, type CheckFormat } from '../conformance/report/check-report.js';
import { type CheckProblem, isValid } from '../conformance/report/checked-files.js';
import { writeCheckReport } from '../conformance/report/write-check-report.js';
import { EST_OFFSET_MINUTES, parseZone } from '../model/time.js';
import { VERSION } from '../model/version.js';
import { type CheckOutcome, checkFiles } from '../pipeline/check/check-files.js';
import { gatherInputs } from '../pipeline/check/check-inputs.js';
import { type CheckPool, poolFor } from '../pipeline/check/check-pool.js';
import { type TemporaryFolder, temporaryFolder } from '../pipeline/temporary-folder.js';
import { defaultWorkers, parseNow, parseWorkers, terminalProgress } from './terminal.js';

const FINDINGS_DEFAULT = 1000;
const FINDINGS_MAX = 100_000;

interface CheckCommandOptions {
  profile?: string;
  timeZone?: string;
  register?: string;
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
      '--profile <name or file>',
      `how the file should be written: ${PROFILES.map(({ name }) => name).join(', ')}, or a JSON file of your own`,
    )
    .option(
      '--time-zone <zone>',
      'zone of the stamps: UTC, EST or an offset such as -05:00 (default: that of the profile)',
      parseTimeZone,
    )
    .option('--register <file>', 'meter register (CSV or JSON): tells unknown meters, dials and multipliers')
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

async function runCheck(args: string[], options: CheckCommandOptions): Promise<void> {
  const folder = temporaryFolder();
  const progress = terminalProgress();
  let pool: CheckPool | null = null;
  try {
    const profile = options.profile === undefined ? undefined : await profileOf(options.profile);
    const registerPath = options.register === undefined ? null : await imported(options.register, folder);
    const { inputs, failures } = await gatherInputs(args, folder.path, process.stdin);
    pool = poolFor(inputs, options.workers);
    const outcome = await checkFiles(
      inputs,
      {
        ...(profile === undefined ? {} : { profile }),
        zoneMinutes: options.timeZone === undefined ? null : parseZone(options.timeZone)!,
        nowMs: options.now ?? Date.now(),
        findingsMax: options.maxFindings,
        registerPath,
        workDirectory: folder.path,
        progress,
      },
      pool,
    );
    await report({ ...outcome, failures: [...failures, ...outcome.failures] }, options);
  } finally {
    progress.end();
    await pool?.close();
    folder.remove();
  }
}

/** A profile by its name; what reads one of the user's own is loaded only where there is one. */
async function profileOf(given: string): Promise<Profile> {
  const known = findProfile(given);
  if (known !== undefined) return known;
  const { loadProfile } = await import('../conformance/profile-file.js');
  return loadProfile(given);
}

/** Path of the meter register, imported for this check alone. */
async function imported(file: string, folder: TemporaryFolder): Promise<string> {
  const { importRegister } = await import('../store/register/register-import.js');
  const register = await importRegister({ file, directory: folder.path(), zoneMinutes: EST_OFFSET_MINUTES });
  return register.path;
}

async function report(outcome: CheckOutcome, options: CheckCommandOptions): Promise<void> {
  const problems = outcome.failures.map(({ name, error }): CheckProblem => {
    process.stderr.write(`readmill: ${error.message} [${error.code}]\n`);
    return { path: name, code: error.code, message: error.message };
  });
  const checked = { checks: outcome.checks, problems, version: VERSION };
  process.exitCode = problems.length > 0 ? 1 : isValid(checked) ? 0 : 2;
  if (checked.checks.length > 0) await writeCheckReport(options.format, checked, options.output);
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
