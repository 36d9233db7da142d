import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shownText } from '../../conformance/finding-buffer.js';
import { RULES } from '../../conformance/rules.js';
import { formatNamed } from '../../formats/formats.js';
import { readFully } from '../../store/read-fully.js';
import { moveFile, syncPath } from '../files.js';
import { requireSameContent } from '../intake/intake.js';
import type { InputRecord, RunRecord, ScannedRange, ScanOutcome } from '../run-state.js';
import { REJECT_COLUMNS } from '../scan/reject-rows.js';
import type { TaskRecord } from '../settle/settle.js';
import { csvField, ListWriter } from './list-writer.js';

const PIECE_BYTES = 1 << 20;
const TEXT_BYTES_MAX = 60;
const ROWS_AT_ONCE = 1024;
const COMMA = 44;
const CR = 13;
const LF = 10;
const REASONS_HEADER = 'quarantine_line,file_line,file_offset,bytes,code,column,reads,text,reason';

/**
 * Writes the rejected records of each input, as they came and in the order of the file, into the
 * quarantine, with the reasons beside them. Done again after a crash, it writes the same.
 * @param drafts folder in which they are written before they are moved there
 * @returns by input number the path of its quarantine file
 * @throws ReadmillError READMILL_INPUT_CHANGED where an input has not the content any more that was read
 */
export async function writeQuarantine(
  run: RunRecord,
  scan: ScanOutcome,
  drafts: string,
  tasks: readonly TaskRecord[],
): Promise<Map<number, string>> {
  const cursors = tasks
    .filter(({ result }) => result.rejectsFile !== '')
    .map(({ result }) => new RejectCursor(result.rejectsFile));
  const paths = new Map<number, string>();
  let open: OpenQuarantine | null = null;
  try {
    for (const [i, range] of scan.ranges.entries()) {
      const later = cursors.flatMap((cursor) => cursor.take(i)).sort((a, b) => a[1]! - b[1]!);
      if (later.length === 0 && range.rejects.length === 0) continue;
      const input = run.inputs[range.input]!;
      const member = input.members[range.member]!;
      // Two files of one zip may have the same name once their folders are left out.
      const suffix = input.members.length > 1 ? `.${range.member + 1}` : '';
      const fileName = `${member.name.replaceAll(/[/\\!]/g, '_')}${suffix}`;
      const target = join(run.config.state, 'quarantine', run.runId, input.source, fileName);
      const draft = join(drafts, 'quarantine', input.source, fileName);
      if (open?.target !== target) {
        await open?.close();
        const { endsInLine } = formatNamed(member.format!);
        open = new OpenQuarantine(input, member.path, target, draft, endsInLine);
        if (!paths.has(range.input)) paths.set(range.input, target);
      }
      for (const row of inOrder(ownRows(range), later)) open.add(row, range);
    }
  } finally {
    await open?.close();
    for (const cursor of cursors) cursor.close();
  }
  return paths;
}

/** Rows of pass 1 for a range, which lie in the order of the file: read a piece at a time. */
function* ownRows({ rejects }: ScannedRange): Generator<Float64Array> {
  for (const { file, offset, rows } of rejects) {
    const fd = openSync(file, 'r');
    try {
      yield* readRows(fd, offset, rows);
    } finally {
      closeSync(fd);
    }
  }
}

/** The rows of two lists that are in the order of the file, in that order. */
function* inOrder(rows: Iterable<Float64Array>, later: readonly Float64Array[]): Generator<Float64Array> {
  let next = 0;
  for (const row of rows) {
    while (next < later.length && later[next]![1]! < row[1]!) yield later[next++]!;
    yield row;
  }
  yield* later.slice(next);
}

