import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { standingOf } from '../watch/standing.js';
import type { KeptAnswers } from './kept-answers.js';
import { type LiveRun, liveRun } from './live-run.js';
import { nightView } from './night-view.js';
import type { Served } from './served.js';

/** Browsers that are told of changes at a time. */
export const LISTENERS_MAX = 64;
/** How often progress is looked at, and how often all the rest, while somebody listens. */
const PROGRESS_MS = 500;
const CHANGES_EVERY = 4;
/** A browser that has not taken so much of what it was told is let go; it connects again. */
const UNSENT_BYTES_MAX = 256 * 1024;

/** Tells browsers what changes: `progress` with the run that is under way, `changed` where the page is old. */
export class LiveEvents {
  private readonly listeners = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | null = null;
  private looking = false;
  private looks = 0;
  private progress = '';
  private fingerprint = '';

  /** @param answers those that were made before a change are not given to a page that asks because of it */
  constructor(
    private readonly served: Served,
    private readonly answers: Pick<KeptAnswers, 'forget'>,
  ) {}

  /** Takes the response over. @returns false where too many listen already */
  add(response: ServerResponse, headers: Record<string, string>): boolean {
    if (this.listeners.size >= LISTENERS_MAX) return false;
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 3000\n\n');
    if (this.progress !== '') response.write(this.progress);
    this.listeners.add(response);
    const remove = () => {
      this.listeners.delete(response);
      if (this.listeners.size === 0) this.rest();
    };
    response.once('close', remove);
    response.once('error', remove);
    this.timer ??= setInterval(() => void this.look(), PROGRESS_MS);
    return true;
  }

  close(): void {
    this.rest();
    for (const response of this.listeners) response.destroy();
    this.listeners.clear();
  }

  /** Looks once, and tells what is new. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const { config, watch } = this.served;
      // A watch in this process knows its progress by itself; the ledger is asked less often.
      const isTime = this.looks++ % CHANGES_EVERY === 0;
      if (watch !== null || isTime) this.tellProgress(liveRun(this.served, await standingOf(config)));
      if (isTime) await this.tellChange();
    } catch {
      // A ledger that cannot be read now is told by the page itself; the next look comes soon.
      this.send(event('changed', {}));
    } finally {
      this.looking = false;
    }
  }

  private tellProgress(run: LiveRun | null): void {
    const text = event('progress', run);
    if (text === this.progress) return;
    this.progress = text;
    this.send(text);
  }

  private async tellChange(): Promise<void> {
    const { now, run, ...rest } = await nightView(this.served, null);
    const stable = { ...rest, run: run === null ? null : { what: run.what, runId: run.runId } };
    const fingerprint = createHash('sha256').update(JSON.stringify(stable)).digest('base64');
    if (this.fingerprint !== '' && fingerprint !== this.fingerprint) this.send(event('changed', { now }));
    else this.write(`: ${now}\n\n`);
    this.fingerprint = fingerprint;
  }

  private send(text: string): void {
    this.answers.forget();
    this.write(text);
  }

  private write(text: string): void {
    for (const response of this.listeners) {
      if (response.writableLength > UNSENT_BYTES_MAX) response.destroy();
      else response.write(text);
    }
  }

  private rest(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.fingerprint = '';
    this.progress = '';
  }
}

const event = (name: string, value: unknown): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
