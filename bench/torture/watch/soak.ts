import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dice } from '../../fuzz/soup.js';
import { MISBEHAVIOURS } from '../faults.js';
import { joinRegisters } from '../made-files.js';
import { makeFolder } from '../night-folder.js';
import { type Ended, startProgram } from '../program.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { ComingFiles, drawSoak, type SoakPlan } from './coming-files.js';
import { HeadEnd } from './head-end.js';
import { type MemoryFigures, sampleMemory } from './memory.js';
import { auditSoak, rest } from './rest.js';
import { type Disturbance, drawDisturbances } from './timed-faults.js';
import { type Death, drawDeath, endLife, endPower, startWatch } from './watch-life.js';

/** Of the whole time so much is one life, with faults that do not end it. */
const LONG_LIFE_SHARE = 0.7;
const MEAN_ARRIVAL_MS = 5_000;
const RECEIVER_PAUSE_MS = 40_000;
const RECEIVER_DOWN_MS = 4_000;
const ASK_MS = 2_000;
const MINIMUM_AGE_SECONDS = 3;
const ASKED_PATHS = ['/', '/api/tonight', '/metrics', '/nights'];

/** What came of a soak. */
export interface SoakResult {
  seed: number;
  minutes: number;
  /** Empty where nothing was lost, and nothing else was wrong. */
  violations: string[];
  files: number;
  reads: number;
  runs: number;
  failedRuns: number;
  batches: number;
  answers: number;
  /** By way of coming: files. By name of what went wrong: times. */
  ways: [string, number][];
  faults: [string, number][];
  memory: MemoryFigures;
}

/** A soak that is under way. */
export interface Soak {
  root: string;
  plan: SoakPlan;
  dice: Dice;
  receiver: Receiver;
  headEnd: HeadEnd;
  violations: string[];
  faults: Map<string, number>;
  runs: number;
  failedRuns: number;
  answers: number;
  /** Reference clock of a process that begins now. */
  nowMs(): number;
  log(line: string): void;
}

/**
 * Lets `readmill watch` work for some minutes while files come at random and much goes wrong: first in many short
 * lives that are ended in all ways, then in one long life. Afterwards it may come to rest, and all is audited.
 * @param directory new folder for it
 */
export async function soakWatch(
  seed: number,
  minutes: number,
  directory: string,
  keys: string,
  log: (line: string) => void,
): Promise<SoakResult> {
  const dice = new Dice(seed);
  const plan = drawSoak(dice, Math.ceil((minutes * 60_000) / MEAN_ARRIVAL_MS));
  mkdirSync(directory, { recursive: true });
  const root = join(directory, 'night');
  const made = join(directory, 'made');
  const coming = new ComingFiles(plan, dice, made);
  await coming.more();
  const register = join(directory, 'meters.csv');
  joinRegisters({ sources: plan.sources, days: plan.dates }, made, register);
  const receiver = await openReceiver(join(directory, 'mdmr'), keys);
  makeFolder(root, plan, register, { url: receiver.url, keys }, MINIMUM_AGE_SECONDS, {
    watch: { pollSeconds: 0.5, gatherSeconds: 1, gatherLimitMinutes: 0.2, stopSeconds: 120 },
    serve: { port: 0 },
  });
  const beganMs = performance.now();
  const soak: Soak = {
    root,
    plan,
    dice,
    receiver,
    headEnd: new HeadEnd(root, dice),
    violations: [],
    faults: new Map(),
    runs: 0,
    failedRuns: 0,
    answers: 0,
    nowMs: () => plan.nowMs + Math.round(performance.now() - beganMs),
    log,
  };
  try {
    await receiver.start();
    const lengthMs = minutes * 60_000;
    const over = new AbortController();
    const beside = [bringFiles(soak, coming, over.signal), disturbReceiver(soak, over.signal)];
    await shortLives(soak, beganMs + lengthMs * (1 - LONG_LIFE_SHARE));
    const memory = await longLife(soak, beganMs + lengthMs);
    over.abort();
    await Promise.all(beside);
    const took = (performance.now() - beganMs) / 60_000;
    await receiver.start();
    if (soak.violations.length === 0) await rest(soak);
    // What was not finished would be found to be missing, and no more.
    const audited = soak.violations.length === 0 ? await auditSoak(soak) : { reads: 0, batches: 0 };
    return {
      seed,
      minutes: took,
      violations: soak.violations,
      files: soak.headEnd.arrived.length,
      ...audited,
      runs: soak.runs,
      failedRuns: soak.failedRuns,
      answers: soak.answers,
      ways: [...soak.headEnd.ways].sort(([a], [b]) => (a < b ? -1 : 1)),
      faults: [...soak.faults].sort(([a], [b]) => (a < b ? -1 : 1)),
      memory,
    };
  } finally {
    await receiver.close();
  }
}

async function bringFiles({ dice, headEnd }: Soak, coming: ComingFiles, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const file = await coming.next();
    if (file !== null) headEnd.bring(file);
    // Moments of independent arrivals: the pauses between them are exponential.
    const pauseMs = -Math.log((1 + dice.below(1000)) / 1001) * MEAN_ARRIVAL_MS;
    await pause(pauseMs, signal);
  }
  for (const file of coming.rest()) headEnd.bring(file);
  await headEnd.settled();
}

async function disturbReceiver(soak: Soak, signal: AbortSignal): Promise<void> {
  const { dice, receiver } = soak;
  while (!signal.aborted) {
    await pause(dice.below(RECEIVER_PAUSE_MS), signal);
    if (signal.aborted) return;
    if (dice.below(3) === 0) {
      count(soak, 'receiver killed');
      await receiver.kill();
      await pause(dice.below(RECEIVER_DOWN_MS), signal);
      await receiver.start();
    } else {
      count(soak, 'receiver misbehaves');
      await receiver.start(dice.oneOf(MISBEHAVIOURS));
    }
  }
}

