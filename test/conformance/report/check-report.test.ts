import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AjvDraft4 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHECK_FORMATS,
  type CheckFormat,
  checkReport,
} from '../../../src/conformance/report/check-report.js';
import { brokenRules, type CheckedFiles } from '../../../src/conformance/report/checked-files.js';
import { uriOf } from '../../../src/conformance/report/sarif-check.js';
import { writeCheckReport } from '../../../src/conformance/report/write-check-report.js';
import { RULES } from '../../../src/conformance/rules.js';
import {
  badFile,
  checked,
  coverageDay,
  fullFile,
  goodFile,
  hostileFile,
  sampleCheck,
  sampleFinding,
} from './sample-checks.js';

const problem = { path: 'gone.cmep', code: 'READMILL_FILE_UNREADABLE', message: 'gone.cmep cannot be read.' };
const SAMPLES: Record<string, CheckedFiles> = {
  bad: checked(badFile()),
  good: checked(goodFile()),
  hostile: checked(hostileFile()),
  several: { ...checked(badFile(), goodFile(), hostileFile()), problems: [problem] },
  nothing: { ...checked(), problems: [problem] },
};
const written = (format: CheckFormat, files: CheckedFiles, colour = false) =>
  [...checkReport(format, files, { colour })].join('');

/** Any text, also what no encoding can hold. */
const text = fc.string({ unit: 'binary', maxLength: 20 });
const anyFinding = fc
  .record({
    text,
    meterId: fc.option(text),
    stamp: fc.option(text),
    before: text,
    line: fc.nat(3),
    field: fc.nat(20),
  })
  .map(({ text, meterId, stamp, before, line, field }) =>
    sampleFinding({
      ...{ meterId, stamp, line, field, message: text },
      excerpt: { text: `${before}${text}${before}`, from: before.length, to: before.length + text.length },
    }),
  );

