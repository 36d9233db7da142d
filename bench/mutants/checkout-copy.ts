import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** A test that takes longer has come to no verdict. */
const TEST_MS_MAX = 240_000;

/** What came of a mutant. */
export interface Verdict {
  /** Whether the test failed as it must. */
  isCaught: boolean;
  /** The failed test, or why there is no verdict. */
  how: string;
  seconds: number;
}

/** A copy of the checkout in which one file at a time may be another. */
export interface CheckoutCopy {
  /** Puts a mutant in, runs its test, and takes it out again. */
  judge(mutant: Mutant): Promise<Verdict>;
  remove(): void;
}

/** Copies the checkout as it is, with its packages linked, and builds it. */
export async function makeCopy(): Promise<CheckoutCopy> {
  const directory = mkdtempSync(join(tmpdir(), 'readmill-mutants-'));
  // Tests start the program as a user without rights, who must find it.
  chmodSync(directory, 0o755);
  const list = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: ROOT });
  for (const path of list.toString().split('\0')) {
    if (path === '') continue;
    mkdirSync(join(directory, dirname(path)), { recursive: true });
    cpSync(join(ROOT, path), join(directory, path), { force: true, errorOnExist: false });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const built = await command(directory, 'npm', ['run', '--silent', 'build']);
  if (built.code !== 0) throw new Error(`the copy cannot be built: ${built.text}`);
  /** What tests say of the code as it is: one that fails then shows nothing. */
  const sound = new Map<string, Promise<TestResult>>();
  return {
    async judge(mutant) {
      const beganMs = performance.now();
      const { isCaught, how } = await judged(directory, mutant, sound);
      return { isCaught, how, seconds: (performance.now() - beganMs) / 1000 };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function judged(
  directory: string,
  mutant: Mutant,
  sound: Map<string, Promise<TestResult>>,
): Promise<Omit<Verdict, 'seconds'>> {
  const { file, find, replace, test, title } = mutant;
  const path = join(directory, file);
  const text = readFileSync(path, 'utf8');
  const parts = text.split(find);
  const no = (how: string) => ({ isCaught: false, how });
  if (parts.length !== 2) return no(`its text stands in the file ${parts.length - 1} times`);
  const key = `${test} ${title ?? ''}`;
  if (!sound.has(key)) sound.set(key, runTest(directory, mutant));
  const before = await sound.get(key)!;
  if (before.failed !== null || before.passed === 0)
    return no(`without it: ${before.failed ?? 'no test is run'}`);
  writeFileSync(path, parts.join(replace));
  try {
    const bundled = await command(directory, 'npm', ['run', '--silent', 'bundle']);
    if (bundled.code !== 0) return no(`it does not build: ${bundled.text.slice(0, 300)}`);
    const after = await runTest(directory, mutant);
    if (after.isOver) return no('its test does not end');
    return after.failed === null ? no('all tests pass') : { isCaught: true, how: after.failed };
  } finally {
    writeFileSync(path, text);
    await command(directory, 'npm', ['run', '--silent', 'bundle']);
  }
}

interface TestResult {
  passed: number;
  /** Name of the first test that failed, or null. */
  failed: string | null;
  /** Whether the time was over. */
  isOver: boolean;
}

/** The members of vitest's JSON report that are looked at. */
interface TestReport {
  numPassedTests: number;
  testResults: {
    message: string;
    status: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

async function runTest(directory: string, { test, title }: Mutant): Promise<TestResult> {
  const output = join(directory, 'test-report.json');
  rmSync(output, { force: true });
  const words = ['node_modules/vitest/vitest.mjs', 'run', test, '--bail=1', '--reporter=json'];
  const more = title === undefined ? [] : ['-t', title];
  const { isOver } = await command(directory, process.execPath, [
    ...words,
    `--outputFile=${output}`,
    ...more,
  ]);
  if (isOver) return { passed: 0, failed: 'its test does not end', isOver };
  const report = JSON.parse(readFileSync(output, 'utf8')) as TestReport;
  const failed = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
  );
  const broken = report.testResults.find(({ status }) => status === 'failed');
  const first = failed[0] ?? (broken === undefined ? null : broken.message.split('\n')[0]!);
  return { passed: report.numPassedTests, failed: first, isOver };
}

interface Ended {
  code: number | null;
  text: string;
  isOver: boolean;
}

function command(cwd: string, program: string, args: readonly string[]): Promise<Ended> {
  // A group of its own, so that what a test has started ends with it.
  const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, TEST_MS_MAX);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, text: Buffer.concat(pieces).toString('utf8'), isOver });
    });
  });
}
