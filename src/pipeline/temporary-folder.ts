import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, ReadmillError } from '../model/errors.js';

/** A folder for work files that is made when it is first asked for, and goes with the process at the latest. */
export interface TemporaryFolder {
  /** @throws ReadmillError READMILL_TEMPORARY_FOLDER where it cannot be made */
  path(): string;
  remove(): void;
}

export function temporaryFolder(): TemporaryFolder {
  let made = '';
  const remove = () => {
    if (made !== '') rmSync(made, { recursive: true, force: true });
    process.off('exit', remove);
    made = '';
  };
  return {
    path() {
      if (made !== '') return made;
      try {
        made = mkdtempSync(join(tmpdir(), 'readmill-check-'));
      } catch (thrown) {
        const message = `No folder for temporary files can be made: ${messageOf(thrown)}. Name a folder that can be written with the environment variable TMPDIR.`;
        throw new ReadmillError('READMILL_TEMPORARY_FOLDER', message, { cause: thrown });
      }
      process.on('exit', remove);
      return made;
    },
    remove,
  };
}
