import { minutesOf, type TextRead } from './cmep-text.js';

const UNITS: Record<string, string> = {
  'kWh Delivered': 'KWH',
  'kWh Received': 'GKWH',
  'kVARh Delivered': 'KVARH',
  'kVAh Delivered': 'KVAH',
};

const attribute = (tag: string, name: string): string =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '';

/** Reads of an AMRDEF text, a byte a character, found by patterns. */
export function amrdefReads(text: string): TextRead[] {
  const reads: TextRead[] = [];
  for (const whole of text.matchAll(/<MeterReadings\b([^>]*)>([\s\S]*?)<\/MeterReadings>/g)) {
    const [all = '', head = '', body = ''] = whole;
    const bodyOffset = whole.index + all.indexOf('>') + 1;
    const meter = /<Meter\s[^>]*>/.exec(body)?.[0] ?? '';
    const west = Number(attribute(meter, 'TimeZoneOffset') || '0');
    const common = {
      meterId: attribute(meter, 'SerialNumber'),
      creation: minutesOf(attribute(head, 'CollectionTime')) + west,
      purpose: 'OK',
    };
    for (const element of body.matchAll(/<(IntervalData|ConsumptionData)\b[^>]*>([\s\S]*?)<\/\1>/g)) {
      const [, name = '', inner = ''] = element;
      const units = unitsOf(name, inner);
      if (units === null) continue;
      for (const [, reading = ''] of inner.matchAll(/<Reading\b([^>]*)>/g)) {
        const stamp = minutesOf(attribute(reading, 'TimeStamp')) + west;
        const value = attribute(reading, name === 'IntervalData' ? 'RawReading' : 'Value');
        reads.push({ ...common, units, stamp, flag: 'R', value, offset: bodyOffset + element.index });
      }
    }
  }
  return reads;
}

/** @returns null where the element holds no reads */
function unitsOf(name: string, inner: string): string | null {
  const spec = /<(?:Interval|Consumption)Spec\b[^>]*>/.exec(inner)?.[0] ?? '';
  const units = UNITS[`${attribute(spec, 'UOM')} ${attribute(spec, 'Direction')}`];
  if (units === undefined) return null;
  if (name === 'IntervalData') return units;
  const isTotal =
    attribute(spec, 'TouBucket') === 'Total' && attribute(spec, 'MeasurementPeriod') === 'Current';
  return isTotal ? `${units}REG` : null;
}
