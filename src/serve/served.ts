import type { Config } from '../pipeline/config/config.js';
import type { CertificateEnds } from '../watch/certificates.js';
import type { NightBook } from '../watch/night-book.js';
import type { NightWatch } from '../watch/watch.js';

/** What the dashboard shows, and through whom it acts. */
export interface Served {
  config: Config;
  /** Reference clock, milliseconds since 1970. */
  clock(): number;
  book: NightBook;
  /** The watch of this process; null where the dashboard runs by itself. */
  watch: Pick<NightWatch, 'status'> | null;
  certificates(): CertificateEnds;
  /**
   * Has deliveries tried again, also those that wait for a person.
   * @returns `asked` where the watch does it as soon as no run is under way, `begun` where it is done now
   * @throws ReadmillError READMILL_STATE_BUSY where another process works on the state folder
   */
  retry(ids: readonly string[]): Promise<'asked' | 'begun'>;
}
