/** What is done about a fault. An error rejects the element that it concerns. */
export const SEVERITY = { off: 0, info: 1, warning: 2, error: 3 } as const;

/** Attributes of `Meter` that can name a meter. */
export const METER_ID_ATTRIBUTES = ['SerialNumber', 'MeterName', 'MeterIrn', 'SdpIdent'] as const;

export type MeterIdAttribute = (typeof METER_ID_ATTRIBUTES)[number];

/** How one source writes AMRDEF, as plain data that can be sent to a worker. */
export interface AmrdefSettings {
  meterIdAttribute: MeterIdAttribute;
  /** Longest meter id, since it is to stand in field 8 of CMEP; METER_ID_BYTES_MAX at most. */
  meterIdBytes: number;
  /** Whether values are to be multiplied by the `Multiplier` of their spec. */
  applyMultiplier: boolean;
  /** Minutes that stamps are ahead of UTC where `Meter` has no `TimeZoneOffset`. */
  zoneMinutes: number;
  /** Stamps after this one (minutes since 1970, UTC) are in the future. */
  latestStamp: number;
  /** Clocks of meter and server may differ by so much. */
  clockDriftSeconds: number;
  /** Register advance and interval sum may differ by so much, in 0.00001 of the unit. */
  registerTolerance: number;
  /** A fault that lies within one reading rejects that reading alone, not the element around it. */
  rejectReadings: boolean;
  /** Severity of each fault, by its number. */
  severities: number[];
}

/** Readings of one `MeterReadings` that are held back until all of it is known; then they are told in parts. */
export const PENDING_READS_MAX = 65_535;

/** Elements with readings of one `MeterReadings` that are held back. */
export const PENDING_ELEMENTS_MAX = 4096;

/** `Channel` elements of one `MeterReadings` whose control totals are compared. */
export const SUMMARIES_MAX = 64;

/** Register readings of one `MeterReadings` that are compared with their tiers and with the intervals. */
export const REGISTER_READS_MAX = 64;

/** Bytes of one `MeterReadings`, since places within it are kept in 31 bits. */
export const METER_READINGS_BYTES_MAX = 2_147_483_647;
