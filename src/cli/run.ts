import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Config, readConfig } from '../pipeline/config.js';
import { partnersOf } from '../pipeline/environment.js';
import { type FinishedNight, type Night, reportDirectory } from '../pipeline/finish.js';
import { type Progress, SILENT } from '../pipeline/progress.js';
import { type RunOptions, runNight } from '../pipeline/run.js';
import { writeReport } from '../report/build-report.js';
import type { RunReport } from '../report/run-report.js';
import { textSummary } from '../report/text-summary.js';
import { defaultWorkers, parseNow, parseWorkers, startClock, terminalProgress } from './terminal.js';

interface RunCommandOptions {
  config: string;
  deliver: boolean;
  json?: boolean;
  workers: number;
  now?: number;
}

export function registerRun(program: Command): void {
  program
    .command('run')
    .description("one night's transfer, then exit: take in, check, estimate, batch, deliver, report")
    .requiredOption('--config <file>', 'configuration (docs/configuration.md)')
    .option('--no-deliver', 'stop once the batches are made')
    .option('--json', 'print the report as one JSON document')
    .option('--workers <n>', 'worker threads', parseWorkers, defaultWorkers())
    .option('--now <time>', 'reference clock, ISO, instead of the system clock', parseNow)
    .addHelpText(
      'after',
      '\nExample:\n  readmill run --config night.json\n\nSafe to repeat: a run that was stopped goes on where it was, and a file is done only once.\nA batch that could not be delivered is tried again by the next run, or by readmill retry.\nExit code: 0 all well; 2 reads were rejected, files refused, or batches not delivered; 1 the tool could not do its work.',
    )
    .action(async (options: RunCommandOptions) => {
      const config = readConfig(options.config);
      const nowMs = options.now ?? Date.now();
      const clock = startClock(nowMs);
      const progress = options.json === true ? SILENT : terminalProgress();
      const night = await runNight(config, {
        nowMs,
        workers: options.workers,
        progress,
        report: (finished) => void writeReport(finished as FinishedNight),
        ...(options.deliver ? await delivering(config, clock, progress) : {}),
      });
      const report = storedReport(night);
      if (options.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      else process.stdout.write(`${textSummary(report, { colour: process.stdout.isTTY === true })}\n`);
      process.exitCode = exitCodeOf(night, report);
    });
}

/**
 * The step of a run that delivers, with the partners of the environment; keys are read before anything is begun.
 * Nothing where there is no partner.
 */
export async function delivering(
  config: Config,
  clock: () => number,
  progress: Progress,
): Promise<Pick<RunOptions, 'deliver'>> {
  const chosen = partnersOf(config.partners, config.environment);
  if (chosen.length === 0) return {};
  const { loadPartners } = await import('../as2/sender/sender.js');
  const { deliverNight } = await import('../as2/sender/deliver-night.js');
  const partners = loadPartners(chosen, clock());
  return {
    deliver: (night, ledger, pool) =>
      deliverNight(night, ledger, pool, { config, partners, clock, progress }),
  };
}

/** The report as it lies in the run's folder: a run that was gone on with at its very end wrote it before. */
export function storedReport(night: Night): RunReport {
  return JSON.parse(readFileSync(join(reportDirectory(night.run), 'report.json'), 'utf8')) as RunReport;
}

function exitCodeOf(night: Night, report: RunReport): number {
  const { inboxProblems, inputs } = night.run;
  if (inboxProblems.length > 0 || inputs.some(({ isToolFault }) => isToolFault === true)) return 1;
  return report.status === 'complete' ? 0 : 2;
}
