import { contenderNamed } from './contenders/catalogue.js';
import type { ScanAnswer } from './contenders/contender.js';
import { highWaterKib } from './process-memory.js';

/** One timed pass over a file, as the process of a contender tells it. */
export interface PassReport {
  answer: ScanAnswer;
  seconds: number;
  /** Highest resident memory of the process so far; null where the system does not tell. */
  highWaterKib: number | null;
}

export type PassReply = { report: PassReport } | { error: string };

/** Runs one contender, so that its memory is its own; each message names a file to read, an empty one ends. */
const contender = await contenderNamed(process.argv[2]!).open();
process.on('disconnect', () => process.exit());
process.on('message', (path: string) => {
  if (path === '') {
    contender.close().finally(() => process.disconnect());
    return;
  }
  const startedMs = performance.now();
  contender.sumFile(path).then(
    (answer) => {
      const seconds = (performance.now() - startedMs) / 1000;
      reply({ report: { answer, seconds, highWaterKib: highWaterKib(process.pid) } });
    },
    (thrown) => reply({ error: String(thrown) }),
  );
});

function reply(message: PassReply): void {
  process.send!(message);
}
