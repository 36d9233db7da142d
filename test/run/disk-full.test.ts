import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fingerprint } from './fingerprint.js';
import { folderWith, type GeneratedNight, generate, type RunFolder, runArguments } from './night-folder.js';
import { LAUNCHER, start } from './program.js';

const KIB = 1024;

let night: GeneratedNight;
let expected: Record<string, string>;
const OUTPUT = { maximumRecords: 1_500 };

/** How a small disk is made: a tmpfs of our own, or, where nothing may be mounted, a limit on files. */
let means: 'mount' | 'user-namespace' | 'file-limit';

const UNSHARE = { mount: ['-m'], 'user-namespace': ['-rm'] };

beforeAll(async () => {
  night = await generate({ meters: 2_000, seed: 31, interval: 30 });
  const folder = folderWith(night, { output: OUTPUT });
  const { code } = await start(process.execPath, [LAUNCHER, ...runArguments(folder)]).ended;
  expect(code).toBe(2);
  expected = fingerprint(folder);
  means = 'file-limit';
  for (const way of ['mount', 'user-namespace'] as const) {
    const mount = 'mount -t tmpfs -o size=64k none /tmp';
    const { code } = await start('unshare', [...UNSHARE[way], 'sh', '-c', mount]).ended.catch(() => ({
      code: 1,
    }));
    if (code === 0) {
      means = way;
      break;
    }
  }
  console.log(`a full disk is made by: ${means}`);
});

interface Tried {
  firstCode: number;
  firstMessage: string;
  /** Files of the outbox after the first run. */
  between: string[];
}

/**
 * Runs in one of the folders on a disk of so many bytes, then with room and to the end. All is done in one
 * shell, which alone sees the small disk; what lies on it is copied out in the end.
 */
async function runOnSmallDisk(
  folder: RunFolder,
  part: 'state' | 'outbox',
  sizeBytes: number,
): Promise<Tried> {
  const small = join(folder.directory, 'small');
  const config = JSON.parse(readFileSync(folder.config, 'utf8'));
  if (part === 'state') config.state = './small/state';
  else config.output.directory = './small/outbox';
  writeFileSync(folder.config, JSON.stringify(config));
  const run = [process.execPath, LAUNCHER, ...runArguments(folder)].map((word) => `'${word}'`).join(' ');
  const isMounted = means !== 'file-limit';
  const script = [
    `mkdir -p ${small} ${folder.directory}/between`,
    isMounted ? `mount -t tmpfs -o size=${sizeBytes} none ${small}` : '',
    `(${isMounted ? '' : `ulimit -f ${Math.ceil(sizeBytes / 512)};`} ${run} >/dev/null 2>${folder.directory}/first.err)`,
    `echo $? >${folder.directory}/first.code`,
    part === 'outbox'
      ? `cp -r ${small}/outbox ${folder.directory}/between/`
      : `cp -r ${folder.outbox} ${folder.directory}/between/ 2>/dev/null`,
    isMounted ? `mount -o remount,size=256m ${small}` : '',
    `${run} >/dev/null 2>${folder.directory}/second.err`,
    `echo $? >${folder.directory}/second.code`,
    `cp -r ${small}/. ${folder.directory}/`,
  ].join('\n');
  const shell = isMounted ? ['unshare', ...UNSHARE[means as 'mount'], 'sh'] : ['sh'];
  const { stderr } = await start(shell[0]!, [...shell.slice(1), '-c', script]).ended;
  const read = (name: string) => readFileSync(join(folder.directory, name), 'utf8');
  expect([read('second.err'), stderr.replace(/^cp: .*\n/gm, '')]).toEqual(['', '']);
  // 0: the first run had got to its end, and its files had been put away.
  expect(['0', '2']).toContain(read('second.code').trim());
  const between = existsSync(join(folder.directory, 'between', 'outbox'))
    ? fingerprint({ ...folder, directory: join(folder.directory, 'between') })
    : {};
  for (const [path, hash] of Object.entries(between)) expect([path, hash]).toEqual([path, expected[path]]);
  return {
    firstCode: Number(read('first.code')),
    firstMessage: read('first.err'),
    between: Object.keys(between),
  };
}

function expectWhole(folder: RunFolder): void {
  rmSync(join(folder.directory, 'between'), { recursive: true });
  const found = fingerprint(folder);
  // The manifest names the folder, which was another while the disk was small.
  const without = (files: Record<string, string>) =>
    Object.entries(files).filter(([path]) => !path.endsWith('manifest.json') && !path.includes('-0002/'));
  expect(without(found)).toEqual(without(expected));
}

/** From next to nothing to nearly enough, so that the disk is full at another step each time. */
const SIZES_KIB = { state: [60, 600, 1_400, 2_600, 3_600, 4_400], outbox: [4, 500, 1_700] };
/** Up to here the input alone (or the output) does not fit, whatever else the program needs. */
const TOO_SMALL_KIB = 2_600;

test.concurrent.each(
  (['state', 'outbox'] as const).flatMap((part) =>
    SIZES_KIB[part].map((sizeKib) => [part, sizeKib] as const),
  ),
)('%s on a disk of %i KiB: told, and gone on with when there is room', async (part, sizeKib) => {
  const folder = folderWith(night, { output: OUTPUT });
  const { firstCode, firstMessage, between } = await runOnSmallDisk(folder, part, sizeKib * KIB);
  console.log(`${part}, ${sizeKib} KiB: ${firstCode}, ${between.length} files in the outbox`);
  expectWhole(folder);
  if (sizeKib > TOO_SMALL_KIB && firstCode === 2) return;
  expect(firstCode).toBe(1);
  expect(firstMessage).not.toMatch(/^\s+at /m);
  const code =
    means === 'file-limit' ? /EFBIG|READMILL_DISK_FULL/ : /Make room, then run.*\[READMILL_DISK_FULL\]/;
  expect(firstMessage).toMatch(code);
});
