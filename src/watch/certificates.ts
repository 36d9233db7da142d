import { loadKeys } from '../as2/keys.js';
import { messageOf } from '../model/errors.js';
import type { Config } from '../pipeline/config/config.js';
import { partnersOf } from '../pipeline/config/environment.js';

/** A certificate that deliveries need, and when it ends. */
export interface CertificateEnd {
  partner: string;
  owner: 'ours' | 'partner';
  serial: string;
  validToMs: number;
}

export interface CertificateEnds {
  certificates: CertificateEnd[];
  /** Keys and certificates that cannot be used, a sentence each. */
  problems: { partner: string; text: string }[];
}

/** The certificates of the partners that runs deliver to, the one that ends first before the others. */
export function certificateEnds({
  partners,
  environment,
}: Pick<Config, 'partners' | 'environment'>): CertificateEnds {
  const ends: CertificateEnds = { certificates: [], problems: [] };
  for (const partner of partnersOf(partners, environment)) {
    try {
      const keys = loadKeys(partner);
      const add = (owner: CertificateEnd['owner'], { x509, validToMs }: (typeof keys.partner)[number]) =>
        ends.certificates.push({ partner: partner.name, owner, serial: x509.serialNumber, validToMs });
      for (const { certificate } of keys.own) add('ours', certificate);
      for (const certificate of keys.partner) add('partner', certificate);
    } catch (thrown) {
      ends.problems.push({ partner: partner.name, text: messageOf(thrown) });
    }
  }
  ends.certificates.sort((a, b) => a.validToMs - b.validToMs);
  return ends;
}
