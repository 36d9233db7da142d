import { dirname, join } from 'node:path';
import type { Dice } from '../fuzz/soup.js';
import type { FaultOrder } from './fault-order.js';

/** What is done to one attempt of a command. */
export interface Fault {
  /** As it is counted in the table. */
  name: string;
  /** Killed from outside so long after it began. */
  killAfterMs?: number;
  /** What the preload module does within. */
  order?: FaultOrder;
  /** Limit on the size of any file, KiB: the system itself refuses, also the ledger's writes. */
  fileLimitKib?: number;
  /** The reference clock of the command is so far from the day's. */
  nowShiftMs?: number;
  /** The receiver behaves so, from the attempt's begin. */
  misbehave?: string;
  /** The receiver is killed so long after the attempt began, and started again. */
  receiverKillAfterMs?: number;
  /** A second process is started beside it. */
  isDouble?: boolean;
}

/** What an undisturbed run of the same day did. */
export interface Extent {
  calls: number;
  bytes: number;
  wallMs: number;
}

export interface FaultPlace {
  /** Folder of the night, and files that lie in its inboxes. */
  root: string;
  inputs: readonly string[];
  extent: Extent;
  delivers: boolean;
}

const HOUR_MS = 3_600_000;
/** What a receiver can do wrong (`receive --misbehave`). */
export const MISBEHAVIOURS = [
  'fail*2',
  'lose-mdn*2',
  'close-at=0',
  'close-at=300*2',
  'wrong-mic*1',
  'wrong-id*1',
  'unsigned-mdn*1',
  'delay=1',
];
/** Errors that the system may give for a call of a class. */
export const ERRORS: Record<NonNullable<FaultOrder['class']>, readonly string[]> = {
  open: ['EACCES', 'EMFILE', 'ENFILE', 'EIO', 'EROFS', 'ENOSPC'],
  read: ['EIO', 'EIO', 'ESTALE'],
  write: ['EIO', 'ENOSPC', 'EDQUOT'],
  sync: ['EIO', 'ENOSPC'],
  change: ['EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOSPC'],
  look: ['EIO', 'EACCES'],
};

/** Draws what goes wrong in one attempt. */
export function drawFault(dice: Dice, place: FaultPlace): Fault {
  const draws: ((dice: Dice, place: FaultPlace) => Fault)[] = [
    killAtCall,
    killAtCall,
    killAtCall,
    killAtTime,
    powerLoss,
    powerLoss,
    diskFull,
    diskFull,
    fileLimit,
    oneError,
    oneError,
    noRights,
    shortTransfers,
    clockSet,
    clockJump,
    secondProcess,
  ];
  if (place.inputs.length > 0) draws.push(altered, altered);
  if (place.delivers) draws.push(badReceiver, badReceiver, killedReceiver);
  return dice.oneOf(draws)(dice, place);
}

/** A number of calls up to somewhat more than there are: those of a delivery come on top. */
function callWithin(dice: Dice, { extent, delivers }: FaultPlace): number {
  return dice.below(Math.max(10, Math.round(extent.calls * (delivers ? 1.8 : 1.05))));
}

function killAtCall(dice: Dice, place: FaultPlace): Fault {
  const when = dice.oneOf(['before', 'after'] as const);
  const order: FaultOrder = { kind: 'kill', under: place.root, at: callWithin(dice, place), when };
  return { name: 'killed at a call', order };
}

function killAtTime(dice: Dice, { extent }: FaultPlace): Fault {
  const killAfterMs = Math.round((extent.wallMs * (200 + dice.below(1200))) / 1000);
  return { name: 'killed at a time', killAfterMs };
}

function powerLoss(dice: Dice, place: FaultPlace): Fault {
  const { order } = killAtCall(dice, place);
  const journal = join(dirname(place.root), 'journal');
  // No boot comes a second time.
  const bootId = `boot ${dice.below(1e9)}`;
  return { name: 'power lost', order: { ...order!, journal, bootId } };
}

function diskFull(dice: Dice, { root, extent }: FaultPlace): Fault {
  const order: FaultOrder = { kind: 'full', under: root, at: dice.below(Math.max(10, extent.bytes)) };
  return { name: 'disk full', order };
}

/** A ledger that cannot even be opened within the limit is ended by a signal of the system, which no program can tell of. */
const FILE_LIMIT_KIB_MIN = 64;

function fileLimit(dice: Dice, { extent }: FaultPlace): Fault {
  const kib = Math.max(
    FILE_LIMIT_KIB_MIN,
    Math.round((extent.bytes / 1024 / 4) * (dice.below(1000) / 1000) ** 2),
  );
  return { name: 'file too large for the disk', fileLimitKib: kib };
}

function oneError(dice: Dice, place: FaultPlace): Fault {
  const kind = dice.oneOf(Object.keys(ERRORS) as (keyof typeof ERRORS)[]);
  // Of a class there are fewer calls than of all.
  const at = Math.floor(dice.below(callWithin(dice, place) + 1) / 4);
  const order: FaultOrder = {
    kind: 'error',
    under: place.root,
    at,
    class: kind,
    errno: dice.oneOf(ERRORS[kind]),
  };
  return { name: `error at ${kind}`, order };
}

function noRights(dice: Dice, place: FaultPlace): Fault {
  const { root, inputs } = place;
  const folders = [
    'outbox',
    'state',
    'state/history',
    'state/reports',
    'state/work',
    'inbox',
    'state/archive',
  ];
  const file = inputs.length > 0 ? [dice.oneOf(inputs)] : [];
  const path = dice.oneOf([...folders.map((folder) => join(root, folder)), ...file, ...file, ...file]);
  const at = Math.floor(callWithin(dice, place) / 2);
  const errno = dice.oneOf(['EACCES', 'EROFS']);
  return { name: 'rights lost', order: { kind: 'rights', under: root, at, path, errno } };
}

function shortTransfers(_: Dice, { root }: FaultPlace): Fault {
  return { name: 'short reads and writes', order: { kind: 'short', under: root, at: 0 } };
}

function clockSet(dice: Dice, place: FaultPlace): Fault {
  const skewMs = dice.oneOf([-48, -1, 1, 48]) * HOUR_MS;
  return {
    name: 'clock set',
    order: { kind: 'clock', under: place.root, at: callWithin(dice, place), skewMs },
  };
}

function clockJump(dice: Dice, place: FaultPlace): Fault {
  const nowShiftMs = (dice.below(96) - 24) * HOUR_MS + dice.below(3600) * 1000;
  return { ...killAtCall(dice, place), name: 'other --now, and killed', nowShiftMs };
}

function secondProcess(): Fault {
  return { name: 'two at a time', isDouble: true };
}

function altered(dice: Dice, { root, inputs }: FaultPlace): Fault {
  const how = dice.oneOf(['truncate', 'append', 'flip', 'replace', 'remove'] as const);
  // The first call looks at the file and claims it: what is changed before that came so.
  const order: FaultOrder = {
    kind: 'alter',
    under: root,
    at: 1 + dice.below(12),
    path: dice.oneOf(inputs),
    how,
  };
  return { name: `input changed (${how})`, order };
}

function badReceiver(dice: Dice): Fault {
  return { name: 'receiver misbehaves', misbehave: dice.oneOf(MISBEHAVIOURS) };
}

function killedReceiver(dice: Dice, { extent }: FaultPlace): Fault {
  const receiverKillAfterMs = Math.round(extent.wallMs * (0.3 + dice.below(1000) / 700));
  return { name: 'receiver killed', receiverKillAfterMs };
}
