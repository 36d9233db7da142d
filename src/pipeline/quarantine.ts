import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shownText } from '../conformance/finding-buffer.js';
import { RULES } from '../conformance/rules.js';
import { syncPath } from './files.js';
import { csvField, ListWriter } from './list-writer.js';
import type { RunRecord, ScannedRange, ScanOutcome } from './run-state.js';
import { REJECT_COLUMNS } from './scan-range.js';
import type { TaskRecord } from './settle.js';

const PIECE_BYTES = 1 << 20;
const TEXT_BYTES_MAX = 60;
const ROWS_AT_ONCE = 1024;
const REASONS_HEADER = 'quarantine_line,file_line,file_offset,bytes,code,column,reads,text,reason';

/**
 * Writes the rejected records of each input, as they came and in the order of the file, into the
 * quarantine, with the reasons beside them. Done again after a crash, it writes the same.
 * @returns by input number the path of its quarantine file
 */
export async function writeQuarantine(
  run: RunRecord,
  scan: ScanOutcome,
  tasks: readonly TaskRecord[],
): Promise<Map<number, string>> {
  const cursors = tasks
    .filter(({ result }) => result.rejectsFile !== '')
    .map(({ result }) => new RejectCursor(result.rejectsFile));
  const paths = new Map<number, string>();
  let open: OpenQuarantine | null = null;
  try {
    for (const [i, range] of scan.ranges.entries()) {
      const rows = [...ownRows(range), ...cursors.flatMap((cursor) => cursor.take(i))];
      if (rows.length === 0) continue;
      rows.sort((a, b) => a[1]! - b[1]!);
      const input = run.inputs[range.input]!;
      const member = input.members[range.member]!;
      // Two files of one zip may have the same name once their folders are left out.
      const suffix = input.members.length > 1 ? `.${range.member + 1}` : '';
      const fileName = `${member.name.replaceAll(/[/\\!]/g, '_')}${suffix}`;
      const target = join(run.config.state, 'quarantine', run.runId, input.source, fileName);
      if (open?.target !== target) {
        await open?.close();
        open = new OpenQuarantine(member.path, target);
        if (!paths.has(range.input)) paths.set(range.input, target);
      }
      for (const row of rows) open.add(row, range.lineBefore);
    }
  } finally {
    await open?.close();
    for (const cursor of cursors) cursor.close();
  }
  return paths;
}

/** Rows of pass 1 for a range. */
function ownRows({ spillFile, rejectOffset, rejectedRecords }: ScannedRange): Float64Array[] {
  if (rejectedRecords === 0) return [];
  const fd = openSync(spillFile, 'r');
  try {
    return readRows(fd, rejectOffset, rejectedRecords);
  } finally {
    closeSync(fd);
  }
}

function readRows(fd: number, offset: number, count: number): Float64Array[] {
  const all = new Float64Array(count * REJECT_COLUMNS);
  const got = readSync(fd, new Uint8Array(all.buffer), 0, all.byteLength, offset);
  const rows: Float64Array[] = [];
  for (let at = 0; at * 8 < got; at += REJECT_COLUMNS) rows.push(all.subarray(at, at + REJECT_COLUMNS));
  return rows;
}

/** Rows of one task of pass 2, which lie in the order of their ranges; read a few at a time. */
class RejectCursor {
  private readonly fd: number;
  private offset = 0;
  private rows: Float64Array[] = [];
  private at = 0;

  constructor(path: string) {
    this.fd = openSync(path, 'r');
  }

  /** The rows of a range; ranges are asked for in ascending order. */
  take(range: number): Float64Array[] {
    const taken: Float64Array[] = [];
    for (;;) {
      if (this.at === this.rows.length) {
        this.rows = readRows(this.fd, this.offset, ROWS_AT_ONCE);
        this.offset += this.rows.length * REJECT_COLUMNS * 8;
        this.at = 0;
        if (this.rows.length === 0) return taken;
      }
      if (this.rows[this.at]![0] !== range) return taken;
      taken.push(this.rows[this.at++]!);
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** The quarantine file of one input that is being written, with its reasons. */
class OpenQuarantine {
  private readonly from: number;
  private readonly to: number;
  private readonly reasons: ListWriter;
  private line = 0;

  constructor(
    source: string,
    readonly target: string,
  ) {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    this.from = openSync(source, 'r');
    this.to = openSync(target, 'w', 0o600);
    this.reasons = new ListWriter(`${target}.reasons.csv`);
    this.reasons.line(REASONS_HEADER);
  }

  add(row: Float64Array, lineBefore: number): void {
    const head = copyRecord(this.from, this.to, row[1]!, row[2]!);
    this.line++;
    this.reasons.line(reasonLine(row, head, this.line, lineBefore));
  }

  async close(): Promise<void> {
    closeSync(this.from);
    closeSync(this.to);
    this.reasons.close();
    await syncPath(this.target);
    await syncPath(`${this.target}.reasons.csv`);
  }
}

const piece = Buffer.alloc(PIECE_BYTES);

/** Copies a record byte for byte. @returns its beginning */
function copyRecord(from: number, to: number, offset: number, length: number): Buffer {
  let head = Buffer.alloc(0);
  let copied = 0;
  while (copied < length) {
    const got = readSync(from, piece, 0, Math.min(PIECE_BYTES, length - copied), offset + copied);
    if (got === 0) throw new Error('an input is shorter than when it was read');
    if (copied === 0) head = Buffer.from(piece.subarray(0, Math.min(got, 4096)));
    let written = 0;
    while (written < got) written += writeSync(to, piece, written, got - written);
    copied += got;
  }
  return head;
}

function reasonLine(row: Float64Array, head: Buffer, line: number, lineBefore: number): string {
  const [, offset, length, lineInRange, ruleNumber, column, reads] = row as unknown as number[];
  const rule = RULES[ruleNumber!]!;
  const from = Math.min(column! - 1, head.length);
  const rest = head.subarray(from);
  const end = rest.findIndex((byte) => byte === 44 || byte === 13 || byte === 10);
  const wholeLength = end < 0 ? rest.length : end;
  const text = shownText(rest, 0, Math.min(wholeLength, TEXT_BYTES_MAX), wholeLength);
  const place = `${line},${lineBefore + lineInRange!},${offset},${length}`;
  return `${place},${rule.code},${column},${reads},${csvField(text)},${csvField(rule.title)}`;
}
