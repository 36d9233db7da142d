/**
 * The faults that reading AMRDEF can show, by the codes of the conformance rules. A fault's number is its
 * place in this list. Numbers live in memory and in the work files of one run only.
 */
export const AMRDEF_FAULTS = [
  'amrdef/not-well-formed',
  'amrdef/doctype',
  'amrdef/unknown-element',
  'amrdef/unknown-attribute',
  'amrdef/missing-attribute',
  'amrdef/version',
  'amrdef/bad-timestamp',
  'amrdef/bad-number',
  'amrdef/bad-interval',
  'amrdef/stamp-order',
  'amrdef/stamp-outside-range',
  'amrdef/stamp-gap',
  'amrdef/stamp-not-aligned',
  'amrdef/stamp-in-future',
  'amrdef/interval-count-mismatch',
  'amrdef/interval-sum-mismatch',
  'amrdef/register-tier-mismatch',
  'amrdef/register-sum-mismatch',
  'amrdef/unknown-quality-flag',
  'amrdef/unknown-uom',
  'amrdef/meter-not-read',
  'amrdef/clock-drift',
] as const;

export type AmrdefFaultCode = (typeof AMRDEF_FAULTS)[number];

/** Number of a fault by its code. */
export const FAULT = Object.fromEntries(AMRDEF_FAULTS.map((code, number) => [code, number])) as Record<
  AmrdefFaultCode,
  number
>;

/**
 * Faults that leave nothing to be read, or would put a value under a wrong meter, time or unit: they are
 * errors whatever a profile says.
 */
export const ALWAYS_ERRORS: readonly AmrdefFaultCode[] = [
  'amrdef/not-well-formed',
  'amrdef/doctype',
  'amrdef/missing-attribute',
  'amrdef/bad-timestamp',
  'amrdef/bad-number',
  'amrdef/bad-interval',
  'amrdef/stamp-order',
  'amrdef/unknown-quality-flag',
];