async function shortLives(soak: Soak, untilMs: number): Promise<void> {
  const { root, dice, violations } = soak;
  for (let number = 0; performance.now() < untilMs && violations.length === 0; number++) {
    const death = drawDeath(dice, root, number);
    const disturbances = drawDisturbances(dice, root, death.afterMs);
    const beganMs = performance.now();
    const life = startWatch(root, soak.nowMs() + (death.nowShiftMs ?? 0), disturbances, death);
    const over = new AbortController();
    const asking = askDashboard(soak, life.child.stdout!, over.signal);
    const besides = death.isDouble === true ? runByHand(soak, death.afterMs / 2) : null;
    const ended = await endLife(life, death);
    over.abort();
    await asking;
    countDisturbances(soak, disturbances, performance.now() - beganMs);
    count(soak, death.name);
    checkLife(soak, death, ended);
    if (ended !== null) for (const line of endPower(dice, death, ended)) soak.log(`power lost: ${line}`);
    const second = await besides;
    if (second !== null && second.code !== 0 && second.code !== 1 && second.code !== 2)
      violations.push(`exit code ${second.code} of a run by hand: ${second.stderr}`);
  }
}

async function runByHand({ root, nowMs }: Soak, afterMs: number): Promise<Ended> {
  await sleep(afterMs);
  const now = new Date(nowMs()).toISOString();
  return startProgram(['run', '--config', join(root, 'config.json'), '--json', '--now', now]).ended;
}

async function longLife(soak: Soak, untilMs: number): Promise<MemoryFigures> {
  const { root, dice } = soak;
  const lengthMs = untilMs - performance.now();
  const disturbances = drawDisturbances(dice, root, lengthMs);
  const life = startWatch(root, soak.nowMs(), disturbances);
  const memory = sampleMemory(life.child.pid!);
  const over = new AbortController();
  const asking = askDashboard(soak, life.child.stdout!, over.signal);
  const death: Death = { name: 'the long life', afterMs: lengthMs, signal: 'SIGTERM' };
  const isOver = life.ended.then(() => true);
  const endedEarly = await Promise.race([isOver, sleep(lengthMs, false)]);
  const figures = memory.stop();
  const ended = await endLife(life, { ...death, afterMs: 0 });
  over.abort();
  await asking;
  countDisturbances(soak, disturbances, lengthMs);
  checkLife(soak, death, ended);
  if (endedEarly) soak.violations.push(`the long life ended by itself: ${ended?.code}: ${ended?.stderr}`);
  if (!figures.isFlat)
    soak.violations.push(
      `memory is not flat: ${figures.thirdsMib.map((mib) => mib.toFixed(0)).join(', ')} MiB`,
    );
  return figures;
}

/** A life ends as it was told to, or with a code and what to do, and shows no stack. */
function checkLife(soak: Soak, death: Death, ended: Ended | null): void {
  const { violations } = soak;
  const known = violations.length;
  if (ended === null) {
    violations.push(`${death.name}: asked to end, it did not`);
    return;
  }
  const { code, stdout, stderr } = ended;
  const runs = stdout.match(/ Run \d{8}\S* /g)?.length ?? 0;
  const failed = stdout.match(/ Run failed,/g)?.length ?? 0;
  soak.runs += runs;
  soak.failedRuns += failed;
  soak.log(
    `${death.name}: ended ${code}; ${runs} runs, ${failed} failed; ${stderr.trim().split('\n').at(-1)}`,
  );
  if (/\n\s+at |\\n\s+at /.test(stderr)) violations.push(`${death.name}: a stack is shown: ${stderr}`);
  const isKill = death.signal === 'SIGKILL';
  // Asked to end before it took signals, it ends by them: it had begun nothing.
  const isEarly = stdout === '' && ended.signal === death.signal;
  if (code === null && !isKill && !isEarly)
    violations.push(`${death.name}: ended by ${ended.signal}: ${stderr}`);
  if (code !== null && code !== 0 && !(code === 1 && /READMILL_\w+/.test(stderr)))
    violations.push(`${death.name}: exit code ${code}: ${stderr}`);
  if (code === 0 && isKill) violations.push(`${death.name}: ended by itself: ${stderr}`);
  for (const violation of violations.slice(known))
    soak.log(`VIOLATION ${violation}\n${JSON.stringify(death)}`);
}

/** Looks at the dashboard of a life again and again. */
async function askDashboard(soak: Soak, output: NodeJS.ReadableStream, signal: AbortSignal): Promise<void> {
  let url: string | null = null;
  output.on('data', (piece: Buffer) => {
    url ??= /Dashboard on (http:\S+)/.exec(piece.toString())?.[1] ?? null;
  });
  for (let i = 0; !signal.aborted; i++) {
    await pause(ASK_MS, signal);
    if (url === null || signal.aborted) continue;
    try {
      const answer = await fetch(new URL(ASKED_PATHS[i % ASKED_PATHS.length]!, url), {
        signal: AbortSignal.timeout(20_000),
      });
      await answer.arrayBuffer();
      if (answer.ok) soak.answers++;
    } catch {
      // It is killed now and then.
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

function count({ faults }: Soak, name: string): void {
  faults.set(name, (faults.get(name) ?? 0) + 1);
}

function countDisturbances(soak: Soak, disturbances: readonly Disturbance[], livedMs: number): void {
  for (const { name, timed } of disturbances) if (timed.fromMs < livedMs) count(soak, name);
}
