import { rm } from 'node:fs/promises';
import { createDeflate } from 'node:zlib';
import type { Digest } from './algorithms.js';
import type { ByteRange } from './byte-range.js';
import { compressedPrefix } from './cms/build-compressed.js';
import { beginEnveloped, type Recipient } from './cms/build-enveloped.js';
import { detachedSignature, type Signer, signatureBytes } from './cms/build-signed.js';
import { type Mic, makeMic } from './mic.js';
import { quote } from './mime/headers.js';
import { base64Lines, base64LinesBytes, headOf, signedFrame } from './mime/signed-frame.js';
import { openSpoolFile, type SpoolFile } from './spool-file.js';
import { makeWorkspace, type Workspace } from './workspace.js';
import { throughZlib } from './zlib-stream.js';

const DEFLATE_CHUNK_BYTES = 256 * 1024;

/** How a partner wants its messages. */
export interface Protection {
  signer: Signer | null;
  recipient: Recipient | null;
  /** zlib level; 0 sends without compression. */
  compressionLevel: number;
  /** Digest of the MIC where nothing is signed. */
  micDigest: Digest;
}

export interface PayloadFile {
  path: string;
  /** Name that the partner sees, without folders. */
  name: string;
  contentType: string;
}

/** A message that lies in the spool, ready to be sent. */
export interface BuiltMessage {
  sizeBytes: number;
  payloadBytes: number;
  /** Headers that say what the body is: Content-Type, Content-Transfer-Encoding, Content-Disposition. */
  headers: Record<string, string>;
  /** The MIC that the receipt must carry, base64, and the digest it was made with. */
  mic: string;
  micDigest: Digest;
}

/** Takes the pieces of a body in order; a piece may change when two more have been handed over. */
type Output = (piece: Buffer) => Promise<void>;

/** A MIME entity whose body comes in pieces. */
interface Layer {
  headers: Record<string, string>;
  bodyBytes: number;
  /** Gets the header lines before they are written in front of the body; only where those are hashed. */
  onHead?(head: Buffer): void;
  write(out: Output): Promise<void>;
}

/**
 * Builds the body of an AS2 message from a file, in one pass over it, into a spool file that is there whole or
 * not at all: MIME part, compressed, signed, encrypted, as the partner wants. All lengths are definite and the
 * size is exact; memory does not depend on the file's size. RFC 4130, RFC 5402, RFC 8551.
 * @param spoolPath where the body goes
 */
export async function buildMessage(
  payload: PayloadFile,
  protection: Protection,
  spoolPath: string,
  nowMs: number,
): Promise<BuiltMessage> {
  const workFolder = `${spoolPath}.work`;
  const workspace = makeWorkspace(workFolder);
  const spool = await openSpoolFile(spoolPath);
  try {
    const file = await workspace.openFile(payload.path);
    const mic = makeMic(protection.signer?.digest ?? protection.micDigest);
    const message = await layersOf(file, payload, protection, mic, nowMs, workspace);
    await writeWhole(message, spool);
    await spool.commit();
    return {
      sizeBytes: spool.sizeBytes,
      payloadBytes: file.sizeBytes,
      headers: message.headers,
      mic: mic.value().toString('base64'),
      micDigest: mic.digest,
    };
  } catch (thrown) {
    await spool.abandon();
    throw thrown;
  } finally {
    await workspace.dispose();
    await rm(workFolder, { recursive: true, force: true });
  }
}

async function writeWhole(message: Layer, spool: SpoolFile): Promise<void> {
  await message.write((piece) => spool.write(piece));
  // A wrong length would make the message unreadable for the partner: better no message.
  if (spool.sizeBytes !== message.bodyBytes) {
    throw new Error(`A message that should have ${message.bodyBytes} bytes got ${spool.sizeBytes}`);
  }
}

