import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NightFile } from '../made-files.js';
import { amrdefReads } from './amrdef-text.js';
import { cmepReads, listRows, minutesOf } from './cmep-text.js';
import { type AuditRun, type Kept, placeRun, type SourcedRead } from './places.js';
import type { Told } from './told.js';

/** What of `report.json` the auditor looks at. */
export interface AuditReport {
  runId: string;
  now: string;
  inputs: {
    path: string;
    source: string;
    sha256: string;
    status: string;
    records: number;
    reads: number;
    rejectedRecords: number;
    rejectedReads: number;
  }[];
  reads: Record<string, number>;
  sources: ({ name: string } & Record<string, number | string>)[];
  batches: { file: string; records: number; reads: number; bytes: number; sha256: string }[];
}

/** What a receipt's files add to the name of their batch. */
export const RECEIPT = /\.mdmr\.(mdn|receipt\.json)$/;

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The reports of all runs of a state folder, in their order. */
export function reportsOf(state: string): AuditReport[] {
  const folder = join(state, 'reports');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const reports = names.map((name) => {
    return JSON.parse(readFileSync(join(folder, name, 'report.json'), 'utf8')) as AuditReport;
  });
  const numberOf = ({ runId }: AuditReport) => Number(runId.split('-')[1]);
  return reports.sort((a, b) => numberOf(a) - numberOf(b));
}

/**
 * Proves what all runs of a state folder left against the files that came: every file put away once and unchanged,
 * every read in exactly one place, every figure of the reports true.
 * @returns how many reads came in
 */
export function auditNight(
  root: string,
  files: readonly NightFile[],
  closeAfterMinutes: number,
  told: Told,
): number {
  const state = join(root, 'state');
  const reports = reportsOf(state);
  auditArchive(state, reports, files, told);
  const known = new Set(
    listRows(readFileSync(join(root, 'meters.csv'), 'latin1')).map(({ meter_id }) => meter_id!),
  );
  const kept = new Map<string, Kept>();
  const named = new Set<string>();
  let received = 0;
  for (const report of reports) {
    const run = readRun(root, report, files, told, known, closeAfterMinutes);
    for (const { file } of report.batches) {
      if (named.has(file)) told.tell('a batch of two runs', file);
      named.add(file);
    }
    const counts = placeRun(run, kept, told);
    received += counts.received;
    compareFigures(report, counts.all, counts.bySource, told);
  }
  const outbox = join(root, 'outbox');
  for (const name of existsSync(outbox) ? readdirSync(outbox) : [])
    if (!named.has(name.replace(RECEIPT, ''))) told.tell('a file of the outbox that no run names', name);
  for (const folder of ['inbox', 'inbox-south'])
    for (const name of readdirSync(join(root, folder))) told.tell('left in the inbox', `${folder}/${name}`);
  for (const folder of ['work', 'spool']) {
    const left = existsSync(join(state, folder)) ? readdirSync(join(state, folder)) : [];
    if (left.length > 0) told.tell(`left in ${folder}`, left.join());
  }
  return received;
}

/** Each file that came lies in the archive once, with the bytes that it came with. */
function auditArchive(
  state: string,
  reports: readonly AuditReport[],
  files: readonly NightFile[],
  told: Told,
): void {
  const places = new Map<string, string[]>();
  for (const { runId } of reports) {
    for (const [below, folder] of [
      ['', 'archive'],
      ['duplicates', 'archive'],
      ['failed', 'quarantine'],
    ] as const) {
      for (const source of ['north', 'south']) {
        const path = join(state, folder, runId, below, source);
        if (!existsSync(path)) continue;
        for (const name of readdirSync(path)) {
          const key = `${source}/${name}`;
          places.set(key, [...(places.get(key) ?? []), join(path, name)]);
        }
      }
    }
  }
  const content = new Map<string, string>();
  for (const { source, name, bytes } of files) {
    const found = places.get(`${source}/${name}`) ?? [];
    told.equal(`places of the file ${name}`, found.length, 1);
    for (const path of found) {
      if (!readFileSync(path).equals(bytes)) told.tell('put away with other bytes', path);
      const isRepeat = path.includes('/duplicates/');
      const hash = sha256(bytes);
      if (!isRepeat && content.has(hash))
        told.tell('one content carried twice', `${content.get(hash)}, ${name}`);
      if (!isRepeat) content.set(hash, name);
    }
    places.delete(`${source}/${name}`);
  }
  for (const key of places.keys()) told.tell('put away, but never came', key);
}

function readRun(
  root: string,
  report: AuditReport,
  files: readonly NightFile[],
  told: Told,
  known: ReadonlySet<string>,
  closeAfterMinutes: number,
): AuditRun {
  const state = join(root, 'state');
  const run: AuditRun = {
    nowMinutes: Date.parse(report.now) / 60_000,
    closeAfterMinutes,
    reads: [],
    rejected: new Map(),
    output: [],
    estimates: [],
  };
  for (const input of report.inputs) {
    if (input.status !== 'done') continue;
    const name = input.path.split('/').at(-1)!;
    const file = files.find((one) => one.source === input.source && one.name === name);
    if (file === undefined) {
      told.tell('a file that never came', input.path);
      continue;
    }
    told.equal(`SHA-256 of ${name}`, input.sha256, sha256(file.bytes));
    readInput(state, report, input, file, run, told, known);
  }
  for (const batch of report.batches) {
    const path = join(root, 'outbox', batch.file);
    if (!existsSync(path)) {
      told.tell('a batch that is not there', batch.file);
      continue;
    }
    const bytes = readFileSync(path);
    const reads = cmepReads(bytes.toString('latin1'));
    told.equal(`SHA-256 of ${batch.file}`, batch.sha256, sha256(bytes));
    told.equal(`bytes of ${batch.file}`, batch.bytes, bytes.length);
    told.equal(`reads of ${batch.file}`, batch.reads, reads.length);
    told.equal(`records of ${batch.file}`, batch.records, bytes.toString('latin1').split('\r\n').length - 1);
    for (const read of reads) run.output.push(read);
  }
  const list = readFileSync(join(state, 'reports', report.runId, 'estimates.csv'), 'latin1');
  run.estimates = listRows(list).map((row) => ({
    meterId: row.meter_id!,
    units: row.units!,
    stamp: minutesOf(row.stamp!),
    rawValue: row.raw_value!,
    rawFlag: row.raw_flag!,
    value: row.value!,
    method: row.method!,
  }));
  return run;
}

