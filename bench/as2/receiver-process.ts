import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const LAUNCHER = fileURLToPath(new URL('../../../src/cli/launch.mjs', import.meta.url));

/** What both sides use, in a folder that holds `key.pem` and `certificate.pem`. */
export const KEYS = { key: 'key.pem', certificate: 'certificate.pem', partnerCertificate: 'certificate.pem' };

/**
 * Starts `readmill receive` in a folder.
 * @param receiver more settings of it
 * @returns its process, and the address of its server without a path
 */
export async function startReceiver(
  folder: string,
  receiver: Record<string, unknown> = {},
): Promise<{ receiver: ChildProcess; url: string }> {
  const config = {
    state: './receiver-state',
    receiver: { port: 0, directory: './received', ...receiver },
    partners: [{ name: 'bench', as2From: 'ORG00000', as2To: 'ORG00001', ...KEYS }],
  };
  const path = join(folder, 'receive.json');
  writeFileSync(path, JSON.stringify(config));
  const process_ = spawn(process.execPath, [LAUNCHER, 'receive', '--config', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    process_.stdout!.on('data', (piece: Buffer) => {
      const address = /Listening on (http:\/\/[\d.:]+)/.exec(piece.toString('utf8'))?.[1];
      if (address !== undefined) resolve(address);
    });
    process_.once('exit', (code) => reject(new Error(`The receiver ended with ${code}`)));
  });
  return { receiver: process_, url };
}
