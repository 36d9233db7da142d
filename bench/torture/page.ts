import { promisesPart } from '../mutants/promises-part.js';
import type { NightResult } from './night.js';

/** What all nights of a torture came to. */
export interface TortureTotals {
  nights: number;
  days: number;
  runs: number;
  reads: number;
  batches: number;
  violations: number;
  minutes: number;
  /** By name: times drawn, and times that the command was ended or failed by it. */
  faults: [name: string, counts: { drawn: number; felt: number }][];
}

/** Adds up nights. */
export function totalsOf(results: readonly NightResult[], minutes: number): TortureTotals {
  const sum = (key: 'reads' | 'batches' | 'runs' | 'days') =>
    results.reduce((total, result) => total + result[key], 0);
  const faults = new Map<string, { drawn: number; felt: number }>();
  for (const result of results) {
    for (const [name, { drawn, felt }] of result.faults) {
      const counts = faults.get(name) ?? { drawn: 0, felt: 0 };
      faults.set(name, { drawn: counts.drawn + drawn, felt: counts.felt + felt });
    }
  }
  return {
    nights: results.length,
    days: sum('days'),
    runs: sum('runs'),
    reads: sum('reads'),
    batches: sum('batches'),
    violations: results.reduce((total, { violations }) => total + violations.length, 0),
    minutes,
    faults: [...faults].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

const shown = (number: number): string => number.toLocaleString('en');

/** The totals as a terminal shows them. */
export function totalsText(totals: TortureTotals): string {
  const row = (cells: string[]) =>
    `${cells[0]!.padEnd(30)} ${cells[1]!.padStart(6)} ${cells[2]!.padStart(6)}`;
  return [
    '',
    row(['fault', 'times', 'ended']),
    ...totals.faults.map(([name, { drawn, felt }]) => row([name, `${drawn}`, `${felt}`])),
    '',
    `${shown(totals.nights)} nights, ${shown(totals.days)} market days, ${shown(totals.runs)} runs, ${shown(totals.reads)} reads audited, ${shown(totals.batches)} batches, in ${totals.minutes.toFixed(1)} minutes: ${totals.violations} violations`,
    '',
  ].join('\n');
}

/** `docs/reliability.md`. @param soaked the part that a soak of watch wrote, as it stands there */
export function reliabilityPage(
  totals: TortureTotals,
  seed: number,
  machine: string,
  soaked: string,
): string {
  const faults = totals.faults.map(
    ([name, { drawn, felt }]) => `| ${name} | ${shown(drawn)} | ${shown(felt)} |`,
  );
  return `# Is anything lost?

\`npm run torture\` tries to make readmill lose or double a read. It carries random nights, lets things go wrong at random, repeats the same command until all is done, and has an auditor look at what lies there. The figures below are those of its last long run; the program wrote this page.

| | |
| --- | ---: |
| nights | ${shown(totals.nights)} |
| market days | ${shown(totals.days)} |
| runs of \`readmill\` | ${shown(totals.runs)} |
| reads audited | ${shown(totals.reads)} |
| batches | ${shown(totals.batches)} |
| violations | ${shown(totals.violations)} |

Seed ${seed}, ${totals.minutes.toFixed(0)} minutes, ${machine}.

## What went wrong

| Fault | Times | of these, ended or failed the command |
| --- | ---: | ---: |
${faults.join('\n')}

The others were felt by the receiver, came after the work was done, or were got over within the run.

- _Killed at a call_: SIGKILL before or after a random call of the file system, in any thread. _At a time_: after a random time. _Other --now_: besides, the command has another reference clock.
- _Power lost_: SIGKILL likewise; then all bytes that were not synced are cut off, and about every second name that was given by a rename whose folder was not synced is taken back. The machine has another boot afterwards.
- _Disk full_: at a random byte, all writes to files fail from there on. _File too large_: the system itself refuses, also the ledger's writes.
- _Error at_: one call fails with an error that the system may give (\`EIO\`, \`EMFILE\`, \`ENOSPC\` ...). _Rights lost_: a folder or a file can no longer be opened or changed. _Short reads and writes_: each does a part only.
- _Input changed_: another program cuts, lengthens, changes, replaces or removes a file of the inbox while the run reads it. It is sent again afterwards.
- _Clock set_: the system's clock is set forward or back by up to two days while the run works.
- _Receiver_: it refuses, breaks off, loses or spoils receipts, or is killed and started again. _Two at a time_: the command is started twice.

Faults are set between the program and the system, by a module that Node.js loads before the program. Nothing in readmill knows of them.

## What is proved

The auditor shares no code with readmill. It reads inputs and batches as text, and asks:

| Question | Answer that is proved |
| --- | --- |
| Where is each file that came? | put away once, with the bytes that it came with; the inbox is empty |
| Where is each read that came? | in exactly one of a batch, the estimates list (raw value kept), the reads that wait, the quarantine (byte for byte), the duplicates; at the end none waits |
| Was each wrong record found? | it is in the quarantine under its code, and nothing else is |
| Do batches depend on what went wrong? | no: batches, history, lists, quarantine and archive equal, byte for byte, those of the same runs in a new folder without faults |
| Did everything arrive? | the receiver has each batch once, with its bytes; on the wire there was one Message-ID for each; the receipt lies beside the batch |
| Is the report true? | its figures, also by source, are those that the auditor counts; hashes, sizes and numbers of each batch are those of the file |
| Was it said what to do? | a command ends with 0, 1, 2 or the signal; where it could not do its work it gives a code and a remedy |

${soaked}${promisesPart()}## Doing it again

\`\`\`sh
npm run torture -- --minutes 10           # fresh nights
npm run torture -- --seed 7 --nights 1    # the night of a seed
npm run torture -- --minutes 60 --write   # writes this page, but for the part on watch
npm run torture -- --watch --minutes 60 --write   # writes that part
\`\`\`

A failure prints its seed, what was done, and the command that repeats it; its folder is kept. Threads and processes do not keep step twice in the same way, so a kill at a call can hit another moment: repeat it some times.
`;
}
