import type { Partner } from '../../pipeline/config/partner-config.js';
import { type PartnerKeys, validKeys } from '../keys.js';

/** A partner that may send to us, with the keys of both sides. */
export interface Relation {
  partner: Partner;
  keys: PartnerKeys;
}

/** The relation of an incoming message's names: its AS2-From is the partner's, its AS2-To ours. */
export function relationOf(
  relations: readonly Relation[],
  as2From: string,
  as2To: string,
): Relation | undefined {
  return relations.find(({ partner }) => partner.as2To === as2From && partner.as2From === as2To);
}

/** Keys to open a message with, as of now. */
export function openingKeys({ partner, keys }: Relation, nowMs: number) {
  const valid = validKeys(keys, nowMs);
  return { own: valid.own, partner: valid.partner, acceptSha1: partner.digest === 'sha1' };
}

/** An AS2 name as it stands in a header: quoted or not (RFC 4130, 6.2). */
export function nameIn(header: string | undefined): string {
  const text = (header ?? '').trim();
  return /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1') : text;
}
