import { type DeliveryRecord, deliveryId } from '../as2/sender/delivery-queue.js';
import { isDue } from '../as2/sender/sender.js';
import { codeOf, messageOf } from '../model/errors.js';
import type { Config } from '../pipeline/config/config.js';
import type { Progress } from '../pipeline/progress.js';
import type { RunReport } from '../report/run-report.js';
import type { Ledger } from '../store/ledger/ledger.js';
import { openLedgerAt } from '../store/ledger/ledger-place.js';
import { carryNight } from './carry-night.js';
import { claimOf, type InboxPoll, type PolledSource } from './inbox-poll.js';
import { NightBook } from './night-book.js';
import type { tellHooks } from './notice-hooks.js';
import { NoticeTeller } from './notice-teller.js';
import type { Notice } from './notices.js';
import { DAY_MS, type RunFailure } from './problems.js';
import { type Removed, removeOldRuns } from './retention.js';
import { closeOfDayMs, isTimeWithoutFiles, type RunReason, runReason } from './schedule.js';
import { type LedgerStanding, standingOf } from './standing.js';
import { tryDeliveries } from './try-deliveries.js';

const MINUTE_MS = 60_000;
/** Pauses after runs that failed one after the other; the last one from then on. */
const FAILURE_PAUSES_MINUTES = [1, 2, 5, 10, 15];
/** While another readmill works on the state folder. */
const BUSY_PAUSE_MS = 15_000;
/** After an attempt at deliveries of which some are still due: their partner was not reached. */
const DELIVERY_PAUSE_MS = 5 * MINUTE_MS;
/** A file that a run could not read is left alone for so long. */
const HOLD_MS = 15 * MINUTE_MS;
/** An inbox that has not answered by then is left behind in this poll. */
const POLL_PATIENCE_MS = 20_000;

/** Waits for so long, or until the signal is given. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** While a run works, problems are looked for so often. */
const LOOK_MS = MINUTE_MS;

/** What the watch tells of itself. */
export type WatchEvent =
  | { kind: 'run-begins'; reason: RunReason; files: number; bytes: number }
  | { kind: 'run-ended'; report: RunReport }
  | { kind: 'run-failed'; failure: RunFailure }
  | { kind: 'deliveries'; records: DeliveryRecord[] }
  | { kind: 'removed'; removed: Removed }
  | { kind: 'notice'; notice: Notice }
  | { kind: 'problem'; text: string };

/** A stretch of work of the run that is under way. */
export interface RunningStep {
  step: string;
  done: number;
  total: number;
  unit: string;
}

/** What the watch does at a moment. */
export interface WatchStatus {
  phase: 'waiting' | 'running' | 'delivering' | 'clearing';
  isStopping: boolean;
  reason: RunReason | null;
  sinceMs: number;
  step: RunningStep | null;
  failure: RunFailure | null;
  polled: readonly PolledSource[];
  polledMs: number | null;
}

export interface WatchOptions {
  config: Config;
  workers: number;
  /** Reference clock, milliseconds since 1970. */
  clock(): number;
  wait: Wait;
  poll: InboxPoll;
  onEvent(event: WatchEvent): void;
  carry?: typeof carryNight;
  hooks?: typeof tellHooks;
}

/**
 * Carries nights for ever. Each turn looks into the inboxes, and then does one thing at the most: a run, deliveries
 * that are due, or clearing away. All that a turn leaves is on the disk, so it may be killed anywhere.
 *
 * ```
 * look into the inboxes -> a run is to begin?       yes -> carry it; failed -> pause, then the same run goes on
 *                          deliveries are due?      yes -> try them
 *                          a day since the last?    yes -> remove what is no longer kept
 *                       -> compare problems with notices, tell hooks -> wait for the next poll
 * ```
 */
export class NightWatch {
  readonly status: WatchStatus = {
    phase: 'waiting',
    isStopping: false,
    reason: null,
    sinceMs: 0,
    step: null,
    failure: null,
    polled: [],
    polledMs: null,
  };
  readonly book: NightBook;
  private readonly teller: NoticeTeller;
  private waking = new AbortController();
  private notBeforeMs = 0;
  private seenToMs: number | null = null;
  private deliverNotBeforeMs = 0;
  private readonly asked = new Set<string>();
  private clearedMs: number | null = null;
  /** Closed days for which a run was begun: one that did not settle them is not repeated for them. */
  private readonly closedFor = new Set<number>();

