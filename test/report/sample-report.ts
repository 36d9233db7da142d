import type {
  DayTotals,
  RunBatch,
  RunFinding,
  RunInput,
  RunReport,
  SourceTotals,
} from '../../src/report/run-report.js';

/** 64 hexadecimal digits that differ for each number. */
export function sampleHash(number: number): string {
  let state = (number * 2654435761 + 97) >>> 0;
  let text = '';
  while (text.length < 64) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += state.toString(16).padStart(8, '0');
  }
  return text;
}

export function sampleInput(number: number, changes: Partial<RunInput> = {}): RunInput {
  const name = `ORG00001_20261120_${String(number).padStart(3, '0')}.cmep`;
  return {
    path: `inbox/north/${name}`,
    sha256: sampleHash(number),
    format: 'cmep',
    status: 'done',
    records: 5001 + number,
    reads: 62503 + number,
    rejectedRecords: 0,
    source: 'north',
    profile: 'sensus',
    sizeBytes: 1_840_211 + number * 137,
    rejectedReads: 0,
    archivedAs: `state/archive/2026-11-21/${name}`,
    ...changes,
  };
}

export function sampleBatch(number: number, changes: Partial<RunBatch> = {}): RunBatch {
  const second = String(number).padStart(4, '0');
  return {
    file: `ORG00001.ORG00000.0000.00.2026112107${second}.DAT`,
    records: 10_007 + number,
    reads: 125_011 + number,
    bytes: 3_604_919 + number * 31,
    sha256: sampleHash(7000 + number),
    sums: { KWH: `${98_765 + number}.43210`, KWHREG: `${54_321_987 + number}.00000` },
    firstMeter: `METER${String(number * 5000 + 1).padStart(7, '0')}`,
    lastMeter: `METER${String((number + 1) * 5000).padStart(7, '0')}`,
    ...changes,
  };
}

export function sampleDay(
  day: string,
  changes: Partial<DayTotals> & { slotsPerHour?: number } = {},
): DayTotals {
  const { slotsPerHour = 9_990, ...rest } = changes;
  const estimated = Array.from({ length: 24 }, (_, hour) => (hour % 5 === 0 ? 12 + hour : 0));
  const unresolved = Array.from({ length: 24 }, (_, hour) => (hour === 17 ? 4 : 0));
  const actual = estimated.map((count, hour) => slotsPerHour - count - unresolved[hour]!);
  return { day, settled: true, actual, estimated, unresolved, ...rest };
}

export function sampleFinding(
  code: string,
  severity: RunFinding['severity'],
  title: string,
  count: number,
  examples = Math.min(count, 3),
): RunFinding {
  return {
    code,
    severity,
    title,
    count,
    examples: Array.from({ length: examples }, (_, index) => ({
      file: 'inbox/north/ORG00001_20261120_001.cmep',
      line: 4_012 + index * 77,
      column: 131 + index * 26,
      field: index === 2 ? 0 : 14 + index * 3,
      meterId: index === 1 ? null : `METER000${4_012 + index}`,
      stamp: index === 1 ? null : '2026-11-20T17:00Z',
      message: `${title}: "1O.25" (letter O for a zero?) at read ${index + 3}`,
    })),
  };
}

export function sampleSource(name: string, changes: Partial<SourceTotals> = {}): SourceTotals {
  return {
    name,
    files: 4,
    bytes: 7_362_222,
    records: 20_014,
    received: 250_022,
    accepted: 248_911,
    replaced: 1_021,
    waiting: 0,
    rejected: 0,
    duplicates: 90,
    ...changes,
  };
}

const RUN_FOLDER = 'state/reports/20261121T071500Z-7f3a';

/** A night without files: what every other sample starts from. */
export function emptyNight(changes: Partial<RunReport> = {}): RunReport {
  return {
    runId: '20261121T071500Z-7f3a',
    kind: 'night',
    status: 'complete',
    inputs: [],
    reads: {
      received: 0,
      accepted: 0,
      replaced: 0,
      waiting: 0,
      rejected: 0,
      duplicates: 0,
      estimated: 0,
      unresolved: 0,
    },
    meters: { expected: 0, delivered: 0, missing: 0 },
    readSuccessPercent: null,
    batches: [],
    deliveries: [],
    findings: {},
    seconds: 0.04,
    report: `${RUN_FOLDER}/report.html`,
    tool: 'readmill',
    version: '1.0.0',
    now: '2026-11-21T07:15:00Z',
    resumed: false,
    environment: 'production',
    readSuccessTargetPercent: 98,
    sources: [],
    days: [],
    methods: {},
    scaledSpans: 0,
    lateActuals: 0,
    policies: [],
    drawnDays: [],
    findingDetails: [],
    outputSums: {},
    files: {
      estimates: `${RUN_FOLDER}/estimates.csv`,
      review: `${RUN_FOLDER}/review.csv`,
      missingMeters: `${RUN_FOLDER}/missing-meters.csv`,
      duplicates: `${RUN_FOLDER}/duplicates.csv`,
      manifest: `${RUN_FOLDER}/manifest.json`,
    },
    reviewSample: [],
    reviewCount: 0,
    missingMeterSample: [],
    leftInInbox: [],
    ...changes,
  };
}

