import { describe, expect, it } from 'vitest';
import { findProfile, PROFILES, PURPOSES_OF_READS, readerSettings } from '../../src/conformance/profiles.js';
import { RULES, ruleNumber } from '../../src/conformance/rules.js';
import { CMEP_FAULTS, FAULT } from '../../src/formats/cmep/faults.js';
import { SEVERITY } from '../../src/formats/cmep/settings.js';
import { isIntervalLength } from '../../src/model/time.js';

describe('the catalogue of rules', () => {
  it('begins with the faults of the reader, so that a fault and its rule have one number', () => {
    for (const [number, code] of CMEP_FAULTS.entries()) {
      expect(RULES[number]!.code).toBe(code);
      expect(FAULT[code]).toBe(number);
    }
  });

  it('has each code once, in the form that is contract, with a title', () => {
    const codes = RULES.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const { code, severity, title } of RULES) {
      expect(code).toMatch(/^(amrdef|cmep|vee)\/[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(['error', 'warning', 'info']).toContain(severity);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(ruleNumber(code)).toBe(codes.indexOf(code));
    }
    expect(() => ruleNumber('cmep/no-such-rule')).toThrow(/cmep\/no-such-rule/);
  });

  it('gives the severities of the protocol that are contract', () => {
    const severityOf = (code: string) => RULES[ruleNumber(code)]!.severity;
    const expected: Record<string, string> = {
      'cmep/unsupported-record-type': 'info',
      'cmep/record-version': 'warning',
      'cmep/line-ending': 'warning',
      'cmep/missing-final-newline': 'warning',
      'cmep/count-exceeds-48': 'warning',
      'cmep/stamp-not-aligned': 'warning',
      'cmep/stamp-gap': 'warning',
      'cmep/too-many-decimals': 'warning',
      'cmep/value-with-n-flag': 'info',
      'cmep/negative-consumption': 'warning',
      'cmep/units-commodity-mismatch': 'warning',
    };
    for (const code of CMEP_FAULTS) expect(severityOf(code), code).toBe(expected[code] ?? 'error');
    expect(severityOf('cmep/empty-file')).toBe('error');
  });
});

describe('profiles', () => {
  it('are found by their names', () => {
    expect(PROFILES.map(({ name }) => name)).toEqual([
      'cmep-1.20',
      'mdmr',
      'sensus',
      'smartsynch',
      'twacs',
      'yukon',
      'tab',
      'energyaxis',
    ]);
    for (const profile of PROFILES) expect(findProfile(profile.name)).toBe(profile);
    expect(findProfile('nobody')).toBeUndefined();
  });

  it('allow only interval lengths that divide the hour or the day', () => {
    for (const { intervalsMinutes } of PROFILES) {
      for (const minutes of intervalsMinutes) expect(isIntervalLength(minutes)).toBe(true);
      for (const minutes of [15, 30, 60]) expect(intervalsMinutes).toContain(minutes);
    }
  });

  it('become settings of the reader: tolerance, purposes and severities of every fault', () => {
    for (const profile of PROFILES) {
      const settings = readerSettings(profile, -300, 1_000, { purposes: PURPOSES_OF_READS });
      expect(settings.delimiter).toBe(profile.name === 'tab' ? 9 : 44);
      expect(settings.latestStamp).toBe(1_000 + profile.futureToleranceMinutes);
      expect(settings.zoneMinutes).toBe(-300);
      expect(settings.rejectTriples).toBe(false);
      expect(settings.purposes).toEqual(['OK', 'RESEND', 'HISTORY']);
      expect(settings.severities).toHaveLength(CMEP_FAULTS.length);
      expect(settings.fieldBytes[3]).toBe(profile.name === 'sensus' ? 32 : 12);
      for (const [number, code] of CMEP_FAULTS.entries()) {
        const name = profile.severities[code] ?? RULES[number]!.severity;
        expect(settings.severities[number]).toBe(SEVERITY[name]);
      }
      // Settings are sent to workers.
      expect(structuredClone(settings)).toEqual(settings);
    }
    expect(readerSettings(PROFILES[0]!, 0, 0).purposes).toContain('TEMPLATE');
    expect(readerSettings(PROFILES[0]!, 0, 0, { rejectTriples: true }).rejectTriples).toBe(true);
  });
});
