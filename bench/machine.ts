import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';

/** What the figures were taken on. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  system: string;
  node: string;
  /** Of the command line, as it names itself. */
  openssl: string;
  /** Processes that wanted a core in the minute before: what others took away from the figures. */
  load: number;
  /** Version of each rival. */
  rivals: Record<string, string>;
}

const RIVALS = ['csv-parse', 'papaparse', 'udsv', '@duckdb/node-api'];

/** @param rivals names of the packages that are compared with */
export function thisMachine(rivals: readonly string[] = RIVALS): Machine {
  const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()}`,
    node: process.versions.node,
    openssl: execFileSync('openssl', ['version'], { encoding: 'utf8' }).split(' (')[0]!.trim(),
    load: loadavg()[0]!,
    rivals: Object.fromEntries(
      rivals.map((name) => [name, lock.packages[`node_modules/${name}`]?.version ?? '?']),
    ),
  };
}
