import { join } from 'node:path';
import { makeNight, removeNight } from '../night-data.js';
import { runNight } from '../night-run.js';
import { median } from '../statistics.js';
import { type LoadFigure, startLoad, yieldToOthers } from './dashboard-load.js';

/** A night beside a dashboard is slower by this share at most. */
const SLOWER_MAX = 0.05;

/** How much the dashboard part of the bench does. */
export interface ServePlan {
  meters: number;
  rounds: number;
  requestsASecond: number;
}

export const SHORT_SERVE_PLAN: ServePlan = { meters: 20_000, rounds: 1, requestsASecond: 20 };
/** Some dozens of open dashboards, and a metrics server. */
export const FULL_SERVE_PLAN: ServePlan = { meters: 1_000_000, rounds: 3, requestsASecond: 20 };

/**
 * Carries a night alone and beside a dashboard that is asked all the time, in turns, and prints both times.
 * @returns what was wrong
 */
export async function benchServe(folder: string, plan: ServePlan, workers: number): Promise<string[]> {
  const { meters, rounds, requestsASecond } = plan;
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const night = await makeNight(folder, meters, { files: 4 });
  yieldToOthers();
  const alone: number[] = [];
  const beside: number[] = [];
  const loads: LoadFigure[] = [];
  const wrong: string[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      for (const hasLoad of [false, true]) {
        const run = await runNight(night, join(folder, 'run'), {
          hasRegister: false,
          workers,
          readsOutput: false,
          ...(hasLoad
            ? {
                beside: async (place: string) => {
                  const load = await startLoad(place, requestsASecond);
                  return async () => void loads.push(await load.end());
                },
              }
            : {}),
        });
        wrong.push(...run.wrong);
        (hasLoad ? beside : alone).push(run.seconds);
        tell(`round ${round + 1}, ${hasLoad ? 'with a dashboard' : 'alone'}: ${run.seconds.toFixed(2)} s`);
      }
    }
  } finally {
    removeNight(night);
  }
  for (const { requests, seconds, latencyMs, highestKib, errors } of loads) {
    tell(
      `dashboard: ${requests} answers in ${seconds.toFixed(1)} s, median ${latencyMs.median} ms, 99 % ${latencyMs.p99} ms, ${Math.round(highestKib / 1024)} MiB, ${errors} errors`,
    );
  }
  const slower = median(beside) / median(alone) - 1;
  const verdict = slower <= SLOWER_MAX ? 'met' : 'MISSED';
  tell(
    `night of ${meters} meters: ${median(alone).toFixed(2)} s alone, ${median(beside).toFixed(2)} s with a dashboard (${(slower * 100).toFixed(1)} % slower)`,
  );
  if (rounds > 1) tell(`${verdict}: a night beside a dashboard at most ${SLOWER_MAX * 100} % slower`);
  const errors = loads.reduce((sum, load) => sum + load.errors, 0);
  const answers = loads.reduce((sum, load) => sum + load.requests, 0);
  if (errors > 0) wrong.push(`${errors} requests were not answered well`);
  if (answers === 0) wrong.push('no request was answered');
  return wrong;
}
