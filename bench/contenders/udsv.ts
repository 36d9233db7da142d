import { closeSync, openSync, readSync } from 'node:fs';
import { inferSchema, initParser, type Parser } from 'udsv';
import { type OpenContender, RowSum, type ScanAnswer } from './contender.js';

const READ_BYTES = 4 << 20;

/**
 * uDSV wants all rows to have as many columns as the first: over a CMEP file as it is, its columns run
 * across line ends. So that it can take part, lines of registers are put apart from those of intervals
 * first, and a parser of its own width reads each heap. Rows come as texts, its fastest output.
 */
export function openUdsv(): OpenContender {
  return { sumFile: async (path) => sumFile(path), close: async () => {} };
}

function sumFile(path: string): ScanAnswer {
  const sum = new RowSum();
  const add = (row: string[]): void => sum.add(row);
  const parsers: (Parser | null)[] = [null, null];
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const fd = openSync(path, 'r');
  let rest = '';
  try {
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) {
      const text = rest + buffer.toString('latin1', 0, got);
      const { heaps, read } = sortLines(text);
      rest = text.slice(read);
      for (const [k, heap] of heaps.entries()) {
        if (heap === '') continue;
        parsers[k] ??= parserFor(heap);
        parsers[k].stringArrs(heap, add);
      }
    }
  } finally {
    closeSync(fd);
  }
  return sum.answer();
}

/** Whole lines of intervals and of registers, each as one text. */
function sortLines(text: string): { heaps: [string, string]; read: number } {
  const intervals: string[] = [];
  const registers: string[] = [];
  let from = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    const line = text.slice(from, end + 1);
    (line.includes(',KWHREG,') ? registers : intervals).push(line);
    from = end + 1;
  }
  return { heaps: [intervals.join(''), registers.join('')], read: from };
}

function parserFor(text: string): Parser {
  return initParser(inferSchema(text, { header: () => [], col: ',', row: '\r\n', encl: '' }));
}
