import type { Detected, Format } from '../format.js';
import { dialectOf } from './dialect.js';
import { CMEP_FAULTS } from './faults.js';
import { CmepRangeReader } from './range.js';
import type { CmepSettings } from './settings.js';

const LINES_LOOKED_AT = 200;

/** CMEP and its dialects. */
export const CMEP_FORMAT: Format<CmepSettings> = {
  name: 'cmep',
  faults: CMEP_FAULTS,
  emptyCode: 'cmep/empty-file',
  detect: detectDialect,
  openReader: (settings) => new CmepRangeReader(settings),
  bytesPerCmepByte: 1,
  sampleBytes: 4096,
  meterIdIn,
  endsInLine: true,
};

function detectDialect(text: string): Detected | null {
  const lines = text.split(/\r\n|\n|\r/, LINES_LOOKED_AT).filter((line) => line !== '');
  const records = lines.filter((line) => /^"?MEP[A-Z]{2}\d\d/.test(line));
  return records.length === 0 ? null : dialectOf(records);
}

/** Field 8 of the first whole line, or field 6 where that is empty. */
function meterIdIn(piece: string, isStart: boolean): string {
  const lines = piece.split(/\r\n|\n|\r/, isStart ? 1 : 2);
  const fields = (lines[isStart ? 0 : 1] ?? '').split(/[,\t]/, 9);
  if (fields.length < 9) return '';
  return fields[7]!.trim() || fields[5]!.trim();
}
