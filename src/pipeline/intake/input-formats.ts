import { closeSync, openSync } from 'node:fs';
import { DETECTION_BYTES, detectFormat } from '../../formats/detect.js';
import { messageOf } from '../../model/errors.js';
import { readFully } from '../../store/read-fully.js';
import type { InputRecord } from '../run-state.js';

/**
 * Looks at the beginning of each file and notes its format. XML that is not AMRDEF is refused whole; anything
 * else that no format recognises is read as CMEP, so that each of its lines gets its verdict. A file that cannot be
 * read has failed: without its beginning it could be taken for another format.
 */
export function detectFormats(inputs: readonly InputRecord[]): void {
  for (const input of inputs) {
    if (input.status !== 'claimed') continue;
    for (const member of input.members) {
      let beginning: Uint8Array;
      try {
        beginning = beginningOf(member.path);
      } catch (thrown) {
        input.status = 'failed';
        input.problem = `cannot be read: ${messageOf(thrown)}`;
        input.isToolFault = true;
        break;
      }
      const { format, reason } = detectFormat(beginning);
      member.format = format === 'unknown' ? 'cmep' : format;
      if (format !== 'unknown' || !reason.startsWith('XML')) continue;
      input.status = 'failed';
      input.problem = `${member.name} is neither CMEP nor AMRDEF: ${reason}`;
    }
  }
}

/** First bytes of a file. @throws the system's error where it cannot be read */
function beginningOf(path: string): Uint8Array {
  const head = new Uint8Array(DETECTION_BYTES);
  const fd = openSync(path, 'r');
  try {
    return head.subarray(0, readFully(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}
