import { describe, expect, it } from 'vitest';
import { decimal, NUMBER_BYTES_MAX, parseDecimalText } from '../../../src/formats/amrdef/decimal-text.js';
import { AmrdefReader } from '../../../src/formats/amrdef/reader.js';
import {
  METER_READINGS_BYTES_MAX,
  PENDING_ELEMENTS_MAX,
  PENDING_READS_MAX,
  REGISTER_READS_MAX,
  SUMMARIES_MAX,
} from '../../../src/formats/amrdef/settings.js';
import { callsFor, RecordedReads, settingsWith } from './recorded-reads.js';

const ZONE_MINUTES_MAX = 14 * 60;
const METER = '<Meter SerialNumber="M1" TimeZoneOffset="300"/>';
const SPEC = '<IntervalSpec UOM="kWh" Direction="Delivered" Interval="60"/>';

const document = (inner: string) => Buffer.from(`<AMRDEF version="7.5">${inner}</AMRDEF>`);
const ofMeter = (inner: string) => document(`<MeterReadings>${METER}${inner}</MeterReadings>`);
const two = (n: number) => String(n).padStart(2, '0');
const hour = (n: number) => `2026-11-${two(10 + Math.floor(n / 24))} ${two(n % 24)}:00:00`;
const reading = (n: number, value = '1') => `<Reading TimeStamp="${hour(n)}" RawReading="${value}"/>`;
const intervals = (inner: string) => `<IntervalData>${SPEC}${inner}</IntervalData>`;
const faultsIn = (bytes: Buffer) => callsFor(bytes).filter((call) => /^(?:error|warning) /.test(call));
const codesIn = (bytes: Buffer) => faultsIn(bytes).map((call) => call.split(' ')[1]);

function parsed(text: string): number | null {
  const bytes = Buffer.from(text);
  return parseDecimalText(bytes, 0, bytes.length) ? decimal.value : null;
}

describe('limits of a number', () => {
  it('NUMBER_BYTES_MAX: so many bytes are read, one more is no number and rejects its reading', () => {
    const most = '12.5'.padStart(NUMBER_BYTES_MAX, '0');
    expect([parsed(most), parsed(`0${most}`)]).toEqual([1_250_000, null]);
    expect(codesIn(ofMeter(intervals(reading(1, most))))).toEqual([]);
    expect(codesIn(ofMeter(intervals(reading(1, `0${most}`))))).toEqual(['amrdef/bad-number']);
  });

  it('EXPONENT_MAX: what an exponent says holds up to all that digits can make good, and beyond', () => {
    const zeros = NUMBER_BYTES_MAX - '0.1e99'.length;
    for (let exponent = 0; exponent <= zeros; exponent++)
      expect(parsed(`0.${'0'.repeat(exponent)}1e${exponent + 1}`)).toBe(100_000);
    for (const exponent of ['98', '99', '100', '999', '9'.repeat(30)]) {
      expect([parsed(`1e${exponent}`), parsed(`1e-${exponent}`)]).toEqual([null, 0]);
      expect(parsed(`0e${exponent}`)).toBe(0);
    }
  });

  it('ZONE_MINUTES_MAX: a zone of 14 hours is taken either way, a minute more rejects the meter', () => {
    const ofZone = (minutes: number) =>
      document(
        `<MeterReadings><Meter SerialNumber="M1" TimeZoneOffset="${minutes}"/>${intervals(reading(1))}</MeterReadings>`,
      );
    const stamps = [-ZONE_MINUTES_MAX, ZONE_MINUTES_MAX].map((minutes) => {
      const record = callsFor(ofZone(minutes)).find((call) => call.startsWith('record'))!;
      return Number(/: 1: (\d+) /.exec(record)![1]);
    });
    expect(stamps[1]! - stamps[0]!).toBe(2 * ZONE_MINUTES_MAX);
    for (const minutes of [-ZONE_MINUTES_MAX - 1, ZONE_MINUTES_MAX + 1]) {
      const calls = callsFor(ofZone(minutes)).join('\n');
      expect(calls).toMatch(/^rejected .* reads 1 by error amrdef\/bad-number/m);
      expect(calls).not.toMatch(/^record/m);
    }
  });
});

