import { randomUUID } from 'node:crypto';
import { type Agent, request } from 'undici';
import { messageOf } from '../../model/errors.js';
import type { BuiltMdn } from '../mdn/build-mdn.js';
import { quoteIfNeeded } from '../mime/headers.js';
import { EDIINT_FEATURES, USER_AGENT } from '../user-agent.js';

/** Attempts to hand over an asynchronous receipt; the sender asks again after all of them by sending again. */
const ATTEMPTS_MAX = 3;
const RETRY_WAIT_MS = 2000;
const TIMEOUT_MS = 60_000;

/** Headers of a receipt, whichever way it goes. */
export function receiptHeaders(as2From: string, as2To: string, receipt: BuiltMdn): Record<string, string> {
  return {
    'AS2-Version': '1.2',
    'AS2-From': quoteIfNeeded(as2From),
    'AS2-To': quoteIfNeeded(as2To),
    'EDIINT-Features': EDIINT_FEATURES,
    'Message-ID': `<${randomUUID()}@readmill>`,
    'MIME-Version': '1.0',
    Date: new Date().toUTCString(),
    ...receipt.headers,
  };
}

/**
 * Posts an asynchronous receipt to where the sender wants it.
 * @param url from the message: any address, of which only its answer's status is looked at
 * @returns '' where it was taken, else why it was not
 */
export async function postReceipt(
  url: string,
  headers: Record<string, string>,
  body: Buffer,
  agent: Agent,
): Promise<string> {
  if (!/^https?:\/\//i.test(url)) return `${url} is no http address`;
  let problem = '';
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    try {
      const response = await request(url, {
        method: 'POST',
        dispatcher: agent,
        headers: { ...headers, 'User-Agent': USER_AGENT },
        body,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      await response.body.dump();
      if (response.statusCode < 300) return '';
      problem = `${url} answered ${response.statusCode}`;
    } catch (thrown) {
      problem = `${url}: ${messageOf(thrown)}`;
    }
    if (attempt < ATTEMPTS_MAX) await new Promise((resolve) => setTimeout(resolve, RETRY_WAIT_MS * attempt));
  }
  return problem;
}
