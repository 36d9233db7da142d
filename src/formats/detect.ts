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
  const start = text.replace(/^\xef\xbb\xbf/, '').trimStart();
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
  return dialect(records);
}

function xml(text: string): Detection {
  const isAmrdef = /<AMRDEF[\s>]/.test(text);
  const reason = isAmrdef ? 'XML with the root AMRDEF' : 'XML with another root than AMRDEF';
  return { format: isAmrdef ? 'amrdef' : 'unknown', profile: '', reason };
}

function dialect(records: string[]): Detection {
  const found = (profile: string, reason: string): Detection => ({ format: 'cmep', profile, reason });
  if (records.some((line) => /^MEP\w+\t/.test(line))) return found('tab', 'fields are separated by tabs');
  const fields = records.map((line) => line.split(','));
  const flags = fields.map((line) => line[15]?.trim() ?? '');
  if (flags.some((flag) => /^[A-Z] \d\d \d\d$/.test(flag))) {
    return found('smartsynch', 'quality flags such as "R 00 00"');
  }
  if (fields.some((line) => line[1] === '20080501')) return found('sensus', 'record version 20080501');
  if (fields.some((line) => line[7] === '' && line[5] !== ''))
    return found('sensus', 'the meter id stands in field 6');
  if (flags.some((flag) => /^[A-Z]\d+$/.test(flag))) return found('sensus', 'quality flags with a bit mask');
  return found('cmep-1.20', "nothing in it is a vendor's");
}
