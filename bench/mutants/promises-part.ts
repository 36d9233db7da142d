import { MUTANTS } from './mutants.js';
import { PROMISES, type PromiseName } from './promises.js';

const HEADING = '## What is promised, and what shows it';
const NEXT_HEADING = '## Doing it again';

/** The part of docs/reliability.md that names each promise with its tests, and the defects that these must notice. */
export function promisesPart(): string {
  const parts = (Object.keys(PROMISES) as PromiseName[]).map((promise) => {
    const { says, tests } = PROMISES[promise];
    const own = MUTANTS.filter((mutant) => mutant.promise === promise);
    const rows = own.map(({ name, file, test }) => `| ${name} | ${link(file)} | ${link(test)} |`);
    return [
      `**${says}**`,
      '',
      `Tests: ${tests.map(link).join(', ')}.`,
      '',
      '| Defect that is put in | Into | Noticed by |',
      '| --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
  });
  return `${HEADING}

Torture tries all of these at once. The tests below try them one by one, and \`npm run mutants\` shows that they can fail: it puts one defect after the other into a copy of the program, and each must be noticed by the test that stands beside it (${MUTANTS.length} defects).

${parts.join('\n')}
`;
}

const link = (path: string): string => `[${path.split('/').at(-1)}](../${path})`;

/** The page with this part as it is now. */
export function withPromises(page: string): string {
  const [before, rest] = page.split(NEXT_HEADING);
  if (rest === undefined) throw new Error(`the page has no "${NEXT_HEADING}"`);
  return `${before!.split(HEADING)[0]}${promisesPart()}${NEXT_HEADING}${rest}`;
}
