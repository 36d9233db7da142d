import type { Machine } from '../machine.js';
import { median } from '../statistics.js';
import { mebibytes, table, whole } from '../tables.js';
import type { LoadFigure, Pressure } from './dashboard-load.js';

/** A night beside a dashboard that is asked is slower by this share at most. */
export const SLOWER_MAX = 0.05;

/** Nights under one circumstance, and what the dashboard did beside each. */
export interface Besides {
  name: 'alone' | Pressure;
  seconds: number[];
  loads: LoadFigure[];
}

export interface ServeFigures {
  meters: number;
  requestsASecond: number;
  nights: Besides[];
}

/** By what share a night was slower than alone, of medians. */
export function slowerShare({ nights }: ServeFigures, name: Pressure): number {
  const secondsOf = (wanted: Besides['name']) => median(nights.find((one) => one.name === wanted)!.seconds);
  return secondsOf(name) / secondsOf('alone') - 1;
}

/** CPU time of the dashboard for a thousand answers. */
export function cpuOfThousand(loads: readonly LoadFigure[]): number {
  const requests = loads.reduce((sum, load) => sum + load.requests, 0);
  return (loads.reduce((sum, load) => sum + load.cpuSeconds, 0) / requests) * 1000;
}

/** `docs/benchmarks-serve.md`. */
export function servePage(command: string, date: string, machine: Machine, figures: ServeFigures): string {
  const { cpu, cores, memoryBytes, system, node, load } = machine;
  const slower = slowerShare(figures, 'asked');
  const measured = `${(slower * 100).toFixed(1)} %`;
  const verdict = slower <= SLOWER_MAX ? '**met**' : '**missed**';
  const target = `a night of ${whole(figures.meters)} meters beside a dashboard that is asked is at most ${SLOWER_MAX * 100} % slower`;
  return [
    '# Benchmarks of the dashboard',
    `Made by \`${command}\` on ${date}. Every figure is of that run; the page is written anew by each run, so changes made here by hand are lost.`,
    `## Target\n\n${table(['Target', 'Measured', ''], [[target, measured, verdict]], 3)}`,
    `## Machine\n\n${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB of memory, ${system}, Node ${node}. Load average before the run: ${load.toFixed(1)}. Times are wall time.`,
    `## A night beside it\n\nThe same night is carried alone, beside \`readmill serve\` that is asked ${figures.requestsASecond} times a second, and beside one that is asked as fast as it answers; in turns, each time in another order. Ten connections ask for pages, data and metrics, and four pages are told of changes. All is on the same cores; the clients, which would be other machines, have the lowest priority.`,
    nightTable(figures),
    loadTable(figures),
  ]
    .join('\n\n')
    .concat('\n');
}

function nightTable(figures: ServeFigures): string {
  const rows = figures.nights.map(({ name, seconds }) => [
    name,
    String(seconds.length),
    median(seconds).toFixed(2),
    `${Math.min(...seconds).toFixed(2)} - ${Math.max(...seconds).toFixed(2)}`,
    name === 'alone' ? '' : `${(slowerShare(figures, name) * 100).toFixed(1)} %`,
  ]);
  return table(['Dashboard', 'Nights', 'Seconds, median', 'Least - most', 'Slower'], rows);
}

function loadTable({ nights }: ServeFigures): string {
  const rows = nights
    .filter(({ loads }) => loads.length > 0)
    .map(({ name, loads }) => {
      const mid = (of: (load: LoadFigure) => number) => median(loads.map(of));
      return [
        name,
        whole(mid(({ requests, seconds }) => requests / seconds)),
        String(mid(({ latencyMs }) => latencyMs.median)),
        String(mid(({ latencyMs }) => latencyMs.p99)),
        cpuOfThousand(loads).toFixed(2),
        mebibytes(Math.max(...loads.map(({ highestKib }) => highestKib))),
        String(loads.reduce((sum, { errors }) => sum + errors, 0)),
      ];
    });
  const header = [
    'Dashboard',
    'Answers a second',
    'ms, median',
    'ms, 99 %',
    'CPU seconds for 1,000 answers',
    'Peak MiB',
    'Errors',
  ];
  return table(header, rows);
}
