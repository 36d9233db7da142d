import type { CheckOutcome } from '../../../src/pipeline/check/check-files.js';
import type { Verdict } from './cross-referee.js';

/** What a check found across records, as the referee tells it. */
export function foundAcross({ checks }: CheckOutcome): Verdict {
  const CROSS = ['cmep/duplicate-read', 'cmep/register-decreased', 'cmep/register-sum-mismatch'];
  const findings = checks.flatMap((check, file) =>
    check.findings
      .filter(({ code }) => CROSS.includes(code))
      .map(
        ({ code, severity, line, field, stamp }) => `${code} ${severity} ${file} ${line} ${field} ${stamp}`,
      ),
  );
  return {
    findings: findings.sort(),
    meters: checks.map(({ meters }) => meters),
    coverage: checks.map(({ coverage }) =>
      Object.fromEntries(coverage.map(({ day, ...counts }) => [day, counts])),
    ),
  };
}
