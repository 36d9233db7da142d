#!/usr/bin/env node
// Starts the built program. A checkout that was not built yet is built first, so that a command works at once.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`readmill needs Node 20.19 or later; this is ${process.versions.node}.`);
  process.exit(1);
}
const main = new URL('../../dist/program/src/cli/main.js', import.meta.url);
if (!existsSync(main)) {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const compiler = new URL('../../node_modules/typescript/bin/tsc', import.meta.url);
  if (!existsSync(compiler)) {
    console.error(
      'readmill is not built, and its compiler is not installed: run npm ci, then npm run build.',
    );
    process.exit(1);
  }
  console.error('Building readmill (once) ...');
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (built.status !== 0) process.exit(1);
}
await import(main.href);
