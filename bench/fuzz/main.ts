import { parseArgs } from 'node:util';
import { CmepFeed } from './feed-cmep.js';
import { changed, type ForeignReader, openForeignReaders } from './foreign-readers.js';
import { Dice, makeInput } from './soup.js';

const USAGE = `npm run fuzz                     1,000,000 inputs for the readers of bytes that others wrote: most for CMEP with the
                                 rules across records; every 20th for AMRDEF, AS2 messages (MIME, CMS, zlib),
                                 receipts, meter registers (CSV, JSON), .gz, .zip and the configuration, in turn
npm run fuzz -- --long           10,000,000 inputs
npm run fuzz -- --seconds 60     as many as fit into a minute, for CI
npm run fuzz -- --seed N         other inputs; without it the clock gives a seed, which is printed
npm run fuzz -- --inputs N       another number of inputs
npm run fuzz -- --reader NAME    all inputs for one of: amrdef, message, receipt, register-csv, register-json, gz, zip,
                                 configuration`;

const INPUTS_DEFAULT = 1_000_000;
const INPUTS_LONG = 10_000_000;
/** No input takes longer than this, or it hangs. */
const INPUT_MS_MAX = 1_000;
/** Memory may grow by this after the first tenth of the inputs. */
const GROWTH_BYTES_MAX = 96 * 1024 * 1024;
const TOLD_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    inputs: { type: 'string' },
    reader: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** Of so many inputs one is for a reader other than CMEP's. */
const FOREIGN_EVERY = 20;

if (values.help) process.stdout.write(`${USAGE}\n`);
else {
  const { readers, close } = await openForeignReaders();
  try {
    process.exitCode = await fuzz(readers);
  } finally {
    close();
  }
}

async function fuzz(readers: readonly ForeignReader[]): Promise<number> {
  const seed = values.seed === undefined ? Date.now() >>> 0 : Number(values.seed);
  const seconds = values.seconds === undefined ? Number.POSITIVE_INFINITY : Number(values.seconds);
  const inputs = values.long ? INPUTS_LONG : INPUTS_DEFAULT;
  const wanted = Number(values.inputs ?? (values.seconds === undefined ? inputs : 2 ** 40));
  const only = readers.find(({ name }) => name === values.reader);
  const isReader = values.reader === undefined || only !== undefined;
  if (![seed, wanted].every(Number.isInteger) || !(seconds > 0) || !isReader) {
    process.stderr.write(`${USAGE}\n`);
    return 1;
  }
  process.stdout.write(`seed ${seed}\n`);
  const feed = new CmepFeed();
  const fed = new Map(readers.map(({ name }) => [name, 0]));
  const startedMs = performance.now();
  const isOver = (n: number) => n >= wanted || performance.now() - startedMs > seconds * 1000;
  let settledBytes = 0;
  let toldMs = startedMs;
  let slowestMs = 0;
  let n = 0;
  for (; !isOver(n); n++) {
    const dice = new Dice((seed + n) | 0);
    const turn =
      n % FOREIGN_EVERY === FOREIGN_EVERY - 1
        ? readers[Math.floor(n / FOREIGN_EVERY) % readers.length]
        : undefined;
    const reader = only ?? turn;
    const input = reader === undefined ? makeInput(dice) : changed(reader.seeds, dice);
    const beganMs = performance.now();
    try {
      if (reader === undefined) feed.feed(input, seed + n);
      else await reader.feed(input);
    } catch (thrown) {
      return failed(seed + n, reader, input, String((thrown as Error).stack ?? thrown));
    }
    if (reader !== undefined) fed.set(reader.name, fed.get(reader.name)! + 1);
    const endedMs = performance.now();
    let tookMs = endedMs - beganMs;
    if (tookMs > INPUT_MS_MAX) {
      // A machine that has other things to do may have held it up: an input that is slow is so again.
      const againMs = performance.now();
      if (reader === undefined) feed.feed(input, seed + n);
      else await reader.feed(input);
      tookMs = performance.now() - againMs;
      if (tookMs > INPUT_MS_MAX) return failed(seed + n, reader, input, `took ${tookMs} ms`);
    }
    slowestMs = Math.max(slowestMs, tookMs);
    if (n === 100_000) settledBytes = process.memoryUsage.rss();
    if (endedMs - toldMs > TOLD_EVERY_MS) {
      toldMs = endedMs;
      process.stdout.write(`${n.toLocaleString('en')} inputs\n`);
    }
  }
  const growth = settledBytes === 0 ? 0 : process.memoryUsage.rss() - settledBytes;
  const mebibytes = (growth / 1024 / 1024).toFixed(0);
  const others = [...fed].map(([name, count]) => `${name} ${count.toLocaleString('en')}`).join(', ');
  process.stdout.write(
    `${n.toLocaleString('en')} inputs, ${feed.reads.toLocaleString('en')} reads, ${feed.findings.toLocaleString('en')} findings, slowest ${slowestMs.toFixed(1)} ms, memory grew by ${mebibytes} MiB; of these ${others}\n`,
  );
  if (growth <= GROWTH_BYTES_MAX) return 0;
  process.stderr.write('Memory grows with the number of inputs.\n');
  return 1;
}

function failed(seed: number, reader: ForeignReader | undefined, input: Buffer, what: string): number {
  const more = reader === undefined ? '' : ` --reader ${reader.name}`;
  process.stderr.write(
    `Seed ${seed}, ${reader?.name ?? 'cmep'}: ${what}\nIts bytes in base64: ${input.toString('base64')}\nAgain: npm run fuzz -- --seed ${seed} --inputs 1${more}\n`,
  );
  return 1;
}
