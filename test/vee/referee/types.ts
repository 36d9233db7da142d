/** Shapes of the referee. Times are minutes since 1970 in UTC, values whole numbers of 0.00001. */

export type Action = 'estimate' | 'flag' | 'ignore';

export interface Policy {
  linearHours: number;
  maximumKwh: bigint;
  sumTolerance: bigint;
  decimals: number;
  historyDays: number;
  referenceDays: number;
  minimumReferenceDays: number;
  distrustHeadEndEstimates: boolean;
  estimateMissingMeters: boolean;
  spikeFloor: bigint;
  spikeRatio: bigint;
  zeroRunHours: number;
  frozenRunHours: number;
  low: bigint;
  high: bigint;
  actions: {
    badStatus: Action;
    doubtfulStatus: Action;
    negative: Action;
    overMaximum: Action;
    sum: 'flag' | 'ignore';
    spike: 'flag' | 'ignore';
    zeroRun: 'flag' | 'ignore';
    frozen: 'flag' | 'ignore';
    highLow: 'flag' | 'ignore';
  };
}

/** A row of the meter register: an interval channel, its cumulative register included. */
export interface MeterRow {
  meterId: string;
  sdpId: string;
  units: string;
  intervalMinutes: number;
  multiplier: bigint;
  /** 0: not known. */
  registerDigits: number;
  /** Null: the policy's. */
  maximumKwh: bigint | null;
  serviceClass: string;
  activeFrom: number | null;
  activeTo: number | null;
}

export type KindOfDay = 'weekday' | 'saturday' | 'sunday' | 'holiday';

/** A class load profile for one kind of day, from its midnight. */
export interface LoadProfile {
  serviceClass: string;
  kindOfDay: KindOfDay;
  intervalMinutes: number;
  weights: bigint[];
}

export interface Setting {
  /** Minutes that market time is ahead of UTC. */
  zoneMinutes: number;
  closeAfterMinutes: number;
  policies: ReadonlyMap<string, Policy>;
  rows: readonly MeterRow[];
  /** Day numbers, or null for those of Ontario. */
  holidays: ReadonlySet<number> | null;
  profiles: readonly LoadProfile[];
}

export interface Triple {
  stamp: number;
  flag: string;
  /** '' where there is none. */
  value: string;
}

export interface InputRecord {
  file: string;
  line: number;
  meterId: string;
  units: string;
  purpose: string;
  creation: number;
  triples: Triple[];
}

export interface Night {
  now: number;
  records: InputRecord[];
}

/** What check 2 compares, the first member first. */
export interface Rank {
  hasValue: boolean;
  isResend: boolean;
  creation: number;
  file: string;
  line: number;
}

/** What checks 3 to 7 say of one read. */
export interface Judgement {
  kind: 'passed' | 'failed' | 'outage';
  /** Of a failed read or an outage the check that decided; of a passed one all that flag it. */
  codes: string[];
  hasOutageStatus: boolean;
}

export type Method = 'outage-zero' | 'linear' | 'like-day' | 'profile' | 'register-share' | 'none';

export interface Slot {
  /** Null where nothing came. */
  read: (Triple & { exact: bigint | null; rank: Rank; judgement: Judgement }) | null;
  /** Null while the read day is open. */
  settled: 'actual' | Method | null;
  /** Final value of a settled slot that is no actual; null where no method applied. */
  estimate: bigint | null;
  /** Whether anything went out for the slot, and the flag of what did. */
  isSent: boolean;
  sentFlag: string;
}

export interface Channel {
  row: MeterRow;
  /** Rows of other meters for the same units at the same service delivery point. */
  otherRows: MeterRow[];
  policyName: string;
  policy: Policy;
  /** By stamp of the slot's end. */
  slots: Map<number, Slot>;
  registers: Map<number, { exact: bigint | null; value: string; rank: Rank }>;
  /** Days that something came for. */
  deliveredDays: Set<number>;
  settledDays: Set<number>;
}

export interface SentRead {
  meterId: string;
  units: string;
  stamp: number;
  purpose: 'OK' | 'RESEND';
  value: string;
  flag: string;
}

export interface EstimateLine {
  meterId: string;
  units: string;
  stamp: number;
  rawValue: string;
  rawFlag: string;
  value: string;
  method: Method | 'kept';
  referenceDays: number[];
  /** Check that decided, and the name of the policy. */
  check: string;
  policy: string;
  /** Over and under of the factor; null where the slot was not scaled. */
  scale: [bigint, bigint] | null;
}

export interface ReviewLine {
  meterId: string;
  units: string;
  stamp: number;
  code: string;
}

export interface Duplicate {
  meterId: string;
  units: string;
  stamp: number;
  keptValue: string;
  value: string;
}

export interface NightResult {
  sent: SentRead[];
  estimates: EstimateLine[];
  review: ReviewLine[];
  duplicates: Duplicate[];
  missing: { meterId: string; units: string; day: number }[];
  /** What the night came across, for counting whether everything occurs. */
  situations: string[];
  reads: Record<'received' | 'accepted' | 'replaced' | 'waiting' | 'rejected' | 'duplicates', number>;
}
