import type { CoverageDay, FileCheck } from '../../../src/conformance/file-check.js';
import type { Finding } from '../../../src/conformance/finding-buffer.js';
import type { CheckedFiles } from '../../../src/conformance/report/checked-files.js';
import { RULES, type SeverityName } from '../../../src/conformance/rules.js';

const LINE =
  'MEPMD01,19970819,NORTH,,MDMR,,202611210015,M0012345,OK,E,KWH,1,00000100,24,202611200100,R,0.512,202611200200,R,0.498,…';

/** What may stand in a file and do harm on a page, in a terminal, in XML or in JSON. */
export const HOSTILE = '</script><script>alert(1)</script>"\'<!--]]>&amp;\u001b[31m\u202e\u2028\ud800\\';

export function sampleFinding(finding: Partial<Finding>): Finding {
  const code = finding.code ?? 'cmep/bad-timestamp';
  const title = RULES.find((rule) => rule.code === code)!.title;
  const from = LINE.indexOf('202611200100');
  return {
    code,
    severity: RULES.find((rule) => rule.code === code)!.severity,
    line: 3,
    column: from + 1,
    field: 15,
    meterId: 'M0012345',
    stamp: '2026-11-20T06:00Z',
    message: `${title}: "202611200100"`,
    excerpt: { text: LINE, from, to: from + 12 },
    ...finding,
  };
}

/** A file with the findings given, its counts as they are or larger. */
export function sampleCheck(findings: Finding[], check: Partial<FileCheck> = {}): FileCheck {
  const counts: FileCheck['counts'] = {};
  const order: SeverityName[] = ['info', 'warning', 'error'];
  for (const { code, severity } of findings) {
    const known = counts[code] ?? { severity, count: 0, bySeverity: {} };
    known.count++;
    known.bySeverity![severity] = (known.bySeverity![severity] ?? 0) + 1;
    if (order.indexOf(severity) > order.indexOf(known.severity)) known.severity = severity;
    counts[code] = known;
  }
  return {
    path: 'inbox/north.cmep',
    format: 'cmep',
    profile: 'cmep-1.20',
    profileReason: 'no vendor known by its first lines',
    valid: Object.values(counts).every(({ severity }) => severity !== 'error'),
    truncated: false,
    bytes: 726_400_123,
    records: 1_000_000,
    reads: 25_000_000,
    meters: 1_000_000,
    firstStamp: '2026-11-20T06:00Z',
    lastStamp: '2026-11-21T05:00Z',
    counts,
    findings,
    coverage: [],
    coverageDaysLeftOut: 0,
    ...check,
  };
}

/** A day of hourly reads of so many channels, with some missing in some hours. */
export function coverageDay(
  day: string,
  channels: number,
  missing: Record<number, number> = {},
): CoverageDay {
  const expected = Array.from({ length: 24 }, () => channels);
  return { day, channels, expected, present: expected.map((count, hour) => count - (missing[hour] ?? 0)) };
}

export const checked = (...checks: FileCheck[]): CheckedFiles => ({ checks, problems: [], version: '1.0.0' });

/** A file without a finding. */
export const goodFile = (): FileCheck =>
  sampleCheck([], { path: 'inbox/good.cmep', coverage: [coverageDay('2026-11-20', 1_000_000)] });

/** A file with errors, warnings and infos, of which some codes have several severities or no place. */
export function badFile(path = 'inbox/north.cmep'): FileCheck {
  const findings = [
    ...Array.from({ length: 120 }, (_, i) => sampleFinding({ line: 3 + i * 7, meterId: `M00${10_000 + i}` })),
    ...Array.from({ length: 7 }, (_, i) =>
      sampleFinding({
        code: 'cmep/missing-field',
        line: 50 + i,
        column: LINE.length + 1,
        field: 14,
        stamp: null,
        message: RULES.find(({ code }) => code === 'cmep/missing-field')!.title,
        excerpt: { text: LINE, from: LINE.length, to: LINE.length },
      }),
    ),
    ...Array.from({ length: 30 }, (_, i) =>
      sampleFinding({
        code: 'cmep/stamp-not-aligned',
        severity: i < 4 ? 'warning' : 'info',
        line: 9 + i,
        message: 'The time stamp lies off the grid of the interval: "202611200107"',
      }),
    ),
    sampleFinding({
      code: 'vee/missing',
      line: 0,
      column: 0,
      field: 0,
      meterId: 'M0099',
      message: 'No value for a slot: 3 hours of 2026-11-20',
      excerpt: null,
    }),
    sampleFinding({ code: 'cmep/value-with-n-flag', line: 77 }),
  ].sort((a, b) => a.line - b.line);
  const check = sampleCheck(findings, {
    path,
    truncated: true,
    coverage: [
      coverageDay('2026-11-19', 998_000),
      coverageDay('2026-11-20', 1_000_000, { 3: 1_000_000, 4: 512_000, 5: 12, 17: 3 }),
      {
        ...coverageDay('2026-11-21', 20),
        expected: Array.from({ length: 24 }, (_, hour) => (hour < 5 ? 20 : 0)),
        present: Array.from({ length: 24 }, (_, hour) => (hour < 5 ? 20 : 0)),
      },
    ],
  });
  check.counts['cmep/bad-timestamp'] = { severity: 'error', count: 1_234_567 };
  return check;
}

/** 1,000 findings of each of 30 codes, each with a line of full length. */
export function fullFile(): FileCheck {
  const findings = RULES.slice(0, 30).flatMap(({ code, title }, rule) =>
    Array.from({ length: 1_000 }, (_, i) => {
      const text = `…${String(i).padStart(8, '0')}${'0123456789,'.repeat(13)}00…`;
      return sampleFinding({
        code,
        line: 1 + i * 30 + rule,
        meterId: `M${String(i).padStart(9, '0')}`,
        message: `${title}: "${text.slice(60, 72)}"`,
        excerpt: { text, from: 60, to: 72 },
      });
    }),
  );
  return sampleCheck(
    findings.sort((a, b) => a.line - b.line),
    {
      path: 'inbox/full.cmep',
      coverage: Array.from({ length: 60 }, (_, i) =>
        coverageDay(new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10), 500, { [i % 24]: i * 3 }),
      ),
    },
  );
}

/** A file whose every text is hostile. */
export function hostileFile(): FileCheck {
  const finding = sampleFinding({
    meterId: HOSTILE,
    stamp: HOSTILE,
    message: `Not a real time of the form CCYYMMDDHHMM: "${HOSTILE}"`,
    excerpt: { text: `${HOSTILE}${HOSTILE}${HOSTILE}`, from: HOSTILE.length, to: 2 * HOSTILE.length },
  });
  return sampleCheck([finding, { ...finding, code: 'vee/missing', excerpt: null, message: HOSTILE }], {
    path: `inbox/${HOSTILE}.cmep`,
    profile: HOSTILE,
    profileReason: HOSTILE,
    coverage: [{ ...coverageDay('2026-11-20', 3, { 4: 1 }), day: HOSTILE }],
  });
}
