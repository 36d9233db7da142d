import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ReadmillError } from '../model/errors.js';
import { differenceOf } from '../store/file-sum.js';
import type { LedgerView } from '../store/ledger/ledger.js';
import type { DoneRun } from './finish/finish.js';
import { hashFile } from './intake/hash-file.js';
import type { LookAtFile } from './verify-state.js';

const MANIFEST = 'manifest.json';

/** What was looked at of the reports of runs that ended, and of their batches. */
export interface VerifiedReports {
  /** Files in the folders of reports. */
  reportFiles: number;
  /** Batches in the output folder; and those that somebody has taken away, as they may. */
  batches: number;
  batchesGone: number;
}

/** What of a manifest says what its batches are. */
interface Manifest {
  directory: string;
  batches: { file: string; bytes: number; sha256: string }[];
}

/**
 * Compares the reports of each run that the ledger knows with what they were when it ended, and the batches that its
 * manifest names with their SHA-256. A run whose folder was removed is passed over.
 * @param look has a file looked at, and notes what is thrown
 */
export function verifyReports(state: string, ledger: LedgerView, look: LookAtFile): VerifiedReports {
  const verdict: VerifiedReports = { reportFiles: 0, batches: 0, batchesGone: 0 };
  for (const { key, value } of ledger.list<DoneRun>('runs/done/')) {
    const folder = join(state, 'reports', key.slice('runs/done/'.length));
    if (!existsSync(folder)) continue;
    const damaged = new Set<string>();
    for (const [name, was] of Object.entries(value.reports ?? {})) {
      const path = join(folder, name);
      look(path, () => {
        verdict.reportFiles++;
        const difference = existsSync(path) ? differenceOf(path, was) : 'it is gone';
        if (difference === null) return;
        damaged.add(name);
        throw new ReadmillError(
          'READMILL_STATE_DAMAGED',
          `${path}: the file is not as the run wrote it: ${difference}. Nothing is reckoned from it; put it back from a copy, or remove it so that nobody reads a wrong number.`,
        );
      });
    }
    // What a damaged manifest says of batches is not to be trusted.
    if (!damaged.has(MANIFEST) && existsSync(join(folder, MANIFEST)))
      look(join(folder, MANIFEST), () => verifyBatches(join(folder, MANIFEST), verdict, look));
  }
  return verdict;
}

function verifyBatches(manifest: string, verdict: VerifiedReports, look: LookAtFile): void {
  const { directory, batches } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
  for (const { file, bytes, sha256 } of batches) {
    const path = join(directory, file);
    if (!existsSync(path)) {
      verdict.batchesGone++;
      continue;
    }
    look(path, () => {
      verdict.batches++;
      const { size } = statSync(path);
      const isSame = size === bytes && hashFile(path) === sha256;
      if (isSame) return;
      const difference = size === bytes ? 'its SHA-256 is another' : `it has ${size} bytes, and had ${bytes}`;
      throw new ReadmillError(
        'READMILL_STATE_DAMAGED',
        `${path}: the batch is not the one that the run wrote: ${difference}. Do not send it; put it back from a copy, or ask the partner for what was delivered (SHA-256 ${sha256} in ${manifest}).`,
      );
    });
  }
}
