import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../pipeline/config/config.js';
import { partnersOf } from '../pipeline/config/environment.js';
import { type FinishedNight, type Night, reportDirectory } from '../pipeline/finish/finish.js';
import type { Claim } from '../pipeline/intake/intake.js';
import type { Progress } from '../pipeline/progress.js';
import { type RunOptions, runNight } from '../pipeline/run.js';
import { writeReport } from '../report/build-report.js';
import type { RunReport } from '../report/run-report.js';

export interface CarryOptions {
  workers: number;
  /** The run's time on the reference clock, milliseconds since 1970, and how that clock goes on. */
  nowMs: number;
  clock(): number;
  progress: Progress;
  /** Whether batches are delivered. */
  delivers: boolean;
  claim?: Claim | undefined;
}

export interface CarriedNight {
  night: Night;
  report: RunReport;
}

/**
 * One night's transfer with all that belongs to it: from the inboxes to deliveries and report.
 * @throws ReadmillError as `runNight`, and where keys or certificates of a partner are not right
 */
export async function carryNight(config: Config, options: CarryOptions): Promise<CarriedNight> {
  const { workers, nowMs, clock, progress, delivers, claim } = options;
  const night = await runNight(config, {
    nowMs,
    workers,
    progress,
    claim,
    report: (finished, folder) => void writeReport(finished as FinishedNight, folder),
    ...(delivers ? await delivering(config, clock, progress) : {}),
  });
  return { night, report: storedReport(night) };
}

/**
 * What delivers a run's batches to the partners of the environment; keys are read before anything is begun.
 * Nothing where there is no partner.
 */
async function delivering(
  config: Config,
  clock: () => number,
  progress: Progress,
): Promise<Pick<RunOptions, 'sender'>> {
  const chosen = partnersOf(config.partners, config.environment);
  if (chosen.length === 0) return {};
  const { loadPartners } = await import('../as2/sender/partner.js');
  const { openAhead } = await import('../as2/sender/package-ahead.js');
  const partners = loadPartners(chosen, clock());
  const ahead = openAhead(config.state, partners, clock);
  const loadDelivery = () => import('../as2/sender/deliver-night.js');
  return {
    sender: {
      prepare(run, task, ledger, pool) {
        ahead.begin(run, task, ledger, pool);
        // Loaded while the threads work; where it cannot be, that is told when it is needed.
        loadDelivery().catch(() => undefined);
      },
      async deliver(night, ledger, pool) {
        const { deliverNight } = await loadDelivery();
        return deliverNight(night, ledger, pool, { config, partners, clock, progress, ahead });
      },
    },
  };
}

/** The report as it lies in the run's folder: a run that was gone on with at its very end wrote it before. */
export function storedReport(night: Night): RunReport {
  return JSON.parse(readFileSync(join(reportDirectory(night.run), 'report.json'), 'utf8')) as RunReport;
}
