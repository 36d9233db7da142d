import type { ByteRange } from '../byte-range.js';
import { MessageFault } from '../faults.js';
import type { Workspace } from '../workspace.js';
import type { Entity } from './entity.js';

/** Content that is named as binary although it is text may begin with blank lines. */
const BASE64_START_BYTES = 64;

/**
 * The body of an entity without its transfer encoding.
 * @param isCms the body must be BER: base64 is then recognised also where the header does not say so
 * @throws MessageFault unsupported-format
 */
export async function decodedBody(entity: Entity, isCms: boolean, workspace: Workspace): Promise<ByteRange> {
  const encoding = (entity.headers.get('content-transfer-encoding') ?? '').trim().toLowerCase();
  const start = isCms ? await entity.body.read(0, BASE64_START_BYTES) : Buffer.alloc(0);
  // BER of CMS begins with the tag of a sequence, 0x30; in base64 that is the letter M.
  if (isCms && /^\s*M[A-Za-z0-9+/\s]+$/.test(start.toString('latin1')))
    return decodeBase64(entity.body, workspace);
  if (isCms || ['', 'binary', '8bit', '7bit'].includes(encoding)) return entity.body;
  if (encoding === 'base64') return decodeBase64(entity.body, workspace);
  throw new MessageFault('unsupported-format', `the transfer encoding "${encoding}" is not supported`);
}

async function decodeBase64(body: ByteRange, workspace: Workspace): Promise<ByteRange> {
  const sink = workspace.sink();
  let carried = '';
  for await (const piece of body.pieces()) {
    const text = carried + piece.toString('latin1').replaceAll(/[^A-Za-z0-9+/]/g, '');
    const whole = text.length - (text.length % 4);
    await sink.write(Buffer.from(text.slice(0, whole), 'base64'));
    carried = text.slice(whole);
  }
  await sink.write(Buffer.from(carried, 'base64'));
  return sink.finish();
}
