import fc from 'fast-check';

/** What may be otherwise in one reading than in nearly all. */
interface Odd {
  /** Minutes that the time is off the next of the grid. */
  shift: number;
  form: (time: string, value: string) => string;
  value: string;
}

const PLAIN = (time: string, value: string) => `\n\t\t<Reading TimeStamp="${time}" RawReading="${value}" />`;
const FORMS: Odd['form'][] = [
  (time, value) => `\n\t\t<Reading TimeStamp="${time}" RawReading="${value}"/>`,
  (time, value) => `<Reading TimeStamp="${time}" RawReading="${value}" />`,
  (time, value) => `\r\n<Reading TimeStamp="${time}" RawReading="${value}" />`,
  (time, value) => `\n\t\t<Reading RawReading="${value}" TimeStamp="${time}" />`,
  (time, value) => `\n\t\t<Reading TimeStamp='${time}' RawReading="${value}" />`,
  (time, value) => `\n\t\t<Reading\n TimeStamp="${time}" RawReading="${value}" />`,
  (time, value) => `\n\t\t<!-- a\n -->\n\t\t<Reading TimeStamp="${time}" RawReading="${value}" />`,
  (time, value) => `\n\t\t<Reading TimeStamp="${time.replace('0', '&#48;')}" RawReading="&#32;${value}" />`,
  (time, value) => `\n\t\t<Reading TimeStamp="${time.slice(0, -2)}07" RawReading="${value}" />`,
  (time, value) =>
    `\n\t\t<Reading TimeStamp="${time}" RawReading="${value}"><QualityFlags Tamper="1" DST="0" /></Reading>`,
  (time, value) =>
    `\n\t\t<Reading TimeStamp="${time}" RawReading="${value}"><QualityFlags Nope="1" /></Reading>`,
  (time, value) => `\n\t\t<Reading TimeStamp="${time}" RawReading="${value}"></Reading>`,
  (time, value) => `\n\t\t<Foo>\n\t\t<Reading TimeStamp="${time}" RawReading="${value}" /></Foo>`,
  (time) => `\n\t\t<Reading TimeStamp="${time}" />`,
  (time, value) => `\n\t\t<Reading TimeStamp="${time.replace('-', '-1')}" RawReading="${value}" />`,
  (time, value) => `\n\t\t<Reading TimeStamp="${time}" RawReading="${value}" Extra="1" />`,
  (time, value) => `\n\t\ttext<Reading TimeStamp="${time}" RawReading="${value}" />`,
];
const ODD_VALUES = [
  ...[
    '0',
    '-1.5',
    '.5',
    '5.',
    '1e3',
    '1.23457e+06',
    '0.000004',
    '12345678901',
    '9999999999.99999',
    '1,5',
    '',
    '1O',
  ],
  ...['00000000000001', '123456789.123456', '1.2.3', '+2', 'H1F'],
];

const plainValue = fc.integer({ min: 0, max: 99_999 }).map((n) => (n / 1000).toFixed(3));
const odd: fc.Arbitrary<Odd> = fc.record({
  shift: fc.constantFrom(0, 0, 0, 15, 60, -15, -60, 7),
  form: fc.constantFrom(PLAIN, ...FORMS),
  value: fc.oneof(plainValue, fc.constantFrom(...ODD_VALUES)),
});
const plain: fc.Arbitrary<Odd> = plainValue.map((value) => ({ shift: 0, form: PLAIN, value }));
const readings = fc.array(fc.oneof({ weight: 30, arbitrary: plain }, odd), { maxLength: 12 });

