import { closeSync, openSync } from 'node:fs';
import { COVERAGE_DAYS_MAX } from '../../conformance/file-check.js';
import { FindingBuffer, unpackFindings } from '../../conformance/finding-buffer.js';
import { severityUnder } from '../../conformance/profiles.js';
import { findRule, ruleNumber, type SeverityName } from '../../conformance/rules.js';
import { createLineFields, splitLine } from '../../formats/cmep/line-fields.js';
import { HEADER_FIELDS } from '../../formats/cmep/line-reader.js';
import { type CmepSettings, LINE_BYTES_MAX, SEVERITY } from '../../formats/cmep/settings.js';
import { type FormatName, formatNamed } from '../../formats/formats.js';
import { formatDecimal, UNITS_PER_ONE } from '../../model/decimal.js';
import { readFully } from '../../store/read-fully.js';
import { DEFAULT_POLICY } from '../../vee/policy.js';
import { elementFinding } from './check-elements.js';
import type { OpenedFile } from './check-files.js';
import type { CrossSettings } from './check-meters.js';
import type { CrossOutcome } from './check-passes.js';
import { CROSS_CODES, KIND, KINDS, PLACE_COLUMNS } from './check-places.js';

const LF = 10;
const CR = 13;
const METER_ID_FIELD = 8;
const METER_ID_FIELD_SENSUS = 6;

/** Rule of a kind for the files of a format; null where it has none. In AMRDEF repeats are normal. */
function codeOf(format: FormatName, kind: number): string | null {
  if (format === 'cmep') return CROSS_CODES[kind]!;
  return kind === KIND.unknownMeter ? 'amrdef/unknown-meter' : null;
}

/** Severity of each kind for a file; null where it is switched off. */
function severityOf({ profile, format }: OpenedFile, kind: number): SeverityName | null {
  const code = codeOf(format, kind);
  if (code === null) return null;
  const own = severityUnder(profile, code);
  if (own === 'off') return null;
  return kind === KIND.duplicateHarmless ? 'info' : own;
}

/** What the cross-record rules need to know of all files. */
export function crossSettings(
  files: readonly OpenedFile[],
  findingsMax: number,
  marketZoneMinutes: number,
): CrossSettings {
  const isOn = new Uint8Array(files.length * KINDS);
  for (const [number, file] of files.entries()) {
    for (let kind = 0; kind < KINDS; kind++) {
      isOn[number * KINDS + kind] = severityOf(file, kind) === null ? 0 : 1;
    }
  }
  return {
    fileStarts: new Int32Array(files.length),
    isOn,
    sumTolerances: Float64Array.from(files, ({ profile }) =>
      Math.round(profile.registerTolerance * UNITS_PER_ONE),
    ),
    maximumPerHour: DEFAULT_POLICY.maximumKwh,
    marketZoneMinutes,
    findingsMax,
    coverageDaysMax: COVERAGE_DAYS_MAX,
  };
}

/**
 * Adds what was found across records to the findings of a file: looks the kept places up in it.
 * @throws the system's error where the file cannot be read any more
 */
export function addCrossFindings(files: readonly OpenedFile[], number: number, cross: CrossOutcome): void {
  const file = files[number]!;
  const fd = openSync(file.path, 'r');
  try {
    const isCmep = file.format === 'cmep';
    const line = isCmep ? new PlacedLine(fd, (file.settings as CmepSettings).delimiter) : null;
    for (let kind = 0; kind < KINDS; kind++) {
      const severity = severityOf(file, kind);
      if (severity === null) continue;
      if (line !== null) addKind(files, number, cross, kind, severity, line);
      else addElements(file, number, cross, kind, severity, fd);
    }
    if (file.records === 0) addEmptyFile(file);
  } finally {
    closeSync(fd);
  }
}

function addEmptyFile(file: OpenedFile): void {
  const { code, title } = findRule(formatNamed(file.format).emptyCode)!;
  const severity = severityUnder(file.profile, code);
  if (severity === 'off') return;
  const nowhere = { line: 0, column: 0, field: 0, meterId: null, stamp: null, excerpt: null };
  file.findings.add({ code, severity, ...nowhere, message: title });
}

function addElements(
  file: OpenedFile,
  number: number,
  cross: CrossOutcome,
  kind: number,
  severity: SeverityName,
  fd: number,
): void {
  const rows = cross.places.rowsOf(number, kind);
  const code = codeOf(file.format, kind)!;
  for (let at = 0; at < rows.length; at += PLACE_COLUMNS) {
    const row = rows.subarray(at, at + PLACE_COLUMNS);
    file.findings.add(elementFinding(fd, file, cross, row, code, severity));
  }
  const more = cross.places.counts[number * KINDS + kind]! - rows.length / PLACE_COLUMNS;
  if (more > 0) file.findings.count(code, severity, more);
}

