import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makeCopy, type Verdict } from './checkout-copy.js';
import type { Mutant } from './mutant.js';
import { MUTANTS } from './mutants.js';
import { withPromises } from './promises-part.js';

const USAGE = `npm run mutants                    puts each defect of the list into a copy of the checkout, and runs the test
                                   that must notice it; ends with 1 where one does not
npm run mutants -- --only TEXT     those whose names or files hold the text
npm run mutants -- --lanes N       so many at a time (1), a copy each
npm run mutants -- --list          names them
npm run mutants -- --write         names them, with the promises, in docs/reliability.md`;
const PAGE = new URL('../../../docs/reliability.md', import.meta.url);

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    lanes: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const chosen = MUTANTS.filter(({ name, file }) => name.includes(values.only) || file.includes(values.only));

if (values.help) process.stdout.write(`${USAGE}\n`);
else if (values.write) writeFileSync(PAGE, withPromises(readFileSync(PAGE, 'utf8')));
else if (values.list) for (const { promise, name } of chosen) process.stdout.write(`${promise}\t${name}\n`);
else process.exitCode = await main();

interface Row {
  mutant: Mutant;
  verdict: Verdict;
}

async function main(): Promise<number> {
  const lanes = Number(values.lanes);
  if (!Number.isSafeInteger(lanes) || lanes < 1 || chosen.length === 0) {
    process.stderr.write(`${USAGE}\n`);
    return 1;
  }
  const rows: Row[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    const copy = await makeCopy();
    try {
      while (next < chosen.length) {
        const mutant = chosen[next++]!;
        const verdict = await copy.judge(mutant);
        rows.push({ mutant, verdict });
        process.stdout.write(`${line({ mutant, verdict })}\n`);
      }
    } finally {
      copy.remove();
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, chosen.length) }, lane));
  const wrong = rows.filter(({ verdict }) => !verdict.isCaught);
  process.stdout.write(`\n${rows.length} mutants, ${rows.length - wrong.length} caught\n`);
  for (const { mutant, verdict } of wrong) {
    process.stderr.write(`Not caught: ${mutant.name} (${mutant.file}): ${verdict.how}\n`);
  }
  return wrong.length === 0 ? 0 : 1;
}

function line({ mutant: { promise, name, test }, verdict: { isCaught, how, seconds } }: Row): string {
  const cells = [isCaught ? 'caught' : 'NOT', promise.padEnd(6), `${seconds.toFixed(0)} s`.padStart(5), name];
  return `${cells[0]!.padEnd(6)}  ${cells.slice(1).join('  ')}\n        ${test}: ${how}`;
}
