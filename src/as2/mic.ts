import { createHash } from 'node:crypto';
import type { Digest } from './algorithms.js';

/** The message integrity check: a digest that is asked for once all has been hashed, maybe more than once. */
export interface Mic {
  readonly digest: Digest;
  update(piece: Buffer): void;
  value(): Buffer;
}

export function makeMic(digest: Digest): Mic {
  const hash = createHash(digest);
  let value: Buffer | null = null;
  return {
    digest,
    update: (piece) => void hash.update(piece),
    value: () => {
      value ??= hash.digest();
      return value;
    },
  };
}
