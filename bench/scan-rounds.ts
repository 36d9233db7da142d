import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { parseDecimalSum } from './answers.js';
import type { PassReply, PassReport } from './contender-process.js';
import { type Contender, contenderNamed } from './contenders/catalogue.js';
import type { ScanAnswer } from './contenders/contender.js';
import type { NightData } from './night-data.js';
import { sumOfAll } from './plain-reader.js';
import { median } from './statistics.js';

/** What one contender did with one file. */
export interface ScanFigure {
  contender: Contender;
  isRight: boolean;
  /** Of each timed pass. */
  seconds: number[];
  medianSeconds: number;
  highWaterKib: number | null;
}

/** A contender in a process of its own, ready to read. */
export interface ContenderProcess {
  contender: Contender;
  pass(path: string): Promise<PassReport>;
  close(): Promise<void>;
}

/** Sums of doubles may be off by so much; a reader that loses a value is off by more. */
const RELATIVE_TOLERANCE = 1e-6;

export function startContender(name: string): ContenderProcess {
  const contender = contenderNamed(name);
  const child = fork(new URL('./contender-process.js', import.meta.url), [name]);
  return {
    contender,
    pass: async (path) => {
      child.send(path);
      const reply = await replyOf(child, name);
      if ('error' in reply) throw new Error(`${name}: ${reply.error}`);
      return reply.report;
    },
    close: async () => {
      child.send('');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

function replyOf(child: ChildProcess, name: string): Promise<PassReply> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`${name}: its process ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (reply) => {
      child.off('exit', onExit);
      resolve(reply as PassReply);
    });
  });
}

export function isRightAnswer(contender: Contender, answer: ScanAnswer, night: NightData): boolean {
  const expected = sumOfAll(night.plain!);
  if (answer.reads !== night.totals.reads) return false;
  if (contender.isExact) return parseDecimalSum(answer.sum) === expected;
  const difference = Math.abs(Number(answer.sum) * 100_000 - Number(expected));
  return difference <= RELATIVE_TOLERANCE * Number(expected);
}

/**
 * Times contenders over the one file of a night, in rounds in which they take turns; the first `warmUpRounds`
 * do not count. An answer that is wrong once is wrong.
 */
export async function timeScans(
  night: NightData,
  names: readonly string[],
  rounds: number,
  warmUpRounds: number,
): Promise<ScanFigure[]> {
  const path = night.files[0]!;
  const running = names.map(startContender);
  const figures = running.map(({ contender }): ScanFigure => {
    return { contender, isRight: true, seconds: [], medianSeconds: 0, highWaterKib: null };
  });
  try {
    for (let round = 0; round < warmUpRounds + rounds; round++) {
      for (const [k, process] of running.entries()) {
        const { answer, seconds, highWaterKib } = await process.pass(path);
        const figure = figures[k]!;
        figure.isRight &&= isRightAnswer(process.contender, answer, night);
        figure.highWaterKib = highWaterKib;
        if (round >= warmUpRounds) figure.seconds.push(seconds);
      }
    }
  } finally {
    await Promise.all(running.map((process) => process.close()));
  }
  for (const figure of figures) figure.medianSeconds = median(figure.seconds);
  return figures;
}

/** The fastest of the contenders named that gave the right answer, or undefined. */
export function fastest(figures: readonly ScanFigure[], names: readonly string[]): ScanFigure | undefined {
  return figures
    .filter(({ contender, isRight }) => isRight && names.includes(contender.name))
    .toSorted((a, b) => a.medianSeconds - b.medianSeconds)[0];
}
