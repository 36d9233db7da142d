import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeBlocks, PAGES, proseOf, ROOT, textOf } from './project-files.js';

/** Anchor of a heading, as GitHub and others make it. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll('`', '')
    .trim()
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

const anchorsOf = (page: string) =>
  [...page.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    anchorOf(heading!),
  );

const linksOf = (page: string) =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^https?:/.test(target));

/** Folders of this machine's kind: what a reader's machine need not have. */
const MACHINE_PATHS = /(?:^|[\s`"'(=])\/(?:home|root|work|tmp|mnt|farm|Users|var\/tmp)\b/m;

describe.each(PAGES)('%s', (path) => {
  const page = textOf(path);

  it('links to files and headings that exist', () => {
    const broken = linksOf(page).filter((target) => {
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, linked))) return true;
      return anchor !== undefined && !anchorsOf(textOf(linked)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names no path of a machine', () => {
    expect(MACHINE_PATHS.exec(page)?.[0]).toBeUndefined();
  });

  it('has blocks of a named language only', () => {
    const fences = [...page.matchAll(/^```(.*)$/gm)].map(([, language]) => language!);
    expect(fences.filter((language, i) => i % 2 === 0 && language === '')).toEqual([]);
    expect(fences.length % 2).toBe(0);
  });
});

it('links every page from the README', () => {
  const linked = linksOf(textOf('README.md')).map((target) => target.split('#')[0]);
  expect(PAGES.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
});

it('has the two commands of a fresh machine in its first block', () => {
  const [first = ''] = codeBlocks(textOf('README.md'), 'sh');
  expect(first).toBe('npm ci && npm start\nnpm ci && npm test\n');
});
