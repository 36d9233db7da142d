import type { FileCheck, RuleCount } from './file-check.js';
import {
  type Finding,
  type PackedFindings,
  SEVERITY_COUNT,
  SEVERITY_NAMES,
  unpackFindings,
} from './finding-buffer.js';
import { RULES, ruleNumber, type SeverityName } from './rules.js';

/** What a file's findings come to. */
export type CollectedFindings = Pick<FileCheck, 'valid' | 'truncated' | 'counts' | 'findings'>;

/** A kept finding with its place in the order of the file: its line counts from the range's beginning. */
interface Kept {
  range: number;
  order: number;
  finding: Finding;
}

/** Findings of one rule and one severity. */
interface Cell {
  kept: Kept[];
  /** Findings of ranges after this one are too many already. */
  lastRange: number;
}

/** A cell may hold this much more than is kept before what is too much is dropped. */
const SPARE_SHARE = 0.25;
const SPARE_MIN = 64;

/** Stands for the range of findings that no range told of. */
const WHOLE_FILE = Number.MAX_SAFE_INTEGER;

/** Findings of a code that are kept of all files of one call together, where `--max-findings` asks for no more. */
const FINDINGS_OF_CODE_MAX = 20_000;
/** Findings of a code that are kept of a file however many files there are. */
const FINDINGS_OF_FILE_MIN = 10;

/**
 * How many findings of a code to keep of each of several files, so that ten thousand bad files take no more
 * memory than a few.
 * @param findingsMax what one file may have (`--max-findings`)
 */
export function findingsPerFile(findingsMax: number, files: number): number {
  const share = Math.floor(Math.max(findingsMax, FINDINGS_OF_CODE_MAX) / Math.max(files, 1));
  return Math.min(findingsMax, Math.max(share, FINDINGS_OF_FILE_MIN));
}

/**
 * Gathers the findings of one file from its ranges, which may come in any order, and from rules that look
 * at the whole file. Of each code the worst severity is kept first, then what stands first in the file, up
 * to `keptMax`; so the result is the same whatever the number of workers. Memory is bounded by `keptMax`
 * and the number of rules.
 */
export class FindingCollector {
  private readonly counts = new Float64Array(RULES.length * SEVERITY_COUNT);
  private readonly cells = new Map<number, Cell>();
  private readonly lines: number[] = [];
  private order = 0;

  /** @param keptMax findings to keep of each code */
  constructor(private readonly keptMax: number) {}

  /**
   * Adds what a range found.
   * @param range number of the range, in the order of the file from 0
   * @param lines lines that begin in the range
   * @param columnBefore bytes before the range on its first line
   */
  addRange(range: number, packed: PackedFindings, lines: number, columnBefore = 0): void {
    this.lines[range] = lines;
    for (const [cell, count] of packed.countsBySeverity.entries()) this.counts[cell]! += count;
    const wants = (rule: number, severity: number) => range <= this.cell(rule, severity).lastRange;
    for (const finding of unpackFindings(packed, 0, wants)) {
      if (finding.line === 1) finding.column += columnBefore;
      this.keep(range, finding);
    }
  }

  /** By rule number times `SEVERITY_COUNT` plus severity: 1 where enough is kept of ranges before this one. */
  closedCells(range: number): Uint8Array {
    const isClosed = new Uint8Array(RULES.length * SEVERITY_COUNT);
    for (const [key, { lastRange }] of this.cells) isClosed[key] = lastRange < range ? 1 : 0;
    return isClosed;
  }

  /** Adds a finding across records; its line counts from the beginning of the file, 0 where it has none. */
  add(finding: Finding): void {
    this.count(finding.code, finding.severity);
    this.keep(WHOLE_FILE, finding);
  }

  /** Counts findings that have no place to show. */
  count(code: string, severity: SeverityName, times = 1): void {
    this.counts[ruleNumber(code) * SEVERITY_COUNT + SEVERITY_NAMES.indexOf(severity)]! += times;
  }

  /** All that was found, in the order of the file. */
  finish(): CollectedFindings {
    const linesBefore = [0];
    for (let range = 0; range < this.lines.length; range++)
      linesBefore.push(linesBefore[range]! + (this.lines[range] ?? 0));
    const counts: FileCheck['counts'] = {};
    let kept: Kept[] = [];
    let total = 0;
    for (const [number, rule] of RULES.entries()) {
      const count = this.countOf(number);
      if (count === null) continue;
      counts[rule.code] = count;
      total += count.count;
      kept = kept.concat(this.keptOf(number));
    }
    for (const { range, finding } of kept) if (range !== WHOLE_FILE) finding.line += linesBefore[range]!;
    kept.sort((a, b) => byPlace(a.finding, b.finding) || a.order - b.order);
    return {
      valid: Object.values(counts).every(({ severity }) => severity !== 'error'),
      truncated: kept.length < total,
      counts,
      findings: kept.map(({ finding }) => finding),
    };
  }

  private countOf(rule: number): RuleCount | null {
    const bySeverity: Partial<Record<SeverityName, number>> = {};
    let severity: SeverityName | null = null;
    let count = 0;
    for (let number = 1; number < SEVERITY_COUNT; number++) {
      const times = this.counts[rule * SEVERITY_COUNT + number]!;
      if (times === 0) continue;
      severity = SEVERITY_NAMES[number] as SeverityName;
      bySeverity[severity] = times;
      count += times;
    }
    if (severity === null) return null;
    return { severity, count, ...(Object.keys(bySeverity).length > 1 ? { bySeverity } : {}) };
  }

  private keptOf(rule: number): Kept[] {
    let kept: Kept[] = [];
    for (let severity = SEVERITY_COUNT - 1; severity > 0 && kept.length < this.keptMax; severity--) {
      const cell = this.cells.get(rule * SEVERITY_COUNT + severity);
      if (cell === undefined) continue;
      this.trim(cell);
      kept = kept.concat(cell.kept.slice(0, this.keptMax - kept.length));
    }
    return kept;
  }

  private keep(range: number, finding: Finding): void {
    const cell = this.cell(ruleNumber(finding.code), SEVERITY_NAMES.indexOf(finding.severity));
    cell.kept.push({ range, order: this.order++, finding });
    const isFirstFull = cell.lastRange === WHOLE_FILE && cell.kept.length >= this.keptMax;
    const isOverfull = cell.kept.length > this.keptMax + Math.max(this.keptMax * SPARE_SHARE, SPARE_MIN);
    if (isFirstFull || isOverfull) this.trim(cell);
  }

  /** Drops what is beyond the number to keep. */
  private trim(cell: Cell): void {
    cell.kept.sort(byRange);
    if (cell.kept.length < this.keptMax) return;
    cell.kept.length = this.keptMax;
    cell.lastRange = cell.kept.at(-1)?.range ?? -1;
  }

  private cell(rule: number, severity: number): Cell {
    const key = rule * SEVERITY_COUNT + severity;
    let cell = this.cells.get(key);
    if (cell === undefined) {
      cell = { kept: [], lastRange: WHOLE_FILE };
      this.cells.set(key, cell);
    }
    return cell;
  }
}

/** The order of the file; within a range the order in which its reader told them. */
function byRange(a: Kept, b: Kept): number {
  if (a.range !== b.range) return a.range - b.range;
  if (a.range === WHOLE_FILE) return byPlace(a.finding, b.finding) || a.order - b.order;
  return a.order - b.order;
}

/** Findings of the file as a whole, without a line, stand first. */
function byPlace(a: Finding, b: Finding): number {
  return a.line - b.line || a.column - b.column;
}
