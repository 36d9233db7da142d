import { closeSync, fstatSync, openSync } from 'node:fs';
import { readFully } from './read-fully.js';

/** A line of the lists of a run is shorter. */
const LINE_BYTES_MAX = 8192;
const PIECE_BYTES = 64 * 1024;

/**
 * Lines of a list whose first field is a text, in a file whose lines stand in the byte order of that field
 * after a header line: found by halving, so that a file of any size is looked at in a few places.
 * @throws the system's error where the file cannot be read
 */
export function linesOf(path: string, key: string): string[] {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const header = textAt(fd, 0, LINE_BYTES_MAX).indexOf('\n') + 1;
    let low = header;
    let high = size;
    // Everything before the line at `low` is below the key; the line after `high` is not.
    while (high - low > PIECE_BYTES) {
      const middle = Math.floor((low + high) / 2);
      const text = textAt(fd, middle, LINE_BYTES_MAX);
      const start = text.indexOf('\n') + 1;
      if (start === 0 || middle + start >= high) break;
      if (compare(firstField(text.slice(start)), key) < 0) low = middle + start;
      else high = middle;
    }
    return collect(fd, low, key);
  } finally {
    closeSync(fd);
  }
}

/** Lines of a key from the line at `from` on; lines of lower keys are passed over. */
function collect(fd: number, from: number, key: string): string[] {
  const found: string[] = [];
  let position = from;
  let rest = '';
  for (;;) {
    const text = textAt(fd, position, PIECE_BYTES);
    if (text === '') return found;
    position += text.length;
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const order = compare(firstField(line), key);
      if (order === 0) found.push(line);
      if (order > 0) return found;
    }
  }
}

function textAt(fd: number, position: number, length: number): string {
  const bytes = Buffer.alloc(length);
  return bytes.toString('latin1', 0, readFully(fd, bytes, 0, length, position));
}

function firstField(line: string): string {
  if (!line.startsWith('"')) return line.slice(0, line.indexOf(','));
  return line.slice(1, line.indexOf('",')).replaceAll('""', '"');
}

/** Order of two latin1 texts by their bytes. */
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