/** Reads a file and its quarantine: what was rejected is there byte for byte, and all else is to be placed. */
function readInput(
  state: string,
  report: AuditReport,
  input: AuditReport['inputs'][number],
  file: NightFile,
  run: AuditRun,
  told: Told,
  known: ReadonlySet<string>,
): void {
  const text = file.content.toString('latin1');
  const reads = file.format === 'cmep' ? cmepReads(text) : amrdefReads(text);
  const plainName = file.name.replace(/\.gz$/, '');
  const path = join(state, 'quarantine', report.runId, file.source, plainName);
  const rows = existsSync(`${path}.reasons.csv`)
    ? listRows(readFileSync(`${path}.reasons.csv`, 'latin1'))
    : [];
  const parts: { from: number; to: number; row: Record<string, string>; own: number; isFuture: boolean }[] =
    rows.map((row) => {
      const from = Number(row.file_offset);
      return { from, to: from + Number(row.bytes), row, own: 0, isFuture: false };
    });
  const expected = parts
    .map(({ from, to }) => `${text.slice(from, to)}${file.format === 'cmep' ? '' : '\n'}`)
    .join('');
  const found = existsSync(path) ? readFileSync(path, 'latin1') : '';
  if (found !== expected) told.tell('quarantine differs from the input', `${plainName} of ${report.runId}`);
  parts.sort((a, b) => a.from - b.from);
  for (let i = 1; i < parts.length; i++)
    if (parts[i]!.from < parts[i - 1]!.to) told.tell('rejected twice', `${plainName} at ${parts[i]!.from}`);
  const placed: SourcedRead[] = [];
  let at = 0;
  for (const read of reads) {
    while (at < parts.length && parts[at]!.to <= read.offset) at++;
    const part = parts[at];
    if (part !== undefined && read.offset >= part.from) {
      part.own++;
      part.isFuture ||= read.stamp > run.nowMinutes;
    } else placed.push({ ...read, source: file.source, file: plainName });
  }
  for (const read of placed) {
    if (!known.has(read.meterId))
      told.tell('of an unknown meter, and not rejected', `${plainName}: ${read.meterId}`);
    run.reads.push(read);
  }
  let rejected = 0;
  for (const { row, own } of parts) {
    rejected += Number(row.reads);
    if (row.code!.startsWith('vee/'))
      told.equal(`rejected reads at ${row.file_offset} of ${plainName}`, row.reads, `${own}`);
  }
  run.rejected.set(file.source, (run.rejected.get(file.source) ?? 0) + rejected);
  told.equal(`reads of ${plainName} in the report`, input.reads, placed.length + rejected);
  // A clock that was set back sees times that lie in the future: those are rejected, too.
  const isRight = ({ row, isFuture }: (typeof parts)[number]) =>
    isFuture && row.code!.endsWith('/stamp-in-future');
  auditDefects(file, plainName, rows, parts.filter(isRight).length, told);
}

/** Every place that was made wrong is in the quarantine under its code, and nothing else is. */
function auditDefects(
  file: NightFile,
  name: string,
  rows: Record<string, string>[],
  future: number,
  told: Told,
): void {
  const broken = file.defects.filter(({ kind, line }) => kind.startsWith('broken-') && line !== null);
  const unknown = file.defects.some(({ kind }) => kind === 'unknown-meter');
  const foreign = rows.filter(({ code }) => code === 'vee/unknown-meter');
  if (foreign.length > 0 && !unknown) told.tell('rejected as an unknown meter', name);
  if (file.format === 'cmep') {
    for (const { kind, line, code } of broken) {
      const row = rows.find(({ file_line }) => Number(file_line) === line);
      if (row === undefined)
        told.tell('a wrong line that was not rejected', `${name} line ${line}: ${kind} ${code}`);
      else if (future === 0 && kind !== 'broken-comma' && row.code !== code)
        told.tell('another code', `${name} line ${line}: ${row.code}, not ${code}`);
    }
  }
  const wrong = rows.length - foreign.length - future;
  if (future === 0) told.equal(`rejected parts of ${name}`, wrong, broken.length);
  else if (wrong > broken.length)
    told.tell(`rejected parts of ${name}`, `${wrong}, not up to ${broken.length}`);
}

function compareFigures(
  report: AuditReport,
  all: Record<string, number>,
  bySource: Map<string, Record<string, number>>,
  told: Told,
): void {
  for (const [name, count] of Object.entries(all))
    told.equal(`${report.runId}: report.reads.${name}`, report.reads[name], count);
  for (const source of report.sources) {
    for (const [name, count] of Object.entries(bySource.get(source.name) ?? {}))
      told.equal(`${report.runId}: ${name} of ${source.name}`, source[name], count);
  }
}
