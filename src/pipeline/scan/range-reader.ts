import { closeSync, openSync } from 'node:fs';
import { ruleNumber } from '../../conformance/rules.js';
import { type FormatName, formatNamed, type SourceSettings } from '../../formats/formats.js';
import type { RangeBounds, RangeEnd, RangeReader, RangeSink, RangeSource } from '../../formats/range.js';
import { readFully } from '../../store/read-fully.js';

/** A piece of a file of some format. */
export interface FileRange extends RangeBounds {
  path: string;
  fileBytes: number;
  format: FormatName;
  settings: SourceSettings[FormatName];
}

/** The reader of the source that was read last: it keeps what it knows of the source's files. */
let lastReader: { key: string; reader: RangeReader } | null = null;

function readerFor({ format, settings }: FileRange): RangeReader {
  const key = `${format} ${JSON.stringify(settings)}`;
  if (lastReader?.key !== key) lastReader = { key, reader: formatNamed(format).openReader(settings) };
  return lastReader.reader;
}

/** Number of the rule that fault 0 of a format breaks; its other faults follow in the catalogue. */
export const firstRuleOf = (format: FormatName): number => ruleNumber(formatNamed(format).faults[0]!);

/**
 * Reads the records of one range and tells the sink of them.
 * @throws the system's error where the file cannot be read
 */
export function readRange(range: FileRange, sink: RangeSink): RangeEnd {
  const fd = openSync(range.path, 'r');
  try {
    const source: RangeSource = {
      sizeBytes: range.fileBytes,
      read: (target, at, length, position) => readFully(fd, target, at, length, position),
    };
    return readerFor(range).readRange(source, range, sink);
  } finally {
    closeSync(fd);
  }
}
