import type { ByteRange } from '../byte-range.js';
import { BerCursor, BerError } from './ber-cursor.js';
import { TAG } from './der.js';
import { oidOf, parseStructure } from './structure.js';

/** A ContentInfo (RFC 5652, 3) whose content comes next. */
export interface OpenedContent {
  /** Object identifier of the content's type. */
  type: string;
  cursor: BerCursor;
}

/** @throws BerError where the bytes are no ContentInfo */
export async function openContentInfo(source: ByteRange): Promise<OpenedContent> {
  const cursor = new BerCursor(source);
  await cursor.enter(TAG.sequence, 'the outer sequence');
  const type = oidOf(
    parseStructure(await cursor.element('the content type'), 'the content type'),
    'the content type',
  );
  await cursor.enter(TAG.context(0), 'the content');
  await cursor.enter(TAG.sequence, 'the inner sequence');
  return { type, cursor };
}

/** Reads the version and gives it back as a number. */
export async function readVersion(cursor: BerCursor): Promise<number> {
  const bytes = await cursor.element('the version');
  if (bytes[0] !== TAG.integer || bytes.length !== 3) throw new BerError('the version is no small number');
  return bytes[2]!;
}
