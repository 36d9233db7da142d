import { beforeAll, expect, test } from 'vitest';
import { type GeneratedNight, generate, temporaryFolder } from './night-folder.js';
import { makeKeys } from './receiver-process.js';
import { fractions, LONG_MS, playTrial, type Trial } from './stopped-delivery.js';

/** Of the moments; printed, so that a failure can be looked at again. Many more stand in delivery-kill.long.ts. */
const SEED = Number(process.env.READMILL_KILL_SEED ?? 20261124);
const MESSAGES = 4;
let night: GeneratedNight;
let keys = '';

beforeAll(async () => {
  night = await generate({ meters: 120, seed: 7, defects: 'none', 'missing-rate': 0 });
  keys = temporaryFolder();
  makeKeys(keys);
});

const TRIALS: Pick<Trial, 'command' | 'victim' | 'signal'>[] = [
  { command: 'run', victim: 'sender', signal: 'SIGKILL' },
  { command: 'run', victim: 'sender', signal: 'SIGINT' },
  { command: 'run', victim: 'receiver', signal: 'SIGKILL' },
  { command: 'send', victim: 'sender', signal: 'SIGTERM' },
  { command: 'retry', victim: 'sender', signal: 'SIGKILL' },
];

test.each(TRIALS.map((trial, number) => ({ ...trial, number })))(
  '$command, $victim stopped by $signal: each file is in the books once, under one Message-ID',
  { timeout: LONG_MS },
  async ({ number, ...stop }) => {
    const next = fractions(SEED + number);
    const trial: Trial = {
      ...stop,
      mdn: 'sync',
      afterMessages: Math.floor(next() * MESSAGES),
      delayMs: Math.floor(next() * 20),
    };
    console.log(`seed ${SEED}: ${JSON.stringify(trial)}`);
    await playTrial(trial, { night, keys });
    expect.hasAssertions();
  },
);
