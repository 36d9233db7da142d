import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { type BrokenKind, breakLine } from '../../src/generate/broken-lines.js';
import { drawBelow } from '../../src/generate/hash.js';

const READ_BYTES = 4 << 20;
const WRITE_BYTES = 1 << 20;
const LF = 10;
const SEED = 1;

/** Every way of breaking a line that leaves the same record in the file. */
const KINDS: BrokenKind[] = [
  'broken-number',
  'broken-stamp',
  'broken-flag',
  'broken-units',
  'broken-comma',
  'broken-count',
  'broken-meter-id',
  'broken-byte',
];

/** What was put into a file: its size, and for each code how many lines show it at least. */
export interface SpoiltFile {
  path: string;
  sizeBytes: number;
  lines: number;
  codes: Map<string, number>;
}

/** Collects what goes to a file, and writes it in large pieces. */
class Output {
  sizeBytes = 0;
  private readonly fd: number;
  private readonly buffer = Buffer.allocUnsafe(WRITE_BYTES + 4096);
  private used = 0;

  constructor(path: string) {
    this.fd = openSync(path, 'w');
  }

  text(text: string): void {
    this.used += this.buffer.write(text, this.used, 'latin1');
    if (this.used >= WRITE_BYTES) this.flush();
  }

  bytes(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
    if (this.used >= WRITE_BYTES) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }

  private flush(): void {
    for (let at = 0; at < this.used; ) at += writeSync(this.fd, this.buffer, at, this.used - at);
    this.sizeBytes += this.used;
    this.used = 0;
  }
}

/** Writes the lines of a file in another order, the same each time. */
export function shuffleLines(path: string, to: string): void {
  const { starts, lines } = linesOf(path);
  const order = Uint32Array.from({ length: lines }, (_, k) => k);
  for (let k = lines - 1; k > 0; k--) {
    const other = drawBelow(SEED, k, k + 1);
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  const fd = openSync(path, 'r');
  const output = new Output(to);
  const line = new Uint8Array(4096);
  for (const k of order) {
    const length = readSync(fd, line, 0, starts[k + 1]! - starts[k]!, starts[k]!);
    output.bytes(line.subarray(0, length));
  }
  closeSync(fd);
  output.close();
}

/** Where each line begins, and where the last one ends. */
function linesOf(path: string): { starts: Float64Array; lines: number } {
  let starts = new Float64Array(1 << 20);
  let lines = 0;
  let offset = 0;
  eachPiece(path, (piece) => {
    for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) {
      if (lines + 1 === starts.length) {
        const longer = new Float64Array(starts.length * 2);
        longer.set(starts);
        starts = longer;
      }
      starts[++lines] = offset + at + 1;
    }
    offset += piece.length;
  });
  return { starts, lines };
}

function eachPiece(path: string, take: (piece: Buffer) => void): void {
  const fd = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) take(buffer.subarray(0, got));
  closeSync(fd);
}

/**
 * Writes the lines of a clean file with an error on every one.
 * @param kinds how lines are broken, in turn
 */
export function breakLines(path: string, to: string, kinds: readonly BrokenKind[] = KINDS): SpoiltFile {
  const output = new Output(to);
  const codes = new Map<string, number>();
  let rest = '';
  let lines = 0;
  eachPiece(path, (piece) => {
    const texts = (rest + piece.toString('latin1')).split('\r\n');
    rest = texts.pop()!;
    for (const text of texts) {
      const { line, code } = breakLine(kinds[lines % kinds.length]!, text.split(','), SEED, lines++);
      output.text(`${line}\r\n`);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  });
  output.close();
  return { path: to, sizeBytes: output.sizeBytes, lines, codes };
}

/** The shortest lines that break one rule each, and which. */
const SHORTEST: [line: string, code: string][] = [
  ['x', 'cmep/unknown-record-type'],
  ['"', 'cmep/bad-quoting'],
  [',', 'cmep/missing-field'],
];

/** Writes a file of nothing but lines with one error each. */
export function writeErrors(to: string, lines: number): SpoiltFile {
  const output = new Output(to);
  const each = Math.ceil(lines / SHORTEST.length);
  const codes = new Map<string, number>();
  for (let k = 0; k < SHORTEST.length; k++) codes.set(SHORTEST[k]![1], Math.min(each, lines - each * k));
  for (let k = 0; k < lines; k++) output.text(`${SHORTEST[Math.floor(k / each)]![0]}\r\n`);
  output.close();
  return { path: to, sizeBytes: output.sizeBytes, lines, codes };
}
