import { expect, it } from 'vitest';
import { openBook, RECEIVED_KEPT_MAX, type ReceivedEntry } from '../../../src/as2/receiver/received-book.js';
import type { Ledger, LedgerWrite } from '../../../src/store/ledger/ledger.js';

const entryOf = (number: number) => ({ messageId: `<${number}@a>`, as2From: 'A' }) as ReceivedEntry;

it('the books forget the oldest message beyond what is kept, and no other', () => {
  const entries = new Map<string, unknown>();
  const write = (writes: readonly LedgerWrite[]) => {
    for (const [key, value] of writes) value === undefined ? entries.delete(key) : entries.set(key, value);
  };
  const book = openBook({ get: (key: string) => entries.get(key), write } as unknown as Ledger);
  for (let number = 1; number <= RECEIVED_KEPT_MAX; number++) book.enter(entryOf(number));
  expect(book.find('A', '<1@a>')).toEqual(entryOf(1));
  const keys = entries.size;
  book.enter(entryOf(RECEIVED_KEPT_MAX + 1));
  expect([book.find('A', '<1@a>'), entries.size]).toEqual([undefined, keys]);
  for (const number of [2, RECEIVED_KEPT_MAX, RECEIVED_KEPT_MAX + 1])
    expect(book.find('A', `<${number}@a>`)).toEqual(entryOf(number));
});
