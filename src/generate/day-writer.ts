import type { ExactSum } from '../model/decimal.js';
import type { AnswersWriter } from './answers.js';
import type { ByteFile } from './byte-file.js';
import type { DefectKind, DefectPicker } from './defect-kinds.js';
import type { LoadModel } from './load-shape.js';
import type { ResolvedOptions } from './options.js';
import type { DayFrame, MeterDay } from './record-draft.js';
import type { Totals } from './totals.js';

/** Consecutive meters that go into one file. */
export interface Slice {
  firstMeter: number;
  meters: number;
}

/** What the files of a night have in common. */
export interface Night {
  options: ResolvedOptions;
  load: LoadModel;
  picker: DefectPicker;
  answers: AnswersWriter;
  /** True values of all meters that send, in 0.00001 kWh. */
  trueSum: ExactSum;
  defectCounts: Record<DefectKind, number>;
}

/** State of one file while it is written. */
export interface FileState {
  night: Night;
  slice: Slice;
  name: string;
  file: ByteFile;
  totals: Totals;
  /** Closing registers of the day before, NaN where there is none; null where nobody asks for them. */
  registers: Float64Array | null;
  /** Interval values of the meter-day under work, and its opening and closing register. */
  values: Int32Array;
  registerValues: Float64Array;
}

/** Writes meter-days into a file in one format, and counts what it writes in the totals of the file. */
export interface DayWriter {
  /** Reads and lines of a meter-day without a defect. */
  goodReads: number;
  goodLines: number;
  /** @param endDay the day after the last one of the file */
  begin(endDay: number): void;
  turnTo(frame: DayFrame): void;
  /** A meter-day with the values of the state, as they are. */
  good(meter: number): void;
  /** A meter-day with a defect, which is told in the answers. */
  defect(meterDay: MeterDay): void;
  end(): void;
}
