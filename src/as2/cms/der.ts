import * as asn1js from 'asn1js';

export const TAG = {
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  /** [n] constructed; EXPLICIT, or IMPLICIT of something constructed. */
  context: (number: number) => 0xa0 | number,
  /** [n] primitive; IMPLICIT of a string. */
  contextPrimitive: (number: number) => 0x80 | number,
} as const;

export const NULL = Buffer.from([TAG.null, 0]);

/** Tag and length of a DER element whose content has so many bytes. Lengths up to 2^48 - 1. */
export function derHeader(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length]);
  const bytes =
    length < 0x100 ? 1 : length < 0x1_0000 ? 2 : length < 0x100_0000 ? 3 : length < 2 ** 32 ? 4 : 6;
  const header = Buffer.alloc(2 + bytes);
  header[0] = tag;
  header[1] = 0x80 | bytes;
  header.writeUIntBE(length, 2, bytes);
  return header;
}

/** A DER element made of others, or of raw content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return Buffer.concat([derHeader(tag, length), ...content]);
}

export const sequence = (...content: readonly Uint8Array[]): Buffer => der(TAG.sequence, ...content);

/** SET OF: elements in ascending order of their encodings, as DER wants. */
export function setOf(...elements: readonly Uint8Array[]): Buffer {
  return der(TAG.set, ...[...elements].sort(Buffer.compare));
}

export function integer(value: number): Buffer {
  return Buffer.from(new asn1js.Integer({ value }).toBER());
}

export function objectIdentifier(value: string): Buffer {
  return Buffer.from(new asn1js.ObjectIdentifier({ value }).toBER());
}

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5652, 11.3). */
export function time(ms: number): Buffer {
  const valueDate = new Date(Math.floor(ms / 1000) * 1000);
  const isUtcTime = valueDate.getUTCFullYear() < 2050;
  return Buffer.from(
    (isUtcTime ? new asn1js.UTCTime({ valueDate }) : new asn1js.GeneralizedTime({ valueDate })).toBER(),
  );
}

/** One level around a content whose bytes are not at hand, only their number. */
export interface Wrapping {
  tag: number;
  /** Elements of this level before and after the one inside. `after` may be filled in later if its size is right. */
  before?: readonly Uint8Array[];
  afterBytes?: number;
}

/**
 * The bytes in front of a content of known size inside nested elements, outermost first: all lengths are
 * definite, so that no reader needs BER.
 */
export function derPrefix(levels: readonly Wrapping[], contentBytes: number): Buffer {
  const parts: Uint8Array[] = [];
  let length = contentBytes;
  for (const { tag, before = [], afterBytes = 0 } of [...levels].reverse()) {
    const inFront = Buffer.concat(before);
    length += inFront.length + afterBytes;
    const header = derHeader(tag, length);
    parts.unshift(header, inFront);
    length += header.length;
  }
  return Buffer.concat(parts);
}
