import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Told } from '../../bench/torture/audit/told.js';
import { type CmepLine, cmepLines, compact, csvRows, fine, fineText, type Triple } from './cmep-lines.js';
import type { Defect, GeneratedNight, Report, RunFolder } from './night-folder.js';

const COUNT_MAX = 48;

/** One read of the input. */
export interface InputRead extends Triple {
  file: string;
  line: number;
  meterId: string;
  units: string;
  purpose: string;
  creation: string;
}

/** One slot as it went out. */
export interface OutputRead extends Triple {
  batch: string;
  meterId: string;
  units: string;
  purpose: string;
}

export interface AuditedNight {
  violations: string[];
  /** By `meter|units|stamp`: the read that check 2 lets win, unknown meters left out. */
  winners: Map<string, InputRead>;
  /** By the same key. */
  output: Map<string, OutputRead>;
  estimates: Map<string, Record<string, string>>;
  /** What the auditor counted of the input. */
  counts: Record<'received' | 'accepted' | 'replaced' | 'waiting' | 'rejected' | 'duplicates', number>;
}

export const slotKey = (meterId: string, units: string, stamp: string) => `${meterId}|${units}|${stamp}`;

/** Where a finished run left what it made. */
export interface AuditedRun {
  night: GeneratedNight;
  folder: RunFolder;
  report: Report;
}

/**
 * Proves a finished run of one state folder against its input files: sorted, whole batches; each read of
 * the input in exactly one place, unchanged; lists, manifest and quarantine true to the files.
 */
export function auditRun({ night, folder, report }: AuditedRun): AuditedNight {
  const told = new Told();
  const known = new Set(csvRows(night.register).map(({ meter_id }) => meter_id ?? ''));
  const input = readInput(night, known);
  const batches = readBatches(folder);
  const output = auditOutput(told, batches, report);
  const estimates = readEstimates(told, folder, report);
  const counts = { ...placeReads(told, input, output, estimates), ...input.counts };
  const sorts = { estimated: 0, unresolved: 0 };
  for (const [key, out] of output) {
    const isActual = input.winners.get(key) !== undefined && !estimates.has(key) && out.value !== '';
    if (!isActual) auditFilled(told, key, out, estimates, sorts);
  }
  for (const [name, count] of Object.entries({ ...counts, ...sorts })) {
    told.equal(`report.reads.${name}`, report.reads[name as keyof Report['reads']], count);
  }
  const placed = counts.accepted + counts.replaced + counts.waiting + counts.rejected + counts.duplicates;
  told.equal('received = the sum of the places', placed, counts.received);
  told.equal('reads in the outbox', output.size, counts.accepted + sorts.estimated + sorts.unresolved);
  for (const key of estimates.keys()) if (!output.has(key)) told.tell('estimate that did not go out', key);
  auditManifest(told, batches, folder, report);
  auditQuarantine(told, night, folder, report, input);
  return { violations: told.list, winners: input.winners, output, estimates, counts };
}

interface NightInput {
  winners: Map<string, InputRead>;
  /** Lines that the quarantine must hold, by file, with what is wrong with them. */
  rejected: Map<string, { line: CmepLine; codes: string[]; column: number; reads: number }[]>;
  counts: { received: number; rejected: number; duplicates: number };
}

/** Reads the files and applies check 2 of the specification to slots that came more than once. */
function readInput(night: GeneratedNight, known: Set<string>): NightInput {
  const broken = new Map<string, Defect>();
  for (const defect of night.defects) {
    if (defect.kind.startsWith('broken-')) broken.set(`${defect.file} ${defect.line}`, defect);
  }
  const input: NightInput = {
    winners: new Map(),
    rejected: new Map(),
    counts: { received: 0, rejected: 0, duplicates: 0 },
  };
  for (const { name, path } of night.files) {
    const rejected: { line: CmepLine; codes: string[]; column: number; reads: number }[] = [];
    for (const line of cmepLines(path)) {
      const defect = broken.get(`${name} ${line.line}`);
      const reads = defect?.reads ?? line.triples.length;
      input.counts.received += reads;
      if (defect === undefined && known.has(line.meterId)) takeLine(input, name, line);
      else {
        input.counts.rejected += reads;
        rejected.push({ line, reads, ...reasonOf(defect) });
      }
    }
    input.rejected.set(name, rejected);
  }
  return input;
}

/** Codes that the quarantine may give as the reason; where the column is not told it is 0. */
function reasonOf(defect: Defect | undefined): { codes: string[]; column: number } {
  if (defect === undefined) return { codes: ['vee/unknown-meter'], column: 1 };
  // A comma too many shifts all that follows: the first field that suffers is 7, the one told of is 10.
  if (defect.kind === 'broken-comma') {
    return { codes: [defect.code!, 'cmep/missing-field', 'cmep/bad-timestamp'], column: 0 };
  }
  return { codes: [defect.code!], column: defect.column! };
}

