import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientRequest, get } from 'node:http';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { cpuSeconds, highWaterKib } from '../process-memory.js';

const LAUNCHER = fileURLToPath(new URL('../../../src/cli/launch.mjs', import.meta.url));

/** What browsers and other programs ask for, in turn: the page, the API, the metrics. */
const PATHS = ['/', '/api/tonight', '/nights', '/api/nights', '/metrics', '/api/notices'];
/** Browsers that ask, and those that are told of changes. */
const CONNECTIONS = 10;
const LISTENERS = 4;
/** Clients are machines of their own; here they may take what nobody else wants. */
const CLIENT_PRIORITY = 19;
const MINUTE_SECONDS = 60;

/** How hard a dashboard is asked. */
export type Pressure = 'asked' | 'flooded';

/** What a dashboard did beside a night. */
export interface LoadFigure {
  requests: number;
  seconds: number;
  latencyMs: { median: number; p99: number };
  highestKib: number;
  /** CPU time of the dashboard while it was asked, pages that were told of changes included. */
  cpuSeconds: number;
  /** Answers that were none, other statuses than 200, and broken connections. */
  errors: number;
}

/** A dashboard that is asked until it is ended. */
export interface DashboardLoad {
  end(): Promise<LoadFigure>;
}

/**
 * Starts `readmill serve` for a folder with `night.json`, and asks it for pages and data.
 * @param requestsASecond of all together; null = as many as it answers
 */
export async function startLoad(folder: string, requestsASecond: number | null): Promise<DashboardLoad> {
  const { child, url } = await startServe(folder);
  const before = cpuSeconds(child.pid!) ?? 0;
  const listeners = Array.from({ length: LISTENERS }, () => listen(`${url}/api/events`));
  const options = {
    url,
    connections: CONNECTIONS,
    duration: 10 * MINUTE_SECONDS,
    ...(requestsASecond === null ? {} : { overallRate: requestsASecond }),
    requests: PATHS.map((path) => ({ method: 'GET' as const, path })),
  };
  let stop: () => void = () => undefined;
  const ended = new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
    stop = () => void instance.stop();
  });
  return {
    async end() {
      stop();
      const result = await ended;
      for (const listener of listeners) listener.destroy();
      const highestKib = highWaterKib(child.pid!) ?? 0;
      const used = (cpuSeconds(child.pid!) ?? 0) - before;
      child.kill('SIGTERM');
      await once(child, 'exit');
      return {
        requests: result['2xx'],
        seconds: result.duration,
        latencyMs: { median: result.latency.p50, p99: result.latency.p99 },
        highestKib,
        cpuSeconds: used,
        errors: result.non2xx + result.errors + result.timeouts,
      };
    },
  };
}

async function startServe(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(
    process.execPath,
    [LAUNCHER, 'serve', '--config', join(folder, 'night.json'), '--port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (piece: Buffer) => {
      const address = /Dashboard on (http:\/\/[\d.:]+)/.exec(piece.toString('utf8'))?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
  });
  return { child, url };
}

/** A page that is told of changes. */
function listen(url: string): ClientRequest {
  const request = get(url, (response) => void response.resume());
  request.on('error', () => undefined);
  return request;
}

/** Lets this process, which stands for the clients, take only what is left of the machine. */
export const yieldToOthers = (): void => setPriority(CLIENT_PRIORITY);
