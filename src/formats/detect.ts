import { FORMATS, type FormatName } from './formats.js';

/** What a file seems to be, and why. */
export interface Detection {
  format: FormatName | 'unknown';
  /** Name of the profile that fits; of an unknown file that of CMEP v1.20. */
  profile: string;
  reason: string;
}

/** Bytes of a file that its format is judged by. */
export const DETECTION_BYTES = 64 * 1024;

/**
 * Judges a file by its beginning.
 * @param head its first bytes
 */
export function detectFormat(head: Uint8Array): Detection {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  const start = wholeLines(text)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  for (const [name, { detect }] of Object.entries(FORMATS)) {
    const detected = detect(start);
    if (detected !== null) return { format: name as FormatName, ...detected };
  }
  return {
    format: 'unknown',
    profile: 'cmep-1.20',
    reason: `neither CMEP nor AMRDEF: ${unknownBy(text, start)}`,
  };
}

function unknownBy(text: string, start: string): string {
  if (text === '') return 'it is empty';
  if (/^(?:\xff\xfe|\xfe\xff)/.test(text))
    return 'it is text in UTF-16, and both are written in single bytes';
  if (start.startsWith('<')) return 'XML with another root than AMRDEF';
  return 'no line begins with a CMEP record type, and it is no XML';
}

/** The text without its last line, which a head that is full may have cut off; of a single line all of it. */
function wholeLines(text: string): string {
  const end = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'));
  return text.length < DETECTION_BYTES || end <= 0 ? text : text.slice(0, end);
}
