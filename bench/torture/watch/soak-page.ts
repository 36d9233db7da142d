import { GROWTH_MIB_MAX, GROWTH_SHARE_MAX } from './memory.js';
import type { SoakResult } from './soak.js';

const BEGIN = '<!-- Written by npm run torture -- --watch --write. -->\n';
const END = '<!-- End of that part. -->\n\n';
/** The part stands before this one where it is new. */
const NEXT = '## What is promised, and what shows it\n';

const shown = (number: number): string => number.toLocaleString('en');
const mib = (number: number): string => `${number.toFixed(0)} MiB`;

/** What came of a soak, as a terminal shows it. */
export function soakText(result: SoakResult): string {
  const { memory, violations } = result;
  const row = ([name, times]: [string, number]) => `${name.padEnd(50)} ${shown(times).padStart(6)}`;
  return [
    '',
    ...result.ways.map(row),
    '',
    ...result.faults.map(row),
    '',
    `${shown(result.files)} files, ${shown(result.runs)} runs ended and ${shown(result.failedRuns)} failed, ${shown(result.reads)} reads audited, ${shown(result.batches)} batches, ${shown(result.answers)} answers of the dashboard, in ${result.minutes.toFixed(1)} minutes: ${violations.length} violations`,
    `memory of one process over ${memory.minutes.toFixed(1)} minutes, medians of thirds: ${memory.thirdsMib.map(mib).join(', ')}; highest ${mib(memory.highestMib)}: ${memory.isFlat ? 'flat' : 'NOT FLAT'}`,
    '',
  ].join('\n');
}

/** The part of docs/reliability.md on `watch`. */
export function soakPart(result: SoakResult, machine: string): string {
  const { memory } = result;
  const [first, second, last] = memory.thirdsMib;
  const ways = result.ways.map(([name, files]) => `| ${name} | ${shown(files)} |`);
  const faults = result.faults.map(([name, times]) => `| ${name} | ${shown(times)} |`);
  return `${BEGIN}## A watch that goes on

\`npm run torture -- --watch\` starts \`readmill watch\` with a receiver and a dashboard that is looked at, and brings files at random moments, of read days in any order. For a part of the time the process is ended again and again, in all ways, and started anew; then one process lives on while calls fail, the disk is full, rights are lost for a while, and the receiver misbehaves. At last nothing goes wrong any more, the watch comes to rest, and the same auditor looks at all that lies there.

| | |
| --- | ---: |
| files that came | ${shown(result.files)} |
| runs that ended | ${shown(result.runs)} |
| runs that failed, and were gone on with | ${shown(result.failedRuns)} |
| reads audited | ${shown(result.reads)} |
| batches, each with the receiver once | ${shown(result.batches)} |
| answers of the dashboard | ${shown(result.answers)} |
| violations | ${shown(result.violations.length)} |

Seed ${result.seed}, ${result.minutes.toFixed(0)} minutes, ${machine}.

Resident memory of the process that lived ${memory.minutes.toFixed(0)} minutes (${shown(memory.samples)} samples): median of the first third ${mib(first)}, of the second ${mib(second)}, of the last ${mib(last)}; highest ${mib(memory.highestMib)}. It counts as flat where the last median is at most ${GROWTH_SHARE_MAX * 100} % and ${GROWTH_MIB_MAX} MiB above the second: it is ${memory.isFlat ? 'flat' : 'not flat'}.

| How files came | Files |
| --- | ---: |
${ways.join('\n')}

| What went wrong | Times |
| --- | ---: |
${faults.join('\n')}

${END}`;
}

/** The part as it stands on a page; empty where there is none. */
export function soakPartOf(page: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  return begin < 0 || end < 0 ? '' : page.slice(begin, end + END.length);
}

/** A page with a part in place of the one that it has. */
export function withSoak(page: string, part: string): string {
  const present = soakPartOf(page);
  return present === '' ? page.replace(NEXT, () => `${part}${NEXT}`) : page.replace(present, () => part);
}
