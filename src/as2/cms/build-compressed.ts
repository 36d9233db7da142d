import { OID } from '../algorithms.js';
import { derPrefix, integer, objectIdentifier, sequence, TAG } from './der.js';

/** What stands in front of compressed bytes of a known size: ContentInfo with CompressedData (RFC 3274). */
export function compressedPrefix(compressedBytes: number): Buffer {
  return derPrefix(
    [
      { tag: TAG.sequence, before: [objectIdentifier(OID.compressedData)] },
      { tag: TAG.context(0) },
      { tag: TAG.sequence, before: [integer(0), sequence(objectIdentifier(OID.zlib))] },
      { tag: TAG.sequence, before: [objectIdentifier(OID.data)] },
      { tag: TAG.context(0) },
      { tag: TAG.octetString },
    ],
    compressedBytes,
  );
}
