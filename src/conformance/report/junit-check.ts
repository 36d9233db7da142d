import { formatCount, formatNumberOf } from '../../model/figures.js';
import { printable } from '../../model/printable.js';
import type { FileCheck } from '../file-check.js';
import { type BrokenRule, brokenRules, type CheckedFiles, SEVERITIES } from './checked-files.js';
import { placeOf } from './places.js';

/** Places of each code that a test case names. */
const PLACES_LISTED_MAX = 20;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it may stand in XML: escaped, and without what XML has no way to write. */
function xml(text: string): string {
  return text
    .split('\n')
    .map(printable)
    .join('\n')
    .replace(/[\uFFFE\uFFFF]/g, '?')
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}

/**
 * The check as JUnit's XML, which every CI server shows: a suite for each file, a test case for each rule that
 * was broken. Errors fail; warnings and infos pass and say what they are in the case's output.
 */
export function* junitCheck({ checks, problems }: CheckedFiles): Generator<string> {
  const suites = checks.map((check) => ({ check, rules: brokenRules([check]) }));
  const failures = suites.reduce((sum, { rules }) => sum + failuresOf(rules), 0);
  const tests = suites.reduce((sum, { rules }) => sum + rules.length + 1, 0) + problems.length;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<testsuites name="readmill check" tests="${tests}" failures="${failures + suites.filter(({ check }) => !check.valid).length}" errors="${problems.length}">\n`;
  for (const { check, rules } of suites) yield* suiteOf(check, rules);
  for (const { path, code, message } of problems) {
    yield `<testsuite name="${xml(path)}" tests="1" failures="0" errors="1"><testcase classname="${xml(path)}" name="can be checked"><error type="${xml(code)}" message="${xml(message)}"/></testcase></testsuite>\n`;
  }
  yield '</testsuites>\n';
}

const failuresOf = (rules: readonly BrokenRule[]) =>
  rules.filter(({ severity }) => severity === 'error').length;

function* suiteOf(check: FileCheck, rules: readonly BrokenRule[]): Generator<string> {
  const { path, valid, profile, records, reads } = check;
  const name = xml(path);
  const failures = failuresOf(rules) + (valid ? 0 : 1);
  yield `<testsuite name="${name}" tests="${rules.length + 1}" failures="${failures}" errors="0">\n`;
  const verdict = `${formatNumberOf(records, 'record')}, ${formatNumberOf(reads, 'read')}`;
  const failed = `<failure type="invalid" message="${formatNumberOf(failuresOf(rules), 'rule')} of severity error broken"/>`;
  yield `<testcase classname="${name}" name="is valid by profile ${xml(profile)}">${valid ? '' : failed}<system-out>${verdict}</system-out></testcase>\n`;
  for (const broken of rules) yield caseOf(broken, name);
  yield '</testsuite>\n';
}

function caseOf({ rule, severity, count, bySeverity, files }: BrokenRule, classname: string): string {
  const findings = files[0]!.findings;
  const listed = findings.slice(0, PLACES_LISTED_MAX);
  const times = SEVERITIES.filter((name) => bySeverity[name] > 0)
    .map((name) => formatNumberOf(bySeverity[name], name))
    .join(', ');
  const more = count - listed.length;
  const lines = [
    `${rule.title}: ${times}`,
    ...listed.map((finding) => [placeOf(finding), finding.message].filter((text) => text !== '').join(': ')),
    ...(more > 0 ? [`and ${formatCount(more)} more`] : []),
    `To mend: ${rule.mend}`,
  ];
  const text = xml(lines.join('\n'));
  const first = listed[0] === undefined ? '' : `, first at ${placeOf(listed[0])}`;
  const body =
    severity === 'error'
      ? `<failure type="${xml(rule.code)}" message="${xml(`${rule.title} (${times}${first})`)}">${text}</failure>`
      : `<system-out>${text}</system-out>`;
  return `<testcase classname="${classname}" name="${xml(`${rule.code}: ${rule.title}`)}">${body}</testcase>\n`;
}
