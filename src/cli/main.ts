import { Command, CommanderError } from 'commander';
import { codeOf, messageOf } from '../model/errors.js';
import { VERSION } from '../model/version.js';

/** The commands, as `--help` lists them. A command's code is loaded only where it may be needed. */
const COMMANDS: Record<string, () => Promise<(program: Command) => void>> = {
  check: async () => (await import('./check.js')).registerCheck,
  run: async () => (await import('./run.js')).registerRun,
  serve: async () => (await import('./serve.js')).registerServe,
  work: async () => (await import('./work.js')).registerWork,
  watch: async () => (await import('./watch.js')).registerWatch,
  generate: async () => (await import('./generate.js')).registerGenerate,
  register: async () => (await import('./register-import.js')).registerImport,
  rules: async () => (await import('./rules.js')).registerRules,
  history: async () => (await import('./history-import.js')).registerHistoryImport,
  explain: async () => (await import('./explain.js')).registerExplain,
  keys: async () => (await import('./keys.js')).registerKeys,
  receive: async () => (await import('./receive.js')).registerReceive,
  send: async () => (await import('./send.js')).registerSend,
  retry: async () => (await import('./retry.js')).registerRetry,
  connect: async () => (await import('./connect.js')).registerConnect,
  status: async () => (await import('./status.js')).registerStatus,
  schema: async () => (await import('./schema.js')).registerSchema,
  completion: async () => (await import('./completion.js')).registerCompletion,
  demo: async () => (await import('./demo.js')).registerDemo,
};
/** Exit codes: 0 all well, 2 the data is at fault, 1 the tool could not do its work. */
const EXIT_TOOL = 1;

/** The program with the commands that the words may need. */
async function programFor(named: string): Promise<Command> {
  const program = new Command('readmill')
    .description(
      'Carries smart-meter reads from head ends to the central repository: check, estimate, batch, deliver.',
    )
    .version(VERSION)
    .exitOverride()
    .configureHelp({ showGlobalOptions: false });
  // The version needs none of them; help and completion tell of all.
  const isAlone = Object.hasOwn(COMMANDS, named) && named !== 'completion';
  const wanted = named === '--version' ? [] : isAlone ? [named] : Object.keys(COMMANDS);
  for (const register of await Promise.all(wanted.map((name) => COMMANDS[name]!()))) register(program);
  for (const command of program.commands) {
    command.exitOverride();
    for (const below of command.commands) below.exitOverride();
  }
  return program;
}

function listen(): void {
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
}

async function main(): Promise<void> {
  const program = await programFor(process.argv[2] ?? '');
  listen();
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
}

void main();