  constructor(private readonly options: WatchOptions) {
    this.book = new NightBook(options.config.state);
    this.teller = new NoticeTeller(options, this.book);
    this.status.sinceMs = options.clock();
  }

  /** Works until it is stopped; what is under way then is done to its end. */
  async run(): Promise<void> {
    const { wait, config, onEvent } = this.options;
    while (!this.status.isStopping) {
      try {
        await this.turn();
      } catch (thrown) {
        onEvent({ kind: 'problem', text: messageOf(thrown) });
      }
      if (this.status.isStopping) break;
      await wait(config.watch.pollSeconds * 1000, this.waking.signal);
      if (this.waking.signal.aborted) this.waking = new AbortController();
    }
    await this.teller.settled();
  }

  /** Begins nothing new. */
  stop(): void {
    this.status.isStopping = true;
    this.waking.abort();
  }

  /** Has deliveries tried as soon as no run is under way, also those that wait for a person. */
  askForDelivery(ids: readonly string[]): void {
    for (const id of ids) this.asked.add(id);
    this.waking.abort();
  }

  /** One look, and what follows from it. */
  async turn(): Promise<void> {
    const { config, poll, clock, wait } = this.options;
    const patience = new AbortController();
    const polled = await poll.poll(clock(), wait(POLL_PATIENCE_MS, patience.signal));
    patience.abort();
    this.status.polled = polled;
    this.status.polledMs = clock();
    const standing = await standingOf(config);
    if (!this.status.isStopping) await this.act(standing, polled);
    await this.teller.look(await standingOf(config), polled, this.status.failure);
  }

  private async act(standing: LedgerStanding, polled: readonly PolledSource[]): Promise<void> {
    const { config, clock } = this.options;
    const nowMs = clock();
    this.seenToMs ??= standing.lastRunMs ?? 0;
    const facts = {
      nowMs,
      polled,
      isUnfinished: standing.unfinished !== null,
      notBeforeMs: this.notBeforeMs,
      waitingDays: standing.waitingDays.filter((day) => !this.closedFor.has(day)),
      seenToMs: this.seenToMs,
    };
    const reason = runReason(config, facts);
    if (reason !== null) return this.carry(reason, standing, nowMs);
    if (isTimeWithoutFiles(config, facts)) this.seenToMs = nowMs;
    const due = standing.open.filter((record) => this.asked.has(deliveryId(record)) || isDue(record, nowMs));
    const isAsked = standing.open.some((record) => this.asked.has(deliveryId(record)));
    // Delivered in the meantime.
    if (!isAsked) this.asked.clear();
    if (due.length > 0 && (isAsked || nowMs >= this.deliverNotBeforeMs)) return this.deliver();
    if (this.clearedMs === null || nowMs - this.clearedMs >= DAY_MS) await this.clear();
  }

  private async carry(
    reason: RunReason,
    { unfinished, waitingDays }: LedgerStanding,
    nowMs: number,
  ): Promise<void> {
    const { config, workers, clock, onEvent, poll, carry = carryNight } = this.options;
    const claim = claimOf(this.status.polled);
    // The run has them now; the next look tells what it left.
    this.status.polled = this.status.polled.map((source) => ({ ...source, ready: [] }));
    const bytes = claim.inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    onEvent({
      kind: 'run-begins',
      reason,
      files: unfinished?.files ?? claim.inputs.length,
      bytes: unfinished?.bytes ?? bytes,
    });
    this.enter('running', reason);
    try {
      const progress = this.progress();
      const work = carry(config, { nowMs, clock, workers, progress, delivers: true, claim });
      await this.lookWhile(work);
      const { night, report } = await work;
      for (const { path, isToolFault } of night.run.inputs)
        if (isToolFault === true) poll.hold(path, clock() + HOLD_MS);
      this.status.failure = null;
      this.notBeforeMs = 0;
      if (reason !== 'unfinished') {
        this.seenToMs = nowMs;
        for (const day of waitingDays) if (closeOfDayMs(config, day) <= nowMs) this.closedFor.add(day);
      }
      this.deliverNotBeforeMs = clock() + DELIVERY_PAUSE_MS;
      onEvent({ kind: 'run-ended', report });
    } catch (thrown) {
      this.failed(thrown);
    } finally {
      this.enter('waiting', null);
    }
  }

