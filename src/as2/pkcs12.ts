import { createPrivateKey } from 'node:crypto';
import forge from 'node-forge';
import { messageOf, ReadmillError } from '../model/errors.js';
import { type Certificate, parseCertificate } from './certificate.js';
import type { OwnKey } from './cms/read-enveloped.js';

const KEY_BAGS = [forge.pki.oids.pkcs8ShroudedKeyBag!, forge.pki.oids.keyBag!];
const CERTIFICATE_BAG = forge.pki.oids.certBag!;

/**
 * The private key of a PKCS#12 file with the certificate that belongs to it; other certificates of its chain
 * are left alone. Old encryptions (RC2, Triple DES), which many exports still have, are read as well.
 * @throws ReadmillError READMILL_KEY_INVALID
 */
export function readPkcs12(path: string, bytes: Buffer, password: string): OwnKey {
  try {
    const asn1 = forge.asn1.fromDer(bytes.toString('latin1'));
    const store = forge.pkcs12.pkcs12FromAsn1(asn1, false, password);
    const keyBag = KEY_BAGS.flatMap((bagType) => store.getBags({ bagType })[bagType] ?? [])[0];
    if (keyBag?.key === undefined || keyBag.key === null) throw new Error('it holds no RSA key');
    const key = createPrivateKey(forge.pki.privateKeyToPem(keyBag.key));
    const certificate = certificatesOf(store).find(({ x509 }) => x509.checkPrivateKey(key));
    if (certificate === undefined) throw new Error('it holds no certificate of its key');
    return { key, certificate };
  } catch (thrown) {
    const why = /MAC could not be verified|Invalid password/i.test(messageOf(thrown))
      ? 'its password is missing or wrong: set "keyPasswordFile"'
      : messageOf(thrown);
    throw new ReadmillError('READMILL_KEY_INVALID', `The key ${path} cannot be used: ${why}.`, {
      cause: thrown,
    });
  }
}

function certificatesOf(store: forge.pkcs12.Pkcs12Pfx): Certificate[] {
  const bags = store.getBags({ bagType: CERTIFICATE_BAG })[CERTIFICATE_BAG] ?? [];
  return bags.flatMap(({ cert, asn1 }) => {
    // Certificates that forge cannot take apart (of EC keys) come as plain ASN.1.
    const form = cert ? forge.pki.certificateToAsn1(cert) : asn1;
    return [parseCertificate(Buffer.from(forge.asn1.toDer(form).getBytes(), 'latin1'))];
  });
}