describe('JSON', () => {
  it.each(Object.keys(SAMPLES))('holds all that is known of %s', (name) => {
    const { checks, problems } = SAMPLES[name]!;
    const document = JSON.parse(written('json', SAMPLES[name]!));
    const valid = name === 'good';
    // What JSON cannot say as it is (lone surrogates) it escapes: nothing is lost.
    expect(document).toEqual({ tool: 'readmill', version: '1.0.0', valid, problems, files: checks });
  });

  it('has the fields that are contract, and a finding a line', () => {
    const json = written('json', SAMPLES.bad!);
    const [file] = JSON.parse(json).files;
    for (const field of 'path format profile valid truncated bytes records reads meters firstStamp lastStamp counts findings'.split(
      ' ',
    ))
      expect(file).toHaveProperty(field);
    for (const field of 'code severity line column field meterId stamp message'.split(' '))
      expect(file.findings[0]).toHaveProperty(field);
    expect(json.match(/^ +\{"code":/gm)).toHaveLength(file.findings.length);
  });
});

describe('SARIF', () => {
  const require = createRequire(import.meta.url);
  const schema = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
  const ajv = new AjvDraft4.default({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);

  it.each(Object.keys(SAMPLES))('is valid by the schema of 2.1.0: %s', (name) => {
    const log = JSON.parse(written('sarif', SAMPLES[name]!));
    expect(validate(log), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
    expect(validate({ ...log, version: '2.0.0' })).toBe(false);
    expect(log.runs[0].results).toHaveLength(
      SAMPLES[name]!.checks.flatMap(({ findings }) => findings).length,
    );
  });

  it('is valid whatever the texts', () => {
    fc.assert(
      fc.property(fc.array(anyFinding, { minLength: 1, maxLength: 4 }), text, (findings, path) => {
        const log = JSON.parse(written('sarif', checked(sampleCheck(findings, { path }))));
        expect(validate(log), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('takes its rules from the catalogue, and says where each finding is and how many were cut', () => {
    const { runs } = JSON.parse(written('sarif', SAMPLES.bad!));
    const [{ tool, results, invocations }] = runs;
    expect(tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(RULES.map(({ code }) => code));
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
    const result = results.find(({ ruleId }: { ruleId: string }) => ruleId === 'cmep/bad-timestamp');
    expect(result.level).toBe('error');
    expect(result.locations[0].physicalLocation).toMatchObject({
      artifactLocation: { uri: 'inbox/north.cmep', index: 0 },
      region: { startLine: 3, startColumn: 76 },
    });
    const info = results.find(({ ruleId }: { ruleId: string }) => ruleId === 'cmep/value-with-n-flag');
    expect(info.level).toBe('note');
    expect(invocations[0].executionSuccessful).toBe(true);
    expect(
      invocations[0].toolExecutionNotifications.map((note: { message: object }) => note.message),
    ).toEqual([
      {
        text: '120 of 1234567 findings of cmep/bad-timestamp are listed; --max-findings sets how many are kept.',
      },
    ]);
    const several = JSON.parse(written('sarif', SAMPLES.several!)).runs[0];
    expect(several.invocations[0].executionSuccessful).toBe(false);
    expect(several.invocations[0].toolExecutionNotifications[0].message.text).toBe(problem.message);
  });

  it('writes paths as URI references', () => {
    expect(uriOf('in box/a:b#1?.cmep')).toBe('in%20box/a%3Ab%231%3F.cmep');
    expect(uriOf('/data/a.cmep')).toBe('file:///data/a.cmep');
    expect(uriOf('../\ud800')).toBe('../%EF%BF%BD');
  });
});

describe('text', () => {
  it('groups by code, errors first, and marks the text at fault under each line', () => {
    const lines = written('text', SAMPLES.bad!).split('\n');
    expect(lines[0]).toBe('inbox/north.cmep: NOT valid');
    const rules = lines.filter((line) => /^ {2}(error|warning|info) /.test(line));
    expect(rules.map((line) => /\[(.*)\]$/.exec(line)![1])).toEqual([
      'cmep/bad-timestamp',
      'cmep/missing-field',
      'cmep/stamp-not-aligned',
      'vee/missing',
      'cmep/value-with-n-flag',
    ]);
    const carets = lines.flatMap((line, i) => (/^ +\^+$/.test(line) ? [i] : []));
    expect(carets.length).toBe(5 + 5 + 5 + 1);
    for (const i of carets) {
      const from = lines[i]!.indexOf('^');
      expect(lines[i - 1]!.length).toBeLessThanOrEqual(100);
      expect(['202611200100', '']).toContain(lines[i - 1]!.slice(from, lines[i]!.length).replace(/^.$/, ''));
    }
    expect(lines).toContain('      and 1,234,562 more; 120 are kept, --max-findings sets how many');
    expect(lines).toContain('      26 of them info');
    expect(lines).toContain('  2026-11-20  [###.--###########-######]  93.70 %, 1,512,015 reads missing');
    expect(lines.at(-2)).toBe('1 file: 0 valid, 1 NOT valid; 1,234,574 errors, 5 warnings, 27 infos');
  });

  it('shows each line once, however often it breaks a rule', () => {
    const findings = [3, 3, 3, 4, 8, 9, 10, 11, 11].map((line) => sampleFinding({ line }));
    const text = written('text', checked(sampleCheck(findings)));
    const places = text.split('\n').filter((line) => /^ {6}(line|and) /.test(line));
    expect(places.map((place) => place.replace(/, column.*?Z/, '').trim())).toEqual([
      'line 3 (and 2 more on this line)',
      ...['line 4', 'line 8', 'line 9', 'line 10', 'and 2 more'],
    ]);
  });

  it('has colour only where asked, and no control character of the data in any case', () => {
    for (const name of Object.keys(SAMPLES)) {
      const plain = written('text', SAMPLES[name]!);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
      expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e\u2028]/);
      const painted = written('text', SAMPLES[name]!, true);
      expect(painted).not.toBe(plain);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are taken off again.
      expect(painted.replace(/\u001b\[[\d;]*m/g, '')).toBe(plain);
    }
  });

  it('counts files that could not be checked', () => {
    expect(written('text', SAMPLES.several!)).toContain(
      'gone.cmep cannot be read. [READMILL_FILE_UNREADABLE]',
    );
    expect(written('text', SAMPLES.several!)).toContain('4 files: 1 valid, 2 NOT valid, 1 NOT checked');
  });
});

it('orders rules by their errors, not by milder findings of the same code', () => {
  const findings = [
    ...Array.from({ length: 9 }, (_, i) =>
      sampleFinding({ severity: i === 0 ? 'error' : 'info', line: i + 1 }),
    ),
    ...Array.from({ length: 3 }, (_, i) => sampleFinding({ code: 'cmep/bad-number', line: 20 + i })),
  ];
  const files = checked(sampleCheck(findings));
  expect(brokenRules(files.checks).map(({ rule, count }) => [rule.code, count])).toEqual([
    ['cmep/bad-number', 3],
    ['cmep/bad-timestamp', 9],
  ]);
  expect(written('html', files)).toContain(
    'Not a CMEP number (3); Not a real time of the form CCYYMMDDHHMM (1).',
  );
});

describe('reports of every format', () => {
  it.each(CHECK_FORMATS)('%s: takes 30 codes of 1,000 findings, and ends its last line', (format) => {
    const pieces = [...checkReport(format, checked(fullFile(), goodFile()), { colour: false })];
    expect(pieces.at(-1)).toMatch(/\n$/);
    expect(pieces.join('')).toContain('inbox/full.cmep');
    if (format === 'json' || format === 'sarif')
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(200_000);
  });

  it('say so where they cannot be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'readmill-report-'));
    try {
      const path = join(folder, 'report.json');
      await writeCheckReport('json', SAMPLES.bad!, path);
      expect(readFileSync(path, 'utf8')).toBe(written('json', SAMPLES.bad!));
      const wrong = writeCheckReport('json', SAMPLES.bad!, join(folder, 'none', 'report.json'));
      await expect(wrong).rejects.toMatchObject({ code: 'READMILL_OUTPUT' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('draw no gap where an hour holds more reads than expected', () => {
    const day = coverageDay('2026-11-20', 10, { 3: -5 });
    const html = written('html', checked(sampleCheck([], { coverage: [day] })));
    expect(html).toContain('100 % <small>complete');
    expect(written('text', checked(sampleCheck([], { coverage: [day] })))).not.toContain('missing');
  });
});
