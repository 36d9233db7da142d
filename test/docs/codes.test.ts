import { describe, expect, it } from 'vitest';
import { profileFileSchema } from '../../src/conformance/profile-schema.js';
import { PROFILES } from '../../src/conformance/profiles.js';
import { RULES } from '../../src/conformance/rules.js';
import { rulesMarkdown } from '../../src/report/rules-markdown.js';
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
    const named = found(textOf(path), /\b(?:amrdef|cmep|vee)\/[a-z0-9]+(?:-[a-z0-9]+)*(?![\w./*-])/g);
    expect([...named].filter((code) => !codes.has(code))).toEqual([]);
  });

  it('stand in docs/rules.md as the catalogue has them: `npm run docs` writes the page', () => {
    expect(textOf('docs/rules.md')).toBe(rulesMarkdown(RULES));
  });

  it('gives the severities of the catalogue', () => {
    const severities = new Map<string, string>(RULES.map(({ code, severity }) => [code, severity]));
    const slots = namedRows(sectionOf(textOf('docs/vee.md'), '## Codes'));
    expect(slots.length).toBeGreaterThan(5);
    for (const [code, severity] of slots) expect([code, severity]).toEqual([code, severities.get(code)]);
  });
});

describe('names that pages list', () => {
  it('describes every profile in docs/profiles.md', () => {
    const rows = namedRows(sectionOf(textOf('docs/profiles.md'), '## Built-in profiles')).map(
      ([name]) => name,
    );
    expect(rows).toEqual(PROFILES.map(({ name }) => name));
    for (const { name } of PROFILES) expect(textOf('docs/cmep.md')).toContain(`\`${name}\``);
  });

  it('describes every key of a profile in docs/profiles.md', () => {
    const rows = namedRows(sectionOf(textOf('docs/profiles.md'), '## Keys')).map(([key]) => key);
    expect(rows.sort()).toEqual(Object.keys(profileFileSchema.shape).sort());
  });

  it('names every method of estimation in docs/vee.md', () => {
    const page = textOf('docs/vee.md');
    expect(METHODS.filter((method) => !page.includes(`\`${method}\``))).toEqual([]);
  });
});