function withFindings(findingDetails: RunFinding[]): Pick<RunReport, 'findings' | 'findingDetails'> {
  return {
    findings: Object.fromEntries(findingDetails.map(({ code, count }) => [code, count])),
    findingDetails,
  };
}

/** 10,000 meters, one source, everything in its place. */
export function goodNight(changes: Partial<RunReport> = {}): RunReport {
  return emptyNight({
    inputs: [
      ...Array.from({ length: 4 }, (_, index) => sampleInput(index + 1)),
      sampleInput(5, { status: 'duplicate', duplicateOf: sampleInput(2).path, records: 0, reads: 0 }),
    ],
    reads: {
      received: 250_022,
      accepted: 248_911,
      replaced: 1_021,
      waiting: 0,
      rejected: 0,
      duplicates: 90,
      estimated: 1_114,
      unresolved: 4,
    },
    meters: { expected: 10_000, delivered: 9_990, missing: 10 },
    readSuccessPercent: 99.4375,
    batches: [sampleBatch(0), sampleBatch(1)],
    seconds: 1.87,
    sources: [sampleSource('north')],
    days: [sampleDay('2026-11-20')],
    methods: { linear: 803, 'like-day': 290, 'outage-zero': 21, none: 4 },
    scaledSpans: 611,
    ...withFindings([
      sampleFinding('vee/missing', 'warning', 'No value for a slot', 97),
      sampleFinding('vee/outage', 'info', 'No value, or zero, in a complete outage', 21),
      sampleFinding('cmep/line-ending', 'warning', 'The line ends in LF or CR alone instead of CR LF', 5_002),
    ]),
    outputSums: { KWH: '197531.86420', KWHREG: '108643975.00000' },
    reviewSample: [
      {
        meterId: 'METER0004012',
        units: 'KWH',
        stamp: '2026-11-20T22:00Z',
        code: 'vee/needs-review',
        detail: 'No method applied: sent without a value',
      },
      {
        meterId: 'METER0007741',
        units: 'KWH',
        stamp: '2026-11-20T17:00Z',
        code: 'vee/spike',
        detail: 'Highest 31.2 kWh, third highest 2.4 kWh',
      },
    ],
    reviewCount: 38,
    missingMeterSample: Array.from({ length: 10 }, (_, index) => `METER000${3_301 + index * 17}`),
    ...changes,
  });
}

