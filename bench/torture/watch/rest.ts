import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditBooks } from '../audit/audit-books.js';
import { auditNight, reportsOf } from '../audit/audit-night.js';
import { Told } from '../audit/told.js';
import { startProgram } from '../program.js';
import type { Soak } from './soak.js';
import { endLife, startWatch } from './watch-life.js';

const LOOK_MS = 1_000;
/** Looks after which a watch that nothing goes wrong for must have taken all in. */
const LOOKS_MAX = 900;
const ATTEMPTS_MAX = 6;
const HOUR_MS = 3_600_000;

/** Lets the watch take in what is there while nothing goes wrong, and delivers what waits for a person. */
export async function rest(soak: Soak): Promise<void> {
  const { root, violations } = soak;
  const life = startWatch(root, soak.nowMs(), []);
  for (let looks = 0; leftIn(soak).length > 0 && looks < LOOKS_MAX; looks++) await sleep(LOOK_MS);
  const left = leftIn(soak);
  soak.log(`at rest: ${left.length} files left in the inboxes`);
  if (left.length > 0) violations.push(`not taken in while nothing goes wrong: ${left.join()}`);
  const ended = await endLife(life, { name: 'rest', afterMs: 0, signal: 'SIGTERM' });
  if (ended?.code !== 0) violations.push(`the last life ended with ${ended?.code}: ${ended?.stderr}`);
  soak.runs += ended?.stdout.match(/ Run \d{8}\S* /g)?.length ?? 0;
  const config = join(root, 'config.json');
  for (let i = 0; i < ATTEMPTS_MAX && violations.length === 0; i++) {
    const now = new Date(soak.nowMs() + HOUR_MS).toISOString();
    const run = await startProgram(['run', '--config', config, '--json', '--now', now]).ended;
    soak.runs++;
    soak.log(`run: ended ${run.code}; ${run.stderr.trim()}`);
    const retry = await startProgram(['retry', '--config', config, '--all', '--json', '--now', now]).ended;
    if (run.code !== 1 && retry.code === 0) return;
    soak.log(`retry: ended ${retry.code}; ${retry.stdout.slice(0, 2000)}`);
  }
  violations.push(`not done after ${ATTEMPTS_MAX} runs in which nothing went wrong`);
}

const leftIn = ({ root }: Soak): string[] =>
  ['inbox', 'inbox-south'].flatMap((folder) => readdirSync(join(root, folder)));

/** Has the independent auditor look at what was left. */
export async function auditSoak({ root, plan, headEnd, receiver, violations }: Soak): Promise<{
  reads: number;
  batches: number;
}> {
  const told = new Told();
  const reads = auditNight(root, headEnd.arrived, plan.closeAfterMinutes, told);
  const batches = reportsOf(join(root, 'state')).flatMap((report) => report.batches);
  auditBooks(receiver, join(root, 'outbox'), batches, told);
  violations.push(...told.list);
  return { reads, batches: batches.length };
}
