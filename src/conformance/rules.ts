import { AMRDEF_FAULTS, type AmrdefFaultCode } from '../formats/amrdef/faults.js';
import { CMEP_FAULTS, type CmepFaultCode } from '../formats/cmep/faults.js';
import { AMRDEF_FILE_RULES } from './catalogue/amrdef-file-rules.js';
import { AMRDEF_READ_RULES } from './catalogue/amrdef-read-rules.js';
import { AMRDEF_STRUCTURE_RULES } from './catalogue/amrdef-structure-rules.js';
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

const AMRDEF_RULES: Record<AmrdefFaultCode, RuleText> = { ...AMRDEF_STRUCTURE_RULES, ...AMRDEF_READ_RULES };

/**
 * The catalogue. A rule's number is its place; the faults of a format's reader stand together, in their order. Further
 * formats append their lists here; docs/adding-a-rule.md says how.
 */
export const RULES: readonly Rule[] = [
  ...CMEP_FAULTS.map((code) => ({ code, ...CMEP_RECORD_RULES[code] })),
  ...CMEP_FILE_RULES,
  ...VEE_RULES,
  ...AMRDEF_FAULTS.map((code) => ({ code, ...AMRDEF_RULES[code] })),
  ...AMRDEF_FILE_RULES,
];

/** A part of the catalogue under a heading of its own. */
export interface RuleGroup {
  title: string;
  /** What the rules of the group are about, in a sentence. */
  intro: string;
  codes: readonly string[];
}

const codesOf = (rules: readonly Rule[]): string[] => rules.map(({ code }) => code);

/** The catalogue in the order in which it is read; each rule stands in one group. */
export const RULE_GROUPS: readonly RuleGroup[] = [
  {
    title: 'CMEP: the line',
    intro: 'About a line as a whole: its type, its end, its characters, its fields.',
    codes: Object.keys(CMEP_LINE_RULES),
  },
  {
    title: 'CMEP: fields 1 to 14',
    intro: 'About what a record of reads says of itself.',
    codes: Object.keys(CMEP_HEADER_RULES),
  },
  {
    title: 'CMEP: reads',
    intro: 'About one read of a record: its time stamp, its quality flag, its value.',
    codes: Object.keys(CMEP_READ_RULES),
  },
  {
    title: 'CMEP: files',
    intro: 'About what no record shows by itself: the whole file, or all files of one call.',
    codes: codesOf(CMEP_FILE_RULES),
  },
  {
    title: 'AMRDEF: the document',
    intro: 'About the XML and what it is made of: whether it can be read, and what stands where.',
    codes: Object.keys(AMRDEF_STRUCTURE_RULES),
  },
  {
    title: 'AMRDEF: readings',
    intro:
      'About readings of intervals and registers, and the control totals that the head end sends with them.',
    codes: Object.keys(AMRDEF_READ_RULES),
  },
  {
    title: 'AMRDEF: files',
    intro: 'About the file as a whole.',
    codes: codesOf(AMRDEF_FILE_RULES),
  },
  {
    title: 'Validation',
    intro:
      'About slots and days of a channel, found by a run. What is done about them is set by its policies.',
    codes: codesOf(VEE_RULES),
  },
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
