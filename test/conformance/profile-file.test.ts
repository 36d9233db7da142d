import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/conformance/profile-file.js';
import { type Profile, profileSchema } from '../../src/conformance/profile-schema.js';
import { findProfile, PROFILES, readerSettings, severityUnder } from '../../src/conformance/profiles.js';
import { FAULT } from '../../src/formats/cmep/faults.js';
import { SEVERITY } from '../../src/formats/cmep/settings.js';
import { ReadmillError } from '../../src/model/errors.js';
import { readConfig } from '../../src/pipeline/config/config.js';
import { codeBlocks, textOf } from '../docs/project-files.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(content: unknown, name = 'north.json'): string {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return name;
}

/** The code and the message that a profile is refused with. */
function refusal(content: unknown): [code: string, message: string] {
  try {
    loadProfile(written(content), folder);
  } catch (thrown) {
    if (thrown instanceof ReadmillError) return [thrown.code, thrown.message];
  }
  throw new Error('the profile was not refused');
}

describe('built-in profiles', () => {
  it.each(PROFILES)('$name is right by the schema that those of users are checked with', (profile) => {
    expect(profileSchema.parse(profile)).toEqual(profile);
    expect(loadProfile(profile.name)).toBe(profile);
  });
});

describe('a profile of a user', () => {
  it('is the profile that it extends, but for what it says', () => {
    const own = loadProfile(
      written({
        extends: 'sensus',
        fieldBytes: { '8': 20 },
        severities: {
          'cmep/line-ending': 'off',
          'cmep/stamp-gap': 'error',
          'cmep/register-decreased': 'info',
        },
        units: ['KWH'],
      }),
      folder,
    );
    const expected: Profile = {
      ...findProfile('sensus')!,
      name: 'north',
      title: 'north.json, after sensus',
      fieldBytes: { '4': 32, '8': 20 },
      severities: { 'cmep/line-ending': 'off', 'cmep/stamp-gap': 'error', 'cmep/register-decreased': 'info' },
      units: ['KWH'],
    };
    expect(own).toEqual(expected);
    expect(severityUnder(own, 'cmep/register-decreased')).toBe('info');
    expect(severityUnder(own, 'cmep/empty-file')).toBe('error');
    const settings = readerSettings(own, 0, 0);
    expect(settings.severities[FAULT['cmep/line-ending']]).toBe(SEVERITY.off);
    expect(settings.severities[FAULT['cmep/stamp-gap']]).toBe(SEVERITY.error);
    expect(settings.fieldBytes.slice(3, 8)).toEqual([32, 16, 12, 12, 20]);
  });

  it('is what docs/profiles.md shows', () => {
    const [example] = codeBlocks(textOf('docs/profiles.md'), 'json');
    expect(loadProfile(written(example), folder)).toMatchObject({ name: 'north', timeZone: 'EST' });
  });

  it.each<[string, object, RegExp]>([
    ['an unknown key', { colour: 'red' }, /\(top\): .*"colour"/],
    ['no profile to extend', { extends: 'nobody' }, /extends: one of cmep-1\.20, mdmr/],
    ['an unknown rule', { severities: { 'cmep/bad-crd': 'off' } }, /severities\.cmep\/bad-crd: no such rule/],
    ['a severity that is none', { severities: { 'cmep/bad-crc': 'fatal' } }, /severities\.cmep\/bad-crc: /],
    [
      'a rule that is always an error',
      { severities: { 'cmep/bad-number': 'off' } },
      /bad-number: always an error/,
    ],
    ['a rule of validation', { severities: { 'vee/sum': 'off' } }, /vee\/sum: .*policies/],
    ['a field that there is not', { fieldBytes: { '15': 20 } }, /fieldBytes\.15: a field from 1 to 14/],
    ['a field that is a number', { fieldBytes: { '12': 20 } }, /fieldBytes\.12: .*no number/],
    ['a meter id without room', { fieldBytes: { '8': 65 } }, /fieldBytes\.8: at most 64 for field 8/],
    ['a unit that there is not', { units: ['KWHX'] }, /units\.0: /],
    [
      'an interval that divides nothing',
      { intervalsMinutes: [7] },
      /intervalsMinutes\.0: minutes that divide/,
    ],
    ['a meter id elsewhere', { meterIdFields: [4] }, /meterIdFields\.0: /],
    ['letters that no flag has', { flagLetters: 'EX' }, /flagLetters: letters of E, A, N, R/],
    ['a zone that there is not', { timeZone: 'Toronto' }, /timeZone: a time zone/],
    ['a tolerance out of bounds', { stampToleranceMinutes: 31 }, /stampToleranceMinutes: /],
    ['a checksum that there is not', { crc: 'crc32' }, /crc: /],
  ])('with %s is refused, and the key named', (_, content, message) => {
    const [code, text] = refusal({ extends: 'cmep-1.20', ...content });
    expect(code).toBe('READMILL_PROFILE_INVALID');
    expect(text).toMatch(message);
    expect(text).toContain('north.json');
  });

  it('names all wrong keys at once', () => {
    const [, text] = refusal({ extends: 'cmep-1.20', crc: 'x', lineBytes: 1, colour: 'red' });
    expect(text.split('\n')).toHaveLength(5);
  });

  it('that is not there, or no JSON, says what there is', () => {
    expect(() => loadProfile('senses', folder)).toThrow(
      /no profile senses: .*Profiles: cmep-1\.20, mdmr, sensus/,
    );
    const [code, text] = refusal('{ "extends": ');
    expect([code, text]).toEqual([
      'READMILL_PROFILE_UNREADABLE',
      expect.stringMatching(/north\.json cannot be read/),
    ]);
  });
});

describe('the profile of a source', () => {
  const output = { directory: 'o', sender: 'A', receiver: 'B' };
  const configured = (source: object) => {
    const content = { state: 's', sources: [{ name: 'n', inbox: 'i', ...source }], output };
    writeFileSync(join(folder, 'night.json'), JSON.stringify(content));
    return readConfig(join(folder, 'night.json')).sources[0]!;
  };

  it('is a name, or a file beside the configuration; its zone holds where the source says none', () => {
    written({ extends: 'twacs', timeZone: '-06:00' });
    expect(configured({}).profile.name).toBe('cmep-1.20');
    expect(configured({}).timeZone).toBe('UTC');
    expect(configured({ profile: 'sensus' }).profile).toEqual(findProfile('sensus'));
    expect(configured({ profile: 'north.json' })).toMatchObject({
      profile: { name: 'north' },
      timeZone: '-06:00',
    });
    expect(configured({ profile: 'north.json', timeZone: 'EST' }).timeZone).toBe('EST');
    expect(() => configured({ profile: 'nobody' })).toThrow(/no profile nobody/);
  });
});
