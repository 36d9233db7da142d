import { CMEP_FAULTS, type CmepFaultCode } from '../formats/cmep/faults.js';
import { CMEP_FILE_RULES } from './catalogue/cmep-file-rules.js';
import { CMEP_HEADER_RULES } from './catalogue/cmep-header-rules.js';
import { CMEP_LINE_RULES } from './catalogue/cmep-line-rules.js';
import { CMEP_READ_RULES } from './catalogue/cmep-read-rules.js';
import type { Rule, RuleText } from './catalogue/rule.js';
import { VEE_RULES } from './catalogue/vee-rules.js';

export type { Rule, SeverityName } from './catalogue/rule.js';

const CMEP_RECORD_RULES: Record<CmepFaultCode, RuleText> = {
  ...CMEP_LINE_RULES,
  ...CMEP_HEADER_RULES,
  ...CMEP_READ_RULES,
};

/**
 * The catalogue. A rule's number is its place; the first ones are the faults of the CMEP reader. Further
 * formats append their lists here; docs/adding-a-rule.md says how.
 */
export const RULES: readonly Rule[] = [
  ...CMEP_FAULTS.map((code) => ({ code, ...CMEP_RECORD_RULES[code] })),
  ...CMEP_FILE_RULES,
  ...VEE_RULES,
];

const numbers = new Map(RULES.map((rule, number) => [rule.code, number]));

/**
 * Number of a rule by its code.
 * @throws Error for a code that is not in the catalogue
 */
export function ruleNumber(code: string): number {
  const number = numbers.get(code);
  if (number === undefined) throw new Error(`no rule ${code} in the catalogue`);
  return number;
}

/** A rule by its code, or undefined. */
export function findRule(code: string): Rule | undefined {
  const number = numbers.get(code);
  return number === undefined ? undefined : RULES[number];
}
