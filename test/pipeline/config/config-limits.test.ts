import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/pipeline/config/config.js';
import { temporaryFolder } from '../../run/night-folder.js';

const folder = temporaryFolder();
const source = { name: 'north', inbox: './inbox', profile: 'cmep-1.20' };
const output = { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000' };
const partner = {
  ...{ name: 'p', url: 'http://127.0.0.1:1/as2', as2From: 'A', as2To: 'B' },
  ...{ key: 'k', certificate: 'c', partnerCertificate: 'd' },
};
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const partners = (count: number) => many(count, (i) => ({ ...partner, name: `p${i}`, as2To: `B${i}` }));
const clock = (i: number) => `${String(i >> 2).padStart(2, '0')}:${(i % 4) * 15 || '00'}`;
const policy = (more: object) => ({ vee: { policies: { default: more } } });
const inProfile = (more: object) => ({ sources: [{ ...source, profile: profileWith(more) }] });

/** A profile file that differs from the strict one in some settings. @returns its path */
function profileWith(more: object): string {
  const path = join(folder, 'own.profile.json');
  writeFileSync(path, JSON.stringify({ name: 'own', extends: 'cmep-1.20', ...more }));
  return path;
}

/** Named limits of the configuration: what stands at the limit and what beyond it. */
const LIMITS: [name: string, limit: number, config: (count: number) => object][] = [
  ['PARTNERS_MAX', 100, (count) => ({ partners: partners(count), environment: 'p0' })],
  ['RETRIES_MAX', 20, (count) => ({ partners: [{ ...partner, retryWaitMinutes: many(count, () => 1) }] })],
  ['WAIT_MINUTES_MAX', 1440, (count) => ({ partners: [{ ...partner, retryWaitMinutes: [count] }] })],
  ['RUN_TIMES_MAX', 96, (count) => ({ watch: { runAt: many(count, clock) } })],
  ['DAYS_MAX', 36_500, (count) => ({ watch: { retention: { archive: { days: count } } } })],
  ['WORDS_MAX', 64, (count) => ({ notices: { command: many(count, () => 'x') } })],
  ['REFERENCE_DAYS_MAX', 52, (count) => policy({ referenceDays: count })],
  ['RUN_HOURS_MAX', 960, (count) => policy({ zeroRunHours: count })],
  ['PROFILE_LIST_MAX', 100, (count) => inProfile({ purposes: many(count, (i) => `P${i}`) })],
  ['STAMP_TOLERANCE_MINUTES_MAX', 30, (count) => inProfile({ stampToleranceMinutes: count })],
];

function read(more: object): unknown {
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify({ state: './state', sources: [source], output, ...more }));
  return readConfig(path);
}

describe('the configuration', () => {
  it.each(LIMITS)('%s: %i is taken, one more is refused', (_name, limit, config) => {
    expect(read(config(limit))).toBeDefined();
    expect(() => read(config(limit + 1))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^READMILL_(CONFIG|PROFILE)/) }),
    );
  });
});