const two = (n: number) => String(n).padStart(2, '0');
function timeText(minute: number): string {
  const date = new Date(minute * 60_000);
  const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:00`;
}

const FIRST_MINUTE = Date.UTC(2026, 10, 19, 22) / 60_000;

const intervalData = fc
  .record({
    readings,
    intervalMinutes: fc.constantFrom('15', '15', '15', '60', '60', '7', ''),
    hasRange: fc.boolean(),
    uom: fc.constantFrom('kWh', 'kWh', 'kWh', 'kWh', 'kWh', 'kVARh', 'kQh', 'kwh'),
    direction: fc.constantFrom('Delivered', 'Delivered', 'Delivered', 'Delivered', 'Received', ''),
    extraCount: fc.constantFrom(0, 0, 0, 0, 1),
    hasSummary: fc.boolean(),
  })
  .map((given) => {
    const step = Number(given.intervalMinutes) || 15;
    let minute = FIRST_MINUTE;
    const texts = given.readings.map(({ shift, form, value }) => {
      minute += shift;
      const text = form(timeText(minute), value);
      minute += step;
      return text;
    });
    const count = texts.length;
    const end = timeText(FIRST_MINUTE + (count - 1) * step);
    const range = given.hasRange ? ` TimestampStart="${timeText(FIRST_MINUTE)}" TimestampEnd="${end}"` : '';
    const spec = `\n\t\t<IntervalSpec UOM="${given.uom}" Direction="${given.direction}" Interval="${given.intervalMinutes}"${range} Multiplier="0.5" />`;
    const summary = given.hasSummary
      ? `<LoadProfileSummary><Channel UOM="${given.uom}" Direction="${given.direction}" IntervalSeconds="${step * 60}" NumIntervalsRead="${count + given.extraCount}"/></LoadProfileSummary>`
      : '';
    return `${summary}\n\t<IntervalData >${spec}${texts.join('')}\n\t</IntervalData>`;
  });

const register = fc
  .record({
    bucket: fc.constantFrom('Total', 'Total', 'TierA', 'TierB', ''),
    period: fc.constantFrom('Current', 'Current', 'Previous'),
    hour: fc.integer({ min: 0, max: 3 }),
    value: fc.constantFrom('100', '101.5', '99', '1000', 'x'),
  })
  .map(({ bucket, period, hour, value }) => {
    const time = timeText(FIRST_MINUTE + hour * 60);
    return `<ConsumptionData><ConsumptionSpec UOM="kWh" Direction="Delivered" TouBucket="${bucket}" MeasurementPeriod="${period}"/><Reading TimeStamp="${time}" Value="${value}"/></ConsumptionData>`;
  });

const meter = fc.oneof(
  { weight: 8, arbitrary: fc.constant('<Meter SerialNumber="M1" TimeZoneOffset="300" MeterType="REX"/>') },
  fc.constantFrom(
    ...['<Meter SerialNumber="M1" TimeZoneOffset="300" MeterType="REX"/>', '<Meter SerialNumber="M&#50;"/>'],
    ...['<Meter SerialNumber="M3" TimeZoneOffset="-60" MeterType="EAGas"/>', '<Meter SerialNumber=""/>', ''],
    ...['<Meter SerialNumber="M4" TimeZoneOffset="x"/>', '<Meter SerialNumber="a,b"/>'],
  ),
);
const other = fc.constantFrom(
  '<Clock MeterTime="2026-11-20 01:00:00" ServerTime="2026-11-20 01:09:00"/>',
  '<MaxDemandData><MaxDemandSpec UOM="kW" Direction="Delivered" TouBucket="Total"/><Reading Value="9.5"/></MaxDemandData>',
  '<Statuses><Status Id="1" Name="a" Value="&amp;"/></Statuses>',
  '<Bogus><MeterReadings><Reading/></MeterReadings></Bogus>',
);

const meterReadings = fc
  .tuple(
    meter,
    fc.array(fc.oneof({ weight: 4, arbitrary: intervalData }, register, other), { maxLength: 4 }),
    fc.nat({ max: 4 }),
    fc.constantFrom('2026-11-20 06:30:00', '2026-11-20 06:30:00', '', 'soon'),
  )
  .map(([meterText, children, place, collected]) => {
    const all = children.toSpliced(place, 0, meterText);
    return `<MeterReadings Source="Remote" CollectionTime="${collected}">${all.join('\n')}</MeterReadings>`;
  });

/** A document of a few meters, in the midst of which anything may be odd. */
export const amrdefDocument: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('<?xml version="1.0"?>', '', '\ufeff', '<!-- <MeterReadings > -->\n'),
    fc.array(
      fc.oneof({ weight: 5, arbitrary: meterReadings }, fc.constant('<!-- <MeterReadings a="1"> -->')),
      {
        maxLength: 4,
      },
    ),
  )
  .map(([head, parts]) => `${head}<AMRDEF version="7.5" >\n${parts.join('\n')}\n</AMRDEF>`);
