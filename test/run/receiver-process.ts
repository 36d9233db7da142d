import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';
import { type Started, startReadmill } from './program.js';

/** `readmill receive` as a process, on one port for all its lives. */
export interface ReceiverProcess {
  url: string;
  /** Ends it at once, as a power cut does. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<void>;
  /** Starts it again on the same port. */
  start(misbehave?: string): Promise<void>;
  /** What all its lives said. */
  lines(): string[];
  /** Messages that it took for the first time. */
  taken(): { messageId: string; file: string }[];
  /** All Message-IDs that it saw whole. */
  messageIds(): Set<string>;
  /** SHA-256 of what lies in its folder, by name. */
  files(): Record<string, string>;
}

/** Days that certificates of the tests are valid: clocks of tests and of the machine lie far apart. */
export const CERTIFICATES_END = '2049-12-31T00:00:00Z';

/** Keys of both sides, `us` and `mdmr`, with certificates from 2020 to 2049. */
export function makeKeys(directory: string): void {
  for (const name of ['us', 'mdmr']) {
    const pem = { type: 'pkcs8', format: 'pem' } as const;
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: pem,
    });
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
    certificate.serialNumber = `4${randomBytes(8).toString('hex')}1`;
    certificate.validity.notBefore = new Date('2020-01-01T00:00:00Z');
    certificate.validity.notAfter = new Date(CERTIFICATES_END);
    certificate.setSubject([{ name: 'commonName', value: name }]);
    certificate.setIssuer([{ name: 'commonName', value: name }]);
    certificate.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
    writeFileSync(join(directory, `${name}.key`), privateKey, { mode: 0o600 });
    writeFileSync(join(directory, `${name}.crt`), forge.pki.certificateToPem(certificate));
  }
}

/** The partner as the sender's configuration has it. */
export function partnerOf(url: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'sandbox',
    url,
    as2From: 'ORG00001',
    as2To: 'ORG00000',
    key: 'us.key',
    certificate: 'us.crt',
    partnerCertificate: 'mdmr.crt',
    ...more,
  };
}

export async function startReceiver(directory: string, misbehave?: string): Promise<ReceiverProcess> {
  const config = join(directory, 'mdmr.json');
  const received = join(directory, 'received');
  const said: string[] = [];
  let port = 0;
  let running: Started;
  const start = async (how?: string): Promise<void> => {
    const partner = { name: 'ldc', as2From: 'ORG00000', as2To: 'ORG00001', partnerCertificate: 'us.crt' };
    const receiver = { port, directory: './received' };
    const keys = { key: 'mdmr.key', certificate: 'mdmr.crt' };
    const written = { state: './mdmr-state', partners: [{ ...partner, ...keys }], receiver };
    writeFileSync(config, JSON.stringify(written));
    const more = how === undefined ? [] : ['--misbehave', how];
    running = startReadmill(['receive', '--config', config, ...more]);
    port = await new Promise((resolve, reject) => {
      let rest = '';
      running.child.stdout!.on('data', (piece: Buffer) => {
        const lines = (rest + piece.toString()).split('\n');
        rest = lines.pop()!;
        said.push(...lines);
        const found = said.map((line) => /^Listening on \S+:(\d+)\//.exec(line)?.[1]).filter(Boolean);
        if (found.length > 0) resolve(Number(found.at(-1)));
      });
      void running.ended.then(({ stderr }) => reject(new Error(`receive ended: ${stderr}`)), reject);
    });
  };
  const end = async (signal: NodeJS.Signals) => {
    running.child.kill(signal);
    const { code, stderr } = await running.ended;
    if (signal !== 'SIGKILL' && code !== 0) throw new Error(`receive ended with ${code}: ${stderr}`);
  };
  await start(misbehave);
  return {
    get url() {
      return `http://127.0.0.1:${port}/as2`;
    },
    kill: () => end('SIGKILL'),
    stop: (signal = 'SIGTERM') => end(signal),
    start,
    lines: () => said,
    taken: () =>
      said.flatMap((line) => {
        const match = /^taken +\S+ (<\S+>) \d+ bytes (.+)$/.exec(line);
        return match === null ? [] : [{ messageId: match[1]!, file: match[2]! }];
      }),
    messageIds: () =>
      new Set(
        said.flatMap((line) => /^(?:taken|repeated|refused) +\S+ (<[^>]+>)/.exec(line)?.slice(1, 2) ?? []),
      ),
    files() {
      const folder = join(received, 'ORG00001');
      const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
      return Object.fromEntries(names.sort().map((name) => [name, sha256Of(join(folder, name))]));
    },
  };
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
