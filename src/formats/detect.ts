import { dialectOf } from './cmep/dialect.js';

/** What a file seems to be, and why. */
export interface Detection {
  format: 'cmep' | 'amrdef' | 'unknown';
  /** Name of the profile that fits a CMEP file. */
  profile: string;
  reason: string;
}

/** Bytes of a file that its format is judged by. */
export const DETECTION_BYTES = 64 * 1024;

const LINES_LOOKED_AT = 200;

/**
 * Judges a file by its beginning.
 * @param head its first bytes
 */
export function detectFormat(head: Uint8Array): Detection {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  const start = wholeLines(text)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  if (start.startsWith('<')) return xml(start);
  const lines = start.split(/\r\n|\n|\r/, LINES_LOOKED_AT).filter((line) => line !== '');
  const records = lines.filter((line) => /^"?MEP[A-Z]{2}\d\d/.test(line));
  if (records.length === 0) {
    return {
      format: 'unknown',
      profile: 'cmep-1.20',
      reason: 'no line begins with a CMEP record type, and it is no XML',
    };
  }
  return { format: 'cmep', ...dialectOf(records) };
}

/** The text without its last line, which a head that is full may have cut off; of a single line all of it. */
function wholeLines(text: string): string {
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
  return text.length < DETECTION_BYTES || end <= 0 ? text : text.slice(0, end);
}

function xml(text: string): Detection {
  const isAmrdef = /<AMRDEF[\s>]/.test(text);
  const reason = isAmrdef ? 'XML with the root AMRDEF' : 'XML with another root than AMRDEF';
  return { format: isAmrdef ? 'amrdef' : 'unknown', profile: '', reason };
}
