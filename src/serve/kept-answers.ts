import { tooMuch } from './refusals.js';

/** An answer is given again for so long: who asks more often sees nothing newer anyway. */
export const ANSWER_KEPT_MS = 1_000;
/** Answers that are kept at a time, the latest. */
export const ANSWERS_KEPT_MAX = 32;
/** Answers that are made at a time, and that wait to be made. */
export const ANSWERS_MADE_MAX = 4;
export const ANSWERS_WAITING_MAX = 128;

interface Kept {
  text: Promise<string>;
  /** When it was there; null while it is being made. */
  madeMs: number | null;
}

/**
 * Answers by what was asked for. Of requests for the same at the same moment one makes the answer and all get it, and
 * only a few are made at a time: a flood of requests costs a night on the same machine little.
 *
 * ```
 * asked -> kept and young, or being made?  yes -> that one
 *          too many wait already?          yes -> refused, to be asked again later
 *          wait for a place -> make it -> keep it; one that fails is not kept
 * ```
 */
export class KeptAnswers {
  private readonly kept = new Map<string, Kept>();
  private making = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param keptMs how long an answer is given again */
  constructor(
    private readonly keptMs: number = ANSWER_KEPT_MS,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** @throws what `make` throws; an error of status 503 where too many wait */
  async get(key: string, make: () => Promise<string>): Promise<string> {
    const present = this.kept.get(key);
    if (present !== undefined && (present.madeMs === null || this.clock() - present.madeMs < this.keptMs))
      return present.text;
    const own: Kept = { text: this.inTurn(make), madeMs: null };
    this.kept.delete(key);
    this.kept.set(key, own);
    this.forgetOldest();
    try {
      const text = await own.text;
      own.madeMs = this.clock();
      return text;
    } catch (thrown) {
      if (this.kept.get(key) === own) this.kept.delete(key);
      throw thrown;
    }
  }

  /** Something was changed: nothing that was made before is given again. */
  forget(): void {
    this.kept.clear();
  }

  private async inTurn(make: () => Promise<string>): Promise<string> {
    if (this.making >= ANSWERS_MADE_MAX) {
      if (this.waiting.length >= ANSWERS_WAITING_MAX) throw tooMuch();
      // Whoever is done hands its place on.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.making++;
    try {
      return await make();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.making--;
      else next();
    }
  }

  private forgetOldest(): void {
    for (const [key, { madeMs }] of this.kept) {
      if (this.kept.size <= ANSWERS_KEPT_MAX) return;
      if (madeMs !== null) this.kept.delete(key);
    }
  }
}