function addKind(
  files: readonly OpenedFile[],
  number: number,
  cross: CrossOutcome,
  kind: number,
  severity: SeverityName,
  line: PlacedLine,
): void {
  const { findings } = files[number]!;
  const rows = cross.places.rowsOf(number, kind);
  const code = CROSS_CODES[kind]!;
  const found = new FindingBuffer(Number.POSITIVE_INFINITY);
  const messages: string[] = [];
  for (let at = 0; at < rows.length; at += PLACE_COLUMNS) {
    const row = rows.subarray(at, at + PLACE_COLUMNS);
    const { from, lineBefore } = cross.ranges[row[0]!]!;
    line.read(from + row[1]!, row[2]!);
    const field = row[4]! < 0 ? line.meterIdField : HEADER_FIELDS + row[4]! * 3 + 3;
    const [textFrom, textTo] = line.place(field);
    const stamp = row[4]! < 0 ? -1 : row[5]!;
    found.add(
      ...([ruleNumber(code), SEVERITY[severity], lineBefore + row[3]!, textFrom + 1, field, stamp] as const),
      ...([line.bytes, textFrom, textTo, ...line.place(line.meterIdField), 0, line.length] as const),
    );
    messages.push(messageOfPlace(kind, row, earlierPlace(files, number, cross, row)));
  }
  for (const [i, finding] of unpackFindings(found.pack(), 0).entries()) {
    findings.add(messages[i] === '' ? finding : { ...finding, message: messages[i]! });
  }
  const more = cross.places.counts[number * KINDS + kind]! - rows.length / PLACE_COLUMNS;
  if (more > 0) findings.count(code, severity, more);
}

/** Where the earlier record stands: `line 12`, or `line 12 of b.cmep`. */
function earlierPlace(
  files: readonly OpenedFile[],
  number: number,
  cross: CrossOutcome,
  row: Float64Array,
): string {
  const range = cross.ranges[row[8]!];
  if (range === undefined) return '';
  const line = `line ${range.lineBefore + row[9]!}`;
  return range.file === number ? line : `${line} of ${files[range.file]!.name}`;
}

/** What the values say; empty where the rule's title and the text at fault say it all. */
function messageOfPlace(kind: number, row: Float64Array, earlier: string): string {
  const { title } = findRule(CROSS_CODES[kind]!)!;
  const value = (column: number) => (Number.isNaN(row[column]!) ? 'no value' : formatDecimal(row[column]!));
  switch (kind) {
    case KIND.duplicateDifferent:
      return `${title}: ${value(6)} here, ${value(7)} in ${earlier}`;
    case KIND.duplicateHarmless:
      return row[6] === row[7]
        ? `The same meter, units and time stamp twice with the same value: ${value(6)}, first in ${earlier}`
        : `The same meter, units and time stamp twice: ${value(6)} here, ${value(7)} in ${earlier}`;
    case KIND.registerDecreased:
      return `${title}: ${value(6)} after ${value(7)} in ${earlier}`;
    case KIND.registerSum:
      return `${title}: the register advanced by ${value(6)}, the intervals add up to ${value(7)}`;
    default:
      return '';
  }
}

/** A line of the file that is looked at again: its fields and their places. */
class PlacedLine {
  readonly bytes = new Uint8Array(LINE_BYTES_MAX);
  private readonly fields = createLineFields(LINE_BYTES_MAX + 1);
  length = 0;
  meterIdField = METER_ID_FIELD;

  constructor(
    private readonly fd: number,
    private readonly delimiter: number,
  ) {}

  read(offset: number, byteLength: number): void {
    const { bytes, fields } = this;
    this.length = readFully(this.fd, bytes, 0, Math.min(byteLength, LINE_BYTES_MAX), offset);
    let end = this.length;
    while (end > 0 && (bytes[end - 1] === LF || bytes[end - 1] === CR)) end--;
    splitLine(bytes, 0, end, this.delimiter, fields);
    const at = METER_ID_FIELD - 1;
    const isEmpty = fields.count <= at || fields.from[at] === fields.to[at];
    this.meterIdField = isEmpty ? METER_ID_FIELD_SENSUS : METER_ID_FIELD;
  }

  /** Where a field begins and ends; the end of the content where the line has no such field. */
  place(field: number): [from: number, to: number] {
    const { fields } = this;
    if (field <= fields.count) return [fields.from[field - 1]!, fields.to[field - 1]!];
    const end = fields.to[fields.count - 1]!;
    return [end, end];
  }
}
