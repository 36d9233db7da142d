import { type Command, InvalidArgumentError } from 'commander';
import { parseIsoDate } from '../model/time.js';
import { readConfig } from '../pipeline/config/config.js';
import { explainDay } from '../pipeline/explain-day.js';
import { explainText } from '../report/explain-text.js';

interface ExplainOptions {
  config: string;
  meter: string;
  day: number;
  json?: boolean;
}

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .description("why a meter's day looks as it does: each slot's raw and final value, check and method")
    .requiredOption('--config <file>', 'configuration (docs/configuration.md)')
    .requiredOption('--meter <id>', 'meter id')
    .requiredOption('--day <date>', 'read day, market time: 2026-11-20', parseDay)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  readmill explain --config night.json --meter M000000007 --day 2026-11-20\n\nChanges nothing. Exit code: 0 the day is known; 2 nothing is known of it; 1 the tool could not do its work.',
    )
    .action(async ({ config, meter, day, json }: ExplainOptions) => {
      const explained = await explainDay(readConfig(config), meter, day);
      const text = json === true ? JSON.stringify(explained, null, 2) : explainText(explained);
      process.stdout.write(`${text}\n`);
      process.exitCode = explained.channels.length > 0 ? 0 : 2;
    });
}

function parseDay(text: string): number {
  const day = parseIsoDate(text);
  if (day < 0) throw new InvalidArgumentError('It must be a date such as 2026-11-20.');
  return day;
}
