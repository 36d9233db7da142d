import { mkdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { findProfile, readerSettings } from '../../../src/conformance/profiles.js';
import { stampText } from '../../../src/formats/cmep/writer.js';
import { readDayStart } from '../../../src/model/time.js';
import { scanRange } from '../../../src/pipeline/scan/scan-range.js';
import { runSettleTask } from '../../../src/pipeline/settle/settle-task.js';
import type { HistoryRef, SettleResult, SettleTask } from '../../../src/pipeline/settle/settle-types.js';
import type { Policy } from '../../../src/vee/policy.js';
import { ZONE_MINUTES } from './random-nights.js';

/** What the nights before have left. */
export interface Past {
  days: HistoryRef[];
  registers: HistoryRef[];
}

/** Settles a file of one night. @param where folder for what it leaves */
export function settle(
  file: string,
  where: string,
  day: number,
  lowers: readonly string[],
  pasts: readonly Past[],
  given: { output: Partial<SettleTask['output']>; policies: Record<string, Policy> },
  profile: string,
  register: string | null,
) {
  mkdirSync(where, { recursive: true });
  const bytes = readFileSync(file).length;
  const nowStamp = readDayStart(day + 1, ZONE_MINUTES) + 600;
  const scanned = scanRange({
    path: file,
    fileBytes: bytes,
    from: 0,
    to: bytes,
    format: 'cmep',
    settings: readerSettings(findProfile(profile)!, 0, nowStamp),
    startsAt: 0,
    range: 0,
    partitionLowers: [...lowers],
    workDirectory: where,
    isShared: false,
    findingsMax: 100,
    marketZoneMinutes: ZONE_MINUTES,
  });
  const { spillFile, spillOffset, partitionStarts, reads } = scanned;
  expect(partitionStarts.at(-1)!, `${file}: ${reads} reads`).toBeGreaterThan(0);
  return runSettleTask({
    index: 0,
    partitions: lowers.map((lower, id) => ({
      id,
      lower,
      upper: lowers[id + 1] ?? null,
      pieces: {
        fileIndex: Int32Array.of(0),
        offsets: Float64Array.of(spillOffset + partitionStarts[id]! * 4),
        lengths: Int32Array.of((partitionStarts[id + 1]! - partitionStarts[id]!) * 4),
      },
      ...pasts[id]!,
    })),
    spillFiles: [spillFile],
    rangeStarts: Float64Array.of(0),
    rangeSources: Uint16Array.of(0),
    sourceCount: 1,
    rangeFiles: [`night-${day}.cmep`],
    rangeOrder: null,
    nowStamp,
    closeAfterMinutes: 0,
    marketZoneMinutes: ZONE_MINUTES,
    vee: {
      enabled: true,
      policies: given.policies,
      holidays: null,
      loadProfiles: [],
    },
    register,
    covered: [],
    completeDays: [day],
    output: {
      sender: 'S',
      receiver: 'R',
      created: stampText(nowStamp, 0),
      zoneMinutes: 0,
      stamps: 'explicit',
      flags: 'as-received',
      validatedFlag: 'keep',
      maximumBytes: 1e9,
      maximumRecords: 1e6,
      ...given.output,
    },
    stagingDirectory: where,
    sends: true,
    findingsMax: 1000,
  });
}

/** The past of a partition that the next night sees. */
export function pastAfter(past: Past, { history, openDays }: SettleResult, partition: number): Past {
  const own = history.filter((staged) => staged.partition === partition);
  const merged = (refs: HistoryRef[], kind: 'day' | 'registers') => {
    const byDay = new Map(refs.map((ref) => [ref.day, ref]));
    for (const { day, path } of own.filter((staged) => staged.kind === kind)) {
      const totals = own.find((staged) => staged.kind === 'totals' && staged.day === day);
      byDay.set(day, { day, path, totalsPath: totals?.path ?? '', isOpen: openDays.includes(day) });
    }
    return [...byDay.values()].sort((a, b) => a.day - b.day);
  };
  return { days: merged(past.days, 'day'), registers: merged(past.registers, 'registers') };
}