function takeLine(input: NightInput, file: string, line: CmepLine): void {
  const { meterId, units, purpose, creation } = line;
  for (const triple of line.triples) {
    const read = { ...triple, file, line: line.line, meterId, units, purpose, creation };
    const key = slotKey(meterId, units, triple.stamp);
    const before = input.winners.get(key);
    if (before !== undefined) input.counts.duplicates++;
    if (before === undefined || beats(read, before)) input.winners.set(key, read);
  }
}

/** Check 2: purpose RESEND, then the later creation, then the later file name, then the later line. */
function beats(a: InputRead, b: InputRead): boolean {
  if ((a.purpose === 'RESEND') !== (b.purpose === 'RESEND')) return a.purpose === 'RESEND';
  if (a.creation !== b.creation) return a.creation > b.creation;
  if (a.file !== b.file) return a.file > b.file;
  return a.line > b.line;
}

/** The lines of all files of an outbox, in the order of their names. */
function readBatches(folder: RunFolder): Map<string, CmepLine[]> {
  const names = readdirSync(folder.outbox).sort();
  return new Map(names.map((name) => [name, cmepLines(join(folder.outbox, name))]));
}

/** Checks the records of the outbox one by one and in their order. @returns what went out, by slot */
function auditOutput(told: Told, batches: Map<string, CmepLine[]>, report: Report): Map<string, OutputRead> {
  const output = new Map<string, OutputRead>();
  const names = [...batches.keys()].join();
  told.equal('files of the outbox', names, report.batches.map(({ file }) => file).join());
  let before = '';
  for (const [batch, lines] of batches) {
    for (const line of lines) {
      const place = `${batch} line ${line.line}`;
      auditLine(told, line, place);
      const { meterId, units, purpose } = line;
      // Blanks sort before all that a meter id, units or a stamp hold.
      const order = `${meterId.padEnd(16)} ${units.padEnd(12)} ${line.triples[0]?.stamp}`;
      if (order < before)
        told.tell('order of meter, units, first stamp', `${place}: ${before} then ${order}`);
      before = order;
      for (const triple of line.triples) {
        const key = slotKey(meterId, units, triple.stamp);
        if (output.has(key)) told.tell('slot twice', `${place}: ${key}`);
        output.set(key, { ...triple, batch, meterId, units, purpose });
      }
    }
  }
  return output;
}

function auditLine(told: Told, line: CmepLine, place: string): void {
  const { fields, triples, count, units, purpose } = line;
  if (/[\r\n]/.test(line.raw.slice(0, -2))) told.tell('line end within a line', place);
  told.equal(`${place}: count`, count, String(triples.length));
  if ((fields.length - 14) % 3 !== 0) told.tell('fields', `${place}: ${fields.length}`);
  if (triples.length < 1 || triples.length > COUNT_MAX) told.tell('triples', `${place}: ${triples.length}`);
  if (units.endsWith('REG') && triples.length > 1) told.tell('registers in one record', place);
  const head = [fields[0], fields[2], fields[4], fields[9]].join();
  told.equal(`${place}: fields 1, 3, 5, 10`, head, 'MEPMD01,ORG00001,ORG00000,E');
  if (purpose !== 'OK' && purpose !== 'RESEND') told.tell('purpose', `${place}: ${purpose}`);
}

export function reportFile(folder: RunFolder, report: Report, name: string): string {
  return join(folder.state, 'reports', report.runId, name);
}

function readEstimates(told: Told, folder: RunFolder, report: Report) {
  const estimates = new Map<string, Record<string, string>>();
  for (const row of csvRows(reportFile(folder, report, 'estimates.csv'))) {
    const key = slotKey(row.meter_id!, row.units!, compact(row.stamp!));
    if (estimates.has(key)) told.tell('estimate twice', key);
    estimates.set(key, row);
  }
  return estimates;
}

/** Finds each winning read in the output as it came, or its raw value beside the estimate. */
function placeReads(
  told: Told,
  input: NightInput,
  output: Map<string, OutputRead>,
  estimates: Map<string, Record<string, string>>,
): { accepted: number; replaced: number; waiting: number } {
  const counts = { accepted: 0, replaced: 0, waiting: 0 };
  for (const [key, read] of input.winners) {
    const out = output.get(key);
    const estimate = estimates.get(key);
    // The value of a read with the flag N is ignored.
    const raw = read.flag.startsWith('N') ? '' : read.value;
    if (out === undefined) told.tell('read that went nowhere', `${read.file} line ${read.line}: ${key}`);
    else if (estimate !== undefined) {
      counts.replaced++;
      told.equal(`${key}: raw value`, `${estimate.raw_value} ${estimate.raw_flag}`, `${raw} ${read.flag}`);
      told.equal(`${key}: mask of the flag`, out.flag.slice(1), read.flag.slice(1));
    } else {
      counts.accepted++;
      told.equal(`${key}: value, flag`, `${out.value} ${out.flag}`, `${raw} ${read.flag}`);
    }
  }
  return counts;
}

