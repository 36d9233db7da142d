import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunReport } from '../src/report/run-report.js';
import { parseDecimalSum } from './answers.js';
import { fillMemory } from './disk.js';
import { BENCH_PROFILES, type NightData } from './night-data.js';
import { NOW_ISO } from './night-day.js';
import { readPlainly } from './plain-reader.js';
import type { TreePeak } from './process-memory.js';
import { timeProgram } from './timed-program.js';

/** One whole `run` in a fresh state folder. */
export interface NightRun {
  /** From the start of the process to its end. */
  seconds: number;
  peak: TreePeak;
  /** What the run left: batches, and files of the history. */
  outputBytes: number;
  historyBytes: number;
  batches: number;
  estimated: number;
  /** Of the register import before it; 0 where the night has no register. */
  registerSeconds: number;
  /** Of the packaged messages; 0 where nothing is to be delivered. */
  spoolBytes: number;
  /** What is wrong with what it did; empty where all is right. */
  wrong: string[];
}

export interface NightRunOptions {
  hasRegister: boolean;
  workers: number;
  /** Whether the batches are read again, plainly: takes longer than the run. */
  readsOutput: boolean;
  /**
   * Where the run delivers, to a partner that cannot be reached: the folder with `key.pem` and `certificate.pem`.
   * It ends then with all messages in the spool.
   */
  partner?: { keyFolder: string };
  /** Begun in the run's folder before the run, and ended after it. */
  beside?: (folder: string) => Promise<() => Promise<void>>;
}

const SAMPLE_EVERY_MS = 50;

