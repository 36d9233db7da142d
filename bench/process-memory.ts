import { readdirSync, readFileSync } from 'node:fs';

/** A tick of the times in /proc: 100 a second, whatever the kernel's own clock. */
const TICKS_A_SECOND = 100;

/** CPU time that a process has used in all its threads; null where there is no /proc. */
export function cpuSeconds(pid: number): number | null {
  try {
    // Behind the name, which may hold anything, user time is the 12th field, and system time the 13th.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    // It has ended, or there is no /proc.
    return null;
  }
}

/** Peaks of a process and its children while they were watched; null where there is no /proc. */
export interface TreePeak {
  /** Highest sum of VmRSS over the tree, of all samples. */
  sampledKib: number | null;
  /** Sum over the processes of the last VmHWM seen of each: at least the true peak of each by itself. */
  highWaterKib: number | null;
}

function statusKib(pid: number, field: 'VmRSS' | 'VmHWM' | 'RssAnon'): number | null {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
      readFileSync(`/proc/${pid}/status`, 'latin1'),
    );
    return match ? Number(match[1]) : null;
  } catch {
    // It has ended, or there is no /proc.
    return null;
  }
}

/** Highest resident memory that a process has had. */
export function highWaterKib(pid: number): number | null {
  return statusKib(pid, 'VmHWM');
}

/** Resident memory that a process has now. */
export function residentKib(pid: number): number | null {
  return statusKib(pid, 'VmRSS');
}

/** That part of it which is the process's own: without files that are mapped, as a ledger is. */
export function ownKib(pid: number): number | null {
  return statusKib(pid, 'RssAnon');
}

/** A process and all that descend from it. Worker threads are part of their process. */
function processTree(pid: number): number[] {
  const tree = [pid];
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1');
      for (const child of children.split(' ')) if (child !== '') tree.push(...processTree(Number(child)));
    }
  } catch {
    // A thread or the process has just ended.
  }
  return tree;
}

/**
 * Samples the memory of a process and its children until `stop` is called.
 * @param everyMs time between samples
 */
export function watchTree(pid: number, everyMs: number): { stop(): TreePeak } {
  let sampledKib: number | null = null;
  const highWater = new Map<number, number>();
  const sample = () => {
    let sum = 0;
    for (const member of processTree(pid)) {
      sum += statusKib(member, 'VmRSS') ?? 0;
      const kib = highWaterKib(member);
      if (kib !== null) highWater.set(member, kib);
    }
    if (sum > 0) sampledKib = Math.max(sampledKib ?? 0, sum);
  };
  sample();
  const timer = setInterval(sample, everyMs);
  return {
    stop() {
      clearInterval(timer);
      const sum = [...highWater.values()].reduce((total, kib) => total + kib, 0);
      return { sampledKib, highWaterKib: highWater.size === 0 ? null : sum };
    },
  };
}