/** A slot that went out with an estimate or without a value. */
function auditFilled(
  told: Told,
  key: string,
  out: OutputRead,
  estimates: Map<string, Record<string, string>>,
  sorts: { estimated: number; unresolved: number },
): void {
  const estimate = estimates.get(key);
  if (out.value === '') {
    sorts.unresolved++;
    if (!out.flag.startsWith('N')) told.tell('no value and no N', `${key}: ${out.flag}`);
    if ((estimate?.value ?? '') !== '') told.tell('estimate without a value in the batch', key);
    return;
  }
  sorts.estimated++;
  if (!out.flag.startsWith('E')) told.tell('estimate without E', `${key}: ${out.flag}`);
  if (estimate === undefined) told.tell('estimate that is not in the list', key);
  else told.equal(`${key}: estimates.csv`, estimate.value, out.value);
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Compares the manifest with the files: bytes, hash, counts, and control totals added up exactly. */
function auditManifest(told: Told, outbox: Map<string, CmepLine[]>, folder: RunFolder, report: Report): void {
  const manifest = JSON.parse(readFileSync(reportFile(folder, report, 'manifest.json'), 'utf8')) as {
    totals: Record<string, number>;
    batches: Record<string, unknown>[];
  };
  const totals = { batches: manifest.batches.length, records: 0, reads: 0, bytes: 0 };
  for (const [i, batch] of manifest.batches.entries()) {
    const bytes = readFileSync(join(folder.outbox, String(batch.file)));
    const lines = outbox.get(String(batch.file))!;
    const sums = new Map<string, bigint>();
    for (const { units, triples } of lines) {
      for (const { value } of triples) sums.set(units, (sums.get(units) ?? 0n) + fine(value));
    }
    const truth = {
      file: report.batches[i]?.file,
      records: lines.length,
      reads: lines.reduce((sum, { triples }) => sum + triples.length, 0),
      bytes: bytes.length,
      sha256: sha256(bytes),
      sums: Object.fromEntries([...sums].map(([units, sum]) => [units, fineText(sum)])),
      firstMeter: lines[0]?.meterId,
      lastMeter: lines.at(-1)?.meterId,
    };
    told.equal(`manifest of ${batch.file}`, JSON.stringify(batch), JSON.stringify(truth));
    told.equal(`report of ${batch.file}`, JSON.stringify(report.batches[i]), JSON.stringify(truth));
    totals.records += truth.records;
    totals.reads += truth.reads;
    totals.bytes += truth.bytes;
  }
  told.equal('totals of the manifest', JSON.stringify(manifest.totals), JSON.stringify(totals));
}

/** The quarantine holds the rejected lines byte for byte, in the order of the file, and says why. */
function auditQuarantine(
  told: Told,
  night: GeneratedNight,
  folder: RunFolder,
  report: Report,
  input: NightInput,
): void {
  for (const { name } of night.files) {
    const expected = input.rejected.get(name)!;
    const path = join(folder.state, 'quarantine', report.runId, 'north', name);
    const own = report.inputs.find(({ path }) => path.endsWith(`/${name}`));
    if (expected.length === 0) {
      told.equal(`quarantine of ${name}`, own?.quarantine, undefined);
      continue;
    }
    const text = expected.map(({ line }) => line.raw).join('');
    if (readFileSync(path, 'latin1') !== text) told.tell('quarantine', `${name} differs from the lines`);
    const rows = csvRows(`${path}.reasons.csv`);
    told.equal(`reasons of ${name}`, rows.length, expected.length);
    for (const [i, { line, codes, column, reads }] of expected.entries()) {
      const row = rows[i] ?? {};
      const place = `${i + 1},${line.line},${line.offset},${line.raw.length},${reads}`;
      const told5 = [row.quarantine_line, row.file_line, row.file_offset, row.bytes, row.reads].join();
      told.equal(`reasons of ${name} line ${line.line}`, told5, place);
      if (!codes.includes(row.code ?? ''))
        told.tell('code', `${name} line ${line.line}: ${row.code}, ${codes}`);
      if (column > 0) told.equal(`column of ${name} line ${line.line}`, row.column, String(column));
    }
  }
}
