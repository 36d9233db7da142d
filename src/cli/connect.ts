import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { type ConnectRecord, type ConnectStep, testConnection } from '../as2/sender/connect.js';
import { messageOf, ReadmillError } from '../model/errors.js';
import { makeFolder } from '../model/make-folder.js';
import { type DeliveryConfig, readDeliveryConfig } from '../pipeline/config/config.js';
import { environmentOf, partnersOf } from '../pipeline/config/environment.js';
import { batchName, checkNameTemplate } from '../pipeline/finish/publish.js';
import { shownPath } from '../pipeline/intake/intake.js';
import { connectPage, STEP_TITLES } from '../report/connect-page.js';
import { openLedgerAt } from '../store/ledger/ledger-place.js';
import { parseNow, startClock } from './terminal.js';

/** A file that is to be sent in a test is small. */
const FILE_BYTES_MAX = 1024 * 1024;

interface ConnectCommandOptions {
  config: string;
  environment: string;
  file?: string;
  json?: boolean;
  now?: number;
}

export function registerConnect(program: Command): void {
  program
    .command('connect')
    .description('test the connection to an environment, step by step, with a small file and its receipt')
    .requiredOption('--config <file>', 'configuration (docs/configuration.md)')
    .requiredOption('--environment <name>', 'environment of the configuration: sandbox, production ...')
    .option('--file <file>', 'content of the small file, in place of a line of text')
    .option('--json', 'print the record as one JSON document')
    .option('--now <time>', 'reference clock, ISO, instead of the system clock', parseNow)
    .addHelpText(
      'after',
      '\nExample:\n  readmill connect --config night.json --environment sandbox\n\nThe record lies in the folder connect of the state folder, as HTML and JSON.\nExit code: 0 all steps went well; 2 one did not; 1 the tool could not do its work.',
    )
    .action(async (options: ConnectCommandOptions) => {
      const config = readDeliveryConfig(options.config);
      const clock = startClock(options.now);
      const partners = partnersFor(config, options.environment);
      const records: ConnectRecord[] = [];
      for (const partner of partners) {
        const fileName = await reservedName(config, clock());
        const folder = join(config.state, 'connect', `${partner.name}-${fileName}`);
        if (options.json !== true) process.stdout.write(`${partner.name}: ${partner.url}\n`);
        const record = await testConnection({
          config,
          environment: options.environment,
          partner,
          fileName,
          content: contentOf(options, partner, clock()),
          folder,
          clock,
          onStep: options.json === true ? () => {} : printStep,
        });
        records.push(record);
        const page = writeRecord(folder, record);
        if (options.json !== true) {
          const verdict = record.isConnected ? 'Connected.' : 'NOT connected.';
          process.stdout.write(`${verdict} Record: ${shownPath(page)}\n`);
        }
      }
      if (options.json === true) process.stdout.write(`${JSON.stringify({ tests: records }, null, 2)}\n`);
      process.exitCode = records.every(({ isConnected }) => isConnected) ? 0 : 2;
    });
}

/** @throws ReadmillError READMILL_OPTION where the environment has no partner with an address */
function partnersFor({ partners }: DeliveryConfig, environment: string) {
  const found = partnersOf(partners, environment).flatMap((partner) => {
    return partner.url === undefined ? [] : [{ ...partner, url: partner.url }];
  });
  if (found.length > 0) return found;
  const known = [...new Set(partners.map(environmentOf))].join(', ');
  const message = `No partner with a url is for environment "${environment}". The configuration has: ${known === '' ? 'no partner' : known}.`;
  throw new ReadmillError('READMILL_OPTION', message);
}

/** A name as batches have it, which no batch gets any more. */
async function reservedName(config: DeliveryConfig, nowMs: number): Promise<string> {
  if (config.output === undefined) {
    const message = 'connect names its file as batches are named: the configuration needs output.';
    throw new ReadmillError('READMILL_CONFIG_INVALID', message);
  }
  const ledger = await openLedgerAt(config);
  try {
    const last = ledger.get<number>('batches/lastSecond') ?? 0;
    const second = Math.max(Math.floor(nowMs / 1000), last + 1);
    checkNameTemplate(config.output, second);
    await ledger.write([['batches/lastSecond', second]]);
    return batchName(config.output, second);
  } finally {
    await ledger.close();
  }
}

function contentOf(
  { file, environment }: ConnectCommandOptions,
  { as2From, as2To }: { as2From: string; as2To: string },
  nowMs: number,
): Buffer {
  if (file === undefined) {
    const time = new Date(nowMs).toISOString();
    return Buffer.from(`Connectivity test of ${environment}: ${as2From} to ${as2To}, ${time}. No reads.\r\n`);
  }
  try {
    const content = readFileSync(file);
    if (content.length > FILE_BYTES_MAX) throw new Error(`it has more than ${FILE_BYTES_MAX} bytes`);
    return content;
  } catch (thrown) {
    const message = `${basename(file)} cannot be sent: ${messageOf(thrown)}. Check the name and the rights.`;
    throw new ReadmillError('READMILL_SEND_FILE', message, { cause: thrown });
  }
}

function printStep({ step, outcome, detail, remedy, milliseconds }: ConnectStep): void {
  const time = outcome === 'not reached' ? '' : `  (${milliseconds} ms)`;
  process.stdout.write(`  ${outcome.padEnd(11)}  ${STEP_TITLES[step].padEnd(21)} ${detail}${time}\n`);
  if (remedy !== null) process.stdout.write(`${' '.repeat(37)}${remedy}\n`);
}

function writeRecord(folder: string, record: ConnectRecord): string {
  makeFolder(folder, 0o700);
  const page = join(folder, 'connect.html');
  writeFileSync(join(folder, 'connect.json'), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  writeFileSync(page, connectPage(record), { mode: 0o600 });
  return page;
}
