import { printable } from '../../model/printable.js';
import type { Excerpt, Finding } from '../finding-buffer.js';

/** Fields 1 to 14 of MEPMD01. */
const HEADER = [
  'record type',
  'record version',
  'sender',
  "sender's customer",
  'receiver',
  "receiver's customer",
  'time stamp',
  'meter id',
  'purpose',
  'commodity',
  'units',
  'calculation constant',
  'interval',
  'count',
];
const OF_READ = ['stamp', 'flag', 'value'];

/** Codes of lines that need not be MEPMD01, so that their fields have no name here. */
const OF_ANY_TYPE = new Set(['cmep/bad-quoting', 'cmep/unknown-record-type', 'cmep/unsupported-record-type']);

/** What a CMEP field is, such as `stamp of read 3`, or '' where that is not known. */
export function fieldName({ code, field }: Pick<Finding, 'code' | 'field'>): string {
  if (!code.startsWith('cmep/') || field < 1 || OF_ANY_TYPE.has(code)) return '';
  const header = HEADER[field - 1];
  if (header !== undefined) return header;
  const place = field - HEADER.length - 1;
  return `${OF_READ[place % OF_READ.length]} of read ${Math.floor(place / OF_READ.length) + 1}`;
}

/** Where a finding is: `line 3, column 120, field 15 (stamp of read 1), meter 1234, 2026-11-20T05:00Z`. */
export function placeOf(finding: Finding): string {
  const { line, column, field, meterId, stamp } = finding;
  const name = fieldName(finding);
  return [
    ...(line > 0 ? [`line ${line}`] : []),
    ...(line > 0 && column > 0 ? [`column ${column}`] : []),
    ...(field > 0 ? [`field ${field}${name === '' ? '' : ` (${name})`}`] : []),
    ...(meterId === null ? [] : [`meter ${meterId}`]),
    ...(stamp === null ? [] : [stamp]),
  ].join(', ');
}

/** What stands before the text at fault, that text, and what stands after it. */
export function partsOf({ text, from, to }: Excerpt): [string, string, string] {
  return [text.slice(0, from), text.slice(from, to), text.slice(to)];
}

/** The same excerpt without anything that does not print. */
export function printableExcerpt(excerpt: Excerpt): Excerpt {
  const [before, marked, after] = partsOf(excerpt).map(printable) as [string, string, string];
  return {
    text: `${before}${marked}${after}`,
    from: before.length,
    to: before.length + marked.length,
  };
}

/**
 * What a message says beyond the title of its rule, for where title and line are shown: the text at fault is
 * marked there and need not be said again.
 */
export function beyondTitle({ message, excerpt }: Finding, title: string): string {
  const rest = message.startsWith(title) ? message.slice(title.length).replace(/^: ?/, '') : message;
  const isSeen = excerpt != null && excerpt.to > excerpt.from && rest.startsWith('"');
  return isSeen ? '' : rest;
}
