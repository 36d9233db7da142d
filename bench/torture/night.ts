import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dice } from '../fuzz/soup.js';
import { auditBooks } from './audit/audit-books.js';
import { auditNight, reportsOf } from './audit/audit-night.js';
import { Told } from './audit/told.js';
import { drawFault, type Extent, type Fault } from './faults.js';
import { joinRegisters, makeFiles, type NightFile } from './made-files.js';
import { bring, fingerprint, inboxOf, makeFolder } from './night-folder.js';
import { type DayPlan, drawNight, type NightPlan } from './night-plan.js';
import { losePower, readJournal } from './power-loss.js';
import { type Ended, must, startProgram } from './program.js';
import { openReceiver, type Receiver } from './receiver.js';

/** Attempts without a fault that must be enough to finish a day. */
const CLEAN_ATTEMPTS_MAX = 6;
const FAULTS_MAX = 4;
const DAY_MS = 86_400_000;

/** What came of a night. */
export interface NightResult {
  seed: number;
  /** Empty where nothing was lost, and nothing else was wrong. */
  violations: string[];
  meters: number;
  days: number;
  reads: number;
  batches: number;
  runs: number;
  /** Times that each fault was drawn, and that it ended or failed the command. */
  faults: Map<string, { drawn: number; felt: number }>;
  /** What was done, a line each. */
  log: string[];
  seconds: number;
}

interface Night {
  root: string;
  plan: NightPlan;
  dice: Dice;
  receiver: Receiver | null;
  result: NightResult;
  /** All files that came so far. */
  files: NightFile[];
}

/** Carries a night with all that goes wrong in it, and audits what it left. @param directory new folder for it */
export async function torture(seed: number, directory: string, keys: string): Promise<NightResult> {
  const beganMs = performance.now();
  const dice = new Dice(seed);
  const plan = drawNight(dice);
  const result: NightResult = {
    seed,
    violations: [],
    meters: plan.sources.reduce((sum, { meters }) => sum + meters, 0),
    days: plan.days.length,
    reads: 0,
    batches: 0,
    runs: 0,
    faults: new Map(),
    log: [],
    seconds: 0,
  };
  mkdirSync(directory, { recursive: true });
  const made = join(directory, 'made');
  const coming = await makeFiles(plan, dice, made);
  const register = join(directory, 'meters.csv');
  joinRegisters(plan, made, register);
  const root = join(directory, 'night');
  const receiver = plan.delivers ? await openReceiver(join(directory, 'mdmr'), keys) : null;
  const night: Night = { root, plan, dice, receiver, result, files: [] };
  try {
    await receiver?.start();
    makeFolder(root, plan, register, receiver === null ? null : { url: receiver.url, keys });
    const plainRoot = join(directory, 'plain');
    makeFolder(plainRoot, plan, register, null);
    for (const [i, day] of plan.days.entries()) {
      const extent = await plainDay(plainRoot, coming[i]!, day);
      await torturedDay(night, coming[i]!, day, extent);
      if (result.violations.length > 0) break;
    }
    if (result.violations.length === 0) {
      // When all days have closed, nothing waits any more.
      const lastMs = Date.parse(plan.lastNowIso);
      await must(runArguments(plainRoot, lastMs, 1, false));
      await finishDay(night, lastMs);
    }
    if (result.violations.length === 0) await audit(night, directory, register, plainRoot);
  } finally {
    await receiver?.close();
  }
  result.seconds = (performance.now() - beganMs) / 1000;
  return result;
}

/** The day in a folder where nothing goes wrong, to know how long a run is. */
async function plainDay(root: string, files: readonly NightFile[], day: DayPlan): Promise<Extent> {
  bring(root, files);
  const countFile = join(root, 'count');
  const args = runArguments(root, Date.parse(day.nowIso), 1, false);
  const ended = await startProgram(args, { order: { kind: 'count', under: root, at: 0, countFile } }).ended;
  if (ended.code !== 0 && ended.code !== 2)
    throw new Error(`an undisturbed run ended with ${ended.code}: ${ended.stderr}`);
  const [calls = 0, bytes = 0] = readFileSync(countFile, 'utf8').split(' ').map(Number);
  return { calls, bytes, wallMs: ended.wallMs };
}

function runArguments(root: string, nowMs: number, workers: number, delivers: boolean): string[] {
  const now = new Date(nowMs).toISOString();
  const args = [
    'run',
    '--config',
    join(root, 'config.json'),
    '--json',
    '--now',
    now,
    '--workers',
    `${workers}`,
  ];
  return delivers ? args : [...args, '--no-deliver'];
}

