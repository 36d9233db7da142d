import { describe, expect, it } from 'vitest';
import { RULE_GROUPS, RULES } from '../../src/conformance/rules.js';
import { ALWAYS_ERRORS as AMRDEF_ALWAYS_ERRORS } from '../../src/formats/amrdef/faults.js';
import { ALWAYS_ERRORS, CMEP_FAULTS, type CmepFaultCode } from '../../src/formats/cmep/faults.js';
import { readFile, settingsFor } from '../formats/cmep/hand-made-lines.js';

/** The only example that is shortened: a line of 2,048 characters helps nobody. */
const SHORTENED: readonly string[] = ['cmep/line-too-long'];
const MARKS: Readonly<Record<string, string>> = { '<LF>': '\n', '<BEL>': '\u0007', '<END>': '' };

/** The file that an example stands for. */
function fileOf(example: string): string {
  const text = example
    .split('\n')
    .map((line) => (/<(LF|END)>$/.test(line) ? line : `${line}\r\n`))
    .join('');
  return text.replace(/<(LF|BEL|END)>/g, (mark) => MARKS[mark]!);
}

describe('examples of the catalogue', () => {
  const rules = RULES.filter(({ code }) => CMEP_FAULTS.includes(code as CmepFaultCode));
  const whole = rules.filter(({ code }) => !SHORTENED.includes(code));

  it.each(whole)('$code is broken by its example, and no other rule', ({ code, example, exampleProfile }) => {
    const { faults } = readFile(fileOf(example), settingsFor(exampleProfile ?? 'cmep-1.20'));
    expect([...new Set(faults.map((fault) => fault.code))]).toEqual([code]);
  });
});

describe('the catalogue', () => {
  it('says of every rule what is wrong, why it matters, how to mend it, where it comes from, and shows it', () => {
    for (const { code, wrong, why, mend, clause, example } of RULES) {
      for (const text of [wrong, why, mend]) expect(text, code).toMatch(/^[A-Z0-9].*\.$/s);
      expect(clause, code).toMatch(/^[A-Za-z].*[^.]$/s);
      expect(example, code).not.toBe('');
    }
  });

  it('has each rule in one group', () => {
    const grouped = RULE_GROUPS.flatMap(({ codes }) => codes);
    expect([...grouped].sort()).toEqual(RULES.map(({ code }) => code).sort());
  });

  it('says of which faults nothing can be read', () => {
    const always = RULES.filter(({ alwaysError }) => alwaysError);
    expect(always.map(({ code }) => code).sort()).toEqual([...ALWAYS_ERRORS, ...AMRDEF_ALWAYS_ERRORS].sort());
    for (const { severity } of always) expect(severity).toBe('error');
  });
});
