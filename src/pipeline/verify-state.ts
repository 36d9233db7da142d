import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { codeOf, messageOf, ReadmillError } from '../model/errors.js';
import { ReadRanks } from '../store/blocks/read-ranks.js';
import { readDayFile } from '../store/history/history-file.js';
import { readRegisterFile } from '../store/history/registers-file.js';
import { readTotalsFile } from '../store/history/totals-file.js';
import type { LedgerView } from '../store/ledger/ledger.js';
import { viewLedgerAt } from '../store/ledger/ledger-place.js';
import type { LedgerPlace } from '../store/redis/redis-connection.js';
import { openRegister } from '../store/register/meter-register.js';
import { hashFile } from './intake/hash-file.js';
import { importedRegister } from './register-current.js';
import type { HistoryEntry } from './run-state.js';
import { readExchanges } from './settle/exchanges.js';
import { type VerifiedReports, verifyReports } from './verify-reports.js';

/** A file of a state folder that is not as it was written. */
export interface StateDamage {
  /** Within the state folder. */
  path: string;
  code: string;
  message: string;
}

/** What was looked at in a state folder, and what is damaged. */
export interface StateVerdict {
  ledgerEntries: number;
  history: { files: number; bytes: number };
  registerRows: number;
  archivedFiles: number;
  reports: VerifiedReports;
  damages: StateDamage[];
}

/** Folders whose files nothing is reckoned from, and of which no checksum is kept. */
export const UNVERIFIED_FOLDERS = ['connect', 'quarantine', 'work'];

/** Has a file looked at: what `work` throws is what is wrong with it. */
export type LookAtFile = (path: string, work: () => void) => void;

/** What lies above this and has files of its own in the state folder. */
export type FurtherLook = (state: string, ledger: LedgerView, look: LookAtFile) => void;

/**
 * Compares all that a state folder knows with what was written: every entry of the ledger, every current file of
 * the history, the meter register, the input files in the archive, reports and batches. Changes nothing.
 * @param place the state folder and its ledger
 * @param further is called where the ledger is whole
 */
export async function verifyState(place: LedgerPlace, further?: FurtherLook): Promise<StateVerdict> {
  const { state } = place;
  const verdict: StateVerdict = {
    ledgerEntries: 0,
    history: { files: 0, bytes: 0 },
    registerRows: 0,
    archivedFiles: 0,
    reports: { reportFiles: 0, batches: 0, batchesGone: 0 },
    damages: [],
  };
  const damaged = (path: string, thrown: unknown) => {
    const code = thrown instanceof ReadmillError ? thrown.code : 'READMILL_STATE_DAMAGED';
    verdict.damages.push({ path: relative(state, path), code, message: messageOf(thrown) });
  };
  const look: LookAtFile = (path, work) => {
    try {
      work();
    } catch (thrown) {
      damaged(path, thrown);
    }
  };
  let view: LedgerView | null = null;
  try {
    view = await viewLedgerAt(place);
    verdict.ledgerEntries = view?.check() ?? 0;
  } catch (thrown) {
    // Whoever cannot be asked is not damaged.
    if (codeOf(thrown) === 'READMILL_REDIS') throw thrown;
    damaged(join(state, 'ledger'), thrown);
  }
  try {
    // What a damaged ledger names is not to be trusted.
    if (view === null || verdict.damages.length > 0) return verdict;
    verifyHistory(state, view, verdict, look);
    verifyRegister(state, view, verdict, look);
    verifyArchive(state, view, verdict, look);
    verdict.reports = verifyReports(state, view, look);
    further?.(state, view, look);
  } finally {
    await view?.close();
  }
  return verdict;
}

function verifyHistory(state: string, ledger: LedgerView, verdict: StateVerdict, look: LookAtFile): void {
  const read = (name: string, reader: (path: string) => unknown) => {
    const path = join(state, 'history', name);
    look(path, () => {
      reader(path);
      verdict.history.files++;
      verdict.history.bytes += statSync(path).size;
    });
  };
  for (const { value } of ledger.list<HistoryEntry>('history/day/')) {
    read(value.file, (path) => readDayFile(path, new ReadRanks()));
    if (value.totals !== undefined) read(value.totals, readTotalsFile);
  }
  for (const { value } of ledger.list<HistoryEntry>('history/registers/'))
    read(value.file, (path) => readRegisterFile(path, new ReadRanks()));
}

function verifyRegister(state: string, ledger: LedgerView, verdict: StateVerdict, look: LookAtFile): void {
  const path = importedRegister(state, ledger);
  if (path === null) return;
  look(path, () => {
    const register = openRegister(path);
    try {
      for (const { rows } of register.pieces()) verdict.registerRows += rows;
    } finally {
      register.close();
    }
    if (readExchanges(path) === null) {
      throw new ReadmillError(
        'READMILL_REGISTER_DAMAGED',
        `${path}: the list of exchanged meters beside it is not as it was written. The next run makes it anew.`,
      );
    }
  });
}

/** An input file that was carried is known by the hash of its content; so is one that repeats it. */
function verifyArchive(state: string, ledger: LedgerView, verdict: StateVerdict, look: LookAtFile): void {
  const archive = join(state, 'archive');
  if (!existsSync(archive)) return;
  const entries = readdirSync(archive, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    look(path, () => {
      verdict.archivedFiles++;
      if (ledger.get(`file/${hashFile(path)}`) !== undefined) return;
      throw new ReadmillError(
        'READMILL_STATE_DAMAGED',
        `${path}: the file is not as it was taken in. Nothing is read from it any more; fetch it again from the head end where you need it.`,
      );
    });
  }
}
