import { rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../../fuzz/soup.js';
import type { FaultOrder } from '../fault-order.js';
import { losePower, readJournal } from '../power-loss.js';
import { type Ended, type Started, startProgram } from '../program.js';
import type { Disturbance } from './timed-faults.js';

const HOUR_MS = 3_600_000;
/** A process that is to be killed at a call gets as far as this in the time that it has. */
const CALLS_MAX = 6_000;
const LIFE_MIN_MS = 3_000;
const LIFE_MS = 25_000;
/** What a process that was asked to end may still take. */
const END_MS = 150_000;

/** How a short life of `watch` comes to its end. */
export interface Death {
  name: string;
  /** What the preload module does but for the disturbances. */
  order?: FaultOrder;
  afterMs: number;
  signal: 'SIGKILL' | 'SIGTERM';
  fileLimitKib?: number;
  /** The reference clock is so far from that of the others. */
  nowShiftMs?: number;
  /** A run is started by hand beside it. */
  isDouble?: boolean;
}

/** Draws the end of a life. @param number of the life: each boot has a name of its own */
export function drawDeath(dice: Dice, root: string, number: number): Death {
  const afterMs = LIFE_MIN_MS + dice.below(LIFE_MS);
  const when = dice.oneOf(['before', 'after'] as const);
  const killOrder: FaultOrder = { kind: 'kill', under: root, at: dice.below(CALLS_MAX), when };
  const atCall = { order: killOrder, afterMs: LIFE_MS, signal: 'SIGKILL' } as const;
  const journal = join(dirname(root), 'journal');
  const deaths: Death[] = [
    { name: 'killed at a call', ...atCall },
    { name: 'killed at a call', ...atCall },
    { name: 'killed at a time', afterMs, signal: 'SIGKILL' },
    { name: 'power lost', ...atCall, order: { ...killOrder, journal, bootId: `boot ${number}` } },
    {
      name: 'file too large for the disk',
      afterMs,
      signal: 'SIGTERM',
      fileLimitKib: ledgerKib(root) + dice.below(1024),
    },
    {
      name: 'other --now, and killed',
      afterMs,
      signal: 'SIGKILL',
      nowShiftMs: dice.oneOf([-24, -1, 1, 24]) * HOUR_MS,
    },
    { name: 'asked to end', afterMs, signal: 'SIGTERM' },
    { name: 'two at a time', afterMs, signal: 'SIGKILL', isDouble: true },
  ];
  return dice.oneOf(deaths);
}

function ledgerKib(root: string): number {
  const size = statSync(join(root, 'state', 'ledger', 'data.mdb'), { throwIfNoEntry: false })?.size ?? 0;
  return Math.max(64, Math.ceil(size / 1024));
}

/** Starts `readmill watch`. */
export function startWatch(
  root: string,
  nowMs: number,
  disturbances: readonly Disturbance[],
  death: Pick<Death, 'order' | 'fileLimitKib'> = {},
): Started {
  const now = new Date(nowMs).toISOString();
  const args = ['watch', '--config', join(root, 'config.json'), '--now', now, '--workers', '2'];
  const base: FaultOrder = death.order ?? { kind: 'count', under: root, at: 0 };
  const order = { ...base, series: disturbances.map(({ timed }) => timed) };
  return startProgram(args, { order, fileLimitKib: death.fileLimitKib, isLasting: true });
}

/** Lets a life last as long as its death says, and ends it. @returns null where it could not be asked to end */
export async function endLife({ child, ended }: Started, death: Death): Promise<Ended | null> {
  const isOver = ended.then(() => true);
  if (!(await Promise.race([isOver, sleep(death.afterMs, false)]))) child.kill(death.signal);
  if (death.signal === 'SIGKILL' || (await Promise.race([isOver, sleep(END_MS, false)]))) return ended;
  child.kill('SIGKILL');
  await ended;
  return null;
}

/** After a kill, takes from the disk what a loss of power may take. @returns what was taken, a line each */
export function endPower(dice: Dice, { order }: Death, { code }: Ended): string[] {
  if (order?.journal === undefined) return [];
  const isPutAway = (to: string) => /\/state\/(?:archive|quarantine)\//.test(to);
  const keepsName = (to: string) => isPutAway(to) || dice.below(2) === 0;
  const taken = code === null ? losePower(readJournal(order.journal), keepsName) : [];
  rmSync(order.journal, { force: true });
  return taken;
}
