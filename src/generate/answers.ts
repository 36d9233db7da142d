import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ByteFile, guarded } from './byte-file.js';
import type { DefectKind } from './defect-kinds.js';

/**
 * What `answers.json` tells of one defect. Further members by kind; `truth` is true values, from the stamp
 * (of a broken line from `firstStamp`) on, and values are texts with the decimals of the file:
 *
 * | kind                | members                                                                          |
 * | ------------------- | -------------------------------------------------------------------------------- |
 * | missing-...         | slots, form (absent, n-flag), truth                                              |
 * | outage              | slots, form (zero, n-flag), restoration (stamp, or null where no flag tells it), truth |
 * | spike, negative     | value, truth                                                                     |
 * | duplicate-same      | duplicateOf (line), values "same", slots                                         |
 * | duplicate-different | the same with "different", value and winnerLine (which wins, and is true), otherValue, wonBy (purpose, creation, line) |
 * | register-decreased, sum-mismatch | opening, value (closing, as written), truth (closing)               |
 * | unknown-meter       | lines (how many from `line` on), reads                                            |
 * | silent-meter        | days                                                                             |
 * | broken-...          | code (of the finding), field, column, reads (begun on the line), firstStamp, slots, truth |
 */
export interface DefectAnswer {
  kind: DefectKind;
  file: string;
  /**
   * From 1. Of missing slots: the record that would hold the first of them, or, where all of that record
   * is missing, the first register record of the meter's day. null: the meter has no line.
   */
  line: number | null;
  meterId: string;
  /** First (or only) stamp that the defect concerns; null where it concerns a line or a meter as a whole. */
  stamp: string | null;
  [member: string]: unknown;
}

/** One generated file. `reads` and `records` are those of good lines. */
export interface FileAnswer {
  name: string;
  records: number;
  reads: number;
  lines: number;
  brokenLines: number;
  bytes: number;
}

/** Writer of `answers.json`: defects go to a work file as they come, and after the totals in the end. */
export interface AnswersWriter {
  add(answer: DefectAnswer): void;
  /** @param head members before the defects */
  finish(head: Record<string, unknown>): void;
  /** Leaves no work file behind after an error. */
  abandon(): void;
}

const COPY_BYTES = 1 << 16;

/**
 * @param path of `answers.json`
 * @throws ReadmillError READMILL_OUTPUT where a file cannot be written
 */
export function openAnswers(outDirectory: string, path: string): AnswersWriter {
  const spoolPath = join(outDirectory, '.answers.defects.tmp');
  const spool = new ByteFile(spoolPath);
  let isFirst = true;
  return {
    add(answer) {
      spool.writeText(`${isFirst ? '' : ',\n'}${JSON.stringify(answer)}`);
      isFirst = false;
    },
    finish(head) {
      spool.close();
      const file = new ByteFile(path);
      const before = JSON.stringify(head, null, 2).slice(0, -2);
      file.writeText(`${before},\n  "defects": [\n`);
      copyInto(file, spoolPath);
      file.writeText('\n  ]\n}\n');
      file.close();
      rmSync(spoolPath);
    },
    abandon() {
      spool.abandon();
      rmSync(spoolPath, { force: true });
    },
  };
}

function copyInto(file: ByteFile, path: string): void {
  const fd = guarded(path, () => openSync(path, 'r'));
  try {
    for (;;) {
      file.reserve(COPY_BYTES);
      const sizeBytes = guarded(path, () => readSync(fd, file.bytes, file.at, COPY_BYTES, null));
      if (sizeBytes === 0) return;
      file.at += sizeBytes;
    }
  } finally {
    closeSync(fd);
  }
}
