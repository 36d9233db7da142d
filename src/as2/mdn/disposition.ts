import type { Disposition } from '../faults.js';

/** What a receipt says of a message (RFC 4130, 7.4.3; RFC 3798, 3.2.6). */
export interface ReportedDisposition {
  /** `processed`, `failed` ... in lower case. */
  type: string;
  /** `error`, `failure` or `warning` with its text, in lower case; null where all is well. */
  modifier: { kind: string; text: string } | null;
}

const MODE = 'automatic-action/MDN-sent-automatically';
/** Those that the RFC calls failures: the message could not even be looked at. */
const FAILURES: readonly string[] = ['unsupported-format', 'unsupported-mic-algorithms'];

export const PROCESSED = `${MODE}; processed`;
export const DUPLICATE = `${MODE}; processed/warning: duplicate-document`;

export function dispositionOfFault(fault: Disposition): string {
  return FAILURES.includes(fault)
    ? `${MODE}; failed/failure: ${fault}`
    : `${MODE}; processed/error: ${fault}`;
}

/** Reads a Disposition field, with blanks where they please; null where it cannot be one. */
export function parseDisposition(text: string): ReportedDisposition | null {
  const match = /;\s*([a-z-]+)\s*(?:\/\s*([a-z-]+)\s*(?::\s*(.*))?)?$/is.exec(text.trim());
  if (match === null) return null;
  const [, type, kind, words] = match;
  return {
    type: type!.toLowerCase(),
    modifier:
      kind === undefined ? null : { kind: kind.toLowerCase(), text: (words ?? '').trim().toLowerCase() },
  };
}

/** Whether the receipt says that the message was taken: warnings do not change that. */
export function isTaken({ type, modifier }: ReportedDisposition): boolean {
  return type === 'processed' && (modifier === null || modifier.kind === 'warning');
}
