import { createHash } from 'node:crypto';
import type { Ledger, LedgerWrite } from '../../store/ledger/ledger.js';
import type { BuiltMdn, MdnFields } from '../mdn/build-mdn.js';

/** Messages whose receipts can be sent again; at 4 KB each about 200 MB. */
export const RECEIVED_KEPT_MAX = 50_000;

/** A message that was taken, with the receipt that it got. */
export interface ReceivedEntry {
  messageId: string;
  as2From: string;
  partner: string;
  receivedMs: number;
  file: string;
  sizeBytes: number;
  sha256: string;
  fields: MdnFields;
  /** As it was sent, or null where none was asked for. */
  receipt: BuiltMdn | null;
}

/** The receiver's books: which messages were taken. */
export interface ReceivedBook {
  find(as2From: string, messageId: string): ReceivedEntry | undefined;
  /** On the disk when it settles. */
  enter(entry: ReceivedEntry): Promise<void>;
}

export function openBook(ledger: Ledger): ReceivedBook {
  return {
    find: (as2From, messageId) => ledger.get<ReceivedEntry>(keyOf(as2From, messageId)),
    async enter(entry) {
      const number = (ledger.get<number>('received/count') ?? 0) + 1;
      const key = keyOf(entry.as2From, entry.messageId);
      const writes: LedgerWrite[] = [
        [key, entry],
        [orderKey(number), key],
        ['received/count', number],
      ];
      const oldest = orderKey(number - RECEIVED_KEPT_MAX);
      const oldestKey = ledger.get<string>(oldest);
      if (oldestKey !== undefined) writes.push([oldest, undefined], [oldestKey, undefined]);
      await ledger.write(writes);
    },
  };
}

/** Keys of the ledger are bounded in length; Message-IDs are not. */
function keyOf(as2From: string, messageId: string): string {
  return `received/message/${createHash('sha256').update(`${as2From}\n${messageId}`).digest('hex')}`;
}

const orderKey = (number: number): string => `received/order/${String(number).padStart(12, '0')}`;