/** Three sources, two failed files, 98 % missed, rejected reads, much for a person to do. */
export function badNight(changes: Partial<RunReport> = {}): RunReport {
  const failed = [
    sampleInput(9, {
      path: 'inbox/east/EAST-AMRDEF-2026-11-20-a-rather-long-name-given-by-the-head-end-of-the-east.xml.gz',
      source: 'east',
      format: 'amrdef',
      profile: 'elster',
      status: 'failed',
      records: 0,
      reads: 0,
      problem: 'The gzip stream ends within a member: ask the head end to send the file again',
    }),
    sampleInput(10, { status: 'failed', records: 0, reads: 0, problem: 'The file holds no record' }),
  ];
  return goodNight({
    status: 'partial',
    inputs: [
      ...Array.from({ length: 6 }, (_, index) =>
        sampleInput(index + 1, {
          rejectedRecords: 11 * (index + 1),
          rejectedReads: 263 + index,
          quarantine: `state/quarantine/ORG00001_20261120_${String(index + 1).padStart(3, '0')}.cmep`,
        }),
      ),
      ...failed,
    ],
    reads: {
      received: 231_407,
      accepted: 200_000,
      replaced: 9_806,
      waiting: 18_432,
      rejected: 2_968,
      duplicates: 201,
      estimated: 12_211,
      unresolved: 733,
    },
    meters: { expected: 10_000, delivered: 9_187, missing: 813 },
    readSuccessPercent: 90.8113,
    batches: [sampleBatch(0), sampleBatch(1), sampleBatch(2)],
    deliveries: [
      {
        file: sampleBatch(0).file,
        partner: 'production',
        messageId: '<a1@org00001>',
        status: 'delivered',
        attempts: 1,
      },
      {
        file: sampleBatch(1).file,
        partner: 'production',
        messageId: '<a2@org00001>',
        status: 'refused',
        attempts: 3,
      },
    ],
    resumed: true,
    seconds: 14.26,
    sources: [
      sampleSource('north', {
        files: 5,
        received: 180_011,
        accepted: 160_000,
        replaced: 8_005,
        waiting: 9_003,
        rejected: 2_902,
        duplicates: 101,
      }),
      sampleSource('south', {
        files: 2,
        received: 51_396,
        accepted: 40_000,
        replaced: 1_801,
        waiting: 9_429,
        rejected: 66,
        duplicates: 100,
      }),
      sampleSource('east', {
        files: 1,
        records: 0,
        received: 0,
        accepted: 0,
        replaced: 0,
        waiting: 0,
        rejected: 0,
        duplicates: 0,
      }),
    ],
    days: [
      sampleDay('2026-11-18', { slotsPerHour: 312 }),
      sampleDay('2026-11-19', {
        estimated: Array.from({ length: 24 }, (_, hour) => (hour > 14 && hour < 20 ? 2_200 : 90)),
        unresolved: Array.from({ length: 24 }, (_, hour) => (hour > 16 && hour < 19 ? 730 : 0)),
      }),
      sampleDay('2026-11-20', {
        settled: false,
        actual: Array.from({ length: 24 }, (_, hour) => (hour < 7 ? 9_187 : 0)),
        estimated: Array.from({ length: 24 }, () => 0),
        unresolved: Array.from({ length: 24 }, () => 0),
      }),
    ],
    methods: {
      linear: 4_803,
      'like-day': 6_290,
      profile: 611,
      'register-share': 308,
      'outage-zero': 199,
      none: 733,
    },
    ...withFindings([
      sampleFinding('cmep/bad-number', 'error', 'Not a CMEP number', 412),
      sampleFinding('cmep/count-mismatch', 'error', 'The count differs from the reads on the line', 51),
      sampleFinding('cmep/bad-timestamp', 'error', 'Not a real time of the form CCYYMMDDHHMM', 33),
      sampleFinding('vee/unknown-meter', 'error', 'The channel is not in the meter register', 87),
      sampleFinding(
        'cmep/line-ending',
        'warning',
        'The line ends in LF or CR alone instead of CR LF',
        29_102,
      ),
      sampleFinding('vee/duplicate-read', 'warning', 'A slot given more than once with different values', 14),
      sampleFinding('vee/missing', 'warning', 'No value for a slot', 12_944),
      sampleFinding('vee/over-maximum', 'warning', 'A value over the maximum of the service', 6),
      sampleFinding('vee/sum', 'warning', 'The intervals do not add up to the register advance', 77),
      sampleFinding('vee/needs-review', 'warning', 'No method applied: sent without a value', 734),
      sampleFinding('vee/outage', 'info', 'No value, or zero, in a complete outage', 199),
    ]),
    reviewCount: 1_529,
    missingMeterSample: Array.from({ length: 50 }, (_, index) => `METER000${3_301 + index * 17}`),
    leftInInbox: [{ path: 'inbox/south/late.cmep', reason: 'younger than 30 seconds' }],
    ...changes,
  });
}

/** Lists far over what a page shows: 1,000 batches, 260 files, 90 read days, 300 codes. */
export function longNight(): RunReport {
  const findings = Array.from({ length: 300 }, (_, index) =>
    sampleFinding(`test/code-${index}`, 'warning', `Rule number ${index}`, index + 1, 2),
  );
  return badNight({
    inputs: Array.from({ length: 260 }, (_, index) =>
      sampleInput(index, index === 259 ? { status: 'failed', problem: 'Not a file of reads' } : {}),
    ),
    batches: Array.from({ length: 1_000 }, (_, index) => sampleBatch(index)),
    days: Array.from({ length: 90 }, (_, index) =>
      sampleDay(
        `2026-${String(Math.floor(index / 28) + 6).padStart(2, '0')}-${String((index % 28) + 1).padStart(2, '0')}`,
      ),
    ),
    ...withFindings(findings),
    sources: Array.from({ length: 70 }, (_, index) => sampleSource(`utility-${index + 1}`)),
  });
}
