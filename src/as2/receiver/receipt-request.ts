import { type Digest, digestOfMimeName } from '../algorithms.js';
import { type Headers, parseHeaderValue } from '../mime/headers.js';

/** What receipt a message asks for (RFC 4130, 7.3). */
export interface ReceiptRequest {
  isWanted: boolean;
  isSigned: boolean;
  /** Digest that the MIC is asked by; null where none that is asked for is known. */
  digest: Digest | null;
  /** Whether it may be left out where it cannot be met. */
  isRequired: boolean;
  /** Where an asynchronous receipt goes; null: in the response. */
  deliveryUrl: string | null;
}

export function receiptRequestOf(headers: Headers): ReceiptRequest {
  const isWanted = (headers.get('disposition-notification-to') ?? '') !== '';
  // The options are parameters without a value in front of them.
  const options = parseHeaderValue(`;${headers.get('disposition-notification-options') ?? ''}`).parameters;
  const words = (name: string) => (options.get(name) ?? '').split(',').map((one) => one.trim().toLowerCase());
  const [protocolImportance, ...protocols] = words('signed-receipt-protocol');
  const [micImportance, ...names] = words('signed-receipt-micalg');
  const known = names.map(digestOfMimeName).filter((digest) => digest !== undefined);
  const url = headers.get('receipt-delivery-option')?.trim() ?? '';
  return {
    isWanted,
    isSigned: isWanted && protocols.includes('pkcs7-signature'),
    digest: names.length === 0 ? 'sha256' : (known[0] ?? null),
    isRequired: protocolImportance === 'required' || micImportance === 'required',
    deliveryUrl: url === '' ? null : url,
  };
}
