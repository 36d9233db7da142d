import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startReadmill } from '../../run/program.js';
import { makeIdentity, type TestIdentity } from '../openssl.js';
import { makeMessage, OUR_NAME, post, type TestMessage, THEIR_NAME } from './running-receiver.js';

const MESSAGES = 10;
const KILLS = 6;
const SENDERS = 3;

let folder = '';
let us: TestIdentity;
let them: TestIdentity;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-receiver-kill-'));
  us = makeIdentity(folder, 'us');
  them = makeIdentity(folder, 'them');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface RunningProgram {
  url: string;
  kill(): Promise<void>;
  /** Asks it to end. */
  stop(): Promise<{ code: number | null; stdout: string }>;
}

async function startProgram(): Promise<RunningProgram> {
  const { child, ended } = startReadmill(['receive', '--config', join(folder, 'receive.json')]);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (piece: Buffer) => {
      const address = /Listening on (\S+);/.exec(piece.toString())?.[1];
      if (address !== undefined) resolve(address);
    });
    ended.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  return {
    url,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function writeConfig(): void {
  const partner = {
    ...{ name: 'north', as2From: THEIR_NAME, as2To: OUR_NAME },
    ...{ key: them.keyPath, certificate: them.certificatePath, partnerCertificate: us.certificatePath },
  };
  const receiver = { port: 0, directory: './received', as: 'mdmr' };
  writeFileSync(
    join(folder, 'receive.json'),
    JSON.stringify({ state: './state', receiver, partners: [partner] }),
  );
}

it('asked to end, it checks what it has taken and ends well', async () => {
  writeConfig();
  const program = await startProgram();
  const content = Buffer.from('MEPMD01,19970819,\n');
  const message = await makeMessage(folder, us, them, { content, name: 'STOP.DAT' });
  expect((await post(program.url, message, them)).judged!.verdict).toBe('delivered');
  const { code, stdout } = await program.stop();
  expect([code, stdout.split('\n').map((line) => line.split(' ')[0])]).toEqual([
    0,
    ['Listening', 'taken', 'invalid', 'Stopped.', ''],
  ]);
  rmSync(join(folder, 'received'), { recursive: true });
});

it('killed at any moment and started again, it has each message once', async () => {
  writeConfig();
  const contents = Array.from({ length: MESSAGES }, (_, i) => Buffer.alloc(3_000_000 + i, `MEPMD01,${i},`));
  const messages: TestMessage[] = [];
  for (const content of contents) {
    const protection = { compressionLevel: 0 };
    messages.push(
      await makeMessage(folder, us, them, { content, name: `N${messages.length}.DAT`, protection }),
    );
  }
  let program = await startProgram();
  let killsLeft = KILLS;
  let restarting: Promise<void> = Promise.resolve();
  const killSoon = () => {
    if (killsLeft-- <= 0) return;
    restarting = restarting.then(async () => {
      await program.kill();
      program = await startProgram();
    });
  };
  const left = [...messages];
  const send = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      for (let isDelivered = false; !isDelivered; ) {
        await restarting;
        const posting = post(program.url, next, them).then(
          ({ judged }) => judged?.verdict === 'delivered',
          () => false,
        );
        // The moment of the kill wanders through the time that a message takes.
        setTimeout(killSoon, (killsLeft * 37) % 150);
        isDelivered = await posting;
      }
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
  await restarting;
  await program.kill();
  expect(killsLeft).toBeLessThanOrEqual(0);
  const directory = join(folder, 'received', 'ORG_00001');
  expect(readdirSync(directory).sort()).toEqual(contents.map((_, i) => `N${i}.DAT`).sort());
  for (const [i, content] of contents.entries())
    expect(readFileSync(join(directory, `N${i}.DAT`)).equals(content)).toBe(true);
});
