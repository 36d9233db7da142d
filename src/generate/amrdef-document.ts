import { compactSecond, EST_OFFSET_MINUTES } from '../model/time.js';

/** One reading as it is to be written. */
export interface ReadingText {
  stamp: number;
  value: string;
  /** Names of its quality flags, with blanks between; '' for none. */
  flags: string;
}

/** An `IntervalData` with its control totals. */
export interface IntervalText {
  intervalMinutes: number;
  /** First and last stamp of its grid. */
  firstStamp: number;
  lastStamp: number;
  readings: readonly ReadingText[];
  /** As the summary says. */
  count: string;
  sum: string;
  /** What differs in a broken one. */
  element: string;
  uom: string;
  direction: string;
}

/** A register at one time: its total, and time-of-use parts where there are any (TierA and on). */
export interface RegisterText {
  stamp: number;
  total: string;
  tiers: readonly string[];
}

/** A `MeterReadings`. */
export interface ReadingsText {
  /** Digits of the meter's number. */
  digits: string;
  /** `SerialNumber`. */
  meterId: string;
  collectedStamp: number;
  registers: readonly RegisterText[];
  intervals: readonly IntervalText[];
  /** Power failures that the meter noted: beginning and end. */
  outages: readonly { fromStamp: number; toStamp: number }[];
}

/** Lines of elements that are looked for again, from 1 within the text. */
export interface ElementLines {
  meter: number;
  registers: number[];
  intervals: { channel: number; element: number; spec: number; readings: number[]; flags: number[] }[];
}

const STATUSES = [
  ['83', 'Elapsed time for pass-through operation (msec)', 'Communications', 'int', '1482'],
  ['60', 'Disconnect Relay Open', 'Service', 'bool', 'false'],
  ['73', 'Momentary Outage Count', 'Service', 'int', '6'],
] as const;

/** `2026-11-20 01:00:00`, Eastern Standard Time; of NaN a time that is none. */
export function localTime(stamp: number): string {
  if (Number.isNaN(stamp)) return '2026-13-45 01:00:00';
  const text = compactSecond((stamp + EST_OFFSET_MINUTES) * 60);
  const [date, clock] = [text.slice(0, 8), text.slice(8)];
  return `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)} ${clock.slice(0, 2)}:${clock.slice(2, 4)}:${clock.slice(4)}`;
}

/** Beginning of a document, as MAS 7.5 writes it. */
export function documentHead(createdStamp: number): string {
  return [
    '<?xml  version="1.0"?>',
    '<!-- MAS Release 7.5 ( build: synthetic ) -->',
    `<AMRDEF Purpose="AMRDataRequest" version="7.5" CreationTime="${localTime(createdStamp)}" >`,
    '',
  ].join('\n');
}

export const DOCUMENT_TAIL = '</AMRDEF>\n';

/** Lines of text, with the numbers of those that matter. */
class Lines {
  text = '';
  count = 0;

  /** @returns the line's number, from 1 */
  add(line: string): number {
    this.text += `${line}\n`;
    return ++this.count;
  }
}

/** A `MeterReadings` as text, and the lines of its elements. */
export function readingsText(readings: ReadingsText): {
  text: string;
  lineCount: number;
  lines: ElementLines;
} {
  const { digits, meterId, collectedStamp } = readings;
  const collected = localTime(collectedStamp);
  const out = new Lines();
  out.add(
    `\t<MeterReadings Irn="${digits}" Source="Remote" SourceName="GATE_01" SourceIrn="1" Initiator="Schedule" Purpose="Billing" CollectionTime="${collected}" >`,
  );
  const meter = out.add(
    `\t\t<Meter MeterIrn="${digits}" MeterName="REX_${digits}" IsActive="true" SerialNumber="${meterId}" MeterType="REX" Description="" InstallDate="2009-03-15 22:44:23" RemovalDate="" AccountIdent="A${digits}" AccountName="Smith &amp; Sons" SdpIdent="S${digits}" Location="" TimeZoneIndex="11" Timezone="(GMT-05:00) Eastern Time (US &amp; Canada)" TimeZoneOffset="300" ObservesDaylightSavings="false" MediaType="900 MHz" />`,
  );
  out.add(
    `\t\t<Clock MeterTime="${collected}" ServerTime="${collected}" DaylightAdjustmentInEffectAtMeter="false" ActiveSeason="winter" ActiveTier="C" ActiveDayType="unknown" />`,
  );
  const registers = readings.registers.map((register) => addRegister(out, register));
  const channels = readings.intervals.map((interval) => addSummary(out, interval));
  const intervals = readings.intervals.map((interval, i) => addIntervals(out, interval, channels[i]!));
  out.add('\t\t<Statuses >');
  for (const [id, name, category, type, value] of STATUSES) {
    out.add(
      `\t\t\t<Status Id="${id}" Name="${name}" Category="${category}" Type="${type}" Value="${value}" />`,
    );
  }
  out.add('\t\t</Statuses>');
  for (const { fromStamp, toStamp } of readings.outages) {
    addEvent(out, 'Outage', fromStamp, collected);
    addEvent(out, 'Restoration', toStamp, collected);
  }
  out.add('\t</MeterReadings>');
  return { text: out.text, lineCount: out.count, lines: { meter, registers, intervals } };
}

