import { createPrivateKey } from 'node:crypto';
import { createRequire } from 'node:module';
import type forge from 'node-forge';
import { messageOf, ReadmillError } from '../model/errors.js';
import { type Certificate, parseCertificate } from './certificate.js';
import type { OwnKey } from './cms/read-enveloped.js';

type Forge = typeof forge;
/** Loads what reads PKCS#12 where there is such a file: it takes longer than all other work on keys. */
const loadForge = createRequire(import.meta.url) as (name: 'node-forge') => Forge;

/**
 * The private key of a PKCS#12 file with the certificate that belongs to it; other certificates of its chain
 * are left alone. Old encryptions (RC2, Triple DES), which many exports still have, are read as well.
 * @throws ReadmillError READMILL_KEY_INVALID
 */
export function readPkcs12(path: string, bytes: Buffer, password: string): OwnKey {
  const { asn1, pkcs12, pki } = loadForge('node-forge');
  const keyBags = [pki.oids.pkcs8ShroudedKeyBag!, pki.oids.keyBag!];
  try {
    const file = asn1.fromDer(bytes.toString('latin1'));
    const store = pkcs12.pkcs12FromAsn1(file, false, password);
    const keyBag = keyBags.flatMap((bagType) => store.getBags({ bagType })[bagType] ?? [])[0];
    if (keyBag?.key === undefined || keyBag.key === null) throw new Error('it holds no RSA key');
    const key = createPrivateKey(pki.privateKeyToPem(keyBag.key));
    const certificate = certificatesOf(store, { asn1, pki }).find(({ x509 }) => x509.checkPrivateKey(key));
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

function certificatesOf(
  store: forge.pkcs12.Pkcs12Pfx,
  { asn1, pki }: Pick<Forge, 'asn1' | 'pki'>,
): Certificate[] {
  const bagType = pki.oids.certBag!;
  const bags = store.getBags({ bagType })[bagType] ?? [];
  return bags.flatMap(({ cert, asn1: plain }) => {
    // Certificates that forge cannot take apart (of EC keys) come as plain ASN.1.
    const form = cert ? pki.certificateToAsn1(cert) : plain;
    return [parseCertificate(Buffer.from(asn1.toDer(form).getBytes(), 'latin1'))];
  });
}
