import type { ScanComparison } from './result.js';

/** Columns after the first `textColumns` hold numbers. */
export function table(header: string[], rows: string[][], textColumns = 1): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, k) => (k < textColumns ? '---' : '---:'));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

export const whole = (number: number): string => Math.round(number).toLocaleString('en');
export const megabytes = (sizeBytes: number): string => whole(sizeBytes / 1e6);
export const mebibytes = (kib: number | null): string => (kib === null ? 'not known' : whole(kib / 1024));
export const times = (factor: number): string => `${factor.toFixed(2)} x`;

/** Passes of several contenders over one file, as a table with its caption. */
export function comparisonTable({ meters, reads, sizeBytes, figures }: ScanComparison): string {
  const slowest = Math.max(
    ...figures.filter(({ isRight }) => isRight).map(({ medianSeconds }) => medianSeconds),
  );
  const rows = figures.map(({ contender, isRight, seconds, medianSeconds, highWaterKib }) => {
    const { title, threads } = contender;
    if (!isRight) return [title, String(threads), 'wrong answer: no result', '', '', '', ''];
    return [
      title,
      String(threads),
      medianSeconds.toFixed(3),
      `${Math.min(...seconds).toFixed(3)} - ${Math.max(...seconds).toFixed(3)}`,
      whole(sizeBytes / 1e6 / medianSeconds),
      times(slowest / medianSeconds),
      mebibytes(highWaterKib),
    ];
  });
  const header = ['', 'Threads', 'Seconds', 'Least - most', 'MB/s', 'To the slowest', 'Peak MiB'];
  const passes = figures[0]?.seconds.length ?? 0;
  const caption = `${whole(meters)} meters, ${whole(reads)} reads, ${megabytes(sizeBytes)} MB; median of ${passes}.`;
  return `${caption}\n\n${table(header, rows)}`;
}
