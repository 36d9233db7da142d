import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { allOf } from '../as2/sender/deliver-night.js';
import { type Consignment, findDelivery } from '../as2/sender/delivery-queue.js';
import { loadPartners } from '../as2/sender/partner.js';
import { openSender } from '../as2/sender/sender.js';
import { messageOf, ReadmillError } from '../model/errors.js';
import { type DeliveryConfig, readDeliveryConfig } from '../pipeline/config/config.js';
import type { Partner } from '../pipeline/config/partner-config.js';
import { hashFile } from '../pipeline/intake/hash-file.js';
import { openLedgerAt } from '../store/ledger/ledger-place.js';
import { printDeliveries, warnOfCertificates } from './delivery-lines.js';
import { parseNow, startClock } from './terminal.js';

/** Files of one call. */
const FILES_MAX = 10_000;

interface SendOptions {
  config: string;
  partner: string;
  json?: boolean;
  now?: number;
}

export function registerSend(program: Command): void {
  program
    .command('send <files...>')
    .description('deliver files as they are to a partner, over AS2')
    .requiredOption('--config <file>', 'configuration (docs/configuration.md)')
    .requiredOption('--partner <name>', 'partner of the configuration')
    .option('--json', 'print the result as one JSON document')
    .option('--now <time>', 'reference clock, ISO, instead of the system clock', parseNow)
    .addHelpText(
      'after',
      '\nExample:\n  readmill send outbox/*.DAT --config night.json --partner sandbox\n\nSafe to repeat: a file that was delivered is not sent again, and one on its way keeps its Message-ID.\nExit code: 0 all delivered, and proved by receipts; 2 not all; 1 the tool could not do its work.',
    )
    .action(async (files: string[], options: SendOptions) => {
      const config = readDeliveryConfig(options.config);
      const clock = startClock(options.now);
      const partners = loadPartners([partnerNamed(config, options.partner)], clock());
      const consignments = await consignmentsOf(files, options.partner);
      const warnings = warnOfCertificates(partners, clock());
      const ledger = await openLedgerAt(config);
      try {
        const sender = await openSender({ ledger, config, partners, clock });
        try {
          const records = await allOf(
            consignments.map((consignment) => {
              const known = findDelivery(ledger, consignment);
              return known === undefined ? sender.deliver(consignment) : sender.resume(known);
            }),
          );
          process.exitCode = printDeliveries(records, warnings, options.json === true);
        } finally {
          await sender.close();
        }
      } finally {
        await ledger.close();
      }
    });
}

/** @throws ReadmillError READMILL_OPTION where the configuration has no such partner, or no address of it */
export function partnerNamed({ partners }: DeliveryConfig, name: string): Partner {
  const found = partners.find((partner) => partner.name === name);
  if (found?.url !== undefined) return found;
  const known = partners.map((partner) => partner.name).join(', ');
  const message =
    found === undefined
      ? `No partner is named "${name}". ${known === '' ? 'The configuration has none: add it under partners.' : `The configuration has: ${known}.`}`
      : `Partner ${name} has no url in the configuration, so nothing can be sent to it. Add it.`;
  throw new ReadmillError('READMILL_OPTION', message);
}

/** What is to be sent; all files are looked at before the first is sent. */
async function consignmentsOf(files: readonly string[], partner: string): Promise<Consignment[]> {
  if (files.length > FILES_MAX)
    throw new ReadmillError('READMILL_OPTION', `At most ${FILES_MAX} files are sent at a time.`);
  const byKey = new Map<string, Consignment>();
  for (const given of files) {
    const path = resolve(given);
    try {
      const stat = statSync(path);
      if (!stat.isFile()) throw new Error('it is no file');
      const sha256 = await hashFile(path);
      const file = basename(path);
      byKey.set(`${sha256}/${file}`, { partner, file, path, sizeBytes: stat.size, sha256, runId: null });
    } catch (thrown) {
      const message = `${given} cannot be sent: ${messageOf(thrown)}. Nothing was sent; check the name and the rights.`;
      throw new ReadmillError('READMILL_SEND_FILE', message, { cause: thrown });
    }
  }
  return [...byKey.values()];
}
