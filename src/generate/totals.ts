/** What a night holds, counted while it is written. Reads and records are those of good lines. */
export interface Totals {
  meters: number;
  metersInRegister: number;
  silentMeters: number;
  unknownMeters: number;
  /** Days of meters that send. */
  meterDays: number;
  lines: number;
  records: number;
  /** Triples; those without a value, and those of registers and of unknown meters, among them. */
  reads: number;
  registerReads: number;
  readsOfUnknownMeters: number;
  readsWithoutValue: number;
  brokenLines: number;
  readsOnBrokenLines: number;
  /** Slots of meters that send which no line has, and which only a broken line has. */
  withheldSlots: number;
  slotsOnBrokenLines: number;
  /** Records, and reads in them, of slots that an earlier line of the day has already. */
  duplicateRecords: number;
  duplicateReads: number;
  /** Opening registers that repeat the closing one of the day before. */
  repeatedRegisterReads: number;
}

export function emptyTotals(): Totals {
  return {
    meters: 0,
    metersInRegister: 0,
    silentMeters: 0,
    unknownMeters: 0,
    meterDays: 0,
    lines: 0,
    records: 0,
    reads: 0,
    registerReads: 0,
    readsOfUnknownMeters: 0,
    readsWithoutValue: 0,
    brokenLines: 0,
    readsOnBrokenLines: 0,
    withheldSlots: 0,
    slotsOnBrokenLines: 0,
    duplicateRecords: 0,
    duplicateReads: 0,
    repeatedRegisterReads: 0,
  };
}

export function addTotals(sum: Totals, more: Totals): void {
  for (const name of Object.keys(sum) as (keyof Totals)[]) sum[name] += more[name];
}
