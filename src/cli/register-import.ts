import type { Command } from 'commander';
import { readConfig } from '../pipeline/config/config.js';
import { importCurrent } from '../pipeline/register-current.js';
import { problemText, RegisterInvalidError } from '../store/register/register-problems.js';
import { terminalProgress } from './terminal.js';

/** Bad rows that are printed one by one. */
const PROBLEMS_SHOWN_MAX = 20;

export function registerImport(program: Command): void {
  const register = program.command('register').description('the meter register');
  register
    .command('import <file>')
    .description('take in a meter register from CSV or JSON; it replaces the one before')
    .requiredOption('--config <file>', 'configuration (docs/configuration.md)')
    .option('--json', 'print the result as one JSON document')
    .addHelpText('after', '\nExample:\n  readmill register import meters.csv --config night.json')
    .exitOverride()
    .action(async (file: string, options: { config: string; json?: boolean }) => {
      const config = readConfig(options.config);
      const progress = terminalProgress();
      try {
        const { rows, meters, sha256 } = await importCurrent(config, file);
        if (options.json === true)
          process.stdout.write(`${JSON.stringify({ file, rows, meters, sha256 })}\n`);
        else process.stdout.write(`${file}: ${rows} channels of ${meters} meters are the register now.\n`);
      } catch (thrown) {
        if (!(thrown instanceof RegisterInvalidError)) throw thrown;
        printProblems(thrown, options.json === true);
        process.exitCode = 2;
      } finally {
        progress.end();
      }
    });
}

function printProblems(error: RegisterInvalidError, json: boolean): void {
  const { file, problems, problemCount, format } = error;
  if (json) {
    process.stdout.write(`${JSON.stringify({ file, problemCount, problems })}\n`);
    return;
  }
  const shown = problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => `  ${problemText(problem, format)}`);
  const more = problemCount > shown.length ? [`  and ${problemCount - shown.length} more`] : [];
  const lines = [`${file}: ${problemCount} bad rows; the register stays as it was.`, ...shown, ...more];
  process.stdout.write(`${lines.join('\n')}\n`);
}
