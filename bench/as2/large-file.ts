import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { watchTree } from '../process-memory.js';
import { writeNoise } from './large-message.js';
import { KEYS, LAUNCHER, startReceiver } from './receiver-process.js';

const SAMPLE_MS = 50;
const NAME = 'NIGHT.DAT';

/** One file that went the whole way from `readmill send` to `readmill receive`. */
export interface LargeFileFigure {
  sizeBytes: number;
  /** Of `send`, from its start to its end: the receipt has come then. */
  seconds: number;
  senderKib: number;
  receiverKib: number;
  wrong: string[];
}

/** Sends a file of noise, with all settings as they are without being set but for the largest size. */
export async function measureLargeFile(folder: string, sizeBytes: number): Promise<LargeFileFigure> {
  const path = join(folder, NAME);
  const sha256 = writeNoise(path, sizeBytes);
  const maximumBytes = 2 * sizeBytes;
  const { receiver, url } = await startReceiver(folder, { maximumBytes });
  const partner = { name: 'bench', url: `${url}/as2`, as2From: 'ORG00001', as2To: 'ORG00000', maximumBytes };
  const config = join(folder, 'send.json');
  writeFileSync(config, JSON.stringify({ state: './state', partners: [{ ...partner, ...KEYS }] }));
  const receiverWatch = watchTree(receiver.pid!, SAMPLE_MS);
  try {
    const startedMs = performance.now();
    const sender = spawn(
      process.execPath,
      [LAUNCHER, 'send', path, '--config', config, '--partner', 'bench', '--json'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const senderWatch = watchTree(sender.pid!, SAMPLE_MS);
    const [output, [code]] = await Promise.all([text(sender.stdout), once(sender, 'exit')]);
    const seconds = (performance.now() - startedMs) / 1000;
    const wrong = code === 0 ? [] : [`send ended with ${code}: ${output}`];
    if (code === 0 && (await sha256Of(join(folder, 'received', 'ORG00001', NAME))) !== sha256)
      wrong.push('what was received is not what was sent');
    return {
      sizeBytes,
      seconds,
      senderKib: senderWatch.stop().highWaterKib ?? 0,
      receiverKib: receiverWatch.stop().highWaterKib ?? 0,
      wrong,
    };
  } finally {
    receiver.kill('SIGTERM');
    await once(receiver, 'exit');
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
