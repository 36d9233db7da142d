import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newIdentity } from '../as2/new-identity.js';
import { ReadmillError } from '../model/errors.js';

/** AS2 names of the demo's two sides. */
export const US = 'ORG00001';
export const REPOSITORY = 'ORG00000';

const START_TIMEOUT_MS = 20_000;

export interface DemoReceiver {
  url: string;
  stop(): Promise<void>;
}

/** Makes keys for both sides, and starts the receiver as a process of its own on a free port of loopback. */
export async function startReceiver(folder: string, nowMs: number): Promise<DemoReceiver> {
  const keys = join(folder, 'keys');
  mkdirSync(keys, { mode: 0o700 });
  for (const name of [US, REPOSITORY]) {
    const { key, certificate } = await newIdentity(name, nowMs);
    writeFileSync(join(keys, `${name}.key`), key, { mode: 0o600 });
    writeFileSync(join(keys, `${name}.crt`), certificate);
  }
  const config = join(folder, 'repository.json');
  writeFileSync(config, `${JSON.stringify(receiverConfig(), null, 2)}\n`);
  const child = spawn(process.execPath, [process.argv[1]!, 'receive', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => void child.kill();
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  try {
    return { url: await addressOf(child), stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function receiverConfig() {
  return {
    state: './repository-state',
    partners: [
      {
        name: 'utility',
        as2From: REPOSITORY,
        as2To: US,
        key: `keys/${REPOSITORY}.key`,
        certificate: `keys/${REPOSITORY}.crt`,
        partnerCertificate: `keys/${US}.crt`,
      },
    ],
    receiver: { port: 0, directory: './received' },
  };
}

/** Waits until the receiver says where it listens. */
function addressOf(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string) =>
      reject(new ReadmillError('READMILL_PORT', `The receiver of the demo did not start: ${why}.`));
    const timer = setTimeout(refuse, START_TIMEOUT_MS, `it said nothing for ${START_TIMEOUT_MS / 1000} s`);
    let said = '';
    child.stdout!.on('data', (piece: Buffer) => {
      said += piece.toString();
      const url = /Listening on (\S+\/as2);/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      refuse(`it ended with exit code ${code}`);
    });
  });
}
