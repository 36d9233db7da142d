import { join } from 'node:path';
import type { Dice } from '../../fuzz/soup.js';
import type { FaultOrder, TimedOrder } from '../fault-order.js';
import { ERRORS } from '../faults.js';

/** Of one fault after the other: when the first can come, and the time between. */
const FIRST_MS = 5_000;
const GAP_MIN_MS = 5_000;
const GAP_MS = 40_000;
const FAULT_MIN_MS = 300;
const FAULT_MS = 4_000;
/** Of a call that fails, at most so many of its class are let through before. */
const CALLS_BEFORE = 60;
const FOLDERS = ['outbox', 'state', 'state/history', 'state/reports', 'state/work', 'state/archive', 'inbox'];

/** What goes wrong in a process that is not ended by it. */
export interface Disturbance {
  name: string;
  timed: TimedOrder;
}

/** Draws faults of the file system for a process that is to live through them. */
export function drawDisturbances(dice: Dice, root: string, lifeMs: number): Disturbance[] {
  const draws = [oneError, oneError, oneError, diskFull, noRights, shortTransfers];
  const found: Disturbance[] = [];
  let fromMs = FIRST_MS + dice.below(GAP_MS);
  while (fromMs < lifeMs) {
    const { name, order } = dice.oneOf(draws)(dice, root);
    const toMs = fromMs + FAULT_MIN_MS + dice.below(FAULT_MS);
    found.push({ name, timed: { fromMs, toMs, order } });
    fromMs = toMs + GAP_MIN_MS + dice.below(GAP_MS);
  }
  return found;
}

interface NamedOrder {
  name: string;
  order: FaultOrder;
}

function oneError(dice: Dice, under: string): NamedOrder {
  const kind = dice.oneOf(Object.keys(ERRORS) as (keyof typeof ERRORS)[]);
  const at = dice.below(CALLS_BEFORE);
  const order: FaultOrder = { kind: 'error', under, at, class: kind, errno: dice.oneOf(ERRORS[kind]) };
  return { name: `error at ${kind}`, order };
}

function diskFull(_: Dice, under: string): NamedOrder {
  return { name: 'disk full for a while', order: { kind: 'full', under, at: 0 } };
}

function noRights(dice: Dice, under: string): NamedOrder {
  const path = join(under, dice.oneOf(FOLDERS));
  const errno = dice.oneOf(['EACCES', 'EROFS']);
  return { name: 'rights lost for a while', order: { kind: 'rights', under, at: 0, path, errno } };
}

function shortTransfers(_: Dice, under: string): NamedOrder {
  return { name: 'short reads and writes for a while', order: { kind: 'short', under, at: 0 } };
}