function readRows(fd: number, offset: number, count: number): Float64Array[] {
  const all = new Float64Array(count * REJECT_COLUMNS);
  const got = readFully(fd, new Uint8Array(all.buffer), 0, all.byteLength, offset);
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
  private readonly changedMs: number;

  constructor(
    private readonly input: InputRecord,
    private readonly source: string,
    readonly target: string,
    private readonly draft: string,
    /** Whether each part ends in a line end of its own; else one is put behind it. */
    private readonly endsInLine: boolean,
  ) {
    this.requireSource();
    mkdirSync(dirname(draft), { recursive: true, mode: 0o700 });
    this.from = openSync(source, 'r');
    this.changedMs = this.changeTime();
    this.to = openSync(draft, 'w', 0o600);
    this.reasons = new ListWriter(`${draft}.reasons.csv`);
    this.reasons.line(REASONS_HEADER);
  }

  /** What was expanded is ours; the input itself may be written to by others, and must be what was read. */
  private requireSource(): void {
    if (this.source !== this.input.path) return;
    requireSameContent(this.input, 'its rejected records cannot be copied into the quarantine');
  }

  /** Of the file that is open, whatever has its name by now. */
  private changeTime(): number {
    return fstatSync(this.from).ctimeMs;
  }

  add(row: Float64Array, range: ScannedRange): void {
    let copied: CopiedRecord;
    try {
      copied = copyRecord(this.from, this.to, row[1]!, row[2]!, !this.endsInLine);
    } catch (thrown) {
      this.requireSource();
      throw thrown;
    }
    const { head, lineEnds } = copied;
    this.reasons.line(reasonLine(row, head, this.line + 1, range, this.endsInLine));
    this.line += this.endsInLine ? 1 : lineEnds + 1;
  }

  /** Ends both files; they are good only where the input did not change meanwhile. */
  async close(): Promise<void> {
    const hasChanged = this.changeTime() !== this.changedMs;
    closeSync(this.from);
    closeSync(this.to);
    this.reasons.close();
    if (hasChanged) this.requireSource();
    for (const end of ['', '.reasons.csv']) {
      await syncPath(`${this.draft}${end}`);
      await moveFile(`${this.draft}${end}`, `${this.target}${end}`);
    }
    await syncPath(dirname(this.target));
  }
}

const piece = Buffer.alloc(PIECE_BYTES);

/** The beginning of a record that was copied, and the line ends in it where they are asked for. */
interface CopiedRecord {
  head: Buffer;
  lineEnds: number;
}

/** Copies a record byte for byte, and a line end behind it where it has none of its own. */
function copyRecord(
  from: number,
  to: number,
  offset: number,
  length: number,
  needsEnd: boolean,
): CopiedRecord {
  let head = Buffer.alloc(0);
  let copied = 0;
  let lineEnds = 0;
  while (copied < length) {
    const got = readFully(from, piece, 0, Math.min(PIECE_BYTES, length - copied), offset + copied);
    if (got === 0) throw new Error('it is shorter than when it was read');
    if (copied === 0) head = Buffer.from(piece.subarray(0, Math.min(got, 4096)));
    if (needsEnd) lineEnds += lineEndsIn(piece.subarray(0, got));
    let written = 0;
    while (written < got) written += writeSync(to, piece, written, got - written);
    copied += got;
  }
  if (needsEnd) writeSync(to, '\n');
  return { head, lineEnds };
}

function lineEndsIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

/**
 * Of a record that is a line, the text at fault begins at the column and goes to the next comma. Of an element
 * the column is that of the element at fault, and the text is how the rejected one begins.
 */
function reasonLine(
  row: Float64Array,
  head: Buffer,
  line: number,
  { lineBefore, columnBefore }: ScannedRange,
  isLine: boolean,
): string {
  const [, offset, length, lineInRange, ruleNumber, columnInRange, reads] = row as unknown as number[];
  const rule = RULES[ruleNumber!]!;
  const column = columnInRange! + (lineInRange === 1 ? columnBefore : 0);
  const rest = isLine ? head.subarray(Math.min(column - 1, head.length)) : head;
  const ends = isLine ? [COMMA, CR, LF] : [CR, LF];
  const end = rest.findIndex((byte) => ends.includes(byte));
  const wholeLength = end < 0 ? rest.length : end;
  const text = shownText(rest, 0, Math.min(wholeLength, TEXT_BYTES_MAX), wholeLength);
  const place = `${line},${lineBefore + lineInRange!},${offset},${length}`;
  return `${place},${rule.code},${column},${reads},${csvField(text)},${csvField(rule.title)}`;
}
