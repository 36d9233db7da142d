import { parseArgs } from 'node:util';
import { CmepFeed } from './feed-cmep.js';
import { Dice, makeInput } from './soup.js';

const USAGE = `npm run fuzz                     1,000,000 inputs for the CMEP reader and the rules across records
npm run fuzz -- --seconds 60     as many as fit into a minute, for CI
npm run fuzz -- --seed N         other inputs; without it the clock gives a seed, which is printed
npm run fuzz -- --inputs N       another number of inputs`;

const INPUTS_DEFAULT = 1_000_000;
/** No input takes longer than this, or it hangs. */
const INPUT_MS_MAX = 2_000;
/** Memory may grow by this after the first tenth of the inputs. */
const GROWTH_BYTES_MAX = 96 * 1024 * 1024;
const TOLD_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    inputs: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(`${USAGE}\n`);
else process.exitCode = fuzz();

function fuzz(): number {
  const seed = values.seed === undefined ? Date.now() >>> 0 : Number(values.seed);
  const seconds = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds);
  const wanted = Number(values.inputs ?? (values.seconds === undefined ? INPUTS_DEFAULT : 2 ** 40));
  if (![seed, wanted].every(Number.isInteger) || !(seconds > 0)) {
    process.stderr.write(`${USAGE}\n`);
    return 1;
  }
  process.stdout.write(`seed ${seed}\n`);
  const feed = new CmepFeed();
  const startedMs = performance.now();
  const isOver = (n: number) => n >= wanted || performance.now() - startedMs > seconds * 1000;
  let settledBytes = 0;
  let toldMs = startedMs;
  let slowestMs = 0;
  let n = 0;
  for (; !isOver(n); n++) {
    const input = makeInput(new Dice((seed + n) | 0));
    const beganMs = performance.now();
    try {
      feed.feed(input, n);
    } catch (thrown) {
      return failed(seed, n, input, String((thrown as Error).stack ?? thrown));
    }
    const endedMs = performance.now();
    slowestMs = Math.max(slowestMs, endedMs - beganMs);
    if (endedMs - beganMs > INPUT_MS_MAX) return failed(seed, n, input, `took ${endedMs - beganMs} ms`);
    if (n === 100_000) settledBytes = process.memoryUsage.rss();
    if (endedMs - toldMs > TOLD_EVERY_MS) {
      toldMs = endedMs;
      process.stdout.write(`${n.toLocaleString('en')} inputs\n`);
    }
  }
  const growth = settledBytes === 0 ? 0 : process.memoryUsage.rss() - settledBytes;
  const mebibytes = (growth / 1024 / 1024).toFixed(0);
  process.stdout.write(
    `${n.toLocaleString('en')} inputs, ${feed.reads.toLocaleString('en')} reads, ${feed.findings.toLocaleString('en')} findings, slowest ${slowestMs.toFixed(1)} ms, memory grew by ${mebibytes} MiB\n`,
  );
  if (growth <= GROWTH_BYTES_MAX) return 0;
  process.stderr.write('Memory grows with the number of inputs.\n');
  return 1;
}

function failed(seed: number, n: number, input: Buffer, what: string): number {
  process.stderr.write(
    `Input ${n} of seed ${seed}: ${what}\nIts bytes in base64: ${input.toString('base64')}\nAgain: npm run fuzz -- --seed ${(seed + n) | 0} --inputs 1\n`,
  );
  return 1;
}
