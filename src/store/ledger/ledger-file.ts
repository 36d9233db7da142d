import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, ReadmillError } from '../../model/errors.js';
import { damagedLedger } from './ledger-entries.js';
import { damageOfPages } from './ledger-pages.js';

/** Name of LMDB's file in the folder of the ledger. */
export const LEDGER_FILE = 'data.mdb';

export const ledgerFolder = (stateDirectory: string): string => join(stateDirectory, 'ledger');

/**
 * Looks at a ledger's file before LMDB does, which trusts what it finds there.
 * @returns false where there is no ledger yet: no file, or one that was just made and holds nothing
 * @throws ReadmillError READMILL_STATE_DAMAGED where the file is not sound, or is empty or gone though the state folder
 *   has a history, which is written after the ledger only; READMILL_STATE_UNUSABLE where it cannot be read
 */
export function refuseDamagedFile(stateDirectory: string): boolean {
  const folder = ledgerFolder(stateDirectory);
  const path = join(folder, LEDGER_FILE);
  let damage: string | null;
  try {
    // LMDB that only looks ends the process where the file is empty.
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) {
      if (!hasHistory(stateDirectory)) return false;
      damage = `its file ${LEDGER_FILE} is empty or gone, and there is a history`;
    } else damage = damageOfPages(path);
  } catch (thrown) {
    throw new ReadmillError(
      'READMILL_STATE_UNUSABLE',
      `The state folder ${stateDirectory} cannot be read: ${messageOf(thrown)}. Nothing is lost. Check its rights and the disk, then run the same command again.`,
      { cause: thrown },
    );
  }
  if (damage !== null) throw damagedLedger(folder, damage);
  return true;
}

function hasHistory(stateDirectory: string): boolean {
  const path = join(stateDirectory, 'history');
  return existsSync(path) && readdirSync(path).length > 0;
}
