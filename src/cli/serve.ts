import { constants, setPriority } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { messageOf } from '../model/errors.js';
import { type Config, readConfig } from '../pipeline/config/config.js';
import { serveSchema } from '../pipeline/config/watch-config.js';
import { type Listening, listen } from '../serve/listen.js';
import type { Served } from '../serve/served.js';
import { type CertificateEnds, certificateEnds } from '../watch/certificates.js';
import { NightBook } from '../watch/night-book.js';
import { tryDeliveries } from '../watch/try-deliveries.js';
import type { NightWatch } from '../watch/watch.js';
import { warnOfRedis } from './redis-lines.js';
import { parseNow, startClock } from './terminal.js';

interface ServeOptions {
  config: string;
  host?: string;
  port?: number;
  tokenFile?: string;
  now?: number;
}

/** Keys and certificates are read anew after so long. */
const CERTIFICATES_MS = 10 * 60_000;
/** By then it is known whether the state folder was free. */
const BEGUN_MS = 500;

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('dashboard, JSON API and metrics by themselves; readmill watch has them built in')
    .requiredOption('--config <file>', 'configuration (docs/configuration.md#serve)')
    .option('--host <address>', 'where to listen instead of serve.host')
    .option('--port <n>', 'port instead of serve.port; 0 = a free one', parsePort)
    .option('--token-file <file>', 'file with the token instead of serve.tokenFile')
    .option('--now <time>', 'reference clock to begin with, ISO, instead of the system clock', parseNow)
    .addHelpText(
      'after',
      `
Example:
  readmill serve --config night.json

Shows what runs of another process leave in the state folder, also while one works. It listens on this machine
alone, unless another address is given; then it needs a token. Stop it with Ctrl-C.
Exit code: 0 stopped; 1 it could not listen.`,
    )
    .action(serve);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  return port;
}

async function serve(options: ServeOptions): Promise<void> {
  // A night on the same machine comes first.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const config = readConfig(options.config);
  await warnOfRedis(config);
  const { host, port, tokenFile } = options;
  const serveConfig = {
    ...(config.serve ?? serveSchema.parse({})),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
  };
  const logger = pino({ base: null }, pino.destination({ dest: 2, sync: true }));
  const served = servedBy(config, startClock(options.now), null, (text) => logger.error(text));
  const listening = await listen(served, serveConfig);
  process.stdout.write(`Dashboard on ${listening.url}\n`);
  await stopped();
  await listening.close();
  process.stdout.write('Stopped.\n');
}

/** The dashboard of a watch, where its configuration asks for one. */
export async function serveWatch(
  config: Config,
  clock: () => number,
  nights: NightWatch,
): Promise<Listening | null> {
  if (config.serve === undefined) return null;
  return listen(
    servedBy(config, clock, nights, () => undefined),
    config.serve,
  );
}

/** @param watch of this process; null where another one works, and this one only shows */
function servedBy(
  config: Config,
  clock: () => number,
  watch: NightWatch | null,
  onProblem: (text: string) => void,
): Served {
  let ends: { ms: number; certificates: CertificateEnds } | null = null;
  return {
    config,
    clock,
    watch,
    book: watch?.book ?? new NightBook(config.state),
    certificates() {
      if (ends === null || clock() - ends.ms >= CERTIFICATES_MS)
        ends = { ms: clock(), certificates: certificateEnds(config) };
      return ends.certificates;
    },
    async retry(ids) {
      if (watch !== null) {
        watch.askForDelivery(ids);
        return 'asked';
      }
      const trying = tryDeliveries(config, clock, new Set(ids), false);
      trying.catch((thrown) => onProblem(messageOf(thrown)));
      await Promise.race([trying, new Promise((resolve) => setTimeout(resolve, BEGUN_MS))]);
      return 'begun';
    },
  };
}

function stopped(): Promise<void> {
  process.removeAllListeners('SIGINT');
  process.removeAllListeners('SIGTERM');
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
