import { describe, expect, it } from 'vitest';
import { findProfile } from '../../../src/conformance/profiles.js';
import { sourceSettings } from '../../../src/conformance/source-settings.js';
import { callsFor } from './recorded-reads.js';

function callsOf(id: string, fieldBytes: Record<string, number> = {}): string[] {
  const profile = { ...findProfile('energyaxis')!, fieldBytes };
  const settings = sourceSettings(profile, -300, Date.UTC(2027, 0, 1) / 60_000).amrdef;
  const reading = '<Reading TimeStamp="2026-11-20 01:00:00" RawReading="1"/>';
  const spec = '<IntervalSpec UOM="kWh" Direction="Delivered" Interval="60"/>';
  const text = `<AMRDEF version="7.5"><MeterReadings><Meter SerialNumber="${id}"/><IntervalData>${spec}${reading}</IntervalData></MeterReadings></AMRDEF>`;
  return callsFor(Buffer.from(text), { settings });
}

describe('a meter id of AMRDEF', () => {
  it('may be as long as field 8 of CMEP, in which it goes out', () => {
    expect(callsOf('M23456789012')[0]).toMatch(/^record <M23456789012> /);
    const [fault, rejected] = callsOf('M234567890123');
    expect(fault).toBe(
      'error amrdef/missing-attribute 1:38 <SerialNumber of 13 characters, longest 12> meter <>',
    );
    expect(rejected).toMatch(/^rejected .* reads 1 by /);
  });

  it('may be longer where the profile says so, and never longer than there is room for', () => {
    const long = 'M'.repeat(64);
    expect(callsOf(long, { 8: 64 })[0]).toContain(`record <${long}> `);
    expect(callsOf(`${long}M`, { 8: 200 })[0]).toContain('SerialNumber of 65 characters, longest 64');
  });

  it('holds nothing that a field of CMEP cannot', () => {
    for (const id of ['a,b', 'a&quot;', ' a', 'a ', 'é', 'a&#9;b']) {
      expect(callsOf(id)[0]).toMatch(/^error amrdef\/missing-attribute /);
    }
  });
});
