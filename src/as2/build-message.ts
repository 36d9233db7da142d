import { closeSync, fstatSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { crc32, createDeflate } from 'node:zlib';
import { beginDeflating } from '../kernel/deflate-kernel.js';
import type { Digest } from './algorithms.js';
import { compressedPrefix } from './cms/build-compressed.js';
import { beginEnveloped, type Recipient } from './cms/build-enveloped.js';
import { detachedSignature, type Signer, signatureBytes } from './cms/build-signed.js';
import { filePieces, type KeptBytes, keepBytes } from './kept-bytes.js';
import { type Mic, makeMic } from './mic.js';
import { quote } from './mime/headers.js';
import { base64Lines, base64LinesBytes, headOf, signedFrame } from './mime/signed-frame.js';
import { openSpoolFile, type SpoolFile } from './spool-file.js';
import { throughZlib } from './zlib-stream.js';

/** The level whose work the kernel does; others are zlib's. */
const KERNEL_LEVEL = 1;
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
  /** CRC-32 of the body; messages that an earlier version packaged have none. */
  crc32?: number;
  payloadBytes: number;
  /** Headers that say what the body is: Content-Type, Content-Transfer-Encoding, Content-Disposition. */
  headers: Record<string, string>;
  /** The MIC that the receipt must carry, base64, and the digest it was made with. */
  mic: string;
  micDigest: Digest;
}

/** Takes the pieces of a body in order; a piece may change once it has been taken. */
type Output = (piece: Buffer) => Promise<void> | void;

/** A MIME entity whose body comes in pieces. */
interface Layer {
  headers: Record<string, string>;
  bodyBytes: number;
  /** Gets the header lines before they are written in front of the body; only where those are hashed. */
  onHead?(head: Buffer): void;
  write(out: Output): Promise<void>;
}

/** What building a message needs until it is built. */
interface Work {
  /** The file that is packaged. */
  fd: number;
  sizeBytes: number;
  /** Folder for what does not fit in memory. */
  folder: string;
  kept: KeptBytes[];
}

/**
 * Builds the body of an AS2 message from a file, in one pass over it, into a spool file that is there whole or
 * not at all: MIME part, compressed, signed, encrypted, as the partner wants. All lengths are definite and the
 * size is exact; memory does not depend on the file's size. RFC 4130, RFC 5402, RFC 8551. It reads and writes in
 * the thread that it is called in, which does other work between two pieces.
 * @param spoolPath where the body goes
 */
export async function buildMessage(
  payload: PayloadFile,
  protection: Protection,
  spoolPath: string,
  nowMs: number,
): Promise<BuiltMessage> {
  const spool = await openSpoolFile(spoolPath);
  const work: Work = { fd: -1, sizeBytes: 0, folder: `${spoolPath}.work`, kept: [] };
  try {
    work.fd = openSync(payload.path, 'r');
    work.sizeBytes = fstatSync(work.fd).size;
    const mic = makeMic(protection.signer?.digest ?? protection.micDigest);
    const message = await layersOf(work, payload, protection, mic, nowMs);
    const check = await writeMessage(message, spool);
    await spool.commit();
    return {
      sizeBytes: spool.sizeBytes,
      crc32: check,
      payloadBytes: work.sizeBytes,
      headers: message.headers,
      mic: mic.value().toString('base64'),
      micDigest: mic.digest,
    };
  } catch (thrown) {
    await spool.abandon();
    throw thrown;
  } finally {
    if (work.fd >= 0) closeSync(work.fd);
    for (const kept of work.kept) kept.close();
    await rm(work.folder, { recursive: true, force: true });
  }
}

/** @returns CRC-32 of what was written */
async function writeMessage(message: Layer, spool: SpoolFile): Promise<number> {
  let check = 0;
  await message.write((piece) => {
    check = crc32(piece, check);
    return spool.writeNow(piece);
  });
  // A wrong length would make the message unreadable for the partner: better no message.
  if (spool.sizeBytes !== message.bodyBytes) {
    throw new Error(`A message that should have ${message.bodyBytes} bytes got ${spool.sizeBytes}`);
  }
  return check;
}

async function layersOf(
  work: Work,
  payload: PayloadFile,
  protection: Protection,
  mic: Mic,
  nowMs: number,
): Promise<Layer> {
  const { signer, recipient, compressionLevel } = protection;
  const part = payloadLayer(work, payload);
  let layer = part;
  // Signed: the MIC is over what is signed. Not signed: over the part as it was before compression; where it is
  // neither encrypted nor compressed its headers travel as those of HTTP and do not count (RFC 4130, 7.3.1;
  // RFC 5402, 4).
  if (signer === null) {
    const isBare = recipient === null && compressionLevel === 0;
    layer = isBare ? hashedBody(part, mic) : hashedEntity(part, mic);
  }
  if (compressionLevel > 0) layer = await compressedLayer(layer, compressionLevel, work);
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

/** Hands pieces over; between two of them, the thread may do something else. */
async function writePieces(pieces: Iterable<Buffer>, out: Output): Promise<void> {
  for (const piece of pieces) {
    await out(piece);
    await breathe();
  }
}

function payloadLayer({ fd, sizeBytes }: Work, { name, contentType }: PayloadFile): Layer {
  return {
    headers: {
      'Content-Type': contentType,
      'Content-Transfer-Encoding': 'binary',
      'Content-Disposition': `attachment; filename=${quote(name)}`,
    },
    bodyBytes: sizeBytes,
    write: (out) => writePieces(filePieces(fd, sizeBytes), out),
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

/** Compresses the whole entity first, so that the size and with it all lengths are known. */
async function compressedLayer(inner: Layer, level: number, work: Work): Promise<Layer> {
  const compressed = keepBytes(join(work.folder, String(work.kept.length)));
  work.kept.push(compressed);
  if (level === KERNEL_LEVEL) await throughKernel(inner, compressed);
  else
    await throughZlib(
      createDeflate({ level, chunkSize: DEFLATE_CHUNK_BYTES }),
      (write) => writeEntity(inner, write),
      async (piece) => compressed.add(piece),
    );
  const prefix = compressedPrefix(compressed.sizeBytes);
  return {
    headers: pkcs7Headers('compressed-data', 'smime.p7z'),
    bodyBytes: prefix.length + compressed.sizeBytes,
    async write(out) {
      await out(prefix);
      await writePieces(compressed.pieces(), out);
    },
  };
}

/** Compresses by the kernel, which is faster than zlib at its fastest and gives less. */
async function throughKernel(inner: Layer, compressed: KeptBytes): Promise<void> {
  const deflating = beginDeflating();
  try {
    await writeEntity(inner, (piece) => {
      for (const bytes of deflating.write(piece)) compressed.add(bytes);
    });
    compressed.add(deflating.end());
  } finally {
    deflating.close();
  }
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
