import type { CheckedFiles } from './checked-files.js';
import { htmlCheck } from './html-check.js';
import { jsonCheck } from './json-check.js';
import { junitCheck } from './junit-check.js';
import { sarifCheck } from './sarif-check.js';
import { textCheck } from './text-check.js';

export interface CheckReportOptions {
  /** Whether to write ANSI colours; only `text` has any. */
  colour: boolean;
}

type Writer = (checked: CheckedFiles, options: CheckReportOptions) => Iterable<string>;

const WRITERS = {
  text: (checked, { colour }) => textCheck(checked, colour),
  json: jsonCheck,
  html: htmlCheck,
  sarif: sarifCheck,
  junit: junitCheck,
} satisfies Record<string, Writer>;

export type CheckFormat = keyof typeof WRITERS;

/** Formats that a check is reported in. */
export const CHECK_FORMATS = Object.keys(WRITERS) as CheckFormat[];

/** Pieces are handed on when there is this much of them. */
const PIECE_LENGTH = 65_536;

/**
 * The report of a check in pieces of about 64 KiB, since the whole may be longer than a string can be. The
 * last piece ends the last line.
 */
export function* checkReport(
  format: CheckFormat,
  checked: CheckedFiles,
  options: CheckReportOptions,
): Generator<string> {
  let piece = '';
  for (const part of WRITERS[format](checked, options)) {
    piece += part;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
