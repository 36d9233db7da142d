import { findRule, RULE_GROUPS, type Rule } from '../conformance/rules.js';
import { VERSION } from '../model/version.js';

/** The catalogue as one JSON document; fields of a rule are those of `Rule`, and its group. */
export function rulesJson(rules: readonly Rule[]): string {
  const groups = new Map(RULE_GROUPS.flatMap(({ title, codes }) => codes.map((code) => [code, title])));
  const listed = rules.map((rule) => ({
    code: rule.code,
    group: groups.get(rule.code),
    severity: rule.severity,
    alwaysError: rule.alwaysError ?? false,
    title: rule.title,
    wrong: rule.wrong,
    why: rule.why,
    mend: rule.mend,
    clause: rule.clause,
    example: rule.example,
    exampleProfile: rule.exampleProfile ?? null,
  }));
  return `${JSON.stringify({ tool: 'readmill', version: VERSION, rules: listed }, null, 2)}\n`;
}

/** The rules that are asked for, in the groups of the catalogue; a group without one is left out. */
export function groupedRules(rules: readonly Rule[]): { title: string; intro: string; rules: Rule[] }[] {
  const wanted = new Set(rules.map(({ code }) => code));
  return RULE_GROUPS.map(({ title, intro, codes }) => {
    return { title, intro, rules: codes.filter((code) => wanted.has(code)).map((code) => findRule(code)!) };
  }).filter((group) => group.rules.length > 0);
}
