import { messageOf } from '../model/errors.js';
import type { Config } from '../pipeline/config/config.js';
import { type CertificateEnds, certificateEnds } from './certificates.js';
import type { PolledSource } from './inbox-poll.js';
import type { NightBook } from './night-book.js';
import { noticeMessage, tellHooks } from './notice-hooks.js';
import { type Notice, NoticeBook } from './notices.js';
import { DAY_MS, problemsOf, type RunFailure } from './problems.js';
import type { LedgerStanding } from './standing.js';

/** Keys and certificates are read anew after so long. */
const CERTIFICATES_MS = 10 * 60_000;
/** A notice that a hook did not take is told again after so long. */
const TELL_PAUSE_MS = 60_000;
/** Nights that problems and expectations are judged by. */
export const LOOK_BACK_DAYS = 35;

export interface TellerOptions {
  config: Config;
  clock(): number;
  onEvent(event: { kind: 'notice'; notice: Notice } | { kind: 'problem'; text: string }): void;
  hooks?: typeof tellHooks;
}

/** Compares what is wrong with what people know of, and tells them of what is new and what is over. */
export class NoticeTeller {
  private readonly notices: NoticeBook;
  private ends: { ms: number; certificates: CertificateEnds } | null = null;
  private telling: Promise<void> | null = null;
  private tellNotBeforeMs = 0;
  /** Notices that the log has shown and the hooks have not taken yet. */
  private shown = new Set<string>();

  constructor(
    private readonly options: TellerOptions,
    private readonly book: NightBook,
  ) {
    this.notices = new NoticeBook(options.config.state);
  }

  async look(
    standing: LedgerStanding,
    polled: readonly PolledSource[],
    failure: RunFailure | null,
  ): Promise<void> {
    const { config, clock, onEvent } = this.options;
    const nowMs = clock();
    if (this.ends === null || nowMs - this.ends.ms >= CERTIFICATES_MS)
      this.ends = { ms: nowMs, certificates: certificateEnds(config) };
    const problems = problemsOf({
      config,
      nowMs,
      failure,
      unfinishedMs: standing.unfinished?.nowMs ?? null,
      nights: await this.book.nights(nowMs - LOOK_BACK_DAYS * DAY_MS, nowMs + DAY_MS),
      polled,
      open: standing.open,
      certificates: this.ends.certificates,
    });
    const untold = this.notices.update(problems, nowMs);
    for (const notice of untold) if (!this.shown.has(shownAs(notice))) onEvent({ kind: 'notice', notice });
    this.shown = new Set(untold.map(shownAs));
    if (untold.length === 0 || this.telling !== null || nowMs < this.tellNotBeforeMs) return;
    // Nobody waits for it: an error of its own, as of a full disk, must not end the watch.
    this.telling = this.tell(untold, nowMs)
      .catch((thrown) => {
        this.tellNotBeforeMs = clock() + TELL_PAUSE_MS;
        onEvent({ kind: 'problem', text: `What was told could not be noted: ${messageOf(thrown)}.` });
      })
      .finally(() => {
        this.telling = null;
      });
  }

  /** Settles when the hooks that are being told have answered. */
  async settled(): Promise<void> {
    await this.telling;
  }

  /** Tells the hooks, beside what else is done; what one does not take is told again later. */
  private async tell(untold: readonly Notice[], nowMs: number): Promise<void> {
    const { config, clock, onEvent, hooks = tellHooks } = this.options;
    for (const notice of untold) {
      const wrong = await hooks(config, noticeMessage(notice, config, nowMs));
      if (wrong.length === 0) this.notices.told(notice);
      else this.tellNotBeforeMs = clock() + TELL_PAUSE_MS;
      for (const text of wrong) onEvent({ kind: 'problem', text });
    }
  }
}

const shownAs = ({ id, untold }: Notice): string => `${id}/${untold}`;
