import { Command, CommanderError } from 'commander';
import { codeOf, messageOf } from '../model/errors.js';
import { VERSION } from '../model/version.js';
import { registerCheck } from './check.js';
import { registerConnect } from './connect.js';
import { registerDemo } from './demo.js';
import { registerExplain } from './explain.js';
import { registerGenerate } from './generate.js';
import { registerHistoryImport } from './history-import.js';
import { registerKeys } from './keys.js';
import { registerReceive } from './receive.js';
import { registerImport } from './register-import.js';
import { registerRetry } from './retry.js';
import { registerRules } from './rules.js';
import { registerRun } from './run.js';
import { registerSend } from './send.js';
import { registerStatus } from './status.js';

/** Exit codes: 0 all well, 2 the data is at fault, 1 the tool could not do its work. */
export const EXIT_TOOL = 1;

const program = new Command('readmill')
  .description(
    'Carries smart-meter reads from head ends to the central repository: check, estimate, batch, deliver.',
  )
  .version(VERSION)
  .exitOverride()
  .configureHelp({ showGlobalOptions: false });

registerCheck(program);
registerRun(program);
registerGenerate(program);
registerImport(program);
registerRules(program);
registerHistoryImport(program);
registerExplain(program);
registerKeys(program);
registerReceive(program);
registerSend(program);
registerRetry(program);
registerConnect(program);
registerStatus(program);
registerDemo(program);

for (const command of program.commands) {
  command.exitOverride();
  for (const below of command.commands) below.exitOverride();
}

// What is to be removed at the end is removed by listeners for `exit`, which a signal alone would pass over.
process.on('SIGINT', () => {
  process.stderr.write('\nStopped. Nothing is lost: run the same command again.\n');
  process.exit(130);
});
process.on('SIGTERM', () => process.exit(143));
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read our output went away (a closed pipe): nobody is left to tell.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync(process.argv);
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    // Commander has printed its message; help and version end well.
    process.exitCode = thrown.exitCode === 0 ? 0 : EXIT_TOOL;
  } else {
    const code = codeOf(thrown);
    const known = code.startsWith('READMILL_');
    process.stderr.write(`readmill: ${messageOf(thrown)}${known ? ` [${code}]` : ''}\n`);
    if (!known && process.env.READMILL_STACK !== undefined)
      process.stderr.write(`${(thrown as Error).stack}\n`);
    process.exitCode = EXIT_TOOL;
  }
}