describe('limits of a MeterReadings', () => {
  const wrongTotals =
    '<LoadProfileSummary><Channel UOM="kWh" Direction="Delivered" IntervalSeconds="3600" SumOfIntervalValues="7"/></LoadProfileSummary>';

  it('PENDING_ELEMENTS_MAX: so many elements may stand before their meter, and are compared; not one more', () => {
    const elements = (count: number) => intervals(reading(1)).repeat(count);
    const meterLast = (count: number) =>
      callsFor(document(`<MeterReadings>${elements(count)}${METER}</MeterReadings>`));
    const whole = meterLast(PENDING_ELEMENTS_MAX);
    expect(whole.filter((call) => call.startsWith('record'))).toHaveLength(PENDING_ELEMENTS_MAX);
    const more = meterLast(PENDING_ELEMENTS_MAX + 1);
    expect(more.filter((call) => call.startsWith('record'))).toEqual([]);
    expect(more.at(-1)).toMatch(`reads ${PENDING_ELEMENTS_MAX + 1} by error amrdef/missing-attribute`);
    const told = (count: number) => codesIn(ofMeter(`${wrongTotals}${elements(count)}`)).length;
    expect(told(PENDING_ELEMENTS_MAX)).toBe(PENDING_ELEMENTS_MAX);
    expect(told(PENDING_ELEMENTS_MAX + 1)).toBe(0);
  });

  it('PENDING_READS_MAX: the same, of readings', () => {
    const minute = (n: number) =>
      new Date(Date.UTC(2026, 0, 1) + n * 300_000).toISOString().slice(0, 19).replace('T', ' ');
    const spec = SPEC.replace('60', '5');
    const readings = (count: number) =>
      Array.from({ length: count }, (_, n) => `<Reading TimeStamp="${minute(n)}" RawReading="1"/>`).join('');
    for (const [count, told] of [
      [PENDING_READS_MAX, 1],
      [PENDING_READS_MAX + 1, 0],
    ] as const) {
      const inner = `<IntervalData>${spec}${readings(count)}</IntervalData>`;
      const calls = callsFor(document(`<MeterReadings>${inner}${METER}</MeterReadings>`));
      expect(calls.filter((call) => call.startsWith('record'))).toHaveLength(told);
    }
  });

  it('SUMMARIES_MAX: so many control totals are compared, the next is not', () => {
    const summary = (sum: number) =>
      `<Channel UOM="kWh" Direction="Delivered" IntervalSeconds="3600" SumOfIntervalValues="${sum}"/>`;
    const wrongAfter = (count: number) =>
      codesIn(
        ofMeter(
          `<LoadProfileSummary>${summary(1).repeat(count)}${summary(2)}</LoadProfileSummary>${intervals(reading(1))}`,
        ),
      );
    expect(wrongAfter(SUMMARIES_MAX - 1)).toEqual(['amrdef/interval-sum-mismatch']);
    expect(wrongAfter(SUMMARIES_MAX)).toEqual([]);
  });

  it('REGISTER_READS_MAX: so many register readings are compared, the next is not', () => {
    const register = (bucket: string, n: number, value: number) =>
      `<ConsumptionData><ConsumptionSpec UOM="kWh" Direction="Delivered" TouBucket="${bucket}" MeasurementPeriod="Current"/><Reading TimeStamp="${hour(n)}" Value="${value}"/></ConsumptionData>`;
    const wrongAfter = (count: number) => {
      const before = Array.from({ length: count }, (_, n) => register('Total', n, 100)).join('');
      return codesIn(ofMeter(before + register('TierA', 200, 5) + register('Total', 200, 100)));
    };
    expect(wrongAfter(REGISTER_READS_MAX - 2)).toEqual(['amrdef/register-tier-mismatch']);
    expect(wrongAfter(REGISTER_READS_MAX - 1)).toEqual([]);
  });

  it('METER_READINGS_BYTES_MAX: places in so many bytes are known, beyond them the file is not read on', () => {
    const head = Buffer.from(`<AMRDEF version="7.5"><MeterReadings>${METER}<IntervalData>${SPEC}`);
    const start = '<AMRDEF version="7.5">'.length;
    const tail = Buffer.from(`${reading(1)}</IntervalData></MeterReadings></AMRDEF>`);
    /** A file of which all but the beginning and the end is passed over, as if it were white space. */
    const readAt = (tagEnd: number) => {
      const sink = new RecordedReads();
      const reader = new AmrdefReader(settingsWith(), sink, true);
      reader.begin();
      expect(reader.read(head, 0, head.length, 0, false)).toBe(head.length);
      const base = start + tagEnd - reading(1).length;
      reader.read(tail, 0, tail.length, base, true);
      reader.fail(base + tail.length);
      return sink.calls.join('\n');
    };
    const last = readAt(METER_READINGS_BYTES_MAX);
    expect(last).toMatch(/^record <M1>/m);
    expect(last).not.toMatch(/error/);
    const beyond = readAt(METER_READINGS_BYTES_MAX + 1);
    expect(beyond).toMatch(/error amrdef\/not-well-formed .*a MeterReadings of more than 2147483647 bytes/);
    expect(beyond).toMatch(/^rejected /m);
    expect(beyond).not.toMatch(/^record .*: 1: /m);
  });
});
