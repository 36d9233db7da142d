import { describe, expect, it } from 'vitest';
import { found, namedRows, sourceFiles, textOf } from './project-files.js';

/** Names in `_MAX` that bound no input: figures of arithmetic, of a fixed layout, of the generator's dice. */
const NO_LIMITS_OF_INPUT = new Set([
  'EXACT_MAX',
  'EXACT_PRODUCT_MAX',
  'DIAL_DIGITS_MAX',
  'EXACT_DIGITS_MAX',
  'SMALL_DIGITS_MAX',
  'UNIT_LENGTH_MAX',
  'HEADER_BYTES_MAX',
  'TRIPLE_BYTES_MAX',
]);

/** A constant of a file that is a number of numbers, operators and other constants of that file. */
function numberIn(source: string, name: string, depth = 0): number {
  const text = new RegExp(`const ${name}(?:: number)? = ([^;]+);`).exec(source)?.[1];
  if (text === undefined || depth > 3) return Number.NaN;
  const plain = text.replace(/\b[A-Z][A-Z_]+\b/g, (other) => String(numberIn(source, other, depth + 1)));
  if (!/^(?:Math\.ceil|[\d_.\s()*/+<-])+$/.test(plain)) return Number.NaN;
  return Number(new Function(`return (${plain})`)());
}

const rows = namedRows(textOf('docs/limits.md')).map(([name, value, file]) => ({
  name,
  value: Number(/^[\d,.]*\d/.exec(value!)?.[0].replaceAll(',', '')),
  file: file!,
}));

describe('docs/limits.md', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(50);
  });

  it.each(rows)('$name of $file is $value', ({ name, value, file }) => {
    expect(numberIn(textOf(file), name)).toBe(value);
  });

  it('names every limit of the source', () => {
    const described = new Set(rows.map(({ name }) => name));
    const inSource = sourceFiles()
      .filter((file) => !file.startsWith('src/generate/'))
      .flatMap((file) => [...found(textOf(file), /^(?:export )?const ([A-Z][A-Z_]*_MAX)\b[^=]*= [^[{]/gm)]);
    expect(inSource.length).toBeGreaterThan(40);
    expect(inSource.filter((name) => !described.has(name) && !NO_LIMITS_OF_INPUT.has(name))).toEqual([]);
  });
});
