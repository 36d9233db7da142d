import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type NightResult, torture } from './night.js';
import { reliabilityPage, totalsOf, totalsText } from './page.js';
import { makeKeys } from './receiver.js';
import { soakWatch } from './watch/soak.js';
import { soakPart, soakPartOf, soakText, withSoak } from './watch/soak-page.js';

const USAGE = `npm run torture                           nights with faults, for ten minutes
npm run torture -- --minutes M            for M minutes
npm run torture -- --seed S               other nights; without it the clock gives a seed, which is printed
npm run torture -- --seed S --nights 1    the one night of a seed, as a failure names it
npm run torture -- --lanes N              nights at a time (2)
npm run torture -- --keep                 keeps the folders of all nights
npm run torture -- --all                  goes on after a failure
npm run torture -- --write                writes docs/reliability.md
npm run torture -- --watch                one watch of ten minutes in which files come at random, with faults;
                                          also with --minutes, --seed, --keep and --write`;
const PAGE = new URL('../../../docs/reliability.md', import.meta.url);

const MINUTES_DEFAULT = 10;
/** Nights end in 2026; certificates hold from here on. */
const KEYS_FROM_MS = Date.UTC(2025, 0, 1);

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: `${MINUTES_DEFAULT}` },
    seed: { type: 'string' },
    nights: { type: 'string' },
    lanes: { type: 'string', default: '2' },
    keep: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(`${USAGE}\n`);
else process.exitCode = await (values.watch ? soak() : main());

function seedOf(): number {
  return values.seed === undefined ? Date.now() >>> 0 : Number(values.seed);
}

function machineText(): string {
  return `${cpus().length} cores, Node.js ${process.versions.node}`;
}

/** Files come to a watch for some minutes. */
async function soak(): Promise<number> {
  const seed = seedOf();
  const minutes = Number(values.minutes);
  if (!Number.isSafeInteger(seed) || !(minutes > 0)) {
    process.stderr.write(`${USAGE}\n`);
    return 1;
  }
  const base = mkdtempSync(join(tmpdir(), 'readmill-torture-'));
  const keys = join(base, 'keys');
  mkdirSync(keys);
  await makeKeys(keys, KEYS_FROM_MS);
  process.stdout.write(`seed ${seed}, folder ${base}\n`);
  const log = (line: string) => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  const result = await soakWatch(seed, minutes, join(base, 'watch'), keys, log);
  process.stdout.write(soakText(result));
  if (values.write)
    writeFileSync(PAGE, withSoak(readFileSync(PAGE, 'utf8'), soakPart(result, machineText())));
  if (result.violations.length > 0) {
    process.stderr.write(`${result.violations.map((line) => `  ${line}`).join('\n')}\n`);
    process.stderr.write(`  The folder is kept: ${base}\n`);
    process.stderr.write(`  Again: npm run torture -- --watch --seed ${seed} --minutes ${minutes}\n`);
    return 1;
  }
  if (!values.keep) rmSync(base, { recursive: true });
  return 0;
}

async function main(): Promise<number> {
  const seed = seedOf();
  const minutes = Number(values.minutes);
  const nights = Number(values.nights ?? 2 ** 31);
  const lanes = Number(values.lanes);
  if (![seed, nights, lanes].every(Number.isSafeInteger) || !(minutes > 0) || lanes < 1) {
    process.stderr.write(`${USAGE}\n`);
    return 1;
  }
  const base = mkdtempSync(join(tmpdir(), 'readmill-torture-'));
  const keys = join(base, 'keys');
  mkdirSync(keys);
  await makeKeys(keys, KEYS_FROM_MS);
  process.stdout.write(`seed ${seed}, folder ${base}\n`);
  const beganMs = performance.now();
  const isOver = () => performance.now() - beganMs > minutes * 60_000;
  const results: NightResult[] = [];
  let next = 0;
  let hasFailed = false;
  const lane = async (): Promise<void> => {
    while (next < nights && !isOver() && (values.all || !hasFailed)) {
      const number = next++;
      const own = seed + number;
      const directory = join(base, `night-${own}`);
      let result: NightResult;
      try {
        result = await torture(own, directory, keys);
      } catch (thrown) {
        process.stderr.write(`The night of seed ${own} could not be played: ${String(thrown)}\n`);
        hasFailed = true;
        continue;
      }
      results.push(result);
      process.stdout.write(`${summary(number, result)}\n`);
      if (result.violations.length > 0) {
        hasFailed = true;
        process.stderr.write(failure(result, directory));
      } else if (!values.keep) rmSync(directory, { recursive: true });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const totals = totalsOf(results, (performance.now() - beganMs) / 60_000);
  process.stdout.write(totalsText(totals));
  if (values.write) {
    const soaked = soakPartOf(readFileSync(PAGE, 'utf8'));
    writeFileSync(PAGE, reliabilityPage(totals, seed, machineText(), soaked));
  }
  if (hasFailed) return 1;
  if (!values.keep) rmSync(base, { recursive: true });
  return 0;
}

function summary(
  number: number,
  { seed, meters, days, reads, batches, runs, faults, violations, seconds }: NightResult,
) {
  const drawn = [...faults].map(([name, { drawn }]) => (drawn > 1 ? `${name} x ${drawn}` : name)).join(', ');
  const end = violations.length === 0 ? 'nothing lost' : `${violations.length} VIOLATIONS`;
  return `night ${number + 1} (seed ${seed}): ${meters} meters, ${days} days, ${reads} reads, ${batches} batches; ${drawn}; ${runs} runs, ${seconds.toFixed(1)} s: ${end}`;
}

function failure({ seed, violations, log }: NightResult, directory: string): string {
  const lines = [...violations, '', 'What was done:', ...log];
  return `${lines.map((line) => `  ${line}`).join('\n')}\n  The folder is kept: ${directory}\n  Again: npm run torture -- --seed ${seed} --nights 1\n`;
}
