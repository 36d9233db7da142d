import { createInflate } from 'node:zlib';
import { OID } from '../algorithms.js';
import type { ByteRange } from '../byte-range.js';
import { MessageFault } from '../faults.js';
import type { Workspace } from '../workspace.js';
import { throughZlib } from '../zlib-stream.js';
import { type BerCursor, BerError } from './ber-cursor.js';
import { readVersion } from './content-info.js';
import { TAG } from './der.js';
import { oidOf, parseStructure } from './structure.js';

const INFLATE_CHUNK_BYTES = 256 * 1024;
/** Up to this a message may expand whatever the ratio. */
export const EXPANSION_FREE_BYTES = 16 * 1024 * 1024;
/** Beyond that, times its compressed size: meter reads compress by 4 to 20. */
export const MESSAGE_EXPANSION_RATIO_MAX = 200;

/**
 * Inflates CompressedData (RFC 3274) into the workspace.
 * @param cursor at the version, inside of the ContentInfo
 * @param bytesMax what it may expand to
 * @throws MessageFault decompression-failed, also for what expands too far
 */
export async function inflateCompressed(
  cursor: BerCursor,
  bytesMax: number,
  workspace: Workspace,
): Promise<ByteRange> {
  await readVersion(cursor);
  const algorithm = parseStructure(await cursor.element('the compression'), 'the compression');
  const oid = oidOf(algorithm.children[0], 'the compression');
  if (oid !== OID.zlib)
    throw new MessageFault('unsupported-format', `the message is compressed with ${oid}, not with zlib`);
  await cursor.enter(TAG.sequence, 'the compressed content');
  await cursor.element('the content type');
  await cursor.enter(TAG.context(0), 'the compressed content');
  const sink = workspace.sink();
  let takenBytes = 0;
  const feed = async (write: (piece: Buffer) => Promise<void>) => {
    for await (const piece of cursor.octets(TAG.octetString, 'the compressed content')) {
      takenBytes += piece.length;
      await write(piece);
    }
  };
  try {
    await throughZlib(createInflate({ chunkSize: INFLATE_CHUNK_BYTES }), feed, async (piece) => {
      const sizeBytes = sink.sizeBytes + piece.length;
      if (sizeBytes > Math.min(bytesMax, boundOf(takenBytes))) {
        throw new MessageFault(
          'decompression-failed',
          `the message expands to more than ${Math.min(bytesMax, boundOf(takenBytes))} bytes`,
        );
      }
      await sink.write(piece);
    });
  } catch (thrown) {
    if (thrown instanceof MessageFault || thrown instanceof BerError) throw thrown;
    if (!(thrown as NodeJS.ErrnoException).code?.startsWith('Z_')) throw thrown;
    const why = (thrown as Error).message;
    throw new MessageFault('decompression-failed', `the message cannot be decompressed: ${why}`, {
      cause: thrown,
    });
  }
  return sink.finish();
}

const boundOf = (compressedBytes: number): number =>
  Math.max(EXPANSION_FREE_BYTES, compressedBytes * MESSAGE_EXPANSION_RATIO_MAX);
