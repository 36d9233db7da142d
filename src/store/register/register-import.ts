import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { diskFullError, isDiskFull, messageOf, ReadmillError } from '../../model/errors.js';
import { makeFolder } from '../../model/make-folder.js';
import { readCsvRegister } from './register-csv.js';
import { rowAppender } from './register-fields.js';
import { BLOCK_ROWS_MAX, type RegisterWriter, registerWriter } from './register-file.js';
import { readJsonRegister } from './register-json.js';
import {
  addProblem,
  type ProblemList,
  type RegisterFormat,
  RegisterInvalidError,
  refuseSource,
  SourceRefused,
} from './register-problems.js';
import { allocatePlacedRows, compareMeterIds, type PlacedRows } from './register-rows.js';
import { mergeRuns, type SortedRun, spillRun } from './register-runs.js';
import { contentOf, formatOf, type RowSink, unreadableSource } from './register-source.js';

/** Ten provinces of channels; bounds the work files to some 5 GB. */
const ROWS_MAX = 50_000_000;
/** Rows sorted in memory at a time: at most 45 MB with the longest ids, about 17 MB with usual ones. */
const RUN_ROWS_MAX = 250_000;
const PROGRESS_ROWS = 100_000;
const WORK_FOLDER = 'register-import-';
/** A work folder this old is left over from an import that was killed. */
const STALE_MS = 24 * 3600 * 1000;

export interface RegisterProgress {
  /** `read`: done and total are bytes of the file; `sort`: rows. */
  step: 'read' | 'sort';
  done: number;
  total: number;
}

export interface RegisterImportRequest {
  /** CSV or JSON, either of them also with `.gz`. */
  file: string;
  /** Folder of the imported registers; made where it is not there. */
  directory: string;
  /** Minutes that market time is ahead of UTC: for times without a zone. */
  zoneMinutes: number;
  /** Default: by the name of the file, else by the first byte of its content. */
  format?: RegisterFormat;
  onProgress?: (progress: RegisterProgress) => void;
}

export interface RegisterImport {
  path: string;
  /** SHA-256 of the file as it lies on disk, as hex. */
  sha256: string;
  rows: number;
  meters: number;
}

/** How many rows are taken, sorted in memory at a time, and put in a block. */
interface ImportLimits {
  rows?: number;
  runRows?: number;
  blockRows?: number;
}

/**
 * Takes in a meter register. The result is one immutable file in the folder, made whole or not at all;
 * importing the same file again makes the same file.
 * @param limits smaller ones let tests see many runs and blocks, and a file of too many rows
 * @throws RegisterInvalidError READMILL_REGISTER_INVALID where any row is bad
 * @throws ReadmillError READMILL_REGISTER_UNREADABLE, READMILL_REGISTER_UNWRITABLE
 */
export async function importRegister(
  request: RegisterImportRequest,
  { rows = ROWS_MAX, runRows = RUN_ROWS_MAX, blockRows = BLOCK_ROWS_MAX }: ImportLimits = {},
): Promise<RegisterImport> {
  const folder = writing(request.directory, () => {
    makeFolder(request.directory);
    removeStaleFolders(request.directory);
    return mkdtempSync(join(request.directory, WORK_FOLDER));
  });
  const fds: number[] = [];
  const open = (name: string) => {
    const fd = openSync(join(folder, name), 'wx+', 0o600);
    fds.push(fd);
    return fd;
  };
  try {
    const runsFd = writing(folder, () => open('runs'));
    const problems: ProblemList = { problems: [], count: 0 };
    const source = await readSource(request, runsFd, { rows, runRows }, problems);
    return writing(request.directory, () => {
      const fd = open('register');
      const writer = registerWriter(fd, blockRows);
      mergeInto(writer, runsFd, source, problems, blockRows, request.onProgress);
      if (problems.count > 0) throw new RegisterInvalidError(request.file, source.format, problems);
      const { sha256, serviceClasses } = source;
      const index = writer.finish({ sha256, zoneMinutes: request.zoneMinutes, serviceClasses });
      fsyncSync(fd);
      const path = join(request.directory, `register-${sha256.slice(0, 16)}.bin`);
      renameSync(join(folder, 'register'), path);
      syncFolder(request.directory);
      return { path, sha256, rows: index.rows, meters: index.meters };
    });
  } finally {
    for (const fd of fds) closeSync(fd);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Does what writes; a system error of it becomes one that tells what to do. */
function writing<T>(directory: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    if (cause instanceof ReadmillError) throw cause;
    if (isDiskFull(cause)) throw diskFullError(cause);
    throw new ReadmillError(
      'READMILL_REGISTER_UNWRITABLE',
      `Cannot write the meter register in ${directory}: ${messageOf(cause)}. ` +
        'The register stays as it was; check space and permissions, and import it again.',
      { cause },
    );
  }
}

function removeStaleFolders(directory: string): void {
  const oldest = Date.now() - STALE_MS;
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(WORK_FOLDER)) continue;
    const path = join(directory, name);
    if (statSync(path).mtimeMs < oldest) rmSync(path, { recursive: true, force: true });
  }
}