async function torturedDay(night: Night, files: NightFile[], day: DayPlan, extent: Extent): Promise<void> {
  const { root, dice, result, plan } = night;
  bring(root, files);
  night.files.push(...files);
  const nowMs = Date.parse(day.nowIso);
  const faults = 1 + dice.below(FAULTS_MAX);
  for (let i = 0; i < faults; i++) {
    const inputs = files
      .map(({ source, name }) => join(root, inboxOf(source), name))
      .filter((path) => existsSync(path));
    const fault = drawFault(dice, { root, inputs, extent, delivers: plan.delivers });
    const ended = await attempt(night, fault, nowMs);
    note(night, fault, ended);
    restore(night, files);
    if (result.violations.length > 0) return;
    // Where all is done, one more fault shows that nothing is done again; more would show the same.
    if ((ended.code === 0 || ended.code === 2) && isDone(night) && dice.below(4) > 0) break;
  }
  await finishDay(night, nowMs);
}

/** Runs the command once while something goes wrong. */
async function attempt(night: Night, fault: Fault, dayMs: number): Promise<Ended> {
  const { root, dice, plan, receiver } = night;
  if (fault.misbehave !== undefined) await receiver!.start(fault.misbehave);
  const args = runArguments(root, dayMs + (fault.nowShiftMs ?? 0), 1 + dice.below(2), plan.delivers);
  const { child, ended } = startProgram(args, { order: fault.order, fileLimitKib: fault.fileLimitKib });
  const second = fault.isDouble === true ? startProgram(args).ended : null;
  const isOver = ended.then(() => true);
  if (fault.killAfterMs !== undefined) {
    if (!(await Promise.race([isOver, sleep(fault.killAfterMs, false)]))) child.kill('SIGKILL');
  }
  if (fault.receiverKillAfterMs !== undefined) {
    await Promise.race([isOver, sleep(fault.receiverKillAfterMs)]);
    await receiver!.kill();
    await receiver!.start();
  }
  const result = await ended;
  if (second !== null) checkEnd(night, 'the second process', await second);
  if (fault.misbehave !== undefined) await receiver!.start();
  if (fault.order?.journal !== undefined) endPower(night, fault.order.journal, result);
  return result;
}

/** Takes from the disk what was not synced, where the process was ended. */
function endPower({ dice, result }: Night, journal: string, { code }: Ended): void {
  // A file that came back from the archive would be carried as a repeat of itself, and put away as one.
  const isPutAway = (to: string) => /\/state\/(?:archive|quarantine)\//.test(to);
  if (code === null) {
    for (const line of losePower(readJournal(journal), (to) => isPutAway(to) || dice.below(2) === 0))
      result.log.push(`power lost: ${line}`);
  }
  rmSync(journal, { force: true });
}

/** Counts a fault, and looks at how the command took it. */
function note(night: Night, fault: Fault, ended: Ended): void {
  const { faults, log } = night.result;
  const counts = faults.get(fault.name) ?? { drawn: 0, felt: 0 };
  faults.set(fault.name, counts);
  counts.drawn++;
  if (ended.code !== 0 && ended.code !== 2) counts.felt++;
  night.result.runs++;
  const said = ended.stderr.trim().split('\n').at(-1) ?? '';
  log.push(`${fault.name} ${JSON.stringify({ ...fault, name: undefined })}: ended ${ended.code}; ${said}`);
  const isKilled = fault.killAfterMs !== undefined || fault.order?.kind === 'kill';
  if (ended.code === null && isKilled && !ended.hung) return;
  checkEnd(night, fault.name, ended);
}

/** A command ends with a code of the contract, and one that could not do its work says why, without a stack. */
function checkEnd({ result }: Night, how: string, { code, hung, stderr, stdout }: Ended): void {
  if (hung) result.violations.push(`hangs: ${how}`);
  else if (code === null || ![0, 1, 2].includes(code))
    result.violations.push(`exit code ${code}: ${how}: ${stderr}`);
  if (/\n\s+at /.test(stderr)) result.violations.push(`a stack is shown: ${how}: ${stderr}`);
  // What a single file suffered stands in the report.
  const isSaid = /\[READMILL_\w+\]/.test(stderr) || stdout.startsWith('{');
  if (code === 1 && !isSaid) result.violations.push(`exit code 1 without code and remedy: ${how}: ${stderr}`);
}

