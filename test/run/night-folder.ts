import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Ended, readmill, type StartOptions } from './program.js';

/** Friday; its read day closes at 05:00Z of the next. */
export const START = '2026-11-20';
/** After the close. */
export const NOW = '2026-11-22T06:00:00Z';

const made: string[] = [];
afterAll(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A folder that is removed when the test file is done. */
export function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'readmill-run-'));
  made.push(directory);
  return directory;
}

/** One entry of `answers.json`. */
export interface Defect {
  kind: string;
  file: string;
  line: number | null;
  meterId: string;
  stamp: string | null;
  slots?: number;
  form?: string;
  code?: string;
  column?: number;
  reads?: number;
  lines?: number;
  value?: string;
  truth?: string | string[];
  values?: string;
  otherValue?: string;
  firstStamp?: string;
  restoration?: string | null;
}

/** What `readmill generate` wrote. */
export interface GeneratedNight {
  directory: string;
  files: { name: string; path: string }[];
  register: string;
  defects: Defect[];
}

/** Runs `readmill generate` into a new folder. */
export async function generate(flags: Record<string, string | number>): Promise<GeneratedNight> {
  const directory = join(temporaryFolder(), 'night');
  const all = { days: 1, start: START, ...flags };
  const options = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { code, stderr } = await readmill(['generate', '--out', directory, ...options]);
  if (code !== 0) throw new Error(`generate ended with ${code}: ${stderr}`);
  const answers = JSON.parse(readFileSync(join(directory, 'answers.json'), 'utf8')) as {
    files: { name: string }[];
    defects: Defect[];
  };
  return {
    directory,
    files: answers.files.map(({ name }) => ({ name, path: join(directory, name) })),
    register: join(directory, 'meters.csv'),
    defects: answers.defects,
  };
}

export interface RunFolder {
  directory: string;
  inbox: string;
  outbox: string;
  state: string;
  config: string;
}

export interface FolderOptions {
  register?: string;
  profile?: string;
  output?: Record<string, unknown>;
  /** Further members of the configuration, or others in place of ours. */
  config?: Record<string, unknown>;
}

/** A new folder with a configuration, an empty inbox and no state yet. */
export function runFolder(options: FolderOptions = {}): RunFolder {
  const directory = temporaryFolder();
  const folder = {
    directory,
    inbox: join(directory, 'inbox'),
    outbox: join(directory, 'outbox'),
    state: join(directory, 'state'),
    config: join(directory, 'config.json'),
  };
  mkdirSync(folder.inbox);
  const { register, profile = 'cmep-1.20' } = options;
  const config = {
    state: './state',
    ...(register === undefined ? {} : { register }),
    sources: [{ name: 'north', inbox: './inbox', profile, minimumAgeSeconds: 0 }],
    output: { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000', ...options.output },
    ...options.config,
  };
  writeFileSync(folder.config, JSON.stringify(config));
  return folder;
}

/** A new folder with the files of a generated night in its inbox. */
export function folderWith(night: GeneratedNight, options: FolderOptions = {}): RunFolder {
  const folder = runFolder({ register: night.register, ...options });
  for (const { name, path } of night.files) copyFileSync(path, join(folder.inbox, name));
  return folder;
}

/** What of `run --json` the tests look at. */
export interface Report {
  runId: string;
  status: string;
  resumed: boolean;
  inputs: {
    path: string;
    status: string;
    records: number;
    reads: number;
    rejectedRecords: number;
    problem?: string;
    duplicateOf?: string;
    archivedAs?: string;
    quarantine?: string;
  }[];
  reads: Record<
    'received' | 'accepted' | 'replaced' | 'waiting' | 'rejected' | 'duplicates' | 'estimated' | 'unresolved',
    number
  >;
  meters: { expected: number; delivered: number; missing: number };
  batches: { file: string; records: number; reads: number; bytes: number; sha256: string }[];
  findings: Record<string, number>;
  methods: Record<string, number>;
  scaledSpans: number;
  leftInInbox: { path: string; reason: string }[];
}

/** One worker, unless told otherwise: to start a second one costs more than a small night. */
export function runArguments(folder: RunFolder, now = NOW, workers = 1): string[] {
  return [
    'run',
    '--config',
    folder.config,
    '--no-deliver',
    '--json',
    '--now',
    now,
    '--workers',
    `${workers}`,
  ];
}

export interface Ran extends Ended {
  report: Report;
}

/** Runs one night to its end; it must have got as far as a report. */
export async function runNight(
  folder: RunFolder,
  { now = NOW, workers = 1, ...start }: { now?: string; workers?: number } & StartOptions = {},
): Promise<Ran> {
  const ended = await readmill(runArguments(folder, now, workers), start);
  if (ended.stdout === '') throw new Error(`run ended with ${ended.code} and no report: ${ended.stderr}`);
  return { ...ended, report: JSON.parse(ended.stdout) as Report };
}