  /** Looks for problems while a run works: one that does not end must be told too. */
  private async lookWhile(work: Promise<unknown>): Promise<void> {
    const { config, wait, onEvent } = this.options;
    const done = new AbortController();
    const ended = work.then(
      () => done.abort(),
      () => done.abort(),
    );
    for (;;) {
      await Promise.race([ended, wait(LOOK_MS, done.signal)]);
      if (done.signal.aborted) return;
      try {
        await this.teller.look(await standingOf(config), this.status.polled, this.status.failure);
      } catch (thrown) {
        onEvent({ kind: 'problem', text: messageOf(thrown) });
      }
    }
  }

  private failed(thrown: unknown): void {
    const nowMs = this.options.clock();
    if (this.isBusy(thrown)) {
      this.notBeforeMs = nowMs + BUSY_PAUSE_MS;
      return;
    }
    const attempts = (this.status.failure?.attempts ?? 0) + 1;
    const pause = FAILURE_PAUSES_MINUTES[Math.min(attempts, FAILURE_PAUSES_MINUTES.length) - 1]!;
    this.notBeforeMs = nowMs + pause * MINUTE_MS;
    const failure = {
      code: codeOf(thrown),
      message: messageOf(thrown),
      attempts,
      ms: nowMs,
      nextMs: this.notBeforeMs,
    };
    this.status.failure = failure;
    this.options.onEvent({ kind: 'run-failed', failure });
  }

  /** Another readmill works on the state folder: that is no failure, and passes. */
  private isBusy(thrown: unknown): boolean {
    if (codeOf(thrown) !== 'READMILL_STATE_BUSY') return false;
    this.options.onEvent({ kind: 'problem', text: `${messageOf(thrown)} It is tried again in a moment.` });
    return true;
  }

  /** Tries the deliveries that are due, and those that somebody asked for. */
  private async deliver(): Promise<void> {
    const { config, clock, onEvent } = this.options;
    this.enter('delivering', null);
    const asked = new Set(this.asked);
    this.asked.clear();
    try {
      const records = await tryDeliveries(config, clock, asked, true);
      onEvent({ kind: 'deliveries', records });
    } catch (thrown) {
      // What somebody asked for is not forgotten because a run by hand was in the way.
      if (this.isBusy(thrown)) for (const id of asked) this.asked.add(id);
      else onEvent({ kind: 'problem', text: messageOf(thrown) });
    } finally {
      this.deliverNotBeforeMs = clock() + DELIVERY_PAUSE_MS;
      this.enter('waiting', null);
    }
  }

  private async clear(): Promise<void> {
    const { config, clock, onEvent } = this.options;
    this.enter('clearing', null);
    try {
      const removed = await this.clearUnder(await openLedgerAt(config));
      for (const one of removed) onEvent({ kind: 'removed', removed: one });
      this.clearedMs = clock();
    } catch (thrown) {
      if (this.isBusy(thrown)) return;
      // What cannot be removed today keeps nothing else from being done.
      this.clearedMs = clock();
      onEvent({ kind: 'problem', text: `Old runs could not be removed: ${messageOf(thrown)}.` });
    } finally {
      this.enter('waiting', null);
    }
  }

  private async clearUnder(ledger: Ledger): Promise<Removed[]> {
    try {
      return await removeOldRuns(this.options.config, ledger, this.options.clock());
    } finally {
      await ledger.close();
    }
  }

  /** Settles when the hooks that are being told have answered. */
  settled(): Promise<void> {
    return this.teller.settled();
  }

  private enter(phase: WatchStatus['phase'], reason: RunReason | null): void {
    Object.assign(this.status, { phase, reason, sinceMs: this.options.clock(), step: null });
  }

  private progress(): Progress {
    const { status } = this;
    return {
      begin(step, total, unit) {
        status.step = { step, done: 0, total, unit };
      },
      advance(amount) {
        if (status.step !== null) status.step.done += amount;
      },
      end: () => undefined,
    };
  }
}
