import { join } from 'node:path';
import type { RunRecord } from '../../pipeline/run-state.js';
import type { TaskRecord } from '../../pipeline/settle/settle.js';
import type { Consignment } from './delivery-queue.js';
import type { Partner } from './partner.js';

/** The batches of tasks of a run, for a partner. */
export function consignmentsOf(
  { runId, config }: RunRecord,
  tasks: readonly TaskRecord[],
  partner: Partner,
): Consignment[] {
  return tasks.flatMap(({ result, names }) =>
    result.batches.map((batch, i) => ({
      partner: partner.config.name,
      file: names[i]!,
      path: join(config.output.directory, names[i]!),
      sizeBytes: batch.bytes,
      sha256: batch.sha256,
      runId,
    })),
  );
}
