import type { Finding } from '../../conformance/finding-buffer.js';
import { findRule, type SeverityName } from '../../conformance/rules.js';
import { formatNamed } from '../../formats/formats.js';
import { isoMinute } from '../../model/time.js';
import { readFully } from '../../store/read-fully.js';
import type { OpenedFile } from './check-files.js';
import type { CrossOutcome } from './check-passes.js';

/** Bytes before an element that its meter is looked for in, and its line. */
const LOOK_BACK_BYTES = 1 << 20;
const RECORD_OPENING = '<MeterReadings';

/**
 * A finding across records in a file whose records are elements: the line and column of the element, and its
 * meter where that stands near it.
 * @param row of `PLACE_COLUMNS`
 */
export function elementFinding(
  fd: number,
  file: OpenedFile,
  cross: CrossOutcome,
  row: Float64Array,
  code: string,
  severity: SeverityName,
): Finding {
  const { from, lineBefore, columnBefore } = cross.ranges[row[0]!]!;
  const offset = from + row[1]!;
  const first = Math.max(0, offset - LOOK_BACK_BYTES);
  const bytes = Buffer.alloc(offset - first + formatNamed(file.format).sampleBytes);
  const length = readFully(fd, bytes, 0, bytes.length, first);
  const before = bytes.toString('latin1', 0, offset - first);
  const lineFrom = before.lastIndexOf('\n') + 1;
  const meterFrom = Math.max(before.lastIndexOf(RECORD_OPENING), 0);
  const meterId = formatNamed(file.format).meterIdIn(
    bytes.toString('latin1', meterFrom, length),
    false,
    file.settings,
  );
  const title = findRule(code)!.title;
  return {
    code,
    severity,
    line: lineBefore + row[3]!,
    // On the first line of a range that has no line end near, the bytes before the range count too.
    column: before.length - lineFrom + 1 + (lineFrom === 0 && first > 0 ? columnBefore + first - from : 0),
    field: 0,
    meterId: meterId === '' ? null : meterId,
    stamp: row[4]! < 0 ? null : isoMinute(row[5]!),
    message: title,
    excerpt: null,
  };
}
