import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { messageOf, ReadmillError } from '../model/errors.js';
import type { Partner } from '../pipeline/config/partner-config.js';
import { type Certificate, parseCertificate } from './certificate.js';
import type { OwnKey } from './cms/read-enveloped.js';
import { readPkcs12 } from './pkcs12.js';

/** Least size of an RSA key; NIST SP 800-131A. */
const RSA_BITS_LEAST = 2048;
/** Days before its end that a certificate is warned about. */
export const EXPIRY_WARNING_DAYS = 30;
const DAY_MS = 86_400_000;
/** Rights of others and of the group. */
const OPEN_BITS = 0o077;

/** Keys and certificates of a relationship, in the order of the configuration, valid or not. */
export interface PartnerKeys {
  own: OwnKey[];
  partner: Certificate[];
}

/**
 * Reads the keys and certificates that a partner's configuration names.
 * @throws ReadmillError READMILL_KEY_OPEN, READMILL_KEY_INVALID or READMILL_CERTIFICATE_INVALID
 */
export function loadKeys(partner: Partner): PartnerKeys {
  const keyPaths = [partner.key].flat();
  const certificatePaths = [partner.certificate ?? []].flat();
  const password =
    partner.keyPasswordFile === undefined
      ? undefined
      : readSecret(partner.keyPasswordFile).toString('utf8').trim();
  const own = keyPaths.map((path, i) => loadOwn(path, certificatePaths[i], password));
  return { own, partner: [partner.partnerCertificate].flat().map(loadCertificate) };
}

function loadOwn(path: string, certificatePath: string | undefined, password: string | undefined): OwnKey {
  const bytes = readSecret(path);
  let key: KeyObject;
  let certificate: Certificate;
  if (/\.(p12|pfx)$/i.test(path)) {
    ({ key, certificate } = readPkcs12(path, bytes, password ?? ''));
  } else {
    if (certificatePath === undefined)
      throw keyInvalid(path, 'it has no certificate: set "certificate" beside "key", or use a PKCS#12 file');
    key = parseKey(path, bytes, password);
    certificate = loadCertificate(certificatePath);
  }
  if (key.asymmetricKeyType !== 'rsa')
    throw keyInvalid(path, `it is of type ${key.asymmetricKeyType}, not RSA`);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < RSA_BITS_LEAST) throw keyInvalid(path, `it has ${bits} bits; ${RSA_BITS_LEAST} are needed`);
  if (!certificate.x509.checkPrivateKey(key))
    throw keyInvalid(path, `it does not belong to the certificate ${certificatePath ?? 'beside it'}`);
  return { key, certificate };
}

/** Reads a file that only its owner may read. */
function readSecret(path: string): Buffer {
  let mode: number;
  let bytes: Buffer;
  try {
    mode = statSync(path).mode;
    bytes = readFileSync(path);
  } catch (thrown) {
    throw keyInvalid(path, `it cannot be read: ${messageOf(thrown)}`, thrown);
  }
  if ((mode & OPEN_BITS) !== 0) {
    throw new ReadmillError(
      'READMILL_KEY_OPEN',
      `The key ${path} can be read by other users (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${path}`,
    );
  }
  return bytes;
}

function parseKey(path: string, bytes: Buffer, password: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: bytes, ...(password === undefined ? {} : { passphrase: password }) });
  } catch (thrown) {
    const hint = bytes.includes('ENCRYPTED')
      ? 'its password is missing or wrong: set "keyPasswordFile"'
      : `it is no private key in PEM: ${messageOf(thrown)}`;
    throw keyInvalid(path, hint, thrown);
  }
}

/** @throws ReadmillError READMILL_CERTIFICATE_INVALID */
export function loadCertificate(path: string): Certificate {
  let certificate: Certificate;
  try {
    certificate = parseCertificate(readFileSync(path));
  } catch (thrown) {
    throw certificateInvalid(path, `cannot be read: ${messageOf(thrown)}`, thrown);
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails } = certificate.x509.publicKey;
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (type === 'rsa' && bits < RSA_BITS_LEAST)
    throw certificateInvalid(path, `has an RSA key of ${bits} bits; ${RSA_BITS_LEAST} are needed`);
  return certificate;
}

function keyInvalid(path: string, why: string, cause?: unknown): ReadmillError {
  return new ReadmillError('READMILL_KEY_INVALID', `The key ${path} cannot be used: ${why}.`, { cause });
}

function certificateInvalid(path: string, why: string, cause?: unknown): ReadmillError {
  return new ReadmillError('READMILL_CERTIFICATE_INVALID', `The certificate ${path} ${why}.`, { cause });
}

const isValidAt = ({ validFromMs, validToMs }: Certificate, nowMs: number): boolean =>
  validFromMs <= nowMs && nowMs <= validToMs;

/** Those that are valid now; the first of them is what we sign and encrypt with. */
export function validKeys(keys: PartnerKeys, nowMs: number): PartnerKeys {
  return {
    own: keys.own.filter(({ certificate }) => isValidAt(certificate, nowMs)),
    partner: keys.partner.filter((certificate) => isValidAt(certificate, nowMs)),
  };
}

/** @throws ReadmillError READMILL_CERTIFICATE_EXPIRED where we or the partner have none that is valid now */
export function requireValidKeys(name: string, keys: PartnerKeys, nowMs: number): PartnerKeys {
  const valid = validKeys(keys, nowMs);
  const refuse = (whose: string, certificates: readonly Certificate[]) => {
    const dates = certificates.map(
      ({ x509, validFromMs, validToMs }) =>
        `serial ${x509.serialNumber}: ${isoDay(validFromMs)} to ${isoDay(validToMs)}`,
    );
    return new ReadmillError(
      'READMILL_CERTIFICATE_EXPIRED',
      `${whose} for partner ${name} is not valid today (${dates.join('; ')}). Put a valid one into the configuration.`,
    );
  };
  if (valid.own.length === 0)
    throw refuse(
      'Our certificate',
      keys.own.map(({ certificate }) => certificate),
    );
  if (valid.partner.length === 0) throw refuse("The partner's certificate", keys.partner);
  return valid;
}

const isoDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Sentences about certificates that have ended or end within 30 days. */
export function expiryWarnings(name: string, keys: PartnerKeys, nowMs: number): string[] {
  const all = [
    ...keys.own.map(({ certificate }) => ({ whose: 'our certificate', certificate })),
    ...keys.partner.map((certificate) => ({ whose: "the partner's certificate", certificate })),
  ];
  return all.flatMap(({ whose, certificate: { x509, validToMs } }) => {
    const days = Math.floor((validToMs - nowMs) / DAY_MS);
    if (days > EXPIRY_WARNING_DAYS) return [];
    const when = days < 0 ? `ended on ${isoDay(validToMs)}` : `ends in ${days} days, on ${isoDay(validToMs)}`;
    return [`Partner ${name}: ${whose} (serial ${x509.serialNumber}) ${when}. Agree on its successor now.`];
  });
}
