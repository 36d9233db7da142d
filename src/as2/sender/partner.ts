import { createHash } from 'node:crypto';
import type { Partner as PartnerConfig } from '../../pipeline/config/partner-config.js';
import type { Protection } from '../build-message.js';
import type { Certificate } from '../certificate.js';
import { loadKeys, type PartnerKeys, requireValidKeys, validKeys } from '../keys.js';
import type { OpeningKeys } from '../read-message.js';

/** Digest of the MIC where nothing is signed. */
const UNSIGNED_MIC_DIGEST = 'sha256';

/** A partner with its keys and ours, as they were when the program began. */
export interface Partner {
  config: PartnerConfig & { url: string };
  keys: PartnerKeys;
}

/**
 * Reads the keys of partners.
 * @throws ReadmillError where keys, certificates or their rights are not right
 */
export function loadPartners(configs: readonly PartnerConfig[], nowMs: number): Partner[] {
  return configs.flatMap((config) => {
    const { url } = config;
    if (url === undefined) return [];
    const partner = { config: { ...config, url }, keys: loadKeys(config) };
    protectionOf(partner, nowMs);
    return [partner];
  });
}

/**
 * How messages to a partner are protected at a time.
 * @throws ReadmillError READMILL_CERTIFICATE_EXPIRED where no certificate is valid then
 */
export function protectionOf({ config, keys }: Partner, nowMs: number): Protection {
  const { digest, signature, encryption, keyTransport, compression } = config;
  const { own, partner } = requireValidKeys(config.name, keys, nowMs);
  return {
    signer: digest === 'none' ? null : { ...own[0]!, digest, scheme: signature },
    recipient: encryption === 'none' ? null : { certificate: partner[0]!, cipher: encryption, keyTransport },
    compressionLevel: compression,
    micDigest: digest === 'none' ? UNSIGNED_MIC_DIGEST : digest,
  };
}

/** What receipts of a partner are verified with, and opened where they are encrypted. */
export function openingKeysOf({ config, keys }: Partner, nowMs: number): OpeningKeys {
  return { ...validKeys(keys, nowMs), acceptSha1: config.digest === 'sha1' };
}

/** Subject of a certificate on one line. */
export function subjectOf({ x509 }: Certificate): string {
  return x509.subject.split('\n').join(', ');
}

/** What a message was packaged with: where this changed, one that was refused is packaged anew. */
export function settingsDigest({ config }: Partner, { signer, recipient }: Protection): string {
  const { digest, signature, encryption, keyTransport, compression, contentType } = config;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([digest, signature, encryption, keyTransport, compression, contentType]));
  for (const certificate of [signer?.certificate, recipient?.certificate])
    hash.update(certificate?.der ?? '-');
  return hash.digest('hex');
}