function syncFolder(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

interface SortedSource {
  format: RegisterFormat;
  sha256: string;
  rows: number;
  runs: SortedRun[];
  serviceClasses: string[];
}

/** Reads the source, checks its rows, and leaves the good ones as sorted runs. */
async function readSource(
  request: RegisterImportRequest,
  runsFd: number,
  { rows: rowsMax, runRows }: { rows: number; runRows: number },
  problems: ProblemList,
): Promise<SortedSource> {
  const { file, zoneMinutes, directory } = request;
  const hash = createHash('sha256');
  const serviceClasses: string[] = [];
  const append = rowAppender(zoneMinutes, serviceClasses, problems);
  const run = allocatePlacedRows(runRows);
  const runs: SortedRun[] = [];
  let runsEnd = 0;
  let rows = 0;
  const spill = () => {
    const spilled = writing(directory, () => spillRun(runsFd, runsEnd, run));
    runs.push(spilled.run);
    runsEnd = spilled.end;
    rows += run.rows;
    run.rows = 0;
  };
  const onRow: RowSink = (texts, place) => {
    if (rows + run.rows >= rowsMax) refuseSource(problems, place, `more than ${rowsMax} rows`);
    const isGood = append(run, texts, place);
    if (run.rows === runRows) spill();
    return isGood;
  };
  try {
    const format = request.format ?? (await formatOf(file));
    try {
      await readRows(request, format, hash, onRow, problems);
      if (problems.count === 0 && rows + run.rows === 0)
        addProblem(problems, null, '', 'the file has no rows');
    } catch (thrown) {
      if (!(thrown instanceof SourceRefused)) throw thrown;
    }
    if (run.rows > 0) spill();
    return { format, sha256: hash.digest('hex'), rows, runs, serviceClasses };
  } catch (thrown) {
    throw thrown instanceof ReadmillError ? thrown : unreadableSource(file, thrown);
  }
}

async function readRows(
  { file, onProgress }: RegisterImportRequest,
  format: RegisterFormat,
  hash: Hash,
  onRow: RowSink,
  problems: ProblemList,
): Promise<void> {
  const total = statSync(file).size;
  let done = 0;
  const content = contentOf(file, hash, (bytes) => {
    done += bytes;
    onProgress?.({ step: 'read', done, total });
  });
  await (format === 'csv' ? readCsvRegister : readJsonRegister)(content, onRow, problems);
  if (done !== total)
    throw new Error(`${done} of ${total} bytes were read; it changed, or has a foreign end`);
}

/** Merges the runs into the register; rows that overlap and meters with too many rows are problems. */
function mergeInto(
  writer: RegisterWriter,
  runsFd: number,
  source: SortedSource,
  problems: ProblemList,
  blockRows: number,
  onProgress: RegisterImportRequest['onProgress'],
): void {
  const place = source.format === 'csv' ? 'line' : 'element';
  let done = 0;
  // Of the rows of this meter and unit so far, the one that is active longest.
  let longest: PlacedRows | null = null;
  let longestAt = 0;
  mergeRuns(runsFd, source.runs, (rows, i) => {
    const sameChannel =
      longest !== null &&
      longest.unitCodes[longestAt] === rows.unitCodes[i] &&
      compareMeterIds(longest, longestAt, rows, i) === 0;
    if (sameChannel && rows.activeFrom[i]! < longest!.activeTo[longestAt]!) {
      const other = `${place} ${longest!.places[longestAt]}`;
      const message = `the same meter and units are active at the same time as on ${other}`;
      addProblem(problems, rows.places[i]!, 'active_from', message);
    } else if (!writer.add(rows, i)) {
      addProblem(problems, rows.places[i]!, 'meter_id', `the meter has more than ${blockRows} rows`);
    }
    if (!sameChannel || rows.activeTo[i]! > longest!.activeTo[longestAt]!) {
      longest = rows;
      longestAt = i;
    }
    if (++done % PROGRESS_ROWS === 0) onProgress?.({ step: 'sort', done, total: source.rows });
  });
}
