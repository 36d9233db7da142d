import { join } from 'node:path';
import { ExactSum, formatSum, POWERS_OF_TEN } from '../model/decimal.js';
import { makeFolder } from '../model/make-folder.js';
import { isoDate } from '../model/time.js';
import { type FileAnswer, openAnswers } from './answers.js';
import { ByteFile, guarded } from './byte-file.js';
import type { Night } from './day-writer.js';
import { createDefectPicker, DEFECT_KINDS, type DefectKind } from './defect-kinds.js';
import { createLoadModel } from './load-shape.js';
import { writeNightFile } from './night-file.js';
import { type GenerateOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { writeRegister } from './register-csv.js';
import { addTotals, emptyTotals, type Totals } from './totals.js';

export interface GenerateResult {
  registerPath: string;
  answersPath: string;
  files: FileAnswer[];
  /** `trueKwh` is the exact sum of the true interval values of all meters that send, in kWh. */
  totals: Totals & { trueKwh: string };
  /** Entries in `answers.json`, of the kinds that were asked for. */
  defectCounts: Partial<Record<DefectKind, number>>;
}

/**
 * Writes synthetic CMEP or AMRDEF files with known defects, the meter register (`meters.csv`) and what is wrong with
 * which line (`answers.json`, see `DefectAnswer`) into a folder.
 *
 * The bytes are a function of the options alone. True values are one of seed, meter number, day and slot:
 * the same in whatever file and beside whatever other meters. Each aligned thousand of meter numbers (0 to
 * 999, 1000 to 1999 ...) has each kind of defect asked for on each day as often as DEFECTS_PER_THOUSAND says,
 * and, at the default rate, missing runs short and long. A meter has one defect a day at most.
 * @throws ReadmillError READMILL_OPTION, READMILL_OUTPUT
 */
export async function generateNight(given: GenerateOptions): Promise<GenerateResult> {
  const options = resolveOptions(given);
  const { outDirectory, seed, dialect, intervalMinutes } = options;
  guarded(outDirectory, () => makeFolder(outDirectory));
  const picker = createDefectPicker(seed, options.defects, options.missingRate, intervalMinutes);
  const registerPath = join(outDirectory, 'meters.csv');
  const answersPath = join(outDirectory, 'answers.json');
  const totals = emptyTotals();
  totals.metersInRegister = writeRegister(registerPath, options, (meter, key) => {
    return picker.pick(meter, key, options.startDay) === 'unknown-meter';
  });
  const answers = openAnswers(outDirectory, answersPath);
  const night: Night = {
    options,
    load: createLoadModel(seed, intervalMinutes, POWERS_OF_TEN[dialect.decimals]!),
    picker,
    answers,
    trueSum: new ExactSum(),
    defectCounts: Object.fromEntries(DEFECT_KINDS.map((kind) => [kind, 0])) as Record<DefectKind, number>,
  };
  const files: FileAnswer[] = [];
  try {
    for (let k = 0; k < options.files; k++) files.push(await writeSlice(night, k, totals));
    const result: GenerateResult = {
      registerPath,
      answersPath,
      files,
      totals: { ...totals, trueKwh: formatSum(night.trueSum.total()) },
      defectCounts: Object.fromEntries(options.defects.map((kind) => [kind, night.defectCounts[kind]])),
    };
    answers.finish(answersHead(options, result));
    return result;
  } finally {
    answers.abandon();
  }
}

/** The k-th file (from 0): meters are shared out as evenly as it goes. */
async function writeSlice(night: Night, k: number, totals: Totals): Promise<FileAnswer> {
  const { meters, files, firstMeter, outDirectory } = night.options;
  const from = Math.floor((meters * k) / files);
  const to = Math.floor((meters * (k + 1)) / files);
  const name = fileName(night.options, k);
  const file = new ByteFile(join(outDirectory, name));
  const ofFile = emptyTotals();
  try {
    return await writeNightFile(
      night,
      { firstMeter: firstMeter + from, meters: to - from },
      name,
      file,
      ofFile,
    );
  } finally {
    file.abandon();
    addTotals(totals, ofFile);
  }
}

function fileName({ format, dialect, startDay, files }: ResolvedOptions, k: number): string {
  const number = String(k + 1).padStart(String(files).length, '0');
  const extension = format === 'amrdef' ? 'xml' : 'cmep';
  return `${dialect.name}-${isoDate(startDay)}-${number}.${extension}`;
}

/** What stands before the defects in `answers.json`. No path and no time of day: the same for the same options. */
function answersHead(options: ResolvedOptions, result: GenerateResult): Record<string, unknown> {
  const { meters, days, startDay, dialect, intervalMinutes, files, missingRate, defects, firstMeter } =
    options;
  return {
    tool: 'readmill',
    seed: options.seed,
    options: {
      meters,
      days,
      start: isoDate(startDay),
      format: options.format,
      dialect: dialect.name,
      intervalMinutes,
      files,
      missingRate,
      defects,
      firstMeter,
    },
    files: result.files,
    totals: result.totals,
    defectCounts: result.defectCounts,
  };
}
