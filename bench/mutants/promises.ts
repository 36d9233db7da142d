/** What readmill promises, and the tests that try to break it; `mutants.ts` shows that they can fail. */
export const PROMISES = {
  place: {
    says: 'A read that came in is in exactly one of: a batch (accepted), the estimates list (replaced, its raw value kept), the history (waiting until its day closes), the quarantine (rejected), the duplicates. The totals of a run add up to its input, or the run fails.',
    tests: [
      'test/run/audit.test.ts',
      'test/run/pieces.test.ts',
      'test/run/late-reads.test.ts',
      'test/run/repeat.test.ts',
      'test/pipeline/finish/night-totals.test.ts',
      'test/run/system-errors.test.ts',
    ],
  },
  stop: {
    says: 'Killed at any moment, or without power, the same command again leaves the same files; nothing is lost, and nothing is sent under a second Message-ID.',
    tests: [
      'test/run/kill.test.ts',
      'test/run/power-loss.test.ts',
      'test/run/disk-full.test.ts',
      'test/run/short-transfers.test.ts',
      'test/run/delivery-kill.test.ts',
      'test/as2/sender/sender.test.ts',
      'test/run/repeat.test.ts',
      'test/run/refused.test.ts',
      'test/store/ledger/ledger.test.ts',
    ],
  },
  proof: {
    says: 'A batch counts as delivered when a receipt proves it: signed by the partner, of this message, with the hash of what was sent. The receiver takes a message once.',
    tests: [
      'test/as2/mdn/mdn.test.ts',
      'test/as2/sender/sender.test.ts',
      'test/as2/receiver/server.test.ts',
      'test/run/delivery.test.ts',
    ],
  },
  memory: {
    says: 'Memory is bounded by settings and not by the input: one line without end, a file with findings in every record, an archive that grows without end.',
    tests: [
      'test/run/attacks.test.ts',
      'test/run/bad-input.test.ts',
      'test/conformance/finding-collector.test.ts',
      'test/pipeline/scan/read-cmep.test.ts',
      'test/conformance/finding-buffer.test.ts',
    ],
  },
  input: {
    says: 'No input can end a run: one bad file is one failed input, and the others go through.',
    tests: [
      'test/run/bad-input.test.ts',
      'test/run/attacks.test.ts',
      'test/run/refused.test.ts',
      'test/run/system-errors.test.ts',
    ],
  },
  kept: {
    says: 'All that is kept for good is bounded or rotated, and what is still needed is never removed.',
    tests: [
      'test/run/kept.test.ts',
      'test/as2/receiver/received-book.test.ts',
      'test/as2/sender/delivery-queue.test.ts',
      'test/watch/retention.test.ts',
      'test/watch/notices.test.ts',
    ],
  },
  closed: {
    says: 'What others send leads out of no folder and into no page as markup; secrets stay in their files, and what is written is for its owner.',
    tests: [
      'test/run/security.test.ts',
      'test/as2/receiver/server.test.ts',
      'test/report/html-report.test.ts',
      'test/as2/keys.test.ts',
    ],
  },
} as const satisfies Record<string, { says: string; tests: readonly string[] }>;

export type PromiseName = keyof typeof PROMISES;
