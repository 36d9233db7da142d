import { type CheckedFiles, isValid } from './checked-files.js';

/**
 * The document of `check --format json`, whose fields are contract. A finding stands on a line of its own, so
 * that a list of any length can be looked through with the tools for lines.
 */
export function* jsonCheck(checked: CheckedFiles): Generator<string> {
  const { checks, problems, version } = checked;
  yield `{\n  "tool": "readmill",\n  "version": ${JSON.stringify(version)},\n`;
  yield `  "valid": ${isValid(checked)},\n  "problems": [`;
  yield* list(problems, '    ', '  ');
  yield '],\n  "files": [';
  for (const [i, { findings, coverage, ...fields }] of checks.entries()) {
    const head = JSON.stringify(fields, null, 2).slice(2, -2).replaceAll('\n', '\n    ');
    yield `${i === 0 ? '' : ','}\n    {\n    ${head},\n      "coverage": [`;
    yield* list(coverage, '        ', '      ');
    yield '],\n      "findings": [';
    yield* list(findings, '        ', '      ');
    yield ']\n    }';
  }
  yield checks.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
}

/** What stands between the brackets of an array: an element a line. */
function* list(elements: readonly unknown[], indent: string, closing: string): Generator<string> {
  for (const [i, element] of elements.entries())
    yield `${i === 0 ? '' : ','}\n${indent}${JSON.stringify(element)}`;
  if (elements.length > 0) yield `\n${closing}`;
}
