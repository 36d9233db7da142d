import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket, connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis } from '../../../src/store/redis/redis-connection.js';

/** A `redis-server` of the test's own, with a folder of its own. */
export interface RedisServer {
  port: number;
  url: string;
  /** Ends it at once, as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  start(...settings: string[]): Promise<void>;
  stop(): Promise<void>;
}

/** @param settings such as `--appendonly`, `no`; without any it writes every command to its disk */
export async function startRedis(...settings: string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'readmill-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}/0`;
  let child: ChildProcess;
  const start = async (...more: string[]) => {
    const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    const safe = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
    child = spawn('redis-server', [...place, ...safe, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const piece of child.stdout!) if (`${piece}`.includes('Ready to accept')) break;
    child.stdout!.resume();
    const redis = await connectRedis({ state: '', ledger: url, hosts: { leaseSeconds: 5 } }, 5_000);
    redis.disconnect();
  };
  const kill = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  await start(...settings);
  return {
    port,
    url,
    start,
    kill: () => kill('SIGKILL'),
    async stop() {
      // Asked to end, it would first write anew what is removed here.
      await kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A way to a server that can be cut: then nothing gets through, and nobody is told. */
export interface Cable {
  port: number;
  cut(): void;
  mend(): void;
  close(): void;
}

export async function cableTo(port: number): Promise<Cable> {
  const ends = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = tcpConnect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.on('data', (bytes) => void to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        ends.delete(from);
        to.destroy();
      });
      if (isCut) from.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      isCut = true;
      for (const end of ends) end.pause();
    },
    mend() {
      isCut = false;
      for (const end of ends) end.resume();
    },
    close() {
      for (const end of ends) end.destroy();
      server.close();
    },
  };
}
