import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { THREAD_FLAGS } from '../../src/pipeline/worker-pool.js';
import { temporaryFolder } from '../run/night-folder.js';

const PROGRAM = fileURLToPath(new URL('../../dist/program/', import.meta.url));
const LOADER = fileURLToPath(new URL('../../src/cli/load-program.cjs', import.meta.url));
/** Bundles, and the flags of V8 that what runs them is started under. */
const BUNDLES: [string, string[]][] = [
  ['src/cli/main.bundle.js', []],
  ['workers/night.bundle.js', THREAD_FLAGS],
];

/** Whether the kept code of a bundle fits, as a process of its own sees it, and what of the bundle compiles. */
function compiled(path: string, flags: string[]): { isRejected: boolean | undefined; kind: string } {
  const code = `const { compileProgram } = require(${JSON.stringify(LOADER)});
    const script = compileProgram(${JSON.stringify(path)});
    console.log(JSON.stringify({ isRejected: script.cachedDataRejected, kind: typeof script.runInThisContext() }));`;
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', code], {
    encoding: 'utf8',
    env: {},
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as ReturnType<typeof compiled>;
}

describe('the compiled code that the build keeps', () => {
  it.each(BUNDLES)('is there and fits: %s', (bundle, flags) => {
    expect(compiled(join(PROGRAM, bundle), flags)).toEqual({ isRejected: false, kind: 'function' });
  });

  it('may be missing or of something else: then the program compiles as it goes', () => {
    const [bundle, flags] = BUNDLES[1]!;
    const copy = join(temporaryFolder(), 'night.bundle.js');
    cpSync(join(PROGRAM, bundle), copy);
    expect(existsSync(`${copy}.code`)).toBe(false);
    expect(compiled(copy, flags)).toEqual({ kind: 'function' });
    writeFileSync(`${copy}.code`, 'something else');
    expect(compiled(copy, flags)).toEqual({ isRejected: true, kind: 'function' });
  });
});
