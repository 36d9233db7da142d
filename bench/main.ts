import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AMRDEF_PROVINCE_ROOM_BYTES, AMRDEF_ROOM_BYTES, benchAmrdef } from './amrdef/main.js';
import { benchAs2, FULL_AS2_PLAN, SHORT_AS2_PLAN, withProvince } from './as2/main.js';
import { benchCheck } from './check/main.js';
import { fileSystemType, roomBytes } from './disk.js';
import { runMicro } from './micro.js';
import { benchmarksPage } from './page.js';
import { FULL_PLAN, LARGE_NIGHT, type Plan, roomNeededBytes, SHORT_PLAN } from './plan.js';
import { wrongAnswers } from './result.js';
import { runPlan } from './run-plan.js';
import { benchServe, FULL_SERVE_PLAN, SHORT_SERVE_PLAN } from './serve/main.js';
import { verdicts } from './targets.js';
import { runVee } from './vee/vee-bench.js';

const USAGE = `npm run bench                 all but the largest night, some minutes; writes docs/benchmarks.md
npm run bench -- --large      with a night of 5,000,000 meters too
npm run bench -- --short      seconds: right answers only, writes nothing
npm run bench -- micro        hot functions by themselves, ns per read
npm run bench -- vee          errors of the estimates, and what gaps and history cost; minutes
npm run bench -- amrdef       reading AMRDEF beside saxes, and nights of it; writes docs/benchmarks-amrdef.md
npm run bench -- amrdef --large  with a night of 5,000,000 meters (23 GB) too
npm run bench -- amrdef --short  seconds: right answers only, writes nothing
npm run bench -- as2          a large message, a receiver under load, a night up to the spool; about
                              five minutes; writes docs/benchmarks-as2.md
npm run bench -- as2 --large  also sends and receives a file of 2 GiB, and carries 5,000,000 meters
npm run bench -- as2 --short  all of it in seconds: right answers only, writes nothing
npm run bench -- serve        a night alone, and beside a dashboard that is asked all the time; minutes;
                              writes docs/benchmarks-serve.md
npm run bench -- serve --short  the same in seconds, writes nothing
npm run bench -- check        files in order, shuffled, with errors; writes docs/benchmarks-check.md
      --large --errors        with 5,000,000 meters too, with a file of 100,000,000 errors too
npm run bench -- check --short  the same in seconds: right answers only, writes nothing
  --dir FOLDER                where the disk part works (default: the system's folder for temporary files)`;
const PAGE = new URL('../../docs/benchmarks.md', import.meta.url);
/** Memory as a folder, where Linux has it. */
const MEMORY_FOLDER = '/dev/shm';
/** Room for the AS2 part: payload, message, decrypted, opened and received file, and the rival's. */
const AS2_ROOM_BYTES = 8 * 2 ** 30;
/** With the files of a province-night, its work files, batches, history and messages. */
const AS2_PROVINCE_ROOM_BYTES = 16 * 2 ** 30;

/** Room for the night beside a dashboard: its files, work files, batches and history. */
const SERVE_ROOM_BYTES = 16 * 2 ** 30;

/** Room for the checks: a night four times, and the work files of the shuffled one. */
const CHECK_ROOM_BYTES = 5 * 2 ** 30;
const CHECK_LARGE_ROOM_BYTES = 22 * 2 ** 30;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    errors: { type: 'boolean', default: false },
    dir: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
});

/** Made folders, removed whatever happens. */
const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

if (values.help) process.stdout.write(`${USAGE}\n`);
else if (positionals[0] === 'micro') await runMicro(workFolder(values.dir));
else if (positionals[0] === 'vee') {
  const [meters, nightMeters, rounds] = values.short ? [1_000, 0, 0] : [10_000, 200_000, 5];
  await runVee(
    workFolder(hasRoom(MEMORY_FOLDER, FULL_PLAN) ? MEMORY_FOLDER : values.dir),
    meters,
    nightMeters,
    rounds,
  );
} else if (positionals[0] === 'as2') await benchMessages();
else if (positionals[0] === 'check') await benchChecks();
else if (positionals[0] === 'serve') await benchDashboard();
else if (positionals[0] === 'amrdef') await benchReadings();
else if (positionals.length > 0 || (values.short && values.large)) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 1;
} else await bench();

