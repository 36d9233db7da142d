import type { Command } from 'commander';
import { ReadmillError } from '../model/errors.js';
import { formatCount, formatSeconds } from '../model/figures.js';
import { type Config, readConfig } from '../pipeline/config/config.js';
import type { FinishedNight } from '../pipeline/finish/finish.js';
import { SILENT } from '../pipeline/progress.js';
import { importHistory } from '../pipeline/run.js';
import { writeReport } from '../report/build-report.js';
import type { RunReport } from '../report/run-report.js';
import { storedReport } from '../watch/carry-night.js';
import { defaultWorkers, parseNow, parseWorkers, terminalProgress } from './terminal.js';

interface HistoryImportOptions {
  config: string;
  source?: string;
  json?: boolean;
  workers: number;
  now?: number;
}

export function registerHistoryImport(program: Command): void {
  const history = program.command('history').description('the reads of past days');
  history
    .command('import <file...>')
    .description('load past reads into the history without sending them; each file once')
    .requiredOption('--config <file>', 'configuration (docs/configuration.md)')
    .option('--source <name>', 'source whose profile and time zone the files have')
    .option('--json', 'print the result as one JSON document')
    .option('--workers <n>', 'worker threads', parseWorkers, defaultWorkers())
    .option('--now <time>', 'reference clock, ISO, instead of the system clock', parseNow)
    .addHelpText(
      'after',
      '\nExample:\n  readmill history import 2026-10-*.cmep --config night.json\n\nNothing is estimated and nothing is sent; files stay where they are. A file that was carried or imported\nbefore is passed over. A stopped import is gone on with by the same command.\nExit code: 0 all well; 2 reads were rejected or files refused; 1 the tool could not do its work.',
    )
    .exitOverride()
    .action(async (files: string[], options: HistoryImportOptions) => {
      const config = readConfig(options.config);
      const nights = await importHistory(config, files, sourceIndexOf(config, options.source), {
        nowMs: options.now ?? Date.now(),
        workers: options.workers,
        progress: options.json === true ? SILENT : terminalProgress(),
        report: (finished, folder) => void writeReport(finished as FinishedNight, folder),
      });
      const reports = nights.map(storedReport);
      if (options.json === true) process.stdout.write(`${JSON.stringify(summaryOf(reports), null, 2)}\n`);
      else for (const report of reports) process.stdout.write(textOf(report));
      process.exitCode = reports.every(({ status }) => status === 'complete') ? 0 : 2;
    });
}

/** @throws ReadmillError READMILL_OPTION where it does not say which of several sources, or names none */
function sourceIndexOf({ sources }: Config, name: string | undefined): number {
  const names = sources.map((source) => source.name);
  if (name === undefined && sources.length === 1) return 0;
  const index = name === undefined ? -1 : names.indexOf(name);
  if (index >= 0) return index;
  const problem = name === undefined ? 'is needed, since there are several' : `"${name}" is none of them`;
  throw new ReadmillError('READMILL_OPTION', `--source ${problem}: ${names.join(', ')}.`);
}

function summaryOf(reports: readonly RunReport[]): Record<string, unknown> {
  return {
    status: reports.every(({ status }) => status === 'complete') ? 'complete' : 'partial',
    files: reports.flatMap(({ runId, inputs, reads, days, findings, seconds, report }) =>
      inputs.map(({ path, sha256, status, problem, duplicateOf, records, quarantine }) => ({
        path,
        sha256,
        status,
        ...(problem === undefined ? {} : { problem }),
        ...(duplicateOf === undefined ? {} : { duplicateOf }),
        ...(quarantine === undefined ? {} : { quarantine }),
        runId,
        records,
        reads: {
          received: reads.received,
          kept: reads.accepted + reads.waiting,
          notUsable: reads.replaced,
          rejected: reads.rejected,
          duplicates: reads.duplicates,
        },
        firstDay: days[0]?.day ?? null,
        lastDay: days.at(-1)?.day ?? null,
        findings,
        seconds,
        report,
      })),
    ),
  };
}

function textOf(report: RunReport): string {
  const { inputs, reads, days, seconds } = report;
  return inputs
    .map(({ path, status, problem, duplicateOf, quarantine }) => {
      if (status === 'duplicate') return `${path}: passed over, it is ${duplicateOf} again.\n`;
      if (status === 'failed') return `${path}: ${problem}\n`;
      const range = days.length === 0 ? '' : ` of ${days[0]!.day} to ${days.at(-1)!.day}`;
      const bad = reads.rejected === 0 ? '' : `, ${formatCount(reads.rejected)} rejected (${quarantine})`;
      const unusable = reads.replaced === 0 ? '' : `, ${formatCount(reads.replaced)} without a usable value`;
      const again = reads.duplicates === 0 ? '' : `, ${formatCount(reads.duplicates)} known before`;
      const kept = formatCount(reads.accepted + reads.waiting);
      return `${path}: ${kept} reads${range} kept${unusable}${again}${bad}. ${formatSeconds(seconds)}\n`;
    })
    .join('');
}
