import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { generateNight } from '../generate/generate-night.js';
import { ReadmillError } from '../model/errors.js';
import { makeFolder } from '../model/make-folder.js';
import { EST_OFFSET_MINUTES, MINUTES_PER_DAY } from '../model/time.js';
import { readConfig } from '../pipeline/config/config.js';
import { textSummary } from '../report/text-summary.js';
import { carryNight } from '../watch/carry-night.js';
import { REPOSITORY, startReceiver, US } from './demo-receiver.js';
import { defaultWorkers, startClock, terminalProgress } from './terminal.js';

const METERS = 10_000;
/** Says that a folder was made by the demo, and may be made anew. */
const MARKER = '.readmill-demo';

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description(
      `the whole job on a generated night of ${METERS.toLocaleString('en')} meters in two dialects`,
    )
    .option('--out <folder>', 'where to work', 'readmill-demo')
    .addHelpText('after', '\nExample:\n  readmill demo')
    .action(async (options: { out: string }) => {
      const folder = resolve(options.out);
      prepare(folder);
      const nowMs = Date.now();
      process.stdout.write(`Making a night of ${METERS.toLocaleString('en')} meters in ${folder} ...\n`);
      await generateInboxes(folder, nowMs);
      const receiver = await startReceiver(folder, nowMs);
      try {
        const config = readConfig(writeConfig(folder, receiver.url));
        const { report } = await carryNight(config, {
          workers: defaultWorkers(),
          nowMs,
          clock: startClock(nowMs),
          progress: terminalProgress(),
          delivers: true,
        });
        process.stdout.write(`${textSummary(report, { colour: process.stdout.isTTY === true })}\n`);
      } finally {
        await receiver.stop();
      }
      process.stdout.write(
        `\nThe batches went over AS2 to a receiver on this machine, which put them into ${folder}/received; its receipts lie in ${folder}/outbox.\n`,
      );
      process.stdout.write(
        `\nThe generated files hold defects on purpose; ${folder}/north/answers.json and south/answers.json name them.\n`,
      );
    });
}

/** Empties the folder of an earlier demo; any other folder that holds something is left alone. */
function prepare(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    if (!existsSync(join(folder, MARKER))) {
      const message = `${folder} holds files that the demo did not make. Name another folder with --out.`;
      throw new ReadmillError('READMILL_FOLDER_IN_USE', message);
    }
    rmSync(folder, { recursive: true });
  }
  makeFolder(folder);
  writeFileSync(
    join(folder, MARKER),
    'Made by readmill demo, which removes this folder when it runs again.\n',
  );
}

/** Two utilities with head ends of two makes, each with its inbox; one meter register for both. */
async function generateInboxes(folder: string, nowMs: number): Promise<void> {
  const today = Math.floor((nowMs / 60_000 + EST_OFFSET_MINUTES) / MINUTES_PER_DAY);
  const common = { meters: METERS / 2, days: 1, startDay: today - 1, files: 2, seed: 1 };
  const north = await generateNight({ ...common, outDirectory: join(folder, 'north'), dialect: 'cmep-1.20' });
  const south = await generateNight({
    ...common,
    outDirectory: join(folder, 'south'),
    dialect: 'sensus',
    firstMeter: METERS / 2,
  });
  for (const [name, result] of [
    ['north', north],
    ['south', south],
  ] as const) {
    mkdirSync(join(folder, name, 'inbox'));
    for (const file of result.files)
      renameSync(join(folder, name, file.name), join(folder, name, 'inbox', file.name));
  }
  const second = readFileSync(south.registerPath, 'latin1');
  const rows = readFileSync(north.registerPath, 'latin1') + second.slice(second.indexOf('\n') + 1);
  writeFileSync(join(folder, 'meters.csv'), rows);
}

function writeConfig(folder: string, url: string): string {
  const source = { timeZone: 'UTC', minimumAgeSeconds: 0 };
  const config = {
    state: './state',
    register: './meters.csv',
    sources: [
      { name: 'north', inbox: './north/inbox', profile: 'cmep-1.20', ...source },
      { name: 'south', inbox: './south/inbox', profile: 'sensus', ...source },
    ],
    output: { directory: './outbox', sender: US, receiver: REPOSITORY },
    partners: [
      {
        name: 'sandbox',
        url,
        as2From: US,
        as2To: REPOSITORY,
        key: `keys/${US}.key`,
        certificate: `keys/${US}.crt`,
        partnerCertificate: `keys/${REPOSITORY}.crt`,
      },
    ],
    environment: 'sandbox',
  };
  const path = join(folder, 'night.json');
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`);
  return path;
}
