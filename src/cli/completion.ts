import { type Command, InvalidArgumentError } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** A command, or one below it, with what can be written after it. */
interface Words {
  /** `run`, `register import`. */
  name: string;
  description: string;
  below: string[];
  options: { flag: string; takesValue: boolean; choices: string[]; description: string }[];
}

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .argument('<shell>', SHELLS.join(', '), parseShell)
    .description('a script that completes commands and options in your shell')
    .addHelpText(
      'after',
      `
Examples:
  readmill completion bash > ~/.local/share/bash-completion/completions/readmill
  readmill completion zsh >> ~/.zshrc
  readmill completion fish > ~/.config/fish/completions/readmill.fish`,
    )
    .action((shell: Shell) => {
      const words = wordsOf(program);
      const script = shell === 'fish' ? fishScript(words) : bashScript(words);
      process.stdout.write(
        shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${script}` : script,
      );
    });
}

function parseShell(text: string): Shell {
  if (SHELLS.some((shell) => shell === text)) return text as Shell;
  throw new InvalidArgumentError(`It must be one of ${SHELLS.join(', ')}.`);
}

function wordsOf(command: Command, name = ''): Words[] {
  return command.commands.flatMap((below) => {
    const own = name === '' ? below.name() : `${name} ${below.name()}`;
    const options = below.options.map((option) => ({
      flag: option.long ?? option.short!,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
      description: option.description,
    }));
    const names = below.commands.map((one) => one.name());
    return [{ name: own, description: below.description(), below: names, options }, ...wordsOf(below, own)];
  });
}

const isTop = ({ name }: Words): boolean => !name.includes(' ');

/** File names are completed by the shell itself where nothing of ours fits. */
function bashScript(words: readonly Words[]): string {
  const cases = words
    .filter(isTop)
    .map(({ name, below, options }) => {
      const all = [...below, ...options.map(({ flag }) => flag), '--help'];
      const deeper = words.filter((one) => one.name.startsWith(`${name} `)).flatMap((one) => one.options);
      return `    ${name}) words="${[...new Set([...all, ...deeper.map(({ flag }) => flag)])].join(' ')}" ;;`;
    })
    .join('\n');
  const choices = words
    .flatMap(({ name, options }) => options.map((option) => ({ name: name.split(' ')[0]!, ...option })))
    .filter(({ choices: known }) => known.length > 0)
    .map(({ name, flag, choices: known }) => `    "${name} ${flag}") words="${known.join(' ')}" ;;`)
    .join('\n');
  const top = words
    .filter(isTop)
    .map(({ name }) => name)
    .join(' ');
  return `# Completion of readmill for bash; made by: readmill completion bash
_readmill() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words=""
  case "$command" in
${cases}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${top} --help --version"; fi
  case "$command $before" in
${choices}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _readmill readmill
`;
}

function fishScript(words: readonly Words[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = words.filter(isTop).map(({ name, description }) => {
    return `complete -c readmill -f -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`;
  });
  for (const { name, below, options } of words) {
    const [top, second] = name.split(' ');
    const seen = quoted(`__fish_seen_subcommand_from ${second ?? top}`);
    for (const one of below) lines.push(`complete -c readmill -f -n ${seen} -a ${one}`);
    for (const { flag, takesValue, choices, description } of options) {
      const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
      lines.push(
        `complete -c readmill -n ${seen} -l ${flag.replace(/^--/, '')}${value} -d ${quoted(description)}`,
      );
    }
  }
  return `# Completion of readmill for fish; made by: readmill completion fish\n${lines.join('\n')}\n`;
}
