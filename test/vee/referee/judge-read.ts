import type { Action, Channel, Judgement, Triple } from './types.js';

/** Bits of a Sensus mask. */
const COMPLETE_OUTAGE = 1;
const RESTORATION = 2;
const MISSING = 5;
const BAD = [7, 9, 12];
const DOUBTFUL = [RESTORATION, 8, 10, 11, 15, 16, 17];

const ONE_WAY_ENERGY = ['KWH', 'KVAH', 'KVARH', 'GKWH', 'GKVAH', 'GKVARH'];

const letterOf = (flag: string): string => /^[A-Z]?/.exec(flag)![0];

/** Bits that are set in the mask of a flag such as `R4`. */
export function bitsOf(flag: string): number[] {
  const known = bitsOfFlag.get(flag);
  if (known !== undefined) return known;
  const mask = Number(/^[A-Z]?(\d*)$/.exec(flag)![1] || '0');
  const all = Array.from({ length: 18 }, (_, bit) => bit);
  const bits = all.filter((bit) => Math.floor(mask / 2 ** bit) % 2 === 1);
  bitsOfFlag.set(flag, bits);
  return bits;
}
const bitsOfFlag = new Map<string, number[]>();

/** The flag with another letter. */
export const withLetter = (flag: string, letter: string): string =>
  letter + flag.slice(letterOf(flag).length);

/** Whether a triple has a value: with quality N it has none, whatever stands there. */
export const hasValue = ({ flag, value }: Triple): boolean => value !== '' && letterOf(flag) !== 'N';

export const maximumOf = ({ row, policy }: Channel): bigint => row.maximumKwh ?? policy.maximumKwh;

/** Whether the channel counts kWh, which the parameters in kWh are for. */
export const isKwh = ({ row }: Channel): boolean => ['KWH', 'GKWH'].includes(row.units);

/** Whether a value of one slot is above the maximum of one hour x L / 60. */
export function isOverMaximum(channel: Channel, exact: bigint): boolean {
  if (!isKwh(channel)) return false;
  return exact * 60n > maximumOf(channel) * BigInt(channel.row.intervalMinutes);
}

/** Checks 3 to 7 on one read. @param exact its value, null without one */
export function judgeRead(channel: Channel, flag: string, exact: bigint | null): Judgement {
  const { actions, distrustHeadEndEstimates } = channel.policy;
  const bits = bitsOf(flag);
  const has = (list: number[]) => list.some((bit) => bits.includes(bit));
  const hasOutageStatus = has([COMPLETE_OUTAGE, RESTORATION]);
  const failed = (code: string): Judgement => ({ kind: 'failed', codes: [code], hasOutageStatus });
  const isDistrusted = distrustHeadEndEstimates && letterOf(flag) === 'E';
  const codes: string[] = [];
  if (exact === null || has([MISSING]) || isDistrusted) {
    if (has([COMPLETE_OUTAGE])) return { kind: 'outage', codes: ['vee/outage'], hasOutageStatus };
    return failed('vee/missing');
  }
  if (has([COMPLETE_OUTAGE])) {
    if (exact === 0n) return { kind: 'passed', codes: [], hasOutageStatus };
    codes.push('vee/outage');
  }
  const checks: [string, Action, boolean][] = [
    ['vee/bad-status', actions.badStatus, has(BAD)],
    ['vee/doubtful-status', actions.doubtfulStatus, has(DOUBTFUL)],
    ['vee/negative', actions.negative, ONE_WAY_ENERGY.includes(channel.row.units) && exact < 0n],
    ['vee/over-maximum', actions.overMaximum, isOverMaximum(channel, exact)],
  ];
  for (const [code, action, holds] of checks) {
    if (!holds || action === 'ignore') continue;
    if (action === 'estimate') return failed(code);
    codes.push(code);
  }
  return { kind: 'passed', codes, hasOutageStatus };
}
