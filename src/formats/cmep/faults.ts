/**
 * The faults that reading one CMEP record can show, by the codes of the conformance rules. A fault's number
 * is its place in this list; `conformance/rules` adds severity and text. Numbers live in memory and in
 * the work files of one run only.
 */
export const CMEP_FAULTS = [
  'cmep/unknown-record-type',
  'cmep/unsupported-record-type',
  'cmep/record-version',
  'cmep/line-too-long',
  'cmep/line-ending',
  'cmep/missing-final-newline',
  'cmep/not-ascii',
  'cmep/field-too-long',
  'cmep/missing-field',
  'cmep/missing-meter-id',
  'cmep/bad-timestamp',
  'cmep/bad-interval',
  'cmep/interval-not-allowed',
  'cmep/bad-count',
  'cmep/count-exceeds-48',
  'cmep/count-mismatch',
  'cmep/first-stamp-missing',
  'cmep/implied-stamp-without-interval',
  'cmep/stamp-not-aligned',
  'cmep/stamp-order',
  'cmep/stamp-gap',
  'cmep/stamp-in-future',
  'cmep/bad-quality-flag',
  'cmep/bad-number',
  'cmep/number-too-long',
  'cmep/too-many-decimals',
  'cmep/value-missing',
  'cmep/value-with-n-flag',
  'cmep/negative-consumption',
  'cmep/unknown-purpose',
  'cmep/unknown-commodity',
  'cmep/unknown-units',
  'cmep/units-commodity-mismatch',
  'cmep/bad-quoting',
  'cmep/extra-fields',
  'cmep/bad-crc',
] as const;

export type CmepFaultCode = (typeof CMEP_FAULTS)[number];

/** Number of a fault by its code. */
export const FAULT = Object.fromEntries(CMEP_FAULTS.map((code, number) => [code, number])) as Record<
  CmepFaultCode,
  number
>;

/**
 * Faults that leave nothing to be read, or would put a value under a wrong meter, time or unit: they are
 * errors whatever a profile says.
 */
export const ALWAYS_ERRORS: readonly CmepFaultCode[] = [
  'cmep/bad-quoting',
  'cmep/missing-field',
  'cmep/missing-meter-id',
  'cmep/bad-timestamp',
  'cmep/bad-interval',
  'cmep/first-stamp-missing',
  'cmep/implied-stamp-without-interval',
  'cmep/stamp-order',
  'cmep/bad-quality-flag',
  'cmep/bad-number',
  'cmep/number-too-long',
  'cmep/unknown-commodity',
  'cmep/unknown-units',
];
