/** How much one run of the bench does. */
export interface Plan {
  /** Passes of each contender that do not count. */
  warmUpRounds: number;
  /** Meters of the file that DuckDB and our scan read; passes of each. */
  scanMeters: number;
  scanRounds: number;
  /** The same for the parsers that are slower by far. */
  slowMeters: number;
  slowRounds: number;
  /** Clean nights, rising; those of `scanMeters` and `slowMeters` must be among them. */
  nights: { meters: number; rounds: number }[];
  defectMeters: number;
  defectRounds: number;
  defectRegisters: boolean[];
  /** Into how many files the meters of `scanMeters` are cut. */
  fileCounts: number[];
  fileRounds: number;
  /** Runs on the disk; 0 leaves them out. */
  diskRounds: number;
}

/** For CI: seconds, right answers only. */
export const SHORT_PLAN: Plan = {
  warmUpRounds: 0,
  scanMeters: 20_000,
  scanRounds: 1,
  slowMeters: 20_000,
  slowRounds: 1,
  nights: [{ meters: 20_000, rounds: 1 }],
  defectMeters: 20_000,
  defectRounds: 1,
  defectRegisters: [true],
  fileCounts: [5],
  fileRounds: 1,
  diskRounds: 0,
};

export const FULL_PLAN: Plan = {
  warmUpRounds: 1,
  scanMeters: 500_000,
  scanRounds: 5,
  slowMeters: 100_000,
  slowRounds: 3,
  nights: [
    { meters: 100_000, rounds: 3 },
    { meters: 500_000, rounds: 3 },
    { meters: 1_000_000, rounds: 3 },
  ],
  defectMeters: 500_000,
  defectRounds: 1,
  defectRegisters: [false, true],
  fileCounts: [10, 100],
  fileRounds: 1,
  diskRounds: 3,
};

/** A province. */
export const LARGE_NIGHT = { meters: 5_000_000, rounds: 3 };

/** Bytes of a generated meter's day in CMEP v1.20, rounded up. */
const METER_BYTES = 720;
/** What a night needs beside its input: work files, output, history, as a multiple of the input. */
const ROOM_FACTOR = 3.5;

export function roomNeededBytes(plan: Plan): number {
  return Math.max(...plan.nights.map(({ meters }) => meters)) * METER_BYTES * ROOM_FACTOR;
}
