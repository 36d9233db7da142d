import type { Command } from 'commander';
import type { Night } from '../pipeline/finish/finish.js';
import { SILENT } from '../pipeline/progress.js';
import { endPoolAhead, startPoolAhead } from '../pipeline/worker-pool.js';
import type { RunReport } from '../report/run-report.js';
import { warnOfRedis } from './redis-lines.js';
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
      // The threads load what they need while this one does.
      startPoolAhead(options.workers);
      try {
        await run(options);
      } finally {
        await endPoolAhead();
      }
    });
}

async function run(options: RunCommandOptions): Promise<void> {
  const { readConfig } = await import('../pipeline/config/config.js');
  const { carryNight } = await import('../watch/carry-night.js');
  const config = readConfig(options.config);
  await warnOfRedis(config);
  const nowMs = options.now ?? Date.now();
  const progress = options.json === true ? SILENT : terminalProgress();
  const { night, report } = await carryNight(config, {
    workers: options.workers,
    nowMs,
    clock: startClock(nowMs),
    progress,
    delivers: options.deliver,
  });
  if (options.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    const { textSummary } = await import('../report/text-summary.js');
    process.stdout.write(`${textSummary(report, { colour: process.stdout.isTTY === true })}\n`);
  }
  process.exitCode = exitCodeOf(night, report);
}

function exitCodeOf(night: Night, report: RunReport): number {
  const { inboxProblems, inputs } = night.run;
  if (inboxProblems.length > 0 || inputs.some(({ isToolFault }) => isToolFault === true)) return 1;
  return report.status === 'complete' ? 0 : 2;
}