async function layersOf(
  file: ByteRange,
  payload: PayloadFile,
  protection: Protection,
  mic: Mic,
  nowMs: number,
  workspace: Workspace,
): Promise<Layer> {
  const { signer, recipient, compressionLevel } = protection;
  const part = payloadLayer(file, payload);
  let layer = part;
  // Signed: the MIC is over what is signed. Not signed: over the part as it was before compression; where it is
  // neither encrypted nor compressed its headers travel as those of HTTP and do not count (RFC 4130, 7.3.1;
  // RFC 5402, 4).
  if (signer === null) {
    const isBare = recipient === null && compressionLevel === 0;
    layer = isBare ? hashedBody(part, mic) : hashedEntity(part, mic);
  }
  if (compressionLevel > 0) layer = await compressedLayer(layer, compressionLevel, workspace);
  if (signer !== null) layer = signedLayer(hashedEntity(layer, mic), mic, signer, nowMs);
  if (recipient !== null) layer = encryptedLayer(layer, recipient);
  return layer;
}

const entityBytes = (layer: Layer): number => headOf(layer.headers).length + layer.bodyBytes;

async function writeEntity(layer: Layer, out: Output): Promise<void> {
  const head = headOf(layer.headers);
  layer.onHead?.(head);
  await out(head);
  await layer.write(out);
}

function payloadLayer(file: ByteRange, { name, contentType }: PayloadFile): Layer {
  return {
    headers: {
      'Content-Type': contentType,
      'Content-Transfer-Encoding': 'binary',
      'Content-Disposition': `attachment; filename=${quote(name)}`,
    },
    bodyBytes: file.sizeBytes,
    async write(out) {
      for await (const piece of file.pieces()) await out(piece);
    },
  };
}

function hashedBody(layer: Layer, mic: Mic): Layer {
  return {
    ...layer,
    write: (out) =>
      layer.write((piece) => {
        mic.update(piece);
        return out(piece);
      }),
  };
}

function hashedEntity(layer: Layer, mic: Mic): Layer {
  return { ...hashedBody(layer, mic), onHead: (head) => mic.update(head) };
}

/** Deflates the whole entity first, so that the size and with it all lengths are known. */
async function compressedLayer(inner: Layer, level: number, workspace: Workspace): Promise<Layer> {
  const sink = workspace.sink();
  await throughZlib(
    createDeflate({ level, chunkSize: DEFLATE_CHUNK_BYTES }),
    (write) => writeEntity(inner, write),
    (piece) => sink.write(piece),
  );
  const compressed = await sink.finish();
  const prefix = compressedPrefix(compressed.sizeBytes);
  return {
    headers: pkcs7Headers('compressed-data', 'smime.p7z'),
    bodyBytes: prefix.length + compressed.sizeBytes,
    async write(out) {
      await out(prefix);
      for await (const piece of compressed.pieces()) await out(piece);
    },
  };
}

function pkcs7Headers(smimeType: string, name: string): Record<string, string> {
  return {
    'Content-Type': `application/pkcs7-mime; smime-type=${smimeType}; name="${name}"`,
    'Content-Transfer-Encoding': 'binary',
    'Content-Disposition': `attachment; filename="${name}"`,
  };
}

/** multipart/signed with the entity and a detached signature over it. */
function signedLayer(inner: Layer, mic: Mic, signer: Signer, nowMs: number): Layer {
  const { contentType, open, middle, close } = signedFrame(signer.digest);
  const signedBytes = base64LinesBytes(signatureBytes(signer, nowMs));
  return {
    headers: { 'Content-Type': contentType },
    bodyBytes: open.length + entityBytes(inner) + middle.length + signedBytes + close.length,
    async write(out) {
      await out(open);
      await writeEntity(inner, out);
      const signature = detachedSignature(signer, mic.value(), nowMs);
      await out(Buffer.concat([middle, base64Lines(signature), close]));
    },
  };
}

function encryptedLayer(inner: Layer, recipient: Recipient): Layer {
  const enveloping = beginEnveloped(recipient, entityBytes(inner));
  const isGcm = recipient.cipher.endsWith('gcm');
  return {
    headers: pkcs7Headers(isGcm ? 'authEnveloped-data' : 'enveloped-data', 'smime.p7m'),
    bodyBytes: enveloping.totalBytes,
    async write(out) {
      await out(enveloping.prefix);
      await writeEntity(inner, (piece) => out(enveloping.update(piece)));
      await out(enveloping.end());
    },
  };
}
