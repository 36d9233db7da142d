import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../store/ledger/ledger.js';
import { bootId } from '../store/ledger/process-identity.js';
import type { RunRecord } from './run-state.js';

/**
 * Folder of a run's work files. Where several hosts share the state, each holding of the ledger begins a folder of
 * its own: who was paused and goes on late writes into nobody else's.
 */
export function workDirectory({ config, runId, fence }: RunRecord): string {
  return join(config.state, 'work', fence ? `${runId}-${fence}` : runId);
}

/** Names what keeps work files whole: on one host its boot, since they are not synced; shared ones are. */
export const workBoot = (ledger: Ledger): string => (ledger.fence === 0 ? bootId() : 'shared');

/** Removes the work files of runs that have ended. */
export async function removeWork(state: string, ledger: Ledger): Promise<void> {
  const folder = join(state, 'work');
  if (!existsSync(folder)) return;
  const found = readdirSync(folder);
  // What is there before is ours to remove; what comes after may be of who has the ledger by then.
  await ledger.confirm();
  for (const name of found) rmSync(join(folder, name), { recursive: true, force: true });
  if (ledger.fence === 0) rmSync(folder, { recursive: true, force: true });
}