/** @returns the line of the total */
function addRegister(out: Lines, { stamp, total, tiers }: RegisterText): number {
  const time = localTime(stamp);
  const buckets = [...tiers.map((value, k) => [`Tier${'ABCD'[k]}`, value]), ['Total', total]];
  let line = 0;
  for (const [bucket, value] of buckets) {
    line = out.add('\t\t<ConsumptionData >');
    out.add(
      `\t\t\t<ConsumptionSpec UOM="kWh" Direction="Delivered" TouBucket="${bucket}" MeasurementPeriod="Current" Multiplier="1" />`,
    );
    out.add(`\t\t\t<Reading TimeStamp="${time}" Value="${value}" />`);
    out.add('\t\t</ConsumptionData>');
  }
  return line;
}

function addSummary(out: Lines, interval: IntervalText): number {
  const { intervalMinutes, firstStamp, lastStamp, count, sum } = interval;
  out.add('\t\t<LoadProfileSummary >');
  const line = out.add(
    `\t\t\t<Channel UOM="kWh" Direction="Delivered" IntervalSeconds="${intervalMinutes * 60}" NumIntervalsRead="${count}" FirstIntervalTimestamp="${localTime(firstStamp)}" ReadingRangeStartTimestamp="${localTime(firstStamp - intervalMinutes)}" ReadingRangeEndTimestamp="${localTime(lastStamp)}" SumOfIntervalValues="${sum}" Multiplier="0.01" />`,
  );
  out.add('\t\t</LoadProfileSummary>');
  return line;
}

function addIntervals(
  out: Lines,
  interval: IntervalText,
  channel: number,
): ElementLines['intervals'][number] {
  const { intervalMinutes, firstStamp, lastStamp, element: name, uom, direction } = interval;
  const element = out.add(`\t\t<${name} >`);
  const spec = out.add(
    `\t\t\t<IntervalSpec UOM="${uom}" Direction="${direction}" Interval="${intervalMinutes}" Channel="1" TimestampStart="${localTime(firstStamp)}" TimestampEnd="${localTime(lastStamp)}" Multiplier="0.01" />`,
  );
  const readings: number[] = [];
  const flagLines: number[] = [];
  for (const { stamp, value, flags } of interval.readings) {
    const head = `\t\t\t<Reading TimeStamp="${localTime(stamp)}" RawReading="${value}"`;
    const line = out.add(flags === '' ? `${head} />` : `${head}>`);
    readings.push(line);
    flagLines.push(line + 1);
    if (flags === '') continue;
    const attributes = flags.split(' ').map((flag) => `${flag}="1"`);
    out.add(`\t\t\t\t<QualityFlags ${attributes.join(' ')} />`);
    out.add('\t\t\t</Reading>');
  }
  out.add(`\t\t</${name}>`);
  return { channel, element, spec, readings, flags: flagLines };
}

function addEvent(out: Lines, what: string, stamp: number, discovered: string): void {
  out.add('\t\t<EventData >');
  out.add(
    `\t\t\t<EventSpec Type="${what} Detected from LP Data" Category="Full Power Outage / Restoration" />`,
  );
  out.add(
    `\t\t\t<Event TimeStamp="${localTime(stamp)}" DiscoveredAt="${discovered}" Source="Event Log" EventInfo="" >`,
  );
  out.add('\t\t\t</Event>');
  out.add('\t\t</EventData>');
}
