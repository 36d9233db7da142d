import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Receiver } from '../receiver.js';
import type { Told } from './told.js';

/** The partner has every batch once, and saw no Message-ID beyond one for each. */
export function auditBooks(
  receiver: Receiver,
  outbox: string,
  batches: readonly { file: string; sha256: string }[],
  told: Told,
): void {
  const taken = receiver.files();
  for (const { file, sha256 } of batches) {
    for (const name of [`${file}.mdmr.mdn`, `${file}.mdmr.receipt.json`])
      if (!existsSync(join(outbox, name))) told.tell('delivered without its receipt', name);
    told.equal(`${file} at the partner`, taken.get(file), sha256);
    taken.delete(file);
  }
  for (const name of taken.keys()) told.tell('at the partner, but no batch', name);
  told.equal('Message-IDs on the wire', receiver.messageIds().size, batches.length);
}
