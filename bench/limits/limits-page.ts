import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INPUT_LIMITS } from './input-limits.js';
import type { Limit, LimitSection } from './limit.js';
import { SERVICE_LIMITS } from './service-limits.js';
import { WORK_LIMITS } from './work-limits.js';

/** All named limits: one catalogue, in the order of docs/limits.md. */
export const LIMIT_SECTIONS: readonly LimitSection[] = [...INPUT_LIMITS, ...WORK_LIMITS, ...SERVICE_LIMITS];
export const LIMITS: readonly Limit[] = LIMIT_SECTIONS.flatMap(({ limits }) => limits);

const DEPTH_MAX = 3;
const UNITS = [
  [40, 'TiB'],
  [30, 'GiB'],
  [20, 'MiB'],
] as const;

/**
 * The value of a constant in the text of its file: numbers, operators and other constants of the file.
 * @returns NaN where it is none
 */
export function valueIn(source: string, name: string, depth = 0): number {
  const text = new RegExp(`const ${name}(?:: number)? = ([^;]+);`).exec(source)?.[1];
  if (text === undefined || depth > DEPTH_MAX) return Number.NaN;
  const plain = text.replace(/\b[A-Z][A-Z_]+\b/g, (other) => String(valueIn(source, other, depth + 1)));
  if (!/^(?:Math\.ceil|[\d_.\s()*/+<-])+$/.test(plain)) return Number.NaN;
  return Number(new Function(`return (${plain})`)());
}

/** docs/limits.md. @param root folder of the checkout, with its slash */
export function limitsPage(root: string): string {
  const tried = LIMITS.filter(({ test }) => test !== undefined).length;
  const same = LIMITS.filter(({ sameAs }) => sameAs !== undefined).length;
  const untried = LIMITS.length - tried - same;
  return `# Limits

What input can drive is bounded by constants, each with a name in the code; the one thing that is not stands under [work and memory](#work-and-memory). What can be set stands in [configuration.md](configuration.md). This page is made from the catalogue of limits and from the code (\`npm run docs\`).

Of ${LIMITS.length} limits ${tried} have a test that goes to the limit and beyond it. On ${same} only the pace hangs: their test (marked "same") shows that the result is the same on both sides. Without a test of their own (-): ${untried}; the row says why.
${LIMIT_SECTIONS.map((section) => `\n${sectionText(root, section)}`).join('')}`;
}

function sectionText(root: string, { heading, text, limits, after }: LimitSection): string {
  const rows = limits.map((limit) => {
    const { name, file, says, beyond, test, sameAs } = limit;
    const value = valueIn(readFileSync(`${root}${file}`, 'utf8'), name);
    const shown = `${value.toLocaleString('en', { maximumFractionDigits: 5 })}${inUnits(value, says)}`;
    const by = test !== undefined ? link(test) : sameAs !== undefined ? `same: ${link(sameAs)}` : '-';
    return `| \`${name}\` | ${shown} | ${file} | ${beyond} | ${by} |`;
  });
  const table = [
    '| Name | Value | Where | Beyond it | Tried by |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ];
  const parts = [heading === undefined ? null : `## ${heading}`, text, table.join('\n'), after];
  return `${parts.filter((part) => part !== undefined && part !== null).join('\n\n')}\n`;
}

/** What is counted, for large numbers of bytes also in larger units. */
function inUnits(value: number, says: string): string {
  const glue = /^[:,]/.test(says) || says === '' ? '' : ' ';
  const unit = says.startsWith('bytes') ? UNITS.find(([bits]) => value % 2 ** bits === 0) : undefined;
  if (unit === undefined) return `${glue}${says}`;
  return `${glue}bytes (${value / 2 ** unit[0]} ${unit[1]})${says.slice('bytes'.length)}`;
}

const link = (path: string): string => `[${path.split('/').at(-1)}](../${path})`;

/** Folder of the checkout, of a program that is built. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
