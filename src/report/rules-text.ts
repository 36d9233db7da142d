import type { Rule } from '../conformance/rules.js';
import { wrapText } from '../model/printable.js';
import { groupedRules } from './rules-json.js';

const WIDTH = 96;
const INDENT = '    ';

const wrapped = (text: string, indent = INDENT) =>
  wrapText(text, WIDTH, Number.POSITIVE_INFINITY)
    .map((line) => indent + line)
    .join('\n');

/** The catalogue for a terminal: each rule with its severity and title; a rule asked for by itself in full. */
export function rulesText(rules: readonly Rule[], inFull: boolean): string {
  if (inFull) return `${rules.map(fullText).join('\n\n')}\n`;
  const width = Math.max(...rules.map(({ code }) => code.length));
  const groups = groupedRules(rules).map(({ title, rules: listed }) => {
    const lines = listed.map(
      (rule) => `  ${rule.code.padEnd(width)}  ${rule.severity.padEnd(7)}  ${rule.title}`,
    );
    return [title, ...lines].join('\n');
  });
  return `${groups.join('\n\n')}\n\nMore about one of them: readmill rules CODE\n`;
}

function fullText(rule: Rule): string {
  const note = rule.alwaysError ? ' (always: no profile may lower it)' : '';
  const under = rule.exampleProfile === undefined ? '' : ` (profile ${rule.exampleProfile})`;
  const part = (head: string, text: string) => `  ${head}\n${wrapped(text)}`;
  return [
    `${rule.code}: ${rule.severity}${note}`,
    wrapped(`${rule.title}.`, '  '),
    part('What is wrong', rule.wrong),
    part('Why it matters', rule.why),
    part('How to mend it', rule.mend),
    part('From', `${rule.clause}.`),
    `  Example${under}\n${rule.example.replace(/^/gm, INDENT)}`,
  ].join('\n');
}
