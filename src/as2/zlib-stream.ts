import type { Deflate, Inflate } from 'node:zlib';

/**
 * Sends pieces through a zlib stream, one at a time, so that a piece may change when the next is asked for.
 * What comes out goes to `out`; whichever side fails, both end.
 */
export async function throughZlib(
  zlib: Deflate | Inflate,
  feed: (write: (piece: Buffer) => Promise<void>) => Promise<void>,
  out: (piece: Buffer) => Promise<void>,
): Promise<void> {
  let refuse: (error: Error) => void = () => {};
  // A stream that ends with an error does not call back whoever writes to it.
  zlib.once('close', () => refuse(zlib.errored ?? new Error('The zlib stream has ended')));
  const write = (piece: Buffer) =>
    new Promise<void>((resolve, reject) => {
      refuse = reject;
      if (zlib.destroyed) reject(zlib.errored ?? new Error('The zlib stream has ended'));
      else zlib.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  const feeding = feed(write).then(
    () => void zlib.end(),
    (thrown: Error) => void zlib.destroy(thrown),
  );
  try {
    for await (const piece of zlib) await out(piece as Buffer);
  } finally {
    zlib.destroy();
    await feeding;
  }
}
