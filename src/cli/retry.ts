import type { Command } from 'commander';
import { type DeliveryRecord, openDeliveries } from '../as2/sender/delivery-queue.js';
import { isDue } from '../as2/sender/sender.js';
import { partnersFor, tryAgain } from '../as2/sender/try-again.js';
import { ReadmillError } from '../model/errors.js';
import { readDeliveryConfig } from '../pipeline/config/config.js';
import { openLedgerAt } from '../store/ledger/ledger-place.js';
import { printDeliveries, warnOfCertificates } from './delivery-lines.js';
import { parseNow, startClock } from './terminal.js';

interface RetryOptions {
  config: string;
  batch?: string[];
  all?: boolean;
  json?: boolean;
  now?: number;
}

export function registerRetry(program: Command): void {
  program
    .command('retry')
    .description('go on with deliveries that are due or were given up')
    .requiredOption('--config <file>', 'configuration (docs/configuration.md)')
    .option('--batch <name...>', 'only these files, whatever their state')
    .option('--all', 'all that is not delivered: also what a partner refused, and what is not due yet')
    .option('--json', 'print the result as one JSON document')
    .option('--now <time>', 'reference clock, ISO, instead of the system clock', parseNow)
    .addHelpText(
      'after',
      '\nExample:\n  readmill retry --config night.json\n\nThe same bytes go out under the same Message-ID. A message that a partner refused is packaged anew where its\nkeys or settings were changed since, or where it was damaged in the spool.\nExit code: 0 nothing is left to deliver; 2 something is; 1 the tool could not do its work.',
    )
    .action(async (options: RetryOptions) => {
      const config = readDeliveryConfig(options.config);
      const clock = startClock(options.now);
      const ledger = await openLedgerAt(config);
      try {
        const open = openDeliveries(ledger);
        const wanted = chosen(open, options, clock());
        const partners = partnersFor(wanted, config.partners, clock());
        const warnings = warnOfCertificates(partners, clock());
        const tried = await tryAgain(wanted, { ledger, config, partners, clock });
        const now = new Map(wanted.map((record, i) => [record, tried[i]!]));
        const shown = options.batch === undefined ? open.map((record) => now.get(record) ?? record) : tried;
        process.exitCode = printDeliveries(shown, warnings, options.json === true);
        if (open.length === 0 && options.json !== true) process.stdout.write('Nothing is left to deliver.\n');
      } finally {
        await ledger.close();
      }
    });
}

/** The deliveries that are to be tried. @throws ReadmillError READMILL_OPTION where a named one is not open */
function chosen(
  open: readonly DeliveryRecord[],
  { batch, all }: RetryOptions,
  nowMs: number,
): DeliveryRecord[] {
  if (batch !== undefined) {
    const missing = batch.filter((name) => !open.some(({ file }) => file === name));
    if (missing.length > 0) {
      const message = `No delivery of ${missing.join(', ')} is open: it was delivered, or never packaged. readmill status lists what is open.`;
      throw new ReadmillError('READMILL_OPTION', message);
    }
    return open.filter(({ file }) => batch.includes(file));
  }
  if (all === true) return [...open];
  return open.filter((record) => record.status === 'given-up' || isDue(record, nowMs));
}
