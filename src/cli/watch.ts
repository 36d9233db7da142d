import type { Command } from 'commander';
import { pino } from 'pino';
import { ReadmillError } from '../model/errors.js';
import {
  formatCount,
  formatNumberOf,
  formatReachedPercent,
  formatSeconds,
  formatSize,
} from '../model/figures.js';
import { type Config, readConfig } from '../pipeline/config/config.js';
import type { RunReport } from '../report/run-report.js';
import { isOnRedis } from '../store/redis/redis-connection.js';
import { redisWarnings } from '../store/redis/redis-health.js';
import type { Turn } from '../store/redis/redis-turn.js';
import { InboxPoll } from '../watch/inbox-poll.js';
import { NightWatch, type Wait, type WatchEvent } from '../watch/watch.js';
import { deliveryLine } from './delivery-lines.js';
import { serveWatch } from './serve.js';
import { defaultWorkers, parseNow, parseWorkers, startClock } from './terminal.js';

interface WatchOptions {
  config: string;
  workers: number;
  now?: number;
  serve: boolean;
}

const REASONS = {
  unfinished: 'goes on with an unfinished run',
  closing: 'a read day has closed',
  files: 'files have come',
  'set-time': 'a set time has come',
} as const;

export function registerWatch(program: Command): void {
  program
    .command('watch')
    .description('the nightly transfer for ever: runs as files come or at set times, deliveries between')
    .requiredOption('--config <file>', 'configuration (docs/configuration.md#watch)')
    .option('--workers <n>', 'worker threads', parseWorkers, defaultWorkers())
    .option('--now <time>', 'reference clock to begin with, ISO, instead of the system clock', parseNow)
    .option('--no-serve', 'no dashboard, also where the configuration has "serve"')
    .addHelpText(
      'after',
      `
Example:
  readmill watch --config night.json

A line for each thing that happens goes to standard output, problems go to standard error as JSON.
Ctrl-C, or a request to end, lets what is under way come to its end, for watch.stopSeconds at the most; what is
not done by then goes on at the next start. A second Ctrl-C ends it at once, and nothing is lost either.
Exit code: 0 stopped; 1 the tool could not begin its work.`,
    )
    .action(watch);
}

async function watch(options: WatchOptions): Promise<void> {
  const config = readConfig(options.config);
  const clock = startClock(options.now);
  const logger = pino({ base: null }, pino.destination({ dest: 2, sync: true }));
  const print = (line: string) => void process.stdout.write(`${isoSecond(clock())} ${line}\n`);
  for (const warning of await redisWarnings(config)) logger.warn(warning);
  const turn = await turnOf(config, print);
  const nights = new NightWatch({
    config,
    workers: options.workers,
    clock,
    wait: waitFor,
    poll: new InboxPoll(config),
    onEvent: (event) => tell(event, print, logger),
  });
  const { runAt, pollSeconds } = config.watch;
  const when = runAt.length === 0 ? 'as files come' : `at ${runAt.join(', ')} market time`;
  print(
    `Watching ${formatNumberOf(config.sources.length, 'inbox', 'inboxes')} every ${pollSeconds} s; runs begin ${when}.`,
  );
  const dashboard = options.serve ? await serveWatch(config, clock, nights) : null;
  if (dashboard !== null) print(`Dashboard on ${dashboard.url}`);
  const stopped = stopOnSignal(nights, config.watch.stopSeconds, print);
  const lost = await Promise.race([nights.run(), stopped, ...(turn === null ? [] : [turn.lost])]);
  if (lost instanceof ReadmillError) {
    logger.error({ code: lost.code }, lost.message);
    process.exit(1);
  }
  await turn?.give();
  if (nights.status.phase !== 'waiting') {
    print('Stopped before the end of what was under way: it goes on at the next start. Nothing is lost.');
    process.exit(0);
  }
  print('Stopped.');
  process.exit(0);
}

/** Where several hosts share the ledger, one watches and the others stand by. @returns null with an embedded one */
async function turnOf(config: Config, print: (line: string) => void): Promise<Turn | null> {
  if (!isOnRedis(config)) return null;
  const { takeTurn } = await import('../store/redis/redis-turn.js');
  return takeTurn(config, ({ pid, host }) =>
    print(
      `Stands by: process ${pid} on ${host} watches. When it ends, or its host goes down, this one goes on.`,
    ),
  );
}

/** Stops at the first signal. @returns settles when what is under way has used up its time */
function stopOnSignal(nights: NightWatch, stopSeconds: number, print: (line: string) => void): Promise<void> {
  process.removeAllListeners('SIGINT');
  process.removeAllListeners('SIGTERM');
  return new Promise((resolve) => {
    const stop = () => {
      if (nights.status.isStopping) return resolve();
      if (nights.status.phase !== 'waiting')
        print(`Stopping: what is under way may end within ${stopSeconds} s. Ctrl-C again ends it now.`);
      nights.stop();
      setTimeout(resolve, stopSeconds * 1000).unref();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

const waitFor: Wait = (ms, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });

function tell(event: WatchEvent, print: (line: string) => void, logger: pino.Logger): void {
  if (event.kind === 'run-begins') {
    const files = `${formatNumberOf(event.files, 'file')}, ${formatSize(event.bytes)}`;
    print(`Run begins: ${REASONS[event.reason]} (${files}).`);
  } else if (event.kind === 'run-ended') print(runLine(event.report));
  else if (event.kind === 'run-failed') {
    const { code, message, attempts, nextMs } = event.failure;
    print(`Run failed, attempt ${attempts}; the next is made at ${isoSecond(nextMs)}.`);
    logger.error({ code, attempts }, message);
  } else if (event.kind === 'deliveries') for (const record of event.records) print(deliveryLine(record));
  else if (event.kind === 'removed') {
    const { folder, runs, bytes } = event.removed;
    print(`Removed ${formatNumberOf(runs, 'old run')} from ${folder}, ${formatSize(bytes)}.`);
  } else if (event.kind === 'notice') {
    const { kind, subject, text, untold } = event.notice;
    if (untold === 'over') print(`Over: ${kind} ${subject}.`);
    else logger.warn({ kind, subject }, text);
  } else logger.error(event.text);
}

function runLine(report: RunReport): string {
  const { runId, status, reads, readSuccessPercent, batches, deliveries, seconds } = report;
  const success =
    readSuccessPercent === null
      ? 'no read day settled'
      : `read success ${formatReachedPercent(readSuccessPercent)}`;
  const delivered = deliveries.filter((delivery) => delivery.status === 'delivered').length;
  const sent = deliveries.length === 0 ? '' : `, ${delivered} of ${deliveries.length} delivered`;
  return `Run ${runId} ${status}: ${formatCount(reads.received)} reads received, ${success}, ${formatNumberOf(batches.length, 'batch', 'batches')}${sent}, ${formatSeconds(seconds)}.`;
}

const isoSecond = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
