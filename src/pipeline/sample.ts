import { closeSync, openSync, readSync } from 'node:fs';

/** Meter ids are sampled at steps of this many bytes, or at larger ones where that would be too many. */
const STEP_BYTES = 128 * 1024;
const SAMPLES_MAX = 40_000;
const PIECE_BYTES = 4096;

export interface Sample {
  meterIds: string[];
  bytesPerSample: number;
}

/**
 * Looks at a line every few hundred kilobytes of the files and notes its meter, so that partitions can
 * be cut at meter ids that share the work evenly. The same files give the same sample, in any order.
 * A file that cannot be read gives none: pass 1 will say why.
 * @param stepBytes bytes between two looks at the least
 */
export function sampleMeterIds(
  files: readonly { path: string; sizeBytes: number }[],
  stepBytes = STEP_BYTES,
): Sample {
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const bytesPerSample = Math.max(stepBytes, Math.ceil(total / SAMPLES_MAX));
  const meterIds: string[] = [];
  const piece = Buffer.alloc(PIECE_BYTES);
  for (const file of files) {
    let fd: number;
    try {
      fd = openSync(file.path, 'r');
    } catch {
      continue;
    }
    try {
      for (let at = 0; at < file.sizeBytes; at += bytesPerSample) {
        const length = readSync(fd, piece, 0, PIECE_BYTES, at);
        const meterId = meterIdIn(piece.toString('latin1', 0, length), at === 0);
        if (meterId !== '') meterIds.push(meterId);
      }
    } catch {
      // A read error shows again, with its place, when the file is scanned.
    } finally {
      closeSync(fd);
    }
  }
  return { meterIds, bytesPerSample };
}

/** Meter id of the first whole line of a piece: field 8, or field 6 where that is empty. */
function meterIdIn(text: string, atStart: boolean): string {
  const lines = text.split(/\r\n|\n|\r/, atStart ? 1 : 2);
  const fields = (lines[atStart ? 0 : 1] ?? '').split(/[,\t]/, 9);
  if (fields.length < 9) return '';
  return fields[7]!.trim() || fields[5]!.trim();
}
