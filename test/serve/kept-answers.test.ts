import { describe, expect, it } from 'vitest';
import {
  ANSWER_KEPT_MS,
  ANSWERS_KEPT_MAX,
  ANSWERS_MADE_MAX,
  ANSWERS_WAITING_MAX,
  KeptAnswers,
} from '../../src/serve/kept-answers.js';

/** Answers with a clock that stands still, and a count of those that were made. */
function answersAt(clock: { ms: number }) {
  const answers = new KeptAnswers(ANSWER_KEPT_MS, () => clock.ms);
  let made = 0;
  const ask = (key = 'page') => answers.get(key, async () => `${key} ${++made}`);
  return { answers, ask, made: () => made };
}

describe('answers that are kept', () => {
  it('are given again for a second, and then made anew', async () => {
    const clock = { ms: 0 };
    const { ask } = answersAt(clock);
    expect(await ask()).toBe('page 1');
    clock.ms = ANSWER_KEPT_MS - 1;
    expect(await ask()).toBe('page 1');
    clock.ms = ANSWER_KEPT_MS;
    expect(await ask()).toBe('page 2');
  });

  it('are made once for all who ask at the same moment, and by what was asked', async () => {
    const { ask, made } = answersAt({ ms: 0 });
    const all = await Promise.all(Array.from({ length: 1000 }, () => ask()));
    expect(new Set(all)).toEqual(new Set(['page 1']));
    expect(await ask('other')).toBe('other 2');
    expect(made()).toBe(2);
  });

  it('are forgotten when something was changed, also those that were being made', async () => {
    const { answers, ask } = answersAt({ ms: 0 });
    let end = (_: string): void => undefined;
    const old = answers.get('page', () => new Promise((resolve) => (end = resolve)));
    answers.forget();
    expect(await ask()).toBe('page 1');
    end('old');
    expect(await old).toBe('old');
    expect(await ask()).toBe('page 1');
  });

  it('that failed are not kept', async () => {
    const { answers, ask } = answersAt({ ms: 0 });
    await expect(answers.get('page', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await ask()).toBe('page 1');
  });

  it('are made some at a time; beyond those that may wait, who asks is told to come again', async () => {
    const answers = new KeptAnswers();
    const ends: (() => void)[] = [];
    let most = 0;
    let now = 0;
    const make = () =>
      new Promise<string>((resolve) => {
        most = Math.max(most, ++now);
        ends.push(() => {
          now--;
          resolve('');
        });
      });
    const all = Array.from({ length: ANSWERS_MADE_MAX + ANSWERS_WAITING_MAX }, (_, i) =>
      answers.get(`${i}`, make),
    );
    await expect(answers.get('one more', make)).rejects.toMatchObject({ statusCode: 503 });
    for (let i = 0; i < all.length; i++) {
      ends[i]!();
      await all[i];
    }
    expect(most).toBe(ANSWERS_MADE_MAX);
  });

  it('are not more than a few', async () => {
    const { ask } = answersAt({ ms: 0 });
    for (let i = 0; i <= ANSWERS_KEPT_MAX; i++) await ask(`${i}`);
    expect(await ask(`${ANSWERS_KEPT_MAX}`)).toBe(`${ANSWERS_KEPT_MAX} ${ANSWERS_KEPT_MAX + 1}`);
    expect(await ask('0')).toBe(`0 ${ANSWERS_KEPT_MAX + 2}`);
  });
});
