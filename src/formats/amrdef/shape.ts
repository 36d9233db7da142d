import { nameTable } from './xml-names.js';

/** An element: where it may stand, and its attributes; null where the spec leaves them open. */
interface Shape {
  parents: readonly string[];
  attributes: readonly string[] | null;
}

const IN_READINGS = ['MeterReadings'];
const SPEC = ['UOM', 'Direction', 'TouBucket', 'MeasurementPeriod', 'Multiplier'];
/** Elements with a `...Spec` and `Reading`s; all but the first carry no reads in our terms. */
const VALUE_DATA = ['Consumption', 'MaxDemand', 'CumulativeDemand', 'CoincidentDemand', 'PresentDemand'];

const METER = [
  ...['MeterIrn', 'MeterName', 'IsActive', 'SerialNumber', 'MeterType', 'Description', 'InstallDate'],
  ...['RemovalDate', 'AccountIdent', 'AccountName', 'SdpIdent', 'Location', 'TimeZoneIndex', 'Timezone'],
  ...['TimeZoneOffset', 'ObservesDaylightSavings', 'MediaType'],
];

/** `QualityFlags` attributes, each with the status of `model/quality` that it means; null: it informs only. */
export const QUALITY_FLAGS = {
  TimeChanged: 'timeChanged',
  ClockSetBackward: 'clockSet',
  LongInterval: 'longInterval',
  ClockSetForward: 'clockSet',
  PartialInterval: 'partialInterval',
  InvalidTime: 'invalidTime',
  SkippedInterval: 'skipped',
  CompleteOutage: 'completeOutage',
  PulseOverflow: 'overflow',
  TestMode: 'testMode',
  Tamper: 'tamper',
  PartialOutage: 'partialOutage',
  SuspectedOutage: 'suspectedOutage',
  Restoration: 'restoration',
  DST: null,
  InvalidValue: 'invalidValue',
} as const;

/** The shape of AMRDEF: MAS 7.5 and later. */
const SHAPES: Readonly<Record<string, Shape>> = {
  AMRDEF: { parents: [''], attributes: ['Purpose', 'version', 'CreationTime'] },
  ScheduleExecution: { parents: ['AMRDEF'], attributes: null },
  ScheduleInfo: { parents: ['ScheduleExecution'], attributes: null },
  MetersRead: { parents: ['ScheduleExecution'], attributes: [] },
  MetersNotRead: { parents: ['ScheduleExecution'], attributes: [] },
  MeterReadings: {
    parents: ['AMRDEF'],
    attributes: ['Irn', 'Source', 'SourceName', 'SourceIrn', 'Initiator', 'Purpose', 'CollectionTime'],
  },
  Meter: { parents: ['MeterReadings', 'MetersRead', 'MetersNotRead'], attributes: METER },
  Clock: {
    parents: IN_READINGS,
    attributes: [
      ...['MeterTime', 'ServerTime', 'DaylightAdjustmentInEffectAtMeter'],
      ...['ActiveSeason', 'ActiveTier', 'ActiveDayType'],
    ],
  },
  ReadingQualityIndicator: { parents: IN_READINGS, attributes: ['Name', 'Value'] },
  ...Object.fromEntries(
    VALUE_DATA.flatMap((kind): [string, Shape][] => [
      [`${kind}Data`, { parents: IN_READINGS, attributes: [] }],
      [`${kind}Spec`, { parents: [`${kind}Data`], attributes: SPEC }],
    ]),
  ),
  LoadProfileSummary: { parents: IN_READINGS, attributes: [] },
  Channel: {
    parents: ['LoadProfileSummary'],
    attributes: [
      ...['UOM', 'Direction', 'IntervalSeconds', 'NumIntervalsRead', 'FirstIntervalTimestamp'],
      ...['ReadingRangeStartTimestamp', 'ReadingRangeEndTimestamp', 'SumOfIntervalValues', 'Multiplier'],
    ],
  },
  IntervalData: { parents: IN_READINGS, attributes: [] },
  IntervalSpec: {
    parents: ['IntervalData'],
    attributes: ['UOM', 'Direction', 'Interval', 'Channel', 'TimestampStart', 'TimestampEnd', 'Multiplier'],
  },
  Reading: {
    parents: ['IntervalData', ...VALUE_DATA.map((kind) => `${kind}Data`)],
    attributes: ['TimeStamp', 'RawReading', 'Value'],
  },
  QualityFlags: { parents: ['Reading'], attributes: Object.keys(QUALITY_FLAGS) },
  DemandResetCount: { parents: IN_READINGS, attributes: ['Count', 'TimeStamp', 'UOM'] },
  DemandReset: { parents: IN_READINGS, attributes: ['TimeStamp'] },
  OutageCountSummary: { parents: IN_READINGS, attributes: [] },
  OutageCount: {
    parents: ['OutageCountSummary'],
    attributes: ['ReadingTime', 'Value', 'PreviousReadingTime', 'PreviousValue'],
  },
  ReverseEnergySummary: { parents: IN_READINGS, attributes: [] },
  ReverseEnergy: { parents: ['ReverseEnergySummary'], attributes: ['CurrentValue', 'PreviousValue'] },
  InstrumentationValue: { parents: IN_READINGS, attributes: ['Name', 'Value', 'Timestamp', 'Phase'] },
  Statuses: { parents: IN_READINGS, attributes: [] },
  Status: { parents: ['Statuses'], attributes: ['Id', 'Name', 'Category', 'Type', 'Value'] },
  EventData: { parents: IN_READINGS, attributes: [] },
  EventSpec: { parents: ['EventData'], attributes: ['Type', 'Category'] },
  Event: { parents: ['EventData'], attributes: ['TimeStamp', 'DiscoveredAt', 'Source', 'EventInfo'] },
  EventAttribute: { parents: ['Event'], attributes: ['Name', 'Value'] },
};

