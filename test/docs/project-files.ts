import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Top folder of the project, with its slash. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The README and the pages beside it, as paths from the top. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

/** All source files, as paths from the top. */
export function sourceFiles(): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return files.filter((name) => name.endsWith('.ts')).map((name) => `src/${name}`);
}

/** Contents of the fenced blocks of a page in one language. */
export function codeBlocks(page: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...page.matchAll(fence)].map((match) => match[1]!);
}

/** A page without its fenced blocks and the code within lines. */
export function proseOf(page: string): string {
  return page.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

/** What different texts a pattern finds in a text. */
export function found(text: string, pattern: RegExp): Set<string> {
  return new Set([...text.matchAll(pattern)].map((match) => match[1] ?? match[0]));
}

/** Rows of all tables of a text, as their trimmed cells; heads and rules among them. */
export function tableRows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.map((line) =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** The table rows whose first cell is one name in code marks: the name, then the other cells. */
export function namedRows(text: string): [name: string, ...cells: string[]][] {
  return tableRows(text).flatMap(([first = '', ...cells]) => {
    const name = /^`([^`]+)`$/.exec(first)?.[1];
    return name === undefined ? [] : [[name, ...cells] as [string, ...string[]]];
  });
}

/** The text below a heading of a page, to the next heading. */
export function sectionOf(page: string, heading: string): string {
  return page.split(`\n${heading}\n`)[1]?.split(/\n##+ /)[0] ?? '';
}
