/** What a message can fail with; RFC 4130, 7.4 and 7.5, and RFC 5402 name them for the MDN. */
export type Disposition =
  | 'authentication-failed'
  | 'decompression-failed'
  | 'decryption-failed'
  | 'insufficient-message-security'
  | 'integrity-check-failed'
  | 'unexpected-processing-error'
  | 'unknown-trading-relationship'
  | 'unsupported-format'
  | 'unsupported-mic-algorithms';

/** A message (or MDN) that cannot be taken: which disposition says so, and for a person why. */
export class MessageFault extends Error {
  override readonly name = 'MessageFault';

  /** @param message one sentence for our own log and list; the other side gets the disposition only */
  constructor(
    readonly disposition: Disposition,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
