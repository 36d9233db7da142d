import { beforeAll, expect, test } from 'vitest';
import { type GeneratedNight, generate, temporaryFolder } from './night-folder.js';
import { makeKeys } from './receiver-process.js';
import { COMMANDS, fractions, LONG_MS, playTrial, SIGNALS, type Trial } from './stopped-delivery.js';

const SEED = Number(process.env.READMILL_KILL_SEED ?? 1);
const TRIALS = Number(process.env.READMILL_KILL_TRIALS ?? 100);
const MESSAGES = 5;
const MISBEHAVIOURS = [
  undefined,
  'delay=0.2',
  'delay=3*2',
  'close-at=200*3',
  'fail*5',
  'wrong-mic*3',
  'wrong-id*3',
  'unsigned-mdn*3',
  'lose-mdn*2',
  'answer-twice',
  'fail*2,lose-mdn*2,delay=0.05',
];
let night: GeneratedNight;
let keys = '';

beforeAll(async () => {
  night = await generate({ meters: 120, seed: 7, defects: 'none', 'missing-rate': 0 });
  keys = temporaryFolder();
  makeKeys(keys);
});

test('somebody is stopped at any moment, whatever the receiver does wrong', {
  timeout: TRIALS * LONG_MS,
}, async () => {
  const next = fractions(SEED);
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(next() * choices.length)]!;
  for (let number = 0; number < TRIALS; number++) {
    const misbehave = one(MISBEHAVIOURS);
    const trial: Trial = {
      command: one(COMMANDS),
      victim: one(['sender', 'receiver', null]),
      signal: one(SIGNALS),
      afterMessages: Math.floor(next() * MESSAGES),
      delayMs: Math.floor(next() * 60),
      ...(misbehave === undefined ? {} : { misbehave }),
      mdn: one(['sync', 'sync', 'async']),
    };
    console.log(`seed ${SEED}, trial ${number}: ${JSON.stringify(trial)}`);
    await playTrial(trial, { night, keys });
  }
  expect.hasAssertions();
});
