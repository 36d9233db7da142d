import { X509Certificate } from 'node:crypto';
import * as asn1js from 'asn1js';
import { TAG } from './cms/der.js';

/** A certificate with what CMS needs of it. */
export interface Certificate {
  x509: X509Certificate;
  der: Buffer;
  /** DER of the issuer's name and of the serial number: what CMS names a certificate by. */
  issuer: Buffer;
  serial: Buffer;
  /** Subject key identifier, or null where the certificate has none. */
  keyIdentifier: Buffer | null;
  validFromMs: number;
  validToMs: number;
}

const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
/** Positions in a TBSCertificate with its version: [0] version, serial, algorithm, issuer (RFC 5280, 4.1). */
const SERIAL = 1;
const ISSUER = 3;

/** @throws Error where the bytes are no certificate */
export function parseCertificate(pemOrDer: string | Buffer): Certificate {
  const x509 = new X509Certificate(pemOrDer);
  const der = Buffer.from(x509.raw);
  const fields = childrenOf(childrenOf(asn1js.fromBER(der).result)[0]);
  const at = fields[0]?.idBlock.tagClass === 3 ? 0 : -1;
  const extensions = fields.find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 3);
  return {
    x509,
    der,
    issuer: Buffer.from(fields[ISSUER + at]!.valueBeforeDecodeView),
    serial: Buffer.from(fields[SERIAL + at]!.valueBeforeDecodeView),
    keyIdentifier: extensions === undefined ? null : keyIdentifierOf(extensions),
    validFromMs: Date.parse(x509.validFrom),
    validToMs: Date.parse(x509.validTo),
  };
}

function childrenOf(block: asn1js.BaseBlock | undefined): asn1js.BaseBlock[] {
  const value = (block?.valueBlock as { value?: unknown } | undefined)?.value;
  return Array.isArray(value) ? value : [];
}

function keyIdentifierOf(extensions: asn1js.BaseBlock): Buffer | null {
  for (const extension of childrenOf(childrenOf(extensions)[0])) {
    const [name, ...rest] = childrenOf(extension);
    if (!(name instanceof asn1js.ObjectIdentifier)) continue;
    if (name.valueBlock.toString() !== SUBJECT_KEY_IDENTIFIER) continue;
    const content = rest.at(-1);
    if (!(content instanceof asn1js.OctetString)) return null;
    const bytes = Buffer.from(content.valueBlock.valueHexView);
    // The extension's value is itself an OCTET STRING of less than 128 bytes.
    return bytes[0] === TAG.octetString && bytes[1] === bytes.length - 2 ? bytes.subarray(2) : null;
  }
  return null;
}
