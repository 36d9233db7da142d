import type { RunRecord } from '../../pipeline/run-state.js';
import type { TaskRecord } from '../../pipeline/settle/settle.js';
import type { WorkerPool } from '../../pipeline/worker-pool.js';
import type { Ledger } from '../../store/ledger/ledger.js';
import type { BuiltMessage, Protection } from '../build-message.js';
import { type Consignment, deliveryId, findDelivery } from './delivery-queue.js';
import { consignmentsOf } from './night-consignments.js';
import { built, spoolFolderOf, spoolPlace } from './package-delivery.js';
import { buildInThreads } from './package-task.js';
import { type Partner, protectionOf } from './partner.js';

/** A message that lies in the spool and that no delivery in the ledger names yet. */
export interface AheadMessage {
  consignment: Consignment;
  message: BuiltMessage;
  protection: Protection;
  builtMs: number;
}

/**
 * Messages of batches that are built while a run still makes other batches, in threads that would wait otherwise.
 * Nothing of them is in the ledger, and nothing leaves, before the run's totals are proved. What a crash leaves of
 * them is removed when the spool is next prepared.
 */
export interface Ahead {
  /** Begins to build the messages of a task whose batches are current. */
  begin(run: RunRecord, task: TaskRecord, ledger: Ledger, pool: WorkerPool): void;
  /** Waits until nothing is being built. By delivery; those that could not be built are left out. */
  ended(): Promise<ReadonlyMap<string, AheadMessage>>;
}

export function openAhead(state: string, partners: readonly Partner[], clock: () => number): Ahead {
  const spoolFolder = spoolFolderOf(state);
  const messages = new Map<string, AheadMessage>();
  const building: Promise<void>[] = [];
  const buildOne = async (consignment: Consignment, partner: Partner, ledger: Ledger, pool: WorkerPool) => {
    const builtMs = clock();
    const protection = protectionOf(partner, builtMs);
    const { path } = spoolPlace(spoolFolder, consignment, ledger);
    const message = await built(consignment, partner, protection, path, buildInThreads(pool), builtMs);
    messages.set(deliveryId(consignment), { consignment, message, protection, builtMs });
  };
  return {
    begin(run, task, ledger, pool) {
      for (const partner of partners) {
        for (const consignment of consignmentsOf(run, [task], partner)) {
          if (findDelivery(ledger, consignment) !== undefined) continue;
          // What goes wrong here goes wrong again, and is told, when the delivery itself is packaged.
          building.push(buildOne(consignment, partner, ledger, pool).catch(() => undefined));
        }
      }
    },
    async ended() {
      await Promise.all(building);
      return messages;
    },
  };
}
