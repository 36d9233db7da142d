import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { thisMachine } from '../machine.js';
import { makeNight, removeNight } from '../night-data.js';
import { runNight } from '../night-run.js';
import { median } from '../statistics.js';
import { startLoad, yieldToOthers } from './dashboard-load.js';
import {
  type Besides,
  cpuOfThousand,
  type ServeFigures,
  SLOWER_MAX,
  servePage,
  slowerShare,
} from './page.js';

const PAGE = new URL('../../../docs/benchmarks-serve.md', import.meta.url);

/** How much the dashboard part of the bench does. */
export interface ServePlan {
  meters: number;
  rounds: number;
  requestsASecond: number;
}

export const SHORT_SERVE_PLAN: ServePlan = { meters: 20_000, rounds: 1, requestsASecond: 20 };
/** A province, some dozens of open dashboards, and a metrics server. */
export const FULL_SERVE_PLAN: ServePlan = { meters: 5_000_000, rounds: 3, requestsASecond: 20 };

/**
 * Carries a night alone, and beside a dashboard that is asked all the time, in turns.
 * @param command as the page names it; null = no page
 * @returns what was wrong
 */
export async function benchServe(
  folder: string,
  plan: ServePlan,
  workers: number,
  command: string | null,
): Promise<string[]> {
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const machine = thisMachine();
  const { figures, wrong } = await measureNights(folder, plan, workers, tell);
  for (const { name, loads } of figures.nights) {
    for (const { requests, seconds, latencyMs, highestKib, errors } of loads) {
      tell(
        `dashboard ${name}: ${requests} answers in ${seconds.toFixed(1)} s, median ${latencyMs.median} ms, 99 % ${latencyMs.p99} ms, ${Math.round(highestKib / 1024)} MiB, ${errors} errors`,
      );
    }
    if (loads.length > 0)
      tell(`dashboard ${name}: ${cpuOfThousand(loads).toFixed(2)} CPU s for 1,000 answers`);
    if (loads.some(({ errors }) => errors > 0)) wrong.push(`${name}: requests were not answered well`);
    if (loads.some(({ requests }) => requests === 0)) wrong.push(`${name}: no request was answered`);
  }
  const slower = slowerShare(figures, 'asked');
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  tell(
    `night of ${plan.meters} meters: ${median(figures.nights[0]!.seconds).toFixed(2)} s alone; ${percent(slower)} slower beside a dashboard that is asked, ${percent(slowerShare(figures, 'flooded'))} beside one that is flooded`,
  );
  if (command === null) return wrong;
  tell(
    `${slower <= SLOWER_MAX ? 'met' : 'MISSED'}: a night beside a dashboard at most ${percent(SLOWER_MAX)} slower`,
  );
  writeFileSync(PAGE, servePage(command, new Date().toISOString().slice(0, 10), machine, figures));
  tell('Written: docs/benchmarks-serve.md');
  return wrong;
}

async function measureNights(
  folder: string,
  { meters, rounds, requestsASecond }: ServePlan,
  workers: number,
  tell: (line: string) => void,
): Promise<{ figures: ServeFigures; wrong: string[] }> {
  const night = await makeNight(folder, meters, { files: 4 });
  yieldToOthers();
  const names = ['alone', 'asked', 'flooded'] as const;
  const nights = names.map((name): Besides => ({ name, seconds: [], loads: [] }));
  const wrong: string[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      // Whoever comes first or last is another one each time.
      for (const i of nights.keys()) {
        const { name, seconds, loads } = nights[(i + round) % nights.length]!;
        const beside = async (place: string) => {
          const load = await startLoad(place, name === 'asked' ? requestsASecond : null);
          return async () => void loads.push(await load.end());
        };
        const run = await runNight(night, join(folder, 'run'), {
          hasRegister: false,
          workers,
          readsOutput: false,
          ...(name === 'alone' ? {} : { beside }),
        });
        wrong.push(...run.wrong);
        seconds.push(run.seconds);
        tell(`round ${round + 1}, ${name}: ${run.seconds.toFixed(2)} s`);
      }
    }
  } finally {
    removeNight(night);
  }
  return { figures: { meters, requestsASecond, nights }, wrong };
}
