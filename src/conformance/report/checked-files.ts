import type { FileCheck } from '../file-check.js';
import type { Finding } from '../finding-buffer.js';
import { RULES, type Rule, type SeverityName } from '../rules.js';

/** A file that could not be checked at all: the tool's or the caller's fault, not the data's. */
export interface CheckProblem {
  path: string;
  /** `READMILL_...`. */
  code: string;
  message: string;
}

/** What a report of `check` is about. */
export interface CheckedFiles {
  checks: readonly FileCheck[];
  problems: readonly CheckProblem[];
  /** Version of the tool. */
  version: string;
}

/** The worst first. */
export const SEVERITIES: readonly SeverityName[] = ['error', 'warning', 'info'];

/** Whether all was checked, and nothing of severity error was found. */
export function isValid({ checks, problems }: Pick<CheckedFiles, 'checks' | 'problems'>): boolean {
  return problems.length === 0 && checks.every(({ valid }) => valid);
}

/** A rule that was broken, in one file or in several. */
export interface BrokenRule {
  rule: Rule;
  /** The worst that was found. */
  severity: SeverityName;
  /** Complete, whatever number of places was kept. */
  count: number;
  bySeverity: Record<SeverityName, number>;
  /** The files that broke it, by their place in the list, and what was kept of each. */
  files: { check: number; count: number; findings: Finding[] }[];
}

/** The broken rules of some files: errors first, then by how often at their worst. */
export function brokenRules(checks: readonly FileCheck[]): BrokenRule[] {
  const found = new Map<string, BrokenRule>();
  for (const [number, check] of checks.entries()) {
    const byCode = new Map<string, Finding[]>();
    for (const finding of check.findings) {
      const list = byCode.get(finding.code);
      if (list === undefined) byCode.set(finding.code, [finding]);
      else list.push(finding);
    }
    for (const rule of RULES) {
      const counted = check.counts[rule.code];
      if (counted === undefined) continue;
      let broken = found.get(rule.code);
      if (broken === undefined) {
        broken = {
          rule,
          severity: 'info',
          count: 0,
          bySeverity: { error: 0, warning: 0, info: 0 },
          files: [],
        };
        found.set(rule.code, broken);
      }
      broken.count += counted.count;
      const bySeverity = counted.bySeverity ?? { [counted.severity]: counted.count };
      for (const severity of SEVERITIES) broken.bySeverity[severity] += bySeverity[severity] ?? 0;
      broken.severity = SEVERITIES.find((severity) => broken.bySeverity[severity] > 0)!;
      broken.files.push({ check: number, count: counted.count, findings: byCode.get(rule.code) ?? [] });
    }
  }
  const rank = ({ severity }: BrokenRule) => SEVERITIES.indexOf(severity);
  const worst = ({ severity, bySeverity }: BrokenRule) => bySeverity[severity];
  return [...found.values()].sort((a, b) => rank(a) - rank(b) || worst(b) - worst(a) || b.count - a.count);
}

/** How many findings of each severity there are in some files. */
export function severityTotals(checks: readonly FileCheck[]): Record<SeverityName, number> {
  const totals = { error: 0, warning: 0, info: 0 };
  for (const { counts } of checks) {
    for (const { severity, count, bySeverity } of Object.values(counts)) {
      if (bySeverity === undefined) totals[severity] += count;
      else for (const name of SEVERITIES) totals[name] += bySeverity[name] ?? 0;
    }
  }
  return totals;
}

/** Places of a rule that were counted and not kept. */
export function leftOutOf({ count, files }: BrokenRule): number {
  return count - files.reduce((sum, { findings }) => sum + findings.length, 0);
}
