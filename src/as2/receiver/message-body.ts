import type { Readable } from 'node:stream';
import type { ByteRange } from '../byte-range.js';
import type { Workspace } from '../workspace.js';

/** A body with more bytes than are taken. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/**
 * Takes a request's body as it comes, in memory while it is small, then in a file.
 * @param onBytes gets the number of bytes so far after each piece
 * @throws BodyTooLarge; what the stream throws where the connection breaks off
 */
export async function takeBody(
  stream: Readable,
  bytesMax: number,
  workspace: Workspace,
  onBytes: (sizeBytes: number) => void = () => {},
): Promise<ByteRange> {
  const sink = workspace.sink();
  for await (const piece of stream as AsyncIterable<Buffer>) {
    await sink.write(piece);
    if (sink.sizeBytes > bytesMax) throw new BodyTooLarge(`The body has more than ${bytesMax} bytes`);
    onBytes(sink.sizeBytes);
  }
  return sink.finish();
}
