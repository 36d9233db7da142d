import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FaultOrder } from '../../bench/torture/fault-order.js';
import { losePower, readJournal, unsafeRenames } from '../../bench/torture/power-loss.js';
import { fingerprint } from './fingerprint.js';
import {
  folderWith,
  type GeneratedNight,
  generate,
  NOW,
  type RunFolder,
  runArguments,
  temporaryFolder,
} from './night-folder.js';
import { BUILT, type Ended, readmill } from './program.js';
import { makeKeys, partnerOf, startReceiver } from './receiver-process.js';

const PRELOAD = new URL('bench/torture/fault-preload.js', BUILT).href;
/** The first run of a folder at this clock. */
const RUN_ID = '20261122060000-0001';
const OUTPUT = { maximumRecords: 300 };

let night: GeneratedNight;
let undisturbed: Record<string, string>;

beforeAll(async () => {
  night = await generate({ meters: 400, files: 2, seed: 8 });
  const folder = folderWith(night, { output: OUTPUT });
  expect((await readmill(runArguments(folder))).code).toBe(2);
  undisturbed = fingerprint(folder);
});

const journalOf = ({ directory }: RunFolder) => join(directory, 'journal');

/** Runs the program under a fault, and notes what it does to the disk. */
function runWith(
  folder: RunFolder,
  fault: Partial<FaultOrder>,
  words = runArguments(folder),
): Promise<Ended> {
  const order = { under: folder.directory, at: 0, kind: 'count', journal: journalOf(folder), ...fault };
  return readmill(words, {
    env: { READMILL_FAULT: JSON.stringify(order), NODE_OPTIONS: `--import ${PRELOAD}` },
  });
}

describe('the order of what is written', () => {
  it('gives no file its name before its bytes are on the disk, and syncs the folder behind it', async () => {
    const keys = temporaryFolder();
    makeKeys(keys);
    const receiver = await startReceiver(keys);
    const partner = { ...partnerOf(receiver.url), name: 'sandbox' } as Record<string, string>;
    for (const name of ['key', 'certificate', 'partnerCertificate'])
      partner[name] = join(keys, partner[name]!);
    const config = { partners: [partner], environment: 'sandbox' };
    const folder = folderWith(night, { output: OUTPUT, config });
    const words = ['run', '--config', folder.config, '--json', '--now', NOW, '--workers', '1'];
    const { code } = await runWith(folder, {}, words);
    await receiver.stop();
    expect(code).toBe(2);
    const journal = readJournal(journalOf(folder));
    // The list of exchanged meters has a checksum, and is made anew from the register where it is not whole.
    expect(unsafeRenames(journal).filter((one) => !one.includes('.exchanges.json'))).toEqual([]);
    const named = journal.flatMap((change) => (change.kind === 'rename' ? [change.to] : []));
    for (const part of [/outbox\/[^/]+\.DAT$/, /outbox\/.*\.mdn$/, /state\/history\//, /state\/spool\//])
      expect(named.filter((path) => part.test(path)).length).toBeGreaterThan(0);
  });
});

/** Where the power goes: at a call on a path, which comes after what the ledger has just been told. */
const TURNS: [moment: string, path: string, when: 'before' | 'after', at: number][] = [
  ['a batch is about to get its name', join('state', 'work', RUN_ID, 'staging', 'task-0-0.dat'), 'before', 0],
  ['a task is entered', join('state', 'reports', RUN_ID), 'before', 0],
  ['the report is entered', 'inbox/FILE', 'before', 0],
  ['a file was put away', 'inbox/FILE', 'after', 0],
  ['the run is closed', join('state', 'work', RUN_ID), 'before', 0],
];

/** Runs on to the end; all that is there must be what the undisturbed run left. */
async function expectSame(folder: RunFolder): Promise<void> {
  rmSync(journalOf(folder), { force: true });
  // A file that came back from the archive is left to the next run, which knows it.
  for (let runs = 0; runs === 0 || (runs < 2 && readdirSync(folder.inbox).length > 0); runs++) {
    const { code, stderr } = await readmill(runArguments(folder));
    expect([[0, 2].includes(code!), stderr]).toEqual([true, '']);
  }
  const found = fingerprint(folder);
  for (const path of Object.keys(found)) {
    // A run that was closed is followed by an empty one; a file whose move was lost is known, and put away as a repeat.
    if (/^state\/reports\/\d+-000[23]\//.test(path)) delete found[path];
    const original = path.replace(/-0002\/duplicates\//, '-0001/');
    if (original !== path) {
      found[original] = found[path]!;
      delete found[path];
    }
  }
  expect(found).toEqual(undisturbed);
  expect(readdirSync(folder.inbox)).toEqual([]);
}

describe('a loss of power', () => {
  it.concurrent.each(TURNS)('when %s', async (_moment, path, when, at) => {
    const folder = folderWith(night, { output: OUTPUT });
    const place = join(folder.directory, path.replace('FILE', night.files[0]!.name));
    const call = { kind: 'kill', class: 'change', path: place, when, at } as const;
    const { code } = await runWith(folder, { ...call, bootId: 'before the loss' });
    expect(code).toBeNull();
    losePower(readJournal(journalOf(folder)), () => false);
    await expectSame(folder);
    expect(existsSync(join(folder.state, 'work'))).toBe(false);
  });

  it('reads a file again that somebody put back as it came, with times of its own', async () => {
    const folder = folderWith(night, { output: OUTPUT });
    const [, path, when, at] = TURNS[1]!;
    const call = { kind: 'kill', class: 'change', path: join(folder.directory, path), when, at } as const;
    await runWith(folder, { ...call, bootId: 'before the loss' });
    losePower(readJournal(journalOf(folder)), () => false);
    const file = join(folder.inbox, night.files[0]!.name);
    const content = readFileSync(file);
    rmSync(file);
    const without = await readmill(runArguments(folder));
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('READMILL_INPUT_CHANGED')]);
    writeFileSync(file, content);
    await expectSame(folder);
  });

  it('trusts no work files once they were thrown away, whichever restart they were written after', async () => {
    const folder = folderWith(night, { output: OUTPUT });
    const work = (name: string) => join(folder.directory, 'state', 'work', RUN_ID, name);
    const kill = { kind: 'kill', class: 'change', when: 'after', at: 0 } as const;
    expect((await runWith(folder, { ...kill, path: work('staging') })).code).toBeNull();
    expect(existsSync(work('blocks'))).toBe(true);
    const after = { ...kill, path: work('blocks'), bootId: 'after a restart' };
    expect((await runWith(folder, after)).code).toBeNull();
    expect(existsSync(work('blocks'))).toBe(false);
    await expectSame(folder);
  });

  it.each(['missing', 'shorter'])(
    'a work file that is %s is told, and the same command goes on',
    async (how) => {
      const folder = folderWith(night, { output: OUTPUT });
      const work = (name: string) => join(folder.directory, 'state', 'work', RUN_ID, name);
      const kill = { kind: 'kill', class: 'change', when: 'after', at: 0 } as const;
      expect((await runWith(folder, { ...kill, path: work('staging') })).code).toBeNull();
      const [block] = readdirSync(work('blocks'));
      const path = join(work('blocks'), block!);
      if (how === 'missing') rmSync(path);
      else truncateSync(path, 4);
      const { code, stderr } = await readmill(runArguments(folder));
      expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`${how}.*READMILL_WORK_LOST`))]);
      await expectSame(folder);
    },
  );
});
