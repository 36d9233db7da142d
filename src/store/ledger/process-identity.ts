import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names a process so that no other one is taken for it. */
export interface ProcessIdentity {
  pid: number;
  /** When it began, with the boot that it began in. */
  started: string;
  host: string;
  /** What its number counts in: containers of one machine count for themselves. */
  namespace?: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid), host: hostname() };
}

/** Whether a process still runs; one of another host counts as alive. */
export function isAlive({ pid, started, host }: ProcessIdentity): boolean {
  if (host !== hostname()) return true;
  const found = startOf(pid);
  return found !== '' && found === started;
}

/** When a process began, as the system tells it (with the boot it began in); '' where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Fields after the command, which stands in brackets and may hold blanks: the 20th is the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A process that has ended but was not waited for (Z, X) does nothing any more.
    if (fields[0] === 'Z' || fields[0] === 'X') return '';
    return `${bootId()}/${fields[19]}`;
  } catch {
    return isProcess(pid) ? `pid ${pid}` : '';
  }
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Names the time since the system was started: work files that were not synced are good only within it. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return 'unknown';
  }
}

/** This process, as one among those of containers that may share a host's name. */
export function identityAmongContainers(): ProcessIdentity {
  return { ...ownIdentity(), namespace: namespaceOf() };
}

/** Whether a process has certainly ended: it ran on this host, since the host was started, and is gone. */
export function isDeadHere(identity: ProcessIdentity): boolean {
  const isOfThisBoot = identity.host === hostname() && identity.started.startsWith(`${bootId()}/`);
  return isOfThisBoot && identity.namespace === namespaceOf() && !isAlive(identity);
}

function namespaceOf(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return 'unknown';
  }
}
