import { formatCount, formatNumberOf, formatShare } from '../../model/figures.js';
import { clipEnd, printable } from '../../model/printable.js';
import type { CoverageDay, FileCheck } from '../file-check.js';
import type { Excerpt, Finding } from '../finding-buffer.js';
import { type BrokenRule, brokenRules, type CheckedFiles, severityTotals } from './checked-files.js';
import { beyondTitle, partsOf, placeOf, printableExcerpt } from './places.js';

/** Columns that lines of the file are cut to; what is around the place is kept. */
const LINE_WIDTH = 92;
/** Places of each code, and read days with gaps, that the text shows. */
const PLACES_SHOWN_MAX = 5;
const COVERAGE_DAYS_SHOWN_MAX = 7;

const RULE_INDENT = '  ';
const PLACE_INDENT = '      ';
const ELLIPSIS = '\u2026';

/** SGR parameters of the terminal. */
const STYLES = { error: '1;31', warning: '33', info: '36', good: '1;32', strong: '1', faint: '2' } as const;
type Paint = (style: keyof typeof STYLES, text: string) => string;

/**
 * The check for a terminal: of each file the verdict, then its rules, errors first, each with its first places
 * and the line there. Text of the data is written without control characters.
 * @param colour whether to write ANSI colours
 */
export function* textCheck(checked: CheckedFiles, colour: boolean): Generator<string> {
  const paint: Paint = colour
    ? (style, text) => `\u001b[${STYLES[style]}m${text}\u001b[0m`
    : (_, text) => text;
  for (const check of checked.checks) {
    yield `${headLines(check, paint).join('\n')}\n`;
    for (const broken of brokenRules([check])) yield `${ruleLines(broken, paint).join('\n')}\n`;
    const coverage = coverageLines(check, paint);
    if (coverage.length > 0) yield `${coverage.join('\n')}\n`;
    yield '\n';
  }
  for (const { path, code, message } of checked.problems) {
    yield `${paint('error', 'NOT CHECKED')}  ${printable(path)}\n${RULE_INDENT}${printable(message)} [${code}]\n\n`;
  }
  yield `${summaryLine(checked, paint)}\n`;
}

function headLines(check: FileCheck, paint: Paint): string[] {
  const { path, profile, profileReason, records, reads, meters, bytes, firstStamp, lastStamp } = check;
  const verdict = check.valid ? paint('good', 'valid') : paint('error', 'NOT valid');
  const span = firstStamp === null ? '' : `, ${firstStamp} to ${lastStamp}`;
  return [
    `${paint('strong', printable(path))}: ${verdict}`,
    `${RULE_INDENT}profile ${printable(profile)} (${printable(profileReason)})`,
    `${RULE_INDENT}${formatNumberOf(records, 'record')}, ${formatNumberOf(reads, 'read')} of ${formatNumberOf(meters, 'meter')}, ${formatNumberOf(bytes, 'byte')}${span}`,
  ];
}

function ruleLines(broken: BrokenRule, paint: Paint): string[] {
  const { rule, severity, count, bySeverity, files } = broken;
  const milder = Object.entries(bySeverity).filter(([name, times]) => name !== severity && times > 0);
  const ofThem = milder.map(([name, times]) => `${formatCount(times)} of them ${name}`).join(', ');
  const findings = files[0]!.findings;
  const lines = [
    '',
    `${RULE_INDENT}${paint(severity, severity.padEnd(7))}  ${formatCount(count)} x  ${rule.title}  ${paint('faint', `[${rule.code}]`)}`,
    ...(ofThem === '' ? [] : [`${PLACE_INDENT}${ofThem}`]),
  ];
  // A shifted comma breaks a rule many times on one line: each line is shown once.
  let more = count;
  for (const { finding, others } of firstLines(findings)) {
    lines.push(...placeLines(finding, rule.title, others, paint));
    more -= others + 1;
  }
  if (more > 0 && findings.length > 0) {
    const cut =
      findings.length < count
        ? `; ${formatCount(findings.length)} are kept, --max-findings sets how many`
        : '';
    lines.push(paint('faint', `${PLACE_INDENT}and ${formatCount(more)} more${cut}`));
  }
  return lines;
}

