import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { messageOf, ReadmillError } from '../model/errors.js';
import { configJsonSchema } from '../pipeline/config/config.js';

export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('JSON Schema of the configuration, for editors')
    .option('--output <file>', 'write it there instead of printing it')
    .addHelpText(
      'after',
      '\nExample:\n  readmill schema --output readmill.schema.json\n\nName the file as "$schema" in the configuration, and an editor that knows JSON Schema completes its keys.',
    )
    .action(({ output }: { output?: string }) => {
      const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
      if (output === undefined) return void process.stdout.write(text);
      try {
        writeFileSync(output, text);
      } catch (thrown) {
        const message = `${output} cannot be written: ${messageOf(thrown)}. Name another file, or make room.`;
        throw new ReadmillError('READMILL_OUTPUT', message, { cause: thrown });
      }
    });
}
