import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { findRule, RULES } from '../conformance/rules.js';
import { messageOf, ReadmillError } from '../model/errors.js';
import { rulesHtml } from '../report/rules-html.js';
import { rulesJson } from '../report/rules-json.js';
import { rulesMarkdown } from '../report/rules-markdown.js';
import { rulesText } from '../report/rules-text.js';

const WRITERS = {
  text: rulesText,
  json: rulesJson,
  markdown: rulesMarkdown,
  html: rulesHtml,
};
const FORMATS = Object.keys(WRITERS) as (keyof typeof WRITERS)[];
/** Codes that a wrong one is answered with. */
const CODES_SUGGESTED = 5;

interface RulesOptions {
  format: keyof typeof WRITERS;
  output?: string;
}

export function registerRules(program: Command): void {
  program
    .command('rules')
    .argument('[code...]', 'rules to describe in full, by their codes (default: a list of all)', knownCodes)
    .description('the rules that check and run look for: what each says, why, and how to mend it')
    .addOption(new Option('--format <format>', 'how to write them').choices(FORMATS).default('text'))
    .option('--output <file>', 'write the rules there instead of printing them')
    .addHelpText(
      'after',
      '\nExamples:\n  readmill rules\n  readmill rules cmep/count-mismatch\n  readmill rules --format html --output rules.html',
    )
    .action(printRules);
}

function printRules(codes: string[], { format, output }: RulesOptions): void {
  const rules = codes.length === 0 ? RULES : codes.map((code) => findRule(code)!);
  const text = WRITERS[format](rules, codes.length > 0);
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(output, text);
  } catch (thrown) {
    const message = `${output} cannot be written: ${messageOf(thrown)}. Name another file, or make room.`;
    throw new ReadmillError('READMILL_OUTPUT', message, { cause: thrown });
  }
}

/** Adds a code to those given before it. @throws InvalidArgumentError for one that is not in the catalogue */
function knownCodes(code: string, before: string[] | undefined): string[] {
  if (findRule(code) !== undefined) return [...(before ?? []), code];
  const words = code.toLowerCase().split(/[^a-z0-9]+/);
  const score = (known: string) =>
    known
      .split('/')[1]!
      .split('-')
      .filter((word) => words.includes(word)).length;
  const near = RULES.map((rule) => rule.code).filter((known) => score(known) > 0);
  near.sort((a, b) => score(b) - score(a));
  const hint = near.length > 0 ? `Did you mean ${near.slice(0, CODES_SUGGESTED).join(', ')}?` : '';
  throw new InvalidArgumentError(`There is no such rule. ${hint || 'readmill rules lists all.'}`);
}
