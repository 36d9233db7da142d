/**
 * The library: `checkFile` and `checkFiles` judge files, `readCmep` reads one as a stream, `rules` is the
 * catalogue. docs/library.md shows them at work.
 */
import { availableParallelism } from 'node:os';
import type { FileCheck } from './conformance/file-check.js';
import { loadProfile } from './conformance/profile-file.js';
import type { Profile } from './conformance/profiles.js';
import { RULES } from './conformance/rules.js';
import { ReadmillError } from './model/errors.js';
import { EST_OFFSET_MINUTES, parseZone } from './model/time.js';
import { checkFiles as checkInputs } from './pipeline/check/check-files.js';
import { gatherInputs } from './pipeline/check/check-inputs.js';
import { type CheckPool, poolFor } from './pipeline/check/check-pool.js';
import { SILENT } from './pipeline/progress.js';
import { type CmepBlock, readCmep as readBlocks } from './pipeline/scan/read-cmep.js';
import { temporaryFolder } from './pipeline/temporary-folder.js';
import { importRegister } from './store/register/register-import.js';

export type { CoverageDay, FileCheck, RuleCount } from './conformance/file-check.js';
export type { Excerpt, Finding } from './conformance/finding-buffer.js';
export type { Profile } from './conformance/profiles.js';
export type { Rule, SeverityName } from './conformance/rules.js';
export { formatDecimal } from './model/decimal.js';
export { ReadmillError } from './model/errors.js';
export { isoMinute } from './model/time.js';
export type { CmepBlock } from './pipeline/scan/read-cmep.js';

/** The rule catalogue: code, severity, what is wrong, why it matters, how to mend it. */
export const rules = RULES;

/** Findings of each code and file that are kept where the caller says nothing. */
const FINDINGS_DEFAULT = 1000;

interface SourceOptions {
  /** Name of a built-in profile, path of a file of your own, or a profile; without it it is detected. */
  profile?: string | Profile;
  /** Zone of the stamps: `UTC`, `EST` or an offset such as `-05:00`; without it that of the profile. */
  timeZone?: string;
  /** The reference clock; without it the system's. */
  now?: Date;
}

export interface CheckFileOptions extends SourceOptions {
  /** Meter register, CSV or JSON: tells unknown meters, dials and multipliers. */
  register?: string;
  /** Findings to keep of each code and file (1000); counts are always complete. */
  maxFindings?: number;
  /** Worker threads; without it as many as there are processors. Small files need none. */
  workers?: number;
}

export interface ReadCmepOptions extends SourceOptions {
  /** Told of every finding about a record, in the order of the file. A record with an error has no block. */
  onFinding?: (finding: import('./conformance/finding-buffer.js').Finding) => void;
}

/**
 * Checks one file. An archive (.gz, .zip) must hold one file; `checkFiles` takes more.
 * @throws ReadmillError where it cannot be read, with a code of docs/errors.md
 */
export async function checkFile(path: string, options: CheckFileOptions = {}): Promise<FileCheck> {
  const [check, ...more] = await checkFiles([path], options);
  if (check === undefined || more.length > 0) {
    const message = `${path} holds ${more.length + (check === undefined ? 0 : 1)} files. Take checkFiles.`;
    throw new ReadmillError('READMILL_OPTION', message);
  }
  return check;
}

/**
 * Checks files together: duplicates and registers are looked for across all of them. Names are those of the
 * command line: files, folders, patterns, archives.
 * @throws ReadmillError for the first one that cannot be read
 */
export async function checkFiles(
  paths: readonly string[],
  options: CheckFileOptions = {},
): Promise<FileCheck[]> {
  const folder = temporaryFolder();
  let pool: CheckPool | null = null;
  try {
    const { register } = options;
    const registerPath =
      register === undefined
        ? null
        : (
            await importRegister({
              file: register,
              directory: folder.path(),
              zoneMinutes: EST_OFFSET_MINUTES,
            })
          ).path;
    const { inputs, failures } = await gatherInputs(paths, folder.path, process.stdin);
    if (failures.length > 0) throw failures[0]!.error;
    pool = poolFor(inputs, options.workers ?? availableParallelism());
    const outcome = await checkInputs(
      inputs,
      {
        ...(options.profile === undefined ? {} : { profile: profileOf(options.profile) }),
        zoneMinutes: options.timeZone === undefined ? null : zoneOf(options.timeZone),
        nowMs: (options.now ?? new Date()).getTime(),
        findingsMax: options.maxFindings ?? FINDINGS_DEFAULT,
        registerPath,
        workDirectory: folder.path,
        progress: SILENT,
      },
      pool,
    );
    if (outcome.failures.length > 0) throw outcome.failures[0]!.error;
    return outcome.checks;
  } finally {
    await pool?.close();
    folder.remove();
  }
}

/**
 * Reads CMEP as a stream: one block for each record without an error, in the order of the file.
 * @param source path of a file, or its bytes in pieces of any length (a stream)
 */
export function readCmep(
  source: string | AsyncIterable<Uint8Array>,
  options: ReadCmepOptions = {},
): AsyncIterable<CmepBlock> {
  const { profile, timeZone, now, onFinding } = options;
  return readBlocks(source, {
    ...{ timeZone, onFinding, nowMs: now?.getTime() },
    profile: profile === undefined ? undefined : profileOf(profile),
  });
}

const profileOf = (given: string | Profile): Profile =>
  typeof given === 'string' ? loadProfile(given) : given;

function zoneOf(text: string): number {
  const zone = parseZone(text);
  if (zone !== null) return zone;
  const message = `There is no time zone ${text}. It must be UTC, EST or an offset such as -05:00.`;
  throw new ReadmillError('READMILL_OPTION', message);
}
