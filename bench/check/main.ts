import { writeFileSync } from 'node:fs';
import { fileSystemType } from '../disk.js';
import { thisMachine } from '../machine.js';
import { checkPage } from './check-page.js';
import { type NightChecks, timeChecks } from './check-rounds.js';
import { type CheckBench, checkVerdicts } from './check-targets.js';
import { checkErrors } from './errors.js';

const PAGE = new URL('../../../docs/benchmarks-check.md', import.meta.url);

/** How much one run of this part does. */
interface CheckPlan {
  /** Rounds without DuckDB are of memory alone. */
  nights: { meters: number; rounds: number; hasDuckDB: boolean }[];
  errors: number;
}

const SHORT: CheckPlan = { nights: [{ meters: 5_000, rounds: 1, hasDuckDB: false }], errors: 300_000 };
const FULL: CheckPlan = {
  nights: [
    { meters: 500_000, rounds: 5, hasDuckDB: true },
    { meters: 1_000_000, rounds: 3, hasDuckDB: true },
  ],
  errors: 0,
};
const PROVINCE = { meters: 5_000_000, rounds: 1, hasDuckDB: false };
const ERRORS = 100_000_000;

/** Memory that the short run may take: the same as any other. */
const SHORT_MIB_MAX = 400;

/**
 * The part of the bench for `check`.
 * @returns every wrong answer
 */
export async function benchCheck(
  folder: string,
  options: { isShort: boolean; isLarge: boolean; hasErrors: boolean },
): Promise<string[]> {
  const { isShort, isLarge, hasErrors } = options;
  const base = isShort ? SHORT : FULL;
  const machine = thisMachine();
  const nights: NightChecks[] = [];
  for (const { meters, rounds, hasDuckDB } of [...base.nights, ...(isLarge ? [PROVINCE] : [])]) {
    process.stdout.write(`${meters.toLocaleString('en')} meters\n`);
    const night = await timeChecks(folder, meters, rounds, hasDuckDB);
    tell(night);
    nights.push(night);
  }
  const count = hasErrors ? ERRORS : base.errors;
  const errors = count === 0 ? null : await checkErrors(folder, count);
  if (errors !== null) {
    const peak = `${Math.round((errors.highWaterKib ?? 0) / 1024)} MiB`;
    process.stdout.write(`${count.toLocaleString('en')} errors: ${errors.seconds.toFixed(1)} s, ${peak}\n`);
  }
  const bench: CheckBench = { nights, errors };
  const wrong = [
    ...nights.flatMap(({ figures }) => figures.flatMap((figure) => figure.wrong)),
    ...(errors?.wrong ?? []),
  ];
  if (isShort) return (errors?.highWaterKib ?? 0) > SHORT_MIB_MAX * 1024 ? [...wrong, 'memory grows'] : wrong;
  for (const { target, measured, isMet } of checkVerdicts(bench)) {
    process.stdout.write(`${isMet === null ? 'open' : isMet ? 'met' : 'MISSED'}: ${target}: ${measured}\n`);
  }
  const command = `npm run bench -- check${isLarge ? ' --large' : ''}${hasErrors ? ' --errors' : ''}`;
  writeFileSync(PAGE, checkPage(machine, fileSystemType(folder), command, bench));
  process.stdout.write('Written: docs/benchmarks-check.md\n');
  return wrong;
}

function tell({ duckdb, figures }: NightChecks): void {
  if (duckdb !== null) process.stdout.write(`  ${duckdb.name}: ${duckdb.medianSeconds.toFixed(3)} s\n`);
  for (const { kind, medianSeconds, highWaterKib, wrong } of figures) {
    const peak = `${Math.round((highWaterKib ?? 0) / 1024)} MiB`;
    process.stdout.write(`  ${kind}: ${medianSeconds.toFixed(3)} s, ${peak}\n`);
    for (const what of wrong) process.stdout.write(`    wrong: ${what}\n`);
  }
}
