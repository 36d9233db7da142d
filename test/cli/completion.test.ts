import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { readmill } from '../run/program.js';

/** What bash would offer after these words, the last of which is being written. */
function offered(script: string, words: readonly string[]): string[] {
  const run = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _readmill; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', run, 'bash', ...words], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

it('bash is offered commands, their options, and what an option may be', async () => {
  const { code, stdout: script } = await readmill(['completion', 'bash']);
  expect(code).toBe(0);
  expect(offered(script, ['readmill', 're'])).toEqual(['register', 'receive', 'retry']);
  expect(offered(script, ['readmill', 'watch', '--w'])).toEqual(['--workers']);
  expect(offered(script, ['readmill', 'register', 'i'])).toEqual(['import']);
  expect(offered(script, ['readmill', 'rules', '--format', 'm'])).toEqual(['markdown']);
  // File names are the shell's own business.
  expect(offered(script, ['readmill', 'check', 'a.cm'])).toEqual([]);
});

it('zsh and fish get a script, and another shell a sentence', async () => {
  const [zsh, fish, other] = await Promise.all(
    ['zsh', 'fish', 'csh'].map((shell) => readmill(['completion', shell])),
  );
  expect(zsh!.stdout).toMatch(/^autoload -U \+X bashcompinit/);
  expect(fish!.stdout).toContain("complete -c readmill -n '__fish_seen_subcommand_from watch' -l config -r");
  expect([other!.code, other!.stderr]).toEqual([
    1,
    expect.stringContaining('It must be one of bash, zsh, fish.'),
  ]);
});