/** All names, elements first: an element and an attribute of the same name have the same number. */
const NAMES: readonly string[] = [
  ...new Set([
    ...Object.keys(SHAPES),
    ...Object.values(SHAPES).flatMap(({ attributes }) => attributes ?? []),
  ]),
];

export const NAME_TABLE = nameTable(NAMES);
const ELEMENT_COUNT = Object.keys(SHAPES).length;
export const NAME_COUNT = NAMES.length;
/** Stands for the parent of the root element. */
export const NO_PARENT = ELEMENT_COUNT;
const PARENT_COUNT = ELEMENT_COUNT + 1;

/** Number of a name. @throws Error for one that is not in the shape */
export function nameNumber(name: string): number {
  const number = NAMES.indexOf(name);
  if (number < 0) throw new Error(`AMRDEF has no ${name}`);
  return number;
}

const mayStandIn = new Uint8Array(ELEMENT_COUNT * PARENT_COUNT);
const mayHave = new Uint8Array(ELEMENT_COUNT * NAME_COUNT);
for (const [element, { parents, attributes }] of Object.values(SHAPES).entries()) {
  for (const parent of parents) {
    mayStandIn[element * PARENT_COUNT + (parent === '' ? NO_PARENT : nameNumber(parent))] = 1;
  }
  if (attributes === null) mayHave.fill(1, element * NAME_COUNT, (element + 1) * NAME_COUNT);
  for (const attribute of attributes ?? []) mayHave[element * NAME_COUNT + nameNumber(attribute)] = 1;
}

/** Whether a name is an element that may stand in a parent (a number, or NO_PARENT). */
export function isChildOf(name: number, parent: number): boolean {
  return name >= 0 && name < ELEMENT_COUNT && mayStandIn[name * PARENT_COUNT + parent] === 1;
}

/** Whether an element may have an attribute, by their numbers; -1 is a name that the table does not know. */
export function isAttributeOf(attribute: number, element: number): boolean {
  if (attribute >= 0) return mayHave[element * NAME_COUNT + attribute] === 1;
  return OPEN_ELEMENTS.has(element);
}

const OPEN_ELEMENTS = new Set(
  [...Object.values(SHAPES).entries()]
    .filter(([, { attributes }]) => attributes === null)
    .map(([element]) => element),
);

/** Numbers of the elements and attributes that the reader looks at. */
export const ELEMENT = {
  root: nameNumber('AMRDEF'),
  meterReadings: nameNumber('MeterReadings'),
  meter: nameNumber('Meter'),
  metersNotRead: nameNumber('MetersNotRead'),
  clock: nameNumber('Clock'),
  consumptionData: nameNumber('ConsumptionData'),
  consumptionSpec: nameNumber('ConsumptionSpec'),
  intervalData: nameNumber('IntervalData'),
  intervalSpec: nameNumber('IntervalSpec'),
  channel: nameNumber('Channel'),
  reading: nameNumber('Reading'),
  qualityFlags: nameNumber('QualityFlags'),
} as const;

export const ATTRIBUTE = {
  version: nameNumber('version'),
  source: nameNumber('Source'),
  collectionTime: nameNumber('CollectionTime'),
  meterType: nameNumber('MeterType'),
  serialNumber: nameNumber('SerialNumber'),
  timeZoneOffset: nameNumber('TimeZoneOffset'),
  meterTime: nameNumber('MeterTime'),
  serverTime: nameNumber('ServerTime'),
  uom: nameNumber('UOM'),
  direction: nameNumber('Direction'),
  touBucket: nameNumber('TouBucket'),
  measurementPeriod: nameNumber('MeasurementPeriod'),
  multiplier: nameNumber('Multiplier'),
  interval: nameNumber('Interval'),
  timestampStart: nameNumber('TimestampStart'),
  timestampEnd: nameNumber('TimestampEnd'),
  intervalSeconds: nameNumber('IntervalSeconds'),
  numIntervalsRead: nameNumber('NumIntervalsRead'),
  firstIntervalTimestamp: nameNumber('FirstIntervalTimestamp'),
  readingRangeEndTimestamp: nameNumber('ReadingRangeEndTimestamp'),
  sumOfIntervalValues: nameNumber('SumOfIntervalValues'),
  timeStamp: nameNumber('TimeStamp'),
  rawReading: nameNumber('RawReading'),
  value: nameNumber('Value'),
} as const;
