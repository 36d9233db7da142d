import { VERSION } from '../model/version.js';

/** How we name ourselves in User-Agent, Server and Reporting-UA. */
export const USER_AGENT = `readmill/${VERSION}`;

/** What we can do beyond RFC 4130 (RFC 6017). */
export const EDIINT_FEATURES = 'AS2-Reliability';
