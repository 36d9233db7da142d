import { mkdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { messageOf, ReadmillError } from '../model/errors.js';
import { parseZone } from '../model/time.js';
import type { Ledger } from '../store/ledger/ledger.js';
import { openLedgerAt } from '../store/ledger/ledger-place.js';
import type { RegisterImport, RegisterProgress } from '../store/register/register-import.js';
import type { Config } from './config/config.js';
import { writeExchanges } from './settle/exchanges.js';

/** The register that is current: name of the imported file in its folder, and what it was imported from. */
interface CurrentRegister {
  name: string;
  fingerprint: string;
}

const REGISTER_KEY = 'register';

const registerDirectory = (config: Config): string => join(config.state, 'register');

/** Tells a source file from a later one of the same name. */
function fingerprintOf(file: string, config: Config): string {
  try {
    const { size, mtimeMs } = statSync(file);
    return `${resolve(file)}|${size}|${mtimeMs}|${parseZone(config.marketTimeZone)}`;
  } catch (thrown) {
    const message = `The meter register ${file} cannot be read: ${messageOf(thrown)}. Mend its path or its rights.`;
    throw new ReadmillError('READMILL_REGISTER_UNREADABLE', message, { cause: thrown });
  }
}

async function importInto(
  ledger: Ledger,
  config: Config,
  file: string,
  onProgress?: (progress: RegisterProgress) => void,
): Promise<RegisterImport> {
  // Most nights have no register to import: what reads one is loaded when it is needed.
  const { importRegister } = await import('../store/register/register-import.js');
  const fingerprint = fingerprintOf(file, config);
  const directory = registerDirectory(config);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const zoneMinutes = parseZone(config.marketTimeZone)!;
  const imported = await importRegister({
    file,
    directory,
    zoneMinutes,
    ...(onProgress ? { onProgress } : {}),
  });
  writeExchanges(imported.path);
  await ledger.write([
    [REGISTER_KEY, { name: basename(imported.path), fingerprint } satisfies CurrentRegister],
  ]);
  return imported;
}

/**
 * Imports a meter register and makes it the current one of the state folder.
 * @throws ReadmillError READMILL_REGISTER_INVALID with the bad rows, READMILL_STATE_BUSY while a run works
 */
export async function importCurrent(
  config: Config,
  file: string,
  onProgress?: (progress: RegisterProgress) => void,
): Promise<RegisterImport> {
  const ledger = await openLedgerAt(config);
  try {
    return await importInto(ledger, config, file, onProgress);
  } finally {
    await ledger.close();
  }
}

/** Path of the register that was imported last, by what the ledger says; null where there is none. */
export function importedRegister(state: string, ledger: Pick<Ledger, 'get'>): string | null {
  const known = ledger.get<CurrentRegister>(REGISTER_KEY);
  return known === undefined ? null : join(state, 'register', known.name);
}

/**
 * Path of the register that a run uses: the configured file, imported where it is new or changed; without
 * one, what `register import` imported last; else null.
 */
export async function currentRegister(config: Config, ledger: Ledger): Promise<string | null> {
  const known = ledger.get<CurrentRegister>(REGISTER_KEY);
  const imported = known === undefined ? null : join(registerDirectory(config), known.name);
  if (config.register === undefined) return imported;
  if (known?.fingerprint === fingerprintOf(config.register, config)) return imported;
  return (await importInto(ledger, config, config.register)).path;
}