async function bench(): Promise<void> {
  const base = values.short ? SHORT_PLAN : FULL_PLAN;
  const plan: Plan = values.large ? { ...base, nights: [...base.nights, LARGE_NIGHT] } : base;
  const inMemory = hasRoom(MEMORY_FOLDER, plan);
  if (!inMemory && !hasRoom(values.dir, plan)) {
    const gigabytes = Math.ceil(roomNeededBytes(plan) / 1e9);
    process.stderr.write(
      `The bench needs about ${gigabytes} GB of room. Name a folder that has it by --dir.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const folder = workFolder(inMemory ? MEMORY_FOLDER : values.dir);
  const command = `npm run bench${values.short ? ' -- --short' : values.large ? ' -- --large' : ''}`;
  const result = await runPlan(plan, {
    command,
    folder,
    diskFolder: inMemory && plan.diskRounds > 0 ? workFolder(values.dir) : null,
    fileSystem: fileSystemType(folder),
    tell: (line) => void process.stdout.write(`${line}\n`),
  });
  if (!values.short) {
    for (const { target, measured, isMet } of verdicts(result)) {
      process.stdout.write(`${isMet === null ? 'open' : isMet ? 'met' : 'MISSED'}: ${target}: ${measured}\n`);
    }
    writeFileSync(PAGE, benchmarksPage(result));
    process.stdout.write('Written: docs/benchmarks.md\n');
  }
  for (const wrong of wrongAnswers(result)) {
    process.stderr.write(`Wrong answer: ${wrong}\n`);
    process.exitCode = 1;
  }
}

async function benchReadings(): Promise<void> {
  const folder = hasFree(MEMORY_FOLDER, AMRDEF_ROOM_BYTES) ? MEMORY_FOLDER : values.dir;
  if (values.large && !hasFree(values.dir, AMRDEF_PROVINCE_ROOM_BYTES)) {
    const gigabytes = Math.ceil(AMRDEF_PROVINCE_ROOM_BYTES / 1e9);
    process.stderr.write(
      `The largest night needs about ${gigabytes} GB of room. Name a folder that has it by --dir.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const wrong = await benchAmrdef({
    command: `npm run bench -- amrdef${values.large ? ' --large' : ''}`,
    folder: workFolder(folder),
    provinceFolder: values.large ? workFolder(values.dir) : null,
    isShort: values.short,
  });
  for (const what of wrong) {
    process.stderr.write(`Wrong answer: ${what}\n`);
    process.exitCode = 1;
  }
}

async function benchMessages(): Promise<void> {
  const base = values.short ? SHORT_AS2_PLAN : FULL_AS2_PLAN;
  const plan = values.large ? withProvince(base) : base;
  const command = values.short ? null : `npm run bench -- as2${values.large ? ' --large' : ''}`;
  // Files lie in memory where that can be, so that no disk decides; the largest lies on the disk always.
  const roomBytes = values.large ? AS2_PROVINCE_ROOM_BYTES : AS2_ROOM_BYTES;
  const folder = workFolder(hasFree(MEMORY_FOLDER, roomBytes) ? MEMORY_FOLDER : values.dir);
  for (const wrong of await benchAs2(folder, workFolder(values.dir), plan, command)) {
    process.stderr.write(`Wrong answer: ${wrong}\n`);
    process.exitCode = 1;
  }
}

async function benchChecks(): Promise<void> {
  const { short: isShort, large: isLarge, errors: hasErrors } = values;
  const inMemory = hasFree(MEMORY_FOLDER, isLarge ? CHECK_LARGE_ROOM_BYTES : CHECK_ROOM_BYTES);
  const folder = workFolder(inMemory ? MEMORY_FOLDER : values.dir);
  for (const wrong of await benchCheck(folder, { isShort, isLarge, hasErrors })) {
    process.stderr.write(`Wrong answer: ${wrong}\n`);
    process.exitCode = 1;
  }
}

async function benchDashboard(): Promise<void> {
  const plan = values.short ? SHORT_SERVE_PLAN : FULL_SERVE_PLAN;
  const folder = hasFree(MEMORY_FOLDER, SERVE_ROOM_BYTES) ? MEMORY_FOLDER : values.dir;
  const command = values.short ? null : 'npm run bench -- serve';
  for (const wrong of await benchServe(workFolder(folder), plan, availableParallelism(), command)) {
    process.stderr.write(`Wrong answer: ${wrong}\n`);
    process.exitCode = 1;
  }
}

function hasFree(path: string, bytes: number): boolean {
  try {
    return roomBytes(path) > bytes;
  } catch {
    return false;
  }
}

function hasRoom(path: string, plan: Plan): boolean {
  return hasFree(path, roomNeededBytes(plan));
}

function workFolder(parent: string): string {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'readmill-bench-'));
  folders.push(folder);
  return folder;
}
