import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { newIdentity } from '../../src/as2/new-identity.js';
import { type Started, startProgram } from './program.js';

/** Keys of both sides, for the years that nights lie in. */
export async function makeKeys(directory: string, nowMs: number): Promise<void> {
  for (const name of ['us', 'mdmr']) {
    const { key, certificate } = await newIdentity(name, nowMs);
    writeFileSync(join(directory, `${name}.key`), key, { mode: 0o600 });
    writeFileSync(join(directory, `${name}.crt`), certificate);
  }
}

/** The partner's side of a night: `readmill receive` behind a wire that is listened to. */
export interface Receiver {
  url: string;
  /** Starts the receiver, or starts it anew with what it does wrong. */
  start(misbehave?: string): Promise<void>;
  kill(): Promise<void>;
  close(): Promise<void>;
  /** Message-IDs that went over the wire, whatever became of them. */
  messageIds(): Set<string>;
  /** SHA-256 by name of what it took. */
  files(): Map<string, string>;
}

/** @param keys folder of `makeKeys` */
export async function openReceiver(directory: string, keys: string): Promise<Receiver> {
  mkdirSync(directory, { recursive: true });
  const seen = new Set<string>();
  let port = 0;
  let running: Started | null = null;
  const wire = await openWire(() => port, seen);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    running?.child.kill(signal);
    await running?.ended;
    running = null;
  };
  return {
    url: `http://127.0.0.1:${(wire.address() as AddressInfo).port}/as2`,
    async start(misbehave) {
      await end('SIGTERM');
      const partner = { name: 'ldc', as2From: 'ORG00000', as2To: 'ORG00001' };
      const files = { key: 'mdmr.key', certificate: 'mdmr.crt', partnerCertificate: 'us.crt' };
      const paths = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(keys, file)]));
      const config = {
        state: './state',
        partners: [{ ...partner, ...paths }],
        receiver: { port, directory: './received' },
      };
      const path = join(directory, 'mdmr.json');
      writeFileSync(path, JSON.stringify(config));
      const more = misbehave === undefined ? [] : ['--misbehave', misbehave];
      running = startProgram(['receive', '--config', path, ...more], { isLasting: true });
      port = await listeningPort(running);
    },
    kill: () => end('SIGKILL'),
    async close() {
      await end('SIGTERM');
      await new Promise((resolve) => wire.close(resolve));
    },
    messageIds: () => seen,
    files() {
      const folder = join(directory, 'received', 'ORG00001');
      const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
      const hashOf = (name: string) => createHash('sha256').update(readFileSync(join(folder, name)));
      return new Map(names.sort().map((name) => [name, hashOf(name).digest('hex')]));
    },
  };
}

function listeningPort({ child, ended }: Started): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (piece: Buffer) => {
      text += piece.toString();
      const port = /^Listening on \S+:(\d+)\//m.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    void ended.then(({ stderr }) => reject(new Error(`receive ended: ${stderr}`)), reject);
  });
}

/** Hands bytes on in both directions, and notes the Message-ID of each request. */
async function openWire(portOf: () => number, seen: Set<string>): Promise<Server> {
  const server = createServer((sender: Socket) => {
    const receiver = connect(portOf(), '127.0.0.1');
    let tail = '';
    sender.on('data', (piece: Buffer) => {
      // What is searched is the end of the piece before, and so much of this one as a header can need.
      const text = tail + piece.toString('latin1');
      for (const [, id] of text.matchAll(/\r\nmessage-id: *(<[^>\r\n]+>)\r\n/gi)) seen.add(id!);
      tail = text.slice(-400);
      receiver.write(piece);
    });
    receiver.on('data', (piece: Buffer) => void sender.write(piece));
    sender.on('end', () => receiver.end());
    receiver.on('end', () => sender.end());
    for (const [one, other] of [
      [sender, receiver],
      [receiver, sender],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
