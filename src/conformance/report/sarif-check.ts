import type { FileCheck } from '../file-check.js';
import type { Finding } from '../finding-buffer.js';
import { RULES, type SeverityName } from '../rules.js';
import { brokenRules, type CheckedFiles, leftOutOf } from './checked-files.js';
import { placeOf } from './places.js';

/** Where the OASIS Standard publishes the schema of SARIF 2.1.0. */
const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json';

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<
  SeverityName,
  string
>;

const ruleIndexes = new Map(RULES.map(({ code }, index) => [code, index]));

/**
 * The check as a SARIF 2.1.0 log of one run, for the places where code scanners report. The file is declared
 * ISO-8859-1, one character a byte, so that columns count bytes as they do in our other reports.
 */
export function* sarifCheck(checked: CheckedFiles): Generator<string> {
  const { checks, problems, version } = checked;
  const driver = { name: 'readmill', version, semanticVersion: version, rules: RULES.map(ruleOf) };
  const invocation = {
    executionSuccessful: problems.length === 0,
    toolExecutionNotifications: [...problems.map(problemNote), ...cutNotes(checks)],
  };
  yield `{\n"$schema": ${JSON.stringify(SCHEMA)},\n"version": "2.1.0",\n"runs": [{\n`;
  yield `"tool": ${JSON.stringify({ driver })},\n"columnKind": "utf16CodeUnits",\n`;
  yield `"invocations": [${JSON.stringify(invocation)}],\n"artifacts": [`;
  for (const [i, check] of checks.entries())
    yield `${i === 0 ? '' : ','}\n${JSON.stringify(artifactOf(check))}`;
  yield '\n],\n"results": [';
  let first = true;
  for (const [index, check] of checks.entries()) {
    for (const finding of check.findings) {
      yield `${first ? '' : ','}\n${JSON.stringify(resultOf(finding, check, index))}`;
      first = false;
    }
  }
  yield '\n]\n}]\n}\n';
}

function ruleOf({ code, severity, title, wrong, why, mend, clause }: (typeof RULES)[number]) {
  return {
    id: code,
    shortDescription: { text: `${title}.` },
    fullDescription: { text: `${wrong} ${why}` },
    help: { text: `${mend}\n\nSource: ${clause}` },
    defaultConfiguration: { level: LEVELS[severity] },
  };
}

function problemNote({ path, code, message }: CheckedFiles['problems'][number]) {
  return {
    level: 'error',
    message: { text: message },
    descriptor: { id: code },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path) } } }],
  };
}

/** Says of each code how many findings were counted and not kept. */
function cutNotes(checks: readonly FileCheck[]) {
  return brokenRules(checks).flatMap((broken) => {
    const { rule, count } = broken;
    const leftOut = leftOutOf(broken);
    if (leftOut === 0) return [];
    const text = `${count - leftOut} of ${count} findings of ${rule.code} are listed; --max-findings sets how many are kept.`;
    return [
      {
        level: 'note',
        message: { text },
        associatedRule: { id: rule.code, index: ruleIndexes.get(rule.code)! },
      },
    ];
  });
}

function artifactOf({ path, bytes, format, profile, valid, records, reads, meters, counts }: FileCheck) {
  return {
    location: { uri: uriOf(path) },
    length: bytes,
    encoding: 'ISO-8859-1',
    properties: { format, profile, valid, records, reads, meters, counts },
  };
}

function resultOf(finding: Finding, check: FileCheck, index: number) {
  const { code, severity, line, column, field, meterId, stamp, message, excerpt } = finding;
  const hasLine = line > 0;
  const region = { startLine: line, ...(column > 0 ? { startColumn: column } : {}) };
  const place = placeOf(finding);
  return {
    ruleId: code,
    ruleIndex: ruleIndexes.get(code)!,
    level: LEVELS[severity],
    message: { text: place === '' ? message : `${message} (${place})` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(check.path), index },
          ...(hasLine ? { region } : {}),
          ...(hasLine && excerpt != null
            ? { contextRegion: { startLine: line, snippet: { text: excerpt.text } } }
            : {}),
        },
        ...(meterId === null ? {} : { logicalLocations: [{ name: meterId, kind: 'meter' }] }),
      },
    ],
    properties: { field, ...(stamp === null ? {} : { stamp }) },
  };
}

/** A path as a URI reference: relative paths stay relative. */
export function uriOf(path: string): string {
  const encoded = path
    .split('/')
    .map((name) => encodeURIComponent(name.replace(/\p{Cs}/gu, '\ufffd')))
    .join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}
