import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { type Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { expiryWarnings, loadKeys } from '../as2/keys.js';
import { type Misbehaviour, parseMisbehaviour, WELL_BEHAVED } from '../as2/receiver/misbehaviour.js';
import { openBook, type ReceivedEntry } from '../as2/receiver/received-book.js';
import { makeReceiver, type ReceiverEvents } from '../as2/receiver/server.js';
import { checkFile } from '../index.js';
import { messageOf, ReadmillError } from '../model/errors.js';
import { readDeliveryConfig } from '../pipeline/config/config.js';
import type { ReceiverConfig } from '../pipeline/config/partner-config.js';
import { openLedger } from '../store/ledger/ledger.js';

interface ReceiveOptions {
  config: string;
  misbehave: Misbehaviour;
}

/** Findings of a code that the check of a received file keeps. */
const CHECK_FINDINGS = 100;

export function registerReceive(program: Command): void {
  program
    .command('receive')
    .description('AS2 server: stands in for the MDM/R in tests, and takes in what the MDM/R sends')
    .requiredOption('--config <file>', 'configuration with "receiver" and "partners" (docs/as2-receive.md)')
    .option('--misbehave <list>', 'fail on purpose, for tests of a sender: see below', parsed, WELL_BEHAVED)
    .addHelpText(
      'after',
      `
Example:
  readmill receive --config mdmr.json

--misbehave takes one or more of these, with commas; *N after one: for the first N messages only.
  delay=SECONDS   the answer waits             wrong-mic      the receipt has another MIC
  close-at=BYTE   the connection is closed     wrong-id       the receipt names another message
  fail            503 instead of a receipt     unsigned-mdn   the receipt is not signed
  answer-twice    asynchronous receipts        lose-mdn       the message is taken, the receipt is lost
                  are sent twice
For example: --misbehave 'fail*3,delay=5'

Stop it with Ctrl-C: messages under way are taken to their end first.`,
    )
    .action(receive);
}

function parsed(text: string): Misbehaviour {
  const misbehaviour = parseMisbehaviour(text);
  if (typeof misbehaviour === 'string') throw new InvalidArgumentError(misbehaviour);
  return misbehaviour;
}

async function receive(options: ReceiveOptions): Promise<void> {
  const config = readDeliveryConfig(options.config);
  const { receiver } = config;
  if (receiver === undefined || config.partners.length === 0) {
    const message = `The configuration ${options.config} needs "receiver" and at least one of "partners"; docs/as2-receive.md shows how.`;
    throw new ReadmillError('READMILL_CONFIG_INVALID', message);
  }
  const logger = pino({ base: null }, pino.destination(2));
  const relations = config.partners.map((partner) => ({ partner, keys: loadKeys(partner) }));
  for (const { partner, keys } of relations)
    for (const warning of expiryWarnings(partner.name, keys, Date.now())) logger.warn(warning);
  const state = join(config.state, 'receiver');
  const ledger = openLedger(state);
  const checks = receiver.as === 'mdmr' ? checksOf(receiver) : null;
  const server = makeReceiver({
    config: receiver,
    tls: tlsOf(receiver),
    relations,
    book: openBook(ledger),
    workFolder: join(state, 'work'),
    misbehaviour: options.misbehave,
    events: eventsOf(checks, logger),
  });
  await listen(server, receiver);
  await stopped();
  await server.close();
  await checks?.ended();
  await ledger.close();
  process.stdout.write('Stopped.\n');
}

async function listen(server: ReturnType<typeof makeReceiver>, receiver: ReceiverConfig): Promise<void> {
  const { host, port, path, directory, tls } = receiver;
  try {
    await server.listen({ host, port });
  } catch (thrown) {
    const message = `${host}:${port} cannot be listened on: ${messageOf(thrown)}. Choose another receiver.port, or stop what uses it.`;
    throw new ReadmillError('READMILL_PORT', message, { cause: thrown });
  }
  const bound = (server.server.address() as AddressInfo).port;
  const scheme = tls === undefined ? 'http' : 'https';
  process.stdout.write(`Listening on ${scheme}://${host}:${bound}${path}; files go to ${directory}\n`);
}

function tlsOf({ tls }: ReceiverConfig): { cert: Buffer; key: Buffer } | null {
  if (tls === undefined) return null;
  try {
    const pair = { cert: readFileSync(tls.certificate), key: readFileSync(tls.key) };
    // Refuses a key that is none, and one that does not belong to the certificate.
    createSecureContext(pair);
    return pair;
  } catch (thrown) {
    const message = `receiver.tls: ${messageOf(thrown)}. Check paths and rights; the certificate and the key must be PEM files that belong together.`;
    throw new ReadmillError('READMILL_KEY_INVALID', message, { cause: thrown });
  }
}

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** One line for each message on standard output; what needs somebody's eye goes to the log. */
function eventsOf(checks: ReceivedChecks | null, logger: pino.Logger): ReceiverEvents {
  return {
    taken(entry) {
      print(`taken     ${entry.as2From} ${entry.messageId} ${entry.sizeBytes} bytes ${entry.file}`);
      checks?.add(entry);
    },
    repeated: (entry) => print(`repeated  ${entry.as2From} ${entry.messageId}: taken before`),
    refused: ({ as2From, messageId }, why) => print(`refused   ${as2From} ${messageId}: ${why}`),
    problem: (why) => logger.error(why),
  };
}

/** Checks of received files, as the repository would make them, one after the other. */
interface ReceivedChecks {
  add(entry: ReceivedEntry): void;
  /** Comes when all that were added have ended. */
  ended(): Promise<void>;
}

function checksOf({ directory }: ReceiverConfig): ReceivedChecks {
  let last: Promise<void> = Promise.resolve();
  return {
    add(entry) {
      const name = basename(entry.file);
      last = last
        .then(() => checkReceived(entry.file, join(directory, 'checks')))
        .then(print, (thrown) => print(`unchecked ${name}: ${messageOf(thrown)}`));
    },
    ended: () => last,
  };
}

/** The whole verdict goes into the folder; a line comes back. */
async function checkReceived(path: string, folder: string): Promise<string> {
  const verdict = await checkFile(path, { workers: 1, maxFindings: CHECK_FINDINGS });
  const name = basename(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(verdict, null, 2)}\n`, { mode: 0o600 });
  const counts = Object.entries(verdict.counts).map(([code, { count }]) => `${code} ${count}`);
  const findings = counts.length === 0 ? 'no findings' : counts.join(', ');
  return `${verdict.valid ? 'valid    ' : 'invalid  '} ${name}: ${verdict.records} records, ${verdict.reads} reads; ${findings}`;
}

/** Waits for Ctrl-C or a request to end. */
function stopped(): Promise<void> {
  process.removeAllListeners('SIGINT');
  process.removeAllListeners('SIGTERM');
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
