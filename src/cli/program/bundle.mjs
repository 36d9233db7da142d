// Bundles the program: one file for the command line, one for its worker threads. A process starts in a fraction of
// the time that it takes to find, read and link some hundred modules.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const PROGRAM = join(ROOT, 'dist', 'program');
const LOADER = join(ROOT, 'src', 'cli', 'load-program.cjs');
/** What is bundled, by its path without ending. */
export const ENTRIES = ['src/cli/main', 'workers/night'];
/** Libraries with parts that are no JavaScript, or that are rarely needed. */
const EXTERNAL = ['lmdb', 'piscina', 'ioredis', 'bullmq'];

export const bundlePath = (entry) => join(PROGRAM, `${entry}.bundle.js`);
export const startPath = (entry) => join(PROGRAM, `${entry}.js`);

/** The file that a process or a thread starts with: it loads the bundle. */
export function startText(entry) {
  const loader = relative(dirname(startPath(entry)), LOADER);
  const bundle = `${entry.split('/').at(-1)}.bundle.js`;
  return `const{join}=require('node:path');\nmodule.exports=require('${loader}').loadProgram(join(__dirname,'${bundle}'));\n`;
}

async function bundle() {
  rmSync(PROGRAM, { recursive: true, force: true });
  await build({
    entryPoints: ENTRIES.map((entry) => ({ in: join(ROOT, `${entry}.ts`), out: `${entry}.bundle` })),
    outdir: PROGRAM,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'ascii',
    // Code that was kept knows of no module loader.
    supported: { 'dynamic-import': false },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    external: EXTERNAL,
    banner: { js: "const moduleUrl=require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': 'moduleUrl' },
  });
  writeFileSync(join(PROGRAM, 'package.json'), '{"type":"commonjs"}\n');
  for (const entry of ENTRIES) {
    mkdirSync(dirname(startPath(entry)), { recursive: true });
    writeFileSync(startPath(entry), startText(entry));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
