import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from '../statistics.js';

const MIB = 1024 * 1024;
const PROCESS = fileURLToPath(new URL('message-process.js', import.meta.url));

/** What came of one size. Seconds are medians; memory is the highest of all rounds. */
export interface LargeMessageFigure {
  sizeBytes: number;
  buildSeconds: number;
  opensslSeconds: number;
  openSeconds: number;
  buildKib: number;
  openKib: number;
  /** What went wrong; empty where all answers were right. */
  wrong: string[];
}

/** Builds a message of a file, and opens it, in turns with the openssl command line that makes its like. */
export function measureLargeMessage(folder: string, sizeBytes: number, rounds: number): LargeMessageFigure {
  const payload = join(folder, 'payload');
  const sha256 = writeNoise(payload, sizeBytes);
  const built: Told[] = [];
  const opened: Told[] = [];
  const openssl: number[] = [];
  const wrong: string[] = [];
  for (let round = 0; round < rounds; round++) {
    openssl.push(opensslSeconds(folder));
    rmSync(join(folder, 'rival'));
    built.push(ours('build', folder));
    opened.push(ours('open', folder));
    if (built[round]!.mic !== opened[round]!.mic) wrong.push('the MICs of building and opening differ');
    if (opened[round]!.sha256 !== sha256) wrong.push('what was opened is not what was built');
    if (!decrypts(folder)) wrong.push('openssl cannot decrypt the message');
    for (const name of ['message', 'received']) rmSync(join(folder, name));
  }
  rmSync(payload);
  return {
    sizeBytes,
    buildSeconds: median(built.map(({ seconds }) => seconds)),
    opensslSeconds: median(openssl),
    openSeconds: median(opened.map(({ seconds }) => seconds)),
    buildKib: Math.max(...built.map(({ highWaterKib }) => highWaterKib)),
    openKib: Math.max(...opened.map(({ highWaterKib }) => highWaterKib)),
    wrong,
  };
}

interface Told {
  seconds: number;
  highWaterKib: number;
  mic: string;
  sha256: string;
}

function ours(what: 'build' | 'open', folder: string): Told {
  return JSON.parse(execFileSync(process.execPath, [PROCESS, what, folder], { encoding: 'utf8' })) as Told;
}

/** The pipe that makes the same with the openssl command line, streaming too. */
function opensslSeconds(folder: string): number {
  const startedMs = performance.now();
  const sign = 'openssl cms -sign -binary -stream -signer certificate.pem -inkey key.pem -in payload';
  const encrypt = 'openssl cms -encrypt -binary -stream -outform DER -aes256 -out rival certificate.pem';
  execFileSync('sh', ['-c', `${sign} | ${encrypt}`], { cwd: folder });
  return (performance.now() - startedMs) / 1000;
}

function decrypts(folder: string): boolean {
  const args = ['cms', '-decrypt', '-binary', '-inform', 'DER', '-in', 'message', '-out', '/dev/null'];
  return spawnSync('openssl', [...args, '-inkey', 'key.pem'], { cwd: folder, stdio: 'ignore' }).status === 0;
}

/** @returns the SHA-256 of what was written */
export function writeNoise(path: string, sizeBytes: number): string {
  const piece = randomFillSync(Buffer.alloc(MIB));
  const hash = createHash('sha256');
  const fd = openSync(path, 'w');
  for (let left = sizeBytes; left > 0; left -= MIB) {
    piece.writeDoubleBE(left);
    const part = piece.subarray(0, Math.min(left, MIB));
    hash.update(part);
    writeSync(fd, part);
  }
  closeSync(fd);
  return hash.digest('hex');
}