/** Runs a night in `folder`, which is made before and removed afterwards. */
export async function runNight(
  night: NightData,
  folder: string,
  options: NightRunOptions,
): Promise<NightRun> {
  rmSync(folder, { recursive: true, force: true });
  const outbox = prepare(night, folder, options.partner);
  try {
    let registerSeconds = 0;
    if (options.hasRegister) {
      const imported = await cli(
        ['register', 'import', night.registerPath, '--config', 'night.json'],
        folder,
      );
      if (imported.code !== 0) throw new Error(`register import ended with ${imported.code}`);
      registerSeconds = imported.seconds;
    }
    const isSent = options.partner !== undefined;
    const arguments_ = ['run', '--config', 'night.json', '--json', ...(isSent ? [] : ['--no-deliver'])];
    const clock = ['--workers', String(options.workers), '--now', NOW_ISO];
    fillMemory(folder, night.sizeBytes);
    const endBeside = await options.beside?.(folder);
    const { seconds, code, output, peak } = await cli([...arguments_, ...clock], folder);
    await endBeside?.();
    if (output === '') return { ...NOTHING, seconds, peak, wrong: [`it ended with ${code} and no report`] };
    const report = JSON.parse(output) as RunReport;
    const batches = readdirSync(outbox).map((name) => join(outbox, name));
    return {
      seconds,
      peak,
      outputBytes: sizeOf(batches),
      historyBytes: sizeOfFolder(join(folder, 'state', 'history')),
      batches: batches.length,
      estimated: report.reads.estimated + report.reads.unresolved,
      registerSeconds,
      spoolBytes: isSent ? sizeOfFolder(join(folder, 'state', 'spool')) : 0,
      wrong: [
        ...problemsOf(night, isSent ? 2 : 0, code, report, options.readsOutput ? batches : null),
        ...(isSent ? spoolProblems(folder, report, options.partner!.keyFolder) : []),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const NOTHING = {
  outputBytes: 0,
  historyBytes: 0,
  batches: 0,
  estimated: 0,
  registerSeconds: 0,
  spoolBytes: 0,
};
/** Nothing listens there. */
const NOBODY = 'http://127.0.0.1:9/as2';

function prepare(night: NightData, folder: string, partner: NightRunOptions['partner']): string {
  const inbox = join(folder, 'inbox');
  const outbox = join(folder, 'outbox');
  mkdirSync(inbox, { recursive: true });
  mkdirSync(outbox);
  for (const file of night.files) linkSync(file, join(inbox, basename(file)));
  const config = {
    state: './state',
    sources: [
      { name: 'bench', inbox: './inbox', profile: BENCH_PROFILES[night.format], minimumAgeSeconds: 0 },
    ],
    output: { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000' },
    ...(partner === undefined ? {} : { environment: 'bench', partners: [unreachable(partner.keyFolder)] }),
  };
  writeFileSync(join(folder, 'night.json'), JSON.stringify(config));
  return outbox;
}

function unreachable(keyFolder: string) {
  const certificate = join(keyFolder, 'certificate.pem');
  const keys = { key: join(keyFolder, 'key.pem'), certificate, partnerCertificate: certificate };
  return { name: 'bench', url: NOBODY, as2From: 'ORG00001', as2To: 'ORG00000', ...keys };
}

/** Each batch must lie in the spool, as a message that openssl decrypts. */
function spoolProblems(folder: string, report: RunReport, keyFolder: string): string[] {
  const spool = join(folder, 'state', 'spool');
  const names = readdirSync(spool);
  const { length } = report.batches;
  const wrong =
    names.length === length ? [] : [`${names.length} messages lie in the spool, must be ${length}`];
  const args = ['cms', '-decrypt', '-binary', '-inform', 'DER', '-out', '/dev/null'];
  for (const name of names) {
    const files = ['-in', join(spool, name), '-inkey', join(keyFolder, 'key.pem')];
    if (spawnSync('openssl', [...args, ...files], { stdio: 'ignore' }).status !== 0)
      wrong.push(`openssl cannot decrypt the message ${name}`);
  }
  return wrong;
}

const cli = (commandLine: string[], folder: string) =>
  timeProgram(commandLine, SAMPLE_EVERY_MS, { cwd: folder });

/** Compares what the run says, and what lies in its outbox, with what the generator put in. */
function problemsOf(
  night: NightData,
  goodCode: number,
  code: number | null,
  report: RunReport,
  batches: string[] | null,
): string[] {
  const { totals } = night;
  const { reads } = report;
  const wrong: string[] = [];
  const mustBe = (what: string, found: unknown, expected: unknown) => {
    if (found !== expected) wrong.push(`${what}: ${found}, must be ${expected}`);
  };
  const { accepted, replaced, waiting, rejected, duplicates, estimated, unresolved } = reads;
  mustBe('exit code', code, night.hasDefects ? 2 : goodCode);
  mustBe('reads received', reads.received, totals.reads + totals.readsOnBrokenLines);
  mustBe('reads placed', accepted + replaced + waiting + rejected + duplicates, reads.received);
  mustBe('inputs not done', report.inputs.filter(({ status }) => status !== 'done').length, 0);
  const written = report.batches.reduce((sum, batch) => sum + batch.reads, 0);
  mustBe('reads in batches', written, accepted + estimated + unresolved);
  if (!night.hasDefects) {
    mustBe('reads accepted', accepted, totals.reads);
    mustBe('slots estimated', estimated + unresolved, 0);
    mustBe('kWh sent', report.outputSums.KWH, totals.trueKwh);
  }
  if (batches === null) return wrong;
  const plain = readPlainly(batches);
  mustBe('reads in the outbox', plain.reads, accepted + estimated + unresolved);
  for (const [unit, sum] of Object.entries(report.outputSums)) {
    mustBe(`${unit} in the outbox`, plain.sums.get(unit) ?? 0n, parseDecimalSum(sum));
  }
  if (night.plain !== null) {
    for (const [unit, sum] of night.plain.sums) mustBe(`${unit} of the input`, plain.sums.get(unit), sum);
  }
  return wrong;
}

function sizeOf(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + statSync(path).size, 0);
}

function sizeOfFolder(folder: string): number {
  return sizeOf(readdirSync(folder).map((name) => join(folder, name)));
}
