import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * Lower layers first: a file may import from its own layer and from those before it. `index.ts` is the
 * face of the library.
 */
const LAYERS = [
  'model',
  'kernel',
  'formats',
  'conformance',
  'vee',
  'store',
  'pipeline',
  'as2',
  'report',
  'watch',
  'serve',
  'index.ts',
  'cli',
];
/** Beside the layers: what it may import, and who may import it. */
const GENERATE = { imports: ['model', 'formats', 'generate'], importedBy: ['cli', 'generate'] };

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const FORBIDDEN_WORDS = ['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'manager'];

const root = fileURLToPath(new URL('..', import.meta.url));

function filesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const sources = filesIn('src').filter((path) => path.endsWith('.ts'));
const workers = filesIn('workers').filter((path) => path.endsWith('.ts'));

/** First folder below src that a path lies in; '' for one outside src. */
function layerOf(path: string): string {
  const [top, layer] = path.split('/');
  return top === 'src' && layer !== undefined ? layer : '';
}

/** Files of ours that a file imports, also by type, by re-export and at run time. */
function importsOf(path: string): string[] {
  const specifiers = textOf(path).matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.{1,2}\/[^']+)'/g);
  return [...specifiers].map(([, specifier]) => relative(root, join(root, dirname(path), specifier!)));
}

function mayImport(from: string, to: string): boolean {
  if (to === 'generate') return GENERATE.importedBy.includes(from);
  if (from === 'generate') return GENERATE.imports.includes(to);
  return LAYERS.indexOf(to) <= LAYERS.indexOf(from);
}

/**
 * Functions and methods over the limit. Source is formatted (the lint checks it), so a body that begins on a
 * line with some indentation ends at the next line with the same one that closes a brace and opens none.
 */
function longFunctions(path: string): string[] {
  const lines = textOf(path).split('\n');
  const found: string[] = [];
  for (const [i, line] of lines.entries()) {
    const isNamed = /^\s*(export )?(default )?(async )?function\b/.test(line);
    const isArrow = /=> [{(]$/.test(line);
    const isMethod =
      /^ {2,}((public|private|protected|static|override|async|get|set) )*\*?#?\w+(<[^>]*>)?\(.*[{(]$/.test(
        line,
      ) && !/^\s*(if|for|while|switch|catch|return|await|yield)\b/.test(line);
    if (!isNamed && !isArrow && !isMethod) continue;
    const indentation = /^\s*/.exec(line)![0];
    const closes = new RegExp(`^${indentation}[})]`);
    const length = lines.slice(i + 1).findIndex((one) => closes.test(one) && !/[{(]$/.test(one)) + 2;
    if (length > FUNCTION_LINES_MAX) found.push(`${path}:${i + 1} ${line.trim()} has ${length} lines`);
  }
  return found;
}

describe('imports', () => {
  it('go down the layers only', () => {
    expect(sources.length).toBeGreaterThan(50);
    const wrong = sources.flatMap((path) => {
      return importsOf(path)
        .filter((target) => !mayImport(layerOf(path), layerOf(target)))
        .map((target) => `${path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('are found, so that the check above checks something', () => {
    const all = sources.flatMap((path) =>
      importsOf(path).map((target) => [layerOf(path), layerOf(target)].join(' ')),
    );
    for (const pair of ['pipeline vee', 'cli pipeline', 'vee model', 'formats formats'])
      expect(all).toContain(pair);
    expect(mayImport('vee', 'pipeline')).toBe(false);
    expect(mayImport('model', 'formats')).toBe(false);
    expect(mayImport('pipeline', 'generate')).toBe(false);
    expect(mayImport('generate', 'store')).toBe(false);
    expect(mayImport('cli', 'generate')).toBe(true);
  });

  it('of the entry points of workers go to the pipeline and to AS2 only', () => {
    const wrong = workers.flatMap((path) =>
      importsOf(path).filter((target) => !['pipeline', 'as2'].includes(layerOf(target))),
    );
    expect(wrong).toEqual([]);
    expect(workers.length).toBeGreaterThan(0);
  });

  it('stay within known layers', () => {
    const known = [...LAYERS, 'generate'];
    expect(sources.filter((path) => !known.includes(layerOf(path)))).toEqual([]);
  });
});

describe('sizes', () => {
  it('of files stay under 400 lines', () => {
    const long = [...sources, ...workers].map((path) => ({
      path,
      lines: textOf(path).trimEnd().split('\n').length,
    }));
    expect(long.filter(({ lines }) => lines > FILE_LINES_MAX)).toEqual([]);
  });

  it('of functions stay under 70 lines', () => {
    expect([...sources, ...workers].flatMap(longFunctions)).toEqual([]);
  });
});

describe('names', () => {
  it('of files and folders are kebab-case and say what is in them', () => {
    const parts = [...sources, ...workers].flatMap((path) =>
      path
        .replace(/(\.d)?\.ts$/, '')
        .split('/')
        .slice(1),
    );
    const wrong = [...new Set(parts)].filter((name) => {
      return (
        !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ||
        name.split('-').some((word) => FORBIDDEN_WORDS.includes(word))
      );
    });
    expect(wrong).toEqual([]);
  });

  it('of classes and types do not hide what they are', () => {
    const declared = sources.flatMap((path) => {
      const names = textOf(path).matchAll(/\b(?:class|interface|type|enum)\s+([A-Z]\w*)/g);
      return [...names].map(([, name]) => `${basename(path)} ${name}`);
    });
    const words = (name: string) => name.split(/(?=[A-Z])|\W/).map((word) => word.toLowerCase());
    expect(declared.filter((name) => words(name).some((word) => FORBIDDEN_WORDS.includes(word)))).toEqual([]);
  });
});

it('no text names a folder of the machine that it was written on', () => {
  const texts = [...filesIn('src'), ...filesIn('docs'), ...workers, 'package.json', 'README.md'];
  const own = root.replace(/\/$/, '');
  const found = texts
    .filter((path) => existsSync(join(root, path)) && !path.endsWith('.png'))
    .flatMap((path) => {
      return textOf(path)
        .split('\n')
        .map((line, i) => ({ line, place: `${path}:${i + 1}` }))
        .filter(({ line }) => {
          return (
            line.includes(`${own}/`) ||
            /(^|[^\w.])\/(work|home|Users|root|mnt|tmp)\/\w|\b[A-Z]:\\\w|\.\.\/shared/.test(line)
          );
        })
        .map(({ line, place }) => `${place} ${line.trim()}`);
    });
  expect(found).toEqual([]);
});
