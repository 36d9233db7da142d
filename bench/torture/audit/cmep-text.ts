/**
 * The auditor's own way of reading: plain text, cut at commas. It shares no line with the program's readers; it need
 * not be fast, nor stand anything but the files of a torture night.
 */

/** One read of an input, or one slot of a batch. */
export interface TextRead {
  meterId: string;
  units: string;
  /** Minutes since 1970, UTC. */
  stamp: number;
  flag: string;
  value: string;
  /** Field 7, or its like: minutes since 1970. */
  creation: number;
  purpose: string;
  /** Where its record begins in the file, bytes. */
  offset: number;
}

const HEADER_FIELDS = 14;

/** Minutes since 1970 of `CCYYMMDDHHMM`; NaN where it is none. */
export function minutesOf(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)/.exec(text.replaceAll(/[-T: Z]/g, ''));
  if (match === null) return Number.NaN;
  const [year, month, day, hour, minute] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute) / 60_000;
}

/** Reads of a CMEP text, a byte a character. Lines that are no whole record give what can be told. */
export function cmepReads(text: string): TextRead[] {
  const reads: TextRead[] = [];
  let offset = 0;
  for (const raw of text.split('\n')) {
    const line = raw.replace(/\r$/, '');
    if (line.startsWith('MEPMD01')) reads.push(...readsOfLine(line, offset));
    offset += raw.length + 1;
  }
  return reads;
}

function readsOfLine(line: string, offset: number): TextRead[] {
  const fields = line.split(',');
  const at = (field: number): string => (fields[field - 1] ?? '').trim();
  const meterId = at(8) === '' ? at(6) : at(8);
  const step = Number(at(13).slice(4, 6)) * 60 + Number(at(13).slice(6, 8));
  const head = { meterId, units: at(11), creation: minutesOf(at(7)), purpose: at(9), offset };
  const reads: TextRead[] = [];
  for (let i = HEADER_FIELDS; i < fields.length; i += 3) {
    const [given = '', flag = '', value = ''] = fields.slice(i, i + 3);
    const stamp = given === '' && reads.length > 0 ? reads.at(-1)!.stamp + step : minutesOf(given);
    reads.push({ ...head, stamp, flag, value });
  }
  return reads;
}

/** Rows of a list with a header, as objects; fields may stand in quotes. */
export function listRows(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.split('\n').filter((line) => line !== '');
  const names = head.split(',');
  return lines.map((line) => {
    const fields = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) => {
      return quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"');
    });
    return Object.fromEntries(names.map((name, i) => [name, fields[i] ?? '']));
  });
}
