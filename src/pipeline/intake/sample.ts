import { closeSync, openSync } from 'node:fs';
import { type FormatName, formatNamed, type SourceSettings } from '../../formats/formats.js';
import { readFully } from '../../store/read-fully.js';

/** Meter ids are sampled at steps of this many bytes, or at larger ones where that would be too many. */
const STEP_BYTES = 128 * 1024;
const SAMPLES_MAX = 40_000;

/** A file that is looked at, and how its source writes. */
export interface SampledFile {
  path: string;
  sizeBytes: number;
  format: FormatName;
  settings: SourceSettings[FormatName];
}

export interface Sample {
  meterIds: string[];
  /** Bytes of CMEP, or as many reads in another format, that each stands for. */
  bytesPerSample: number;
}

/**
 * Looks at a record every few hundred kilobytes of the files and notes its meter, so that partitions can
 * be cut at meter ids that share the work evenly. The same files give the same sample, in any order.
 * A file that cannot be read gives none: pass 1 will say why.
 * @param stepBytes bytes between two looks at the least
 */
export function sampleMeterIds(files: readonly SampledFile[], stepBytes = STEP_BYTES): Sample {
  const total = files.reduce((sum, { sizeBytes, format }) => {
    return sum + sizeBytes / formatNamed(format).bytesPerCmepByte;
  }, 0);
  const bytesPerSample = Math.max(stepBytes, Math.ceil(total / SAMPLES_MAX));
  const meterIds: string[] = [];
  for (const file of files) {
    const { bytesPerCmepByte, sampleBytes, meterIdIn } = formatNamed(file.format);
    const piece = Buffer.alloc(sampleBytes);
    const step = bytesPerSample * bytesPerCmepByte;
    let fd: number;
    try {
      fd = openSync(file.path, 'r');
    } catch {
      continue;
    }
    try {
      for (let at = 0; at < file.sizeBytes; at += step) {
        const length = readFully(fd, piece, 0, sampleBytes, at);
        const meterId = meterIdIn(piece.toString('latin1', 0, length), at === 0, file.settings);
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
