// Keeps the compiled code of the bundled program: carries a small night and checks its files, so that what these
// compile need not be compiled by each process and thread that starts later.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { bundlePath, startPath, startText } from './bundle.mjs';

const SELF = fileURLToPath(import.meta.url);
const [MAIN, NIGHT] = ['src/cli/main', 'workers/night'];
const LOADER = fileURLToPath(new URL('../load-program.cjs', import.meta.url));

/** The start file of the threads while code is gathered: it keeps the code after each task. */
function gatheringText() {
  const loader = relative(dirname(startPath(NIGHT)), LOADER);
  return `const{join}=require('node:path');const{writeFileSync,renameSync}=require('node:fs');
const{codePath,compileProgram,startProgram}=require('${loader}');
const path=join(__dirname,'night.bundle.js');const script=compileProgram(path);
const keep=()=>{const own=codePath(path)+require('node:worker_threads').threadId;
writeFileSync(own,script.createCachedData());renameSync(own,codePath(path))};
for(const[name,task]of Object.entries(startProgram(script,path)))
module.exports[name]=async(given)=>{try{return await task(given)}finally{keep()}};
`;
}

/** V8's own budget of a function until it is looked at whether to optimize it. */
function interruptBudget() {
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  const found = /--interrupt-budget=(\d+)/.exec(stdout);
  if (found === null) throw new Error('node --v8-options names no --interrupt-budget');
  return Number(found[1]);
}

/** Runs a command in this process, as the built program does, and keeps its code at the end. */
function gather(words) {
  const { codePath, compileProgram, startProgram } = createRequire(import.meta.url)(LOADER);
  const path = bundlePath(MAIN);
  const script = compileProgram(path);
  process.argv = [process.execPath, startPath(MAIN), ...words];
  process.on('exit', () => {
    // The flags that threads are started under: code that is kept under them would be refused without them.
    setFlagsFromString('--concurrent-recompilation');
    setFlagsFromString(`--interrupt-budget=${interruptBudget()}`);
    const own = `${codePath(path)}.new`;
    writeFileSync(own, script.createCachedData());
    renameSync(own, codePath(path));
  });
  startProgram(script, path);
}

function warmUp() {
  const folder = mkdtempSync(join(tmpdir(), 'readmill-build-'));
  const command = (codes, ...words) => {
    const { status, stderr } = spawnSync(process.execPath, [SELF, ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (!codes.includes(status))
      throw new Error(`readmill ${words.join(' ')} ended with ${status}: ${stderr}`);
  };
  writeFileSync(startPath(NIGHT), gatheringText());
  try {
    const inbox = join(folder, 'inbox');
    command([0], 'generate', '--meters', '400', '--days', '1', '--out', 'made', '--now', NOW);
    mkdirSync(inbox);
    mkdirSync(join(folder, 'outbox'));
    const isFile = (name) => name.endsWith('.cmep');
    const files = readdirSync(join(folder, 'made')).filter(isFile);
    writeFileSync(join(folder, 'night.json'), JSON.stringify(CONFIG));
    command([0], 'register', 'import', 'made/meters.csv', '--config', 'night.json');
    command([0, 2], 'check', '--workers', '1', ...files.map((name) => join('made', name)));
    for (const name of files) renameSync(join(folder, 'made', name), join(inbox, name));
    command([0, 2], 'run', '--config', 'night.json', '--workers', '1', '--now', NOW);
  } finally {
    writeFileSync(startPath(NIGHT), startText(NIGHT));
    rmSync(folder, { recursive: true, force: true });
  }
}

const NOW = '2026-11-22T12:00:00Z';
const CONFIG = {
  state: './state',
  sources: [{ name: 'build', inbox: './inbox', profile: 'cmep-1.20', minimumAgeSeconds: 0 }],
  output: { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000' },
};

const words = process.argv.slice(2);
if (words.length > 0) gather(words);
else warmUp();