/** The first lines that break a rule: the first finding of each, and how many others it has. */
function firstLines(findings: readonly Finding[]): { finding: Finding; others: number }[] {
  const lines: { finding: Finding; others: number }[] = [];
  for (const finding of findings) {
    const last = lines.at(-1);
    if (last !== undefined && finding.line > 0 && last.finding.line === finding.line) last.others++;
    else if (lines.length === PLACES_SHOWN_MAX) break;
    else lines.push({ finding, others: 0 });
  }
  return lines;
}

/** @param others findings of the same rule on the same line */
function placeLines(finding: Finding, title: string, others: number, paint: Paint): string[] {
  const { excerpt } = finding;
  const said = [placeOf(finding), beyondTitle(finding, title)].filter((part) => part !== '').join(': ');
  const also = others === 0 ? '' : paint('faint', ` (and ${formatCount(others)} more on this line)`);
  const lines = said === '' ? [] : [`${PLACE_INDENT}${printable(said)}${also}`];
  if (excerpt != null) {
    const [before, marked, after] = partsOf(clipExcerpt(printableExcerpt(excerpt)));
    lines.push(`${PLACE_INDENT}  ${before}${paint('error', marked)}${after}`);
    lines.push(
      `${PLACE_INDENT}  ${' '.repeat(before.length)}${paint('error', '^'.repeat(Math.max(1, marked.length)))}`,
    );
  }
  return lines;
}

/** An excerpt that is no wider than a terminal mostly is, around the text at fault. */
function clipExcerpt({ text, from, to }: Excerpt): Excerpt {
  if (text.length <= LINE_WIDTH) return { text, from, to };
  const width = LINE_WIDTH - 2;
  const start = Math.max(0, Math.min(from - Math.floor(width / 3), text.length - width));
  const end = Math.min(text.length, start + width);
  const before = start > 0 ? ELLIPSIS : '';
  const after = end < text.length ? ELLIPSIS : '';
  return {
    text: `${before}${text.slice(start, end)}${after}`,
    from: from - start + before.length,
    to: Math.min(to, end) - start + before.length,
  };
}

/** The days with reads missing, hour by hour. */
function coverageLines({ coverage }: FileCheck, paint: Paint): string[] {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  const withGaps = coverage.filter(({ present, expected }) => total(present) < total(expected));
  if (withGaps.length === 0) return [];
  const lines = [
    '',
    `${RULE_INDENT}Reads by hour of the market day (# all there, - some missing, . none, blank not expected)`,
  ];
  for (const day of withGaps.slice(0, COVERAGE_DAYS_SHOWN_MAX)) {
    const missing = total(day.expected) - total(day.present);
    const share = formatShare(total(day.present), total(day.expected));
    lines.push(
      `${RULE_INDENT}${printable(day.day)}  [${hourSigns(day)}]  ${share}, ${formatNumberOf(missing, 'read')} missing`,
    );
  }
  const more = withGaps.length - COVERAGE_DAYS_SHOWN_MAX;
  if (more > 0)
    lines.push(
      paint('faint', `${RULE_INDENT}and ${formatNumberOf(more, 'more day', 'more days')} with gaps`),
    );
  return lines;
}

function hourSigns({ present, expected }: CoverageDay): string {
  return expected
    .map((count, hour) => {
      const there = present[hour] ?? 0;
      if (count === 0 && there === 0) return ' ';
      if (there === 0) return '.';
      return there < count ? '-' : '#';
    })
    .join('');
}

function summaryLine({ checks, problems }: CheckedFiles, paint: Paint): string {
  const totals = severityTotals(checks);
  const invalid = checks.filter(({ valid }) => !valid).length;
  const files = [
    `${formatCount(checks.length - invalid)} valid`,
    ...(invalid > 0 ? [`${formatCount(invalid)} NOT valid`] : []),
    ...(problems.length > 0 ? [`${formatCount(problems.length)} NOT checked`] : []),
  ];
  const found = [
    formatNumberOf(totals.error, 'error'),
    formatNumberOf(totals.warning, 'warning'),
    formatNumberOf(totals.info, 'info', 'infos'),
  ];
  const text = `${formatNumberOf(checks.length + problems.length, 'file')}: ${files.join(', ')}; ${found.join(', ')}`;
  return paint(invalid + problems.length > 0 ? 'error' : 'good', clipEnd(text, 200));
}
