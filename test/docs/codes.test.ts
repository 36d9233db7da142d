import { describe, expect, it } from 'vitest';
import { PROFILES } from '../../src/conformance/profiles.js';
import { RULES } from '../../src/conformance/rules.js';
import { METHODS } from '../../src/vee/slots.js';
import { found, namedRows, PAGES, sectionOf, sourceFiles, textOf } from './project-files.js';

const source = sourceFiles().map(textOf).join('\n');
const codes = new Set(RULES.map(({ code }) => code));

describe('error codes', () => {
  const inSource = found(source, /['"`](READMILL_[A-Z_]+)['"`]/g);
  const environment = found(source, /process\.env\.(READMILL_\w+)/g);

  it('finds the codes of the source', () => {
    expect(inSource.size).toBeGreaterThan(15);
  });

  it('describes every code of the source in docs/errors.md, and no other', () => {
    const inTable = namedRows(sectionOf(textOf('docs/errors.md'), '## Codes')).map(([code]) => code);
    expect(inTable.sort()).toEqual([...inSource].sort());
  });

  it.each(PAGES)('%s names no other code', (path) => {
    const named = found(textOf(path), /READMILL_[A-Z_]+/g);
    expect([...named].filter((code) => !inSource.has(code) && !environment.has(code))).toEqual([]);
  });
});

describe('rule codes', () => {
  it.each(PAGES)('%s names rules of the catalogue only', (path) => {
    const named = found(textOf(path), /\b(?:cmep|vee)\/[a-z0-9]+(?:-[a-z0-9]+)*(?![\w./*-])/g);
    expect([...named].filter((code) => !codes.has(code))).toEqual([]);
  });

  it('describes every rule about a record in docs/cmep.md, and every rule about a slot in docs/vee.md', () => {
    const described = found(`${textOf('docs/cmep.md')}${textOf('docs/vee.md')}`, /`((?:cmep|vee)\/[\w-]+)`/g);
    expect([...codes].filter((code) => !described.has(code))).toEqual([]);
  });

  it('gives the severities of the catalogue', () => {
    const severities = new Map<string, string>(RULES.map(({ code, severity }) => [code, severity]));
    const cmep = textOf('docs/cmep.md');
    const errors = namedRows(sectionOf(cmep, '### Errors')).map(([code]) => [code, 'error']);
    const others = namedRows(sectionOf(cmep, '### Warnings and infos'));
    const slots = namedRows(sectionOf(textOf('docs/vee.md'), '## Codes'));
    for (const rows of [errors, others, slots]) {
      expect(rows.length).toBeGreaterThan(5);
      for (const [code, severity] of rows) expect([code, severity]).toEqual([code, severities.get(code!)]);
    }
  });
});

describe('names that pages list', () => {
  it('describes every profile in docs/cmep.md', () => {
    const rows = namedRows(sectionOf(textOf('docs/cmep.md'), '## Profiles')).map(([name]) => name);
    expect(rows).toEqual(PROFILES.map(({ name }) => name));
  });

  it('names every method of estimation in docs/vee.md', () => {
    const page = textOf('docs/vee.md');
    expect(METHODS.filter((method) => !page.includes(`\`${method}\``))).toEqual([]);
  });
});
