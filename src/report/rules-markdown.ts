import type { Rule } from '../conformance/rules.js';
import { groupedRules } from './rules-json.js';

const INTRO = `# Rules

What \`readmill check\` and \`readmill run\` look for. The command \`readmill rules\` prints this page from the catalogue in the program, also as text, JSON and HTML; one rule by its code: \`readmill rules cmep/bad-crc\`.

A finding of severity **error** puts the record into the quarantine; **warning** and **info** are told, and the record is read. The severities are those of the strict profile \`cmep-1.20\`: a [profile](profiles.md) may change them or switch a rule off, but for those that say "always an error".

In the examples a line ends in CR LF, unless its end is shown (\`<LF>\`, \`<END>\` for the end of the file).
`;

/** The catalogue as a Markdown page: a table of all rules, then each with its reason and remedy. */
export function rulesMarkdown(rules: readonly Rule[]): string {
  const groups = groupedRules(rules);
  const rows = groups.flatMap((group) => group.rules.map(row));
  const table = ['| Code | Severity | Says |', '| --- | --- | --- |', ...rows].join('\n');
  const sections = groups.map(({ title, intro, rules: listed }) => {
    return `## ${title}\n\n${intro}\n\n${listed.map(section).join('\n')}`;
  });
  return `${INTRO}\n${table}\n\n${sections.join('\n')}`;
}

const row = ({ code, severity, title }: Rule) =>
  `| [\`${code}\`](#${anchor(code)}) | ${severity} | ${cell(title)} |`;

function section(rule: Rule): string {
  const { code, severity, title, wrong, why, mend, clause, example, exampleProfile, alwaysError } = rule;
  const note = alwaysError ? ', always an error' : '';
  const under = exampleProfile === undefined ? '' : ` (under the profile \`${exampleProfile}\`)`;
  return `### ${code}

${title}. Severity: **${severity}**${note}.

- What is wrong: ${prose(wrong)}
- Why it matters: ${prose(why)}
- How to mend it: ${prose(mend)}
- From: ${prose(clause)}.

Example${under}:

\`\`\`text
${example}
\`\`\`
`;
}

/** Anchor of a heading, as GitHub and others make it. */
const anchor = (heading: string) => heading.replace(/[^\w\- ]/g, '');
const cell = (text: string) => prose(text).replaceAll('|', '\\|');
/** Characters that Markdown would take for its own. */
const prose = (text: string) => text.replace(/[*_<>[\]]/g, (character) => `\\${character}`);
