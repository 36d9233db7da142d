import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Dice } from '../fuzz/soup.js';
import type { DayPlan, MadeFiles, NightPlan } from './night-plan.js';
import { must } from './program.js';

/** A place that a generated file is known to be wrong at. */
export interface KnownDefect {
  kind: string;
  line: number | null;
  code?: string;
}

/** A file that the night brings. */
export interface NightFile {
  source: string;
  name: string;
  format: 'cmep' | 'amrdef';
  /** As it is put into the inbox, and as the auditor reads it. */
  bytes: Buffer;
  content: Buffer;
  defects: readonly KnownDefect[];
}

interface Answers {
  files: { name: string }[];
  defects: (KnownDefect & { file: string })[];
}

/** Makes the files of all market days, by the day on which they come. */
export async function makeFiles(
  plan: Pick<NightPlan, 'sources' | 'days'>,
  dice: Dice,
  directory: string,
): Promise<NightFile[][]> {
  const coming: NightFile[][] = plan.days.map(() => []);
  for (const [day, dayPlan] of plan.days.entries()) {
    const made: NightFile[] = [];
    for (const source of plan.sources) made.push(...(await generated(source, dayPlan, directory, dice)));
    for (const file of made) {
      const isLate = day + 1 < plan.days.length && dice.below(1000) < dayPlan.lateShare * 1000;
      coming[isLate ? day + 1 : day]!.push(file);
    }
    if (dayPlan.isRepeated) {
      const file = dice.oneOf(made);
      coming[day]!.push({ ...file, name: `again-${day}${file.name.endsWith('.gz') ? '.dat.gz' : '.dat'}` });
    }
    const cmep = made.filter(({ format }) => format === 'cmep');
    if (dayPlan.isCorrected && cmep.length > 0) {
      const on = Math.min(plan.days.length - 1, day + dice.below(2));
      coming[on]!.push(...corrections(dice, dice.oneOf(cmep), `z-correction-${day}.cmep`));
    }
  }
  return coming;
}

async function generated(
  source: MadeFiles,
  { date, packedShare }: DayPlan,
  directory: string,
  dice: Dice,
): Promise<NightFile[]> {
  const folder = join(directory, `${source.source}-${date}`);
  const flags: Record<string, string | number> = {
    meters: source.meters,
    days: 1,
    out: folder,
    format: source.format,
    interval: source.intervalMinutes,
    seed: source.seed,
    start: date,
    files: Math.min(source.files, source.meters),
    'missing-rate': source.missingRate,
    'first-meter': source.firstMeter,
    ...(source.format === 'cmep' ? { dialect: source.profile } : {}),
  };
  await must(['generate', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, `${value}`])]);
  const answers = JSON.parse(readFileSync(join(folder, 'answers.json'), 'utf8')) as Answers;
  return answers.files.map(({ name }): NightFile => {
    const content = readFileSync(join(folder, name));
    const isPacked = dice.below(1000) < packedShare * 1000;
    return {
      source: source.source,
      name: isPacked ? `${name}.gz` : name,
      format: source.format,
      bytes: isPacked ? gzipSync(content) : content,
      content,
      defects: answers.defects.filter(({ file }) => file === name),
    };
  });
}

/** Some lines of a file once more, created later, some with another value and some as RESEND. */
function corrections(dice: Dice, { source, content, defects }: NightFile, name: string): NightFile[] {
  const wrong = new Set(defects.filter(({ kind }) => kind.startsWith('broken-')).map(({ line }) => line));
  const lines = content.toString('latin1').split('\r\n').slice(0, -1);
  const chosen = lines.filter((_, i) => !wrong.has(i + 1) && dice.below(10) === 0);
  const changed = chosen.map((line) => {
    const fields = line.split(',');
    // Field 7, the creation, moves on by up to some minutes of its hour.
    const creation = fields[6]!;
    fields[6] =
      creation.slice(0, -2) + String(Math.max(Number(creation.slice(-2)), dice.below(60))).padStart(2, '0');
    if (dice.below(2) === 0) fields[8] = 'RESEND';
    // The last value, unless it is a register's or missing.
    if (dice.below(2) === 0 && fields[13] !== '1' && /^\d\.\d+$/.test(fields.at(-1)!))
      fields[fields.length - 1] = `${dice.below(3)}.${100 + dice.below(900)}`;
    return `${fields.join(',')}\r\n`;
  });
  const bytes = Buffer.from(changed.join(''), 'latin1');
  const unknown = defects
    .filter(({ kind }) => kind === 'unknown-meter')
    .map((defect) => ({ ...defect, line: null }));
  return bytes.length === 0
    ? []
    : [{ source, name, format: 'cmep', bytes, content: bytes, defects: unknown }];
}

/** The meter registers of all sources as one file. */
export function joinRegisters(
  plan: { sources: NightPlan['sources']; days: readonly { date: string }[] },
  directory: string,
  target: string,
): void {
  const [first] = plan.days;
  const texts = plan.sources.map(({ source }) => {
    return readFileSync(join(directory, `${source}-${first!.date}`, 'meters.csv'), 'utf8');
  });
  const [head = ''] = texts[0]!.split('\n', 1);
  mkdirSync(join(target, '..'), { recursive: true });
  writeFileSync(target, `${head}\n${texts.map((text) => text.slice(text.indexOf('\n') + 1)).join('')}`);
}
