import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { codeBlocks, ROOT, textOf } from '../docs/project-files.js';
import { lineOf } from '../formats/cmep/hand-made-lines.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-library-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A project that has readmill among its packages. */
mkdirSync(join(folder, 'node_modules'));
symlinkSync(ROOT.replace(/\/$/, ''), join(folder, 'node_modules', 'readmill'));
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
writeFileSync(
  join(folder, 'night.cmep'),
  `${lineOf({ 8: 'M1', 17: '1.5', 20: '2.25' })}\r\n${lineOf({ 8: 'M2', 17: 'x' })}\r\n`,
);

function run(script: string) {
  writeFileSync(join(folder, 'script.js'), script);
  return spawnSync(process.execPath, ['script.js'], { cwd: folder, encoding: 'utf8' });
}

describe('the library', () => {
  it('does what its page shows', () => {
    const { stdout, stderr } = run(codeBlocks(textOf('docs/library.md'), 'js')[0]!);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('false 2 1');
    expect(lines[1]).toMatch(/^line 2, column \d+: Not a CMEP number: "x"$/);
    expect(lines.at(-1)).toMatch(/^M1 \d{4}-\d\d-\d\dT\d\d:\d\dZ 2 3\.75$/);
  });

  it('checks files together, and throws where one cannot be read', () => {
    const { stdout } = run(`
      import { checkFiles, checkFile, ReadmillError } from 'readmill';
      import { copyFileSync } from 'node:fs';
      copyFileSync('night.cmep', 'again.cmep');
      const checks = await checkFiles(['night.cmep', 'again.cmep']);
      console.log(checks.map(({ path, counts }) => path + ' ' + (counts['cmep/duplicate-read']?.count ?? 0)).join(', '));
      const error = await checkFile('absent.cmep').catch((thrown) => thrown);
      console.log(error instanceof ReadmillError, error.code);
      console.log((await checkFile('night.cmep', { profile: 'none' }).catch((thrown) => thrown)).code);
    `);
    expect(stdout).toBe(
      'night.cmep 0, again.cmep 2\ntrue READMILL_FILE_UNREADABLE\nREADMILL_PROFILE_UNREADABLE\n',
    );
  });

  it('has types that its users can compile against', () => {
    writeFileSync(
      join(folder, 'use.ts'),
      `import { checkFile, readCmep, rules, type CmepBlock, type FileCheck, type Rule } from 'readmill';
       const check: FileCheck = await checkFile('night.cmep', { maxFindings: 5, now: new Date() });
       for await (const block of readCmep('night.cmep')) { const one: CmepBlock = block; one.values.length; }
       const first: Rule = rules[0]!; first.code; check.counts;`,
    );
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const types = ['--typeRoots', join(ROOT, 'node_modules', '@types')];
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const compiled = spawnSync(process.execPath, [tsc, ...options, ...types, 'use.ts'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(compiled.stdout).toBe('');
    expect(compiled.status).toBe(0);
  });
});
