import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newIdentity } from '../../src/as2/new-identity.js';
import { thisMachine } from '../machine.js';
import { NOW_STAMP } from '../night-day.js';
import { type LargeFileFigure, measureLargeFile } from './large-file.js';
import { type LargeMessageFigure, measureLargeMessage } from './large-message.js';
import { as2Page } from './page.js';
import { type LoadFigure, measureLoad } from './receiver-load.js';
import { measureSpooledNight, type SpooledNightFigure } from './spooled-night.js';
import { as2Verdicts, PROVINCE_METERS } from './targets.js';

const MIB = 1024 * 1024;
const PAGE = new URL('../../../docs/benchmarks-as2.md', import.meta.url);

/** How much the AS2 part of the bench does. */
export interface As2Plan {
  messageBytes: number;
  messageRounds: number;
  /** Sent and received whole; null leaves it out. */
  fileBytes: number | null;
  loadBytes: number[];
  loadSeconds: number;
  /** Nights up to the spool, rising. */
  nights: { meters: number; rounds: number }[];
}

export const SHORT_AS2_PLAN: As2Plan = {
  messageBytes: 3 * MIB,
  messageRounds: 1,
  fileBytes: 3 * MIB,
  loadBytes: [4096, MIB],
  loadSeconds: 1,
  nights: [{ meters: 5000, rounds: 1 }],
};

export const FULL_AS2_PLAN: As2Plan = {
  messageBytes: 512 * MIB,
  messageRounds: 5,
  fileBytes: null,
  loadBytes: [4096, MIB],
  loadSeconds: 60,
  nights: [
    { meters: 500_000, rounds: 3 },
    { meters: 2_000_000, rounds: 1 },
  ],
};

/** A file that is larger than what fits anywhere but on a disk. */
const LARGE_FILE_BYTES = 2048 * MIB;

/** The plan with such a file, and with the night of a province. */
export function withProvince(plan: As2Plan): As2Plan {
  return {
    ...plan,
    fileBytes: LARGE_FILE_BYTES,
    nights: [...plan.nights, { meters: PROVINCE_METERS, rounds: 3 }],
  };
}

/** What the AS2 part measured. */
export interface As2Figures {
  message: LargeMessageFigure;
  file: LargeFileFigure | null;
  loads: LoadFigure[];
  nights: SpooledNightFigure[];
}

/**
 * The AS2 part of the bench: a large message against openssl, a large file from program to program, a receiver under
 * load, a night up to its packaged messages against the floor.
 * @param diskFolder for the large file
 * @param command as the page names it; null where nothing is to be written
 * @returns what was wrong
 */
export async function benchAs2(
  folder: string,
  diskFolder: string,
  plan: As2Plan,
  command: string | null,
): Promise<string[]> {
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const machine = thisMachine();
  const message = measureLargeMessage(
    await keyFolder(folder, 'message'),
    plan.messageBytes,
    plan.messageRounds,
  );
  tell(
    `${plan.messageBytes / MIB} MiB: built in ${message.buildSeconds.toFixed(2)} s, openssl ${message.opensslSeconds.toFixed(2)} s, opened in ${message.openSeconds.toFixed(2)} s`,
  );
  const loads: LoadFigure[] = [];
  for (const payloadBytes of plan.loadBytes) {
    const load = await measureLoad(await keyFolder(folder, 'load'), payloadBytes, plan.loadSeconds);
    tell(
      `${payloadBytes / 1024} KiB: ${load.messagesPerSecond.toFixed(1)} messages a second, ${load.errors} errors`,
    );
    loads.push(load);
  }
  const nightMs = NOW_STAMP * 60_000;
  const nights: SpooledNightFigure[] = [];
  for (const { meters, rounds } of plan.nights) {
    const night = await measureSpooledNight(await keyFolder(folder, 'night', nightMs), meters, rounds);
    tell(
      `night of ${meters} meters up to the spool: ${night.spoolSeconds.toFixed(2)} s, floor ${night.floorSeconds.toFixed(2)} s`,
    );
    nights.push(night);
  }
  let file: LargeFileFigure | null = null;
  if (plan.fileBytes !== null) {
    file = await measureLargeFile(await keyFolder(diskFolder, 'file'), plan.fileBytes);
    tell(`${plan.fileBytes / MIB} MiB sent and received in ${file.seconds.toFixed(2)} s`);
  }
  const figures = { message, file, loads, nights };
  if (command !== null) {
    for (const { target, measured, isMet } of as2Verdicts(figures))
      tell(`${isMet === null ? 'open' : isMet ? 'met' : 'MISSED'}: ${target}: ${measured}`);
    writeFileSync(PAGE, as2Page(command, new Date().toISOString().slice(0, 10), machine, figures));
    tell('Written: docs/benchmarks-as2.md');
  }
  return [
    ...message.wrong,
    ...(file?.wrong ?? []),
    ...loads.filter(({ errors }) => errors > 0).map(({ errors }) => `${errors} messages were not taken`),
    ...nights.flatMap(({ wrong }) => wrong),
  ];
}

/** An empty folder below `folder` with a key and its certificate. */
async function keyFolder(folder: string, name: string, nowMs = Date.now()): Promise<string> {
  const place = join(folder, name);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  const { key, certificate } = await newIdentity('bench', nowMs);
  writeFileSync(join(place, 'key.pem'), key, { mode: 0o600 });
  writeFileSync(join(place, 'certificate.pem'), certificate);
  return place;
}