/** The head end sends a file again that was spoilt, or went away, before it was put away. */
function restore({ root, result }: Night, files: readonly NightFile[]): void {
  const archived = new Set<string>();
  for (const folder of ['archive', 'quarantine']) {
    const path = join(root, 'state', folder);
    if (!existsSync(path)) continue;
    // Rejected records have the name of their file, but are not the file.
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true }))
      if (entry.isFile() && (folder === 'archive' || entry.parentPath.includes('/failed/')))
        archived.add(`${entry.parentPath.split('/').at(-1)}/${entry.name}`);
  }
  for (const { source, name, bytes } of files) {
    const path = join(root, inboxOf(source), name);
    rmSync(join(root, inboxOf(source), '.other.part'), { force: true });
    const isThere = existsSync(path);
    if (isThere && readFileSync(path).equals(bytes)) continue;
    if (!isThere && archived.has(`${source}/${name}`)) continue;
    result.log.push(`${name} is ${isThere ? 'changed' : 'gone'}: sent again`);
    writeFileSync(path, bytes);
  }
}

function isDone({ root }: Night): boolean {
  const left = ['inbox', 'inbox-south'].flatMap((folder) => readdirSync(join(root, folder)));
  return left.length === 0;
}

/** The same command again, until all is done; then what could not be delivered. */
async function finishDay(night: Night, nowMs: number): Promise<void> {
  const { root, plan, result, receiver } = night;
  for (let i = 0; i < CLEAN_ATTEMPTS_MAX; i++) {
    const ended = await startProgram(runArguments(root, nowMs, 2, plan.delivers)).ended;
    result.runs++;
    checkEnd(night, 'repeated', ended);
    result.log.push(`repeated: ended ${ended.code}; ${ended.stderr.trim()}`);
    if (result.violations.length > 0) return;
    if (ended.code === 1 || !isDone(night)) continue;
    if (receiver === null) return;
    const retry = ['retry', '--config', join(root, 'config.json'), '--all', '--json', '--now'];
    const retried = await startProgram([...retry, new Date(nowMs + DAY_MS / 24).toISOString()]).ended;
    result.runs++;
    checkEnd(night, 'retry', retried);
    if (retried.code === 0) return;
    result.log.push(`retry: ended ${retried.code}; ${retried.stdout.slice(0, 2000)}`);
  }
  result.violations.push(`not done after ${CLEAN_ATTEMPTS_MAX} runs in which nothing went wrong`);
}

async function audit(night: Night, directory: string, register: string, plainRoot: string): Promise<void> {
  const { root, plan, result, files, receiver } = night;
  const told = new Told();
  result.reads = auditNight(root, files, plan.closeAfterMinutes, told);
  const found = fingerprint(root);
  let expected = fingerprint(plainRoot);
  if (!isSame(found, expected)) {
    // The runs were others: a clock that jumped, or a file that was left for the next run. The same runs undisturbed:
    expected = await replayed(night, join(directory, 'replay'), register);
  }
  for (const path of new Set([...found.keys(), ...expected.keys()])) {
    if (found.get(path) === expected.get(path)) continue;
    const how =
      found.get(path) === undefined ? 'missing' : expected.get(path) === undefined ? 'too much' : 'other';
    told.tell('differs from an undisturbed run', `${path} (${how})`);
  }
  const batches = reportsOf(join(root, 'state')).flatMap((report) => report.batches);
  result.batches = batches.length;
  if (receiver !== null) auditBooks(receiver, join(root, 'outbox'), batches, told);
  result.violations.push(...told.list);
}

function isSame(a: Map<string, string>, b: Map<string, string>): boolean {
  return a.size === b.size && [...a].every(([path, hash]) => b.get(path) === hash);
}

/** Makes the runs of a night once more, with the same files and clocks, in a folder where nothing goes wrong. */
async function replayed(
  { root, plan, files }: Night,
  replay: string,
  register: string,
): Promise<Map<string, string>> {
  makeFolder(replay, plan, register, null);
  for (const { now, inputs } of reportsOf(join(root, 'state'))) {
    const taken = inputs.filter(({ status, path }) => {
      return status !== 'failed' || existsSync(join(root, path)) || !path.includes('inbox');
    });
    for (const { source, path, status } of taken) {
      const name = path.split('/').at(-1)!;
      const file = files.find((one) => one.source === source && one.name === name);
      if (file !== undefined && status !== 'failed') bring(replay, [file]);
    }
    await must(runArguments(replay, Date.parse(now), 2, false));
  }
  return fingerprint(replay);
}
