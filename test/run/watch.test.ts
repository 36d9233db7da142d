import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.js';
import {
  folderWith,
  type GeneratedNight,
  generate,
  NOW,
  type RunFolder,
  runFolder,
  runNight,
  temporaryFolder,
} from './night-folder.js';
import { BUILT, type Ended, type Started, startReadmill } from './program.js';
import { makeKeys, partnerOf, type ReceiverProcess, startReceiver } from './receiver-process.js';

const WATCH = { pollSeconds: 0.05, gatherSeconds: 0, dueAt: null };
let night: GeneratedNight;
let receiver: ReceiverProcess | undefined;
let started: Started | undefined;

beforeAll(async () => {
  night = await generate({ meters: 150, files: 2, seed: 11, defects: 'none', 'missing-rate': 0 });
});
afterEach(async () => {
  started?.child.kill('SIGKILL');
  started = undefined;
  await receiver?.stop();
  receiver = undefined;
});

/** Starts `readmill watch`. @returns waits for a line of what it says */
function startWatch(folder: RunFolder): (pattern: RegExp) => Promise<string> {
  const words = ['watch', '--config', folder.config, '--workers', '1', '--now', NOW];
  const watching = startReadmill(words);
  started = watching;
  let said = '';
  let from = 0;
  let check = () => {};
  watching.child.stdout!.on('data', (piece: Buffer) => {
    said += piece;
    check();
  });
  return (pattern) =>
    new Promise((resolve, reject) => {
      check = () => {
        const match = pattern.exec(said.slice(from));
        if (match === null) return;
        from += match.index + match[0].length;
        resolve(match[0]);
      };
      void watching.ended.then(({ code, stderr }) =>
        reject(new Error(`watch ended (${code}): ${said}${stderr}`)),
      );
      check();
    });
}

async function stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<Ended> {
  const { child, ended } = started!;
  child.kill(signal);
  started = undefined;
  return ended;
}

const put = (folder: RunFolder, i: number) =>
  copyFileSync(night.files[i]!.path, join(folder.inbox, night.files[i]!.name));

describe('readmill watch', () => {
  it('takes in what comes, run after run, and stops when it is told to', async () => {
    const folder = runFolder({ register: night.register, config: { watch: WATCH } });
    const says = startWatch(folder);
    await says(/Watching 1 inbox every 0\.05 s; runs begin as files come\.\n/);
    put(folder, 0);
    await says(/Run begins: files have come \(1 file, [^)]+\)\.\n/);
    expect(await says(/Run \S+ complete: .*\n/)).toMatch(/ 1 batch, /);
    put(folder, 1);
    await says(/Run \S+ complete: .*\n/);
    expect(readdirSync(folder.inbox)).toEqual([]);
    const { code, stdout } = await stop('SIGTERM');
    expect([code, stdout.split('\n').at(-2)]).toEqual([0, expect.stringMatching(/Stopped\.$/)]);
    expect(readdirSync(join(folder.state, 'reports'))).toHaveLength(2);
  });

  it('killed while a run works goes on with it, and the bytes are those of a run by hand', async () => {
    const byHand = folderWith(night);
    await runNight(byHand);
    const folder = folderWith(night, { config: { watch: WATCH } });
    const says = startWatch(folder);
    await says(/Run begins/);
    await stop('SIGKILL');
    const again = startWatch(folder);
    await again(/Run begins: (goes on with an unfinished run|files have come)/);
    await again(/Run \S+ complete/);
    expect((await stop('SIGINT')).code).toBe(0);
    // Names and run hang on the clock, which went on a little: the reads do not.
    const reads = (of: RunFolder) => {
      const lines = readdirSync(of.outbox).flatMap((name) =>
        readFileSync(join(of.outbox, name), 'latin1').split('\n'),
      );
      return lines.map((line) => line.split(',').toSpliced(6, 1).join(',')).sort();
    };
    expect(reads(folder)).toEqual(reads(byHand));
    expect(Object.keys(fingerprint(folder)).length).toBe(Object.keys(fingerprint(byHand)).length);
  });

  it('stopped while a run works ends it first', async () => {
    const folder = folderWith(night, { config: { watch: WATCH } });
    const says = startWatch(folder);
    await says(/Run begins/);
    const { code, stdout } = await stop('SIGTERM');
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/Stopping: .*\n[\s\S]*Run \S+ complete.*\n.*Stopped\.\n$/),
    ]);
    expect(existsSync(join(folder.state, 'work'))).toBe(false);
  });

  it('given no time to stop leaves the run to the next start', async () => {
    const folder = folderWith(night, { config: { watch: { ...WATCH, stopSeconds: 0 } } });
    const says = startWatch(folder);
    await says(/Run begins/);
    const { code, stdout } = await stop('SIGTERM');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Stopped before the end')]);
    const again = startWatch(folder);
    await again(/Run \S+ complete/);
    expect((await stop('SIGTERM')).code).toBe(0);
  });

  it('outlives a night that cannot be done, and says what to do', async () => {
    const register = join(temporaryFolder(), 'bad.csv');
    writeFileSync(register, 'meter_id,units\n,\n');
    const folder = folderWith(night, { register, config: { watch: WATCH } });
    const says = startWatch(folder);
    await says(/Run failed, attempt 1; the next is made at 2026-11-22T06:01:0\dZ\.\n/);
    const { code, stderr } = await stop('SIGTERM');
    expect([code, stderr]).toEqual([0, expect.stringContaining('READMILL_REGISTER_INVALID')]);
    expect(readdirSync(folder.inbox)).toHaveLength(2);
  });
});

describe('deliveries', () => {
  it('are made by runs, and what failed is tried again between them when it is due', async () => {
    const keys = temporaryFolder();
    makeKeys(keys);
    receiver = await startReceiver(keys, 'fail*1');
    const partner = { ...partnerOf(receiver.url, { retryWaitMinutes: [60] }), name: 'sandbox' };
    const paths = Object.fromEntries(
      ['key', 'certificate', 'partnerCertificate'].map((key) => [
        key,
        join(keys, String(partnerOf('')[key])),
      ]),
    );
    const folder = runFolder({
      register: night.register,
      config: { watch: WATCH, partners: [{ ...partner, ...paths }], environment: 'sandbox' },
    });
    const { readConfig } = (await import(
      new URL('src/pipeline/config.js', BUILT).href
    )) as typeof import('../../src/pipeline/config.js');
    const { InboxPoll } = (await import(
      new URL('src/watch/inbox-poll.js', BUILT).href
    )) as typeof import('../../src/watch/inbox-poll.js');
    const { NightWatch } = (await import(
      new URL('src/watch/watch.js', BUILT).href
    )) as typeof import('../../src/watch/watch.js');
    const config = readConfig(folder.config);
    let nowMs = Date.parse(NOW);
    const events: string[] = [];
    const watch = new NightWatch({
      config,
      workers: 1,
      clock: () => nowMs,
      wait: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      poll: new InboxPoll(config),
      onEvent(event) {
        if (event.kind === 'deliveries') events.push(...event.records.map(({ status }) => status));
        else events.push(event.kind === 'run-ended' ? event.report.deliveries[0]!.status : event.kind);
      },
    });
    const turn = (minutes: number) => {
      nowMs += minutes * 60_000;
      return watch.turn();
    };
    put(folder, 0);
    put(folder, 1);
    await turn(0);
    await turn(1);
    expect(events).toEqual(['run-begins', 'waiting']);
    await turn(30);
    expect(events).toHaveLength(2);
    await turn(30);
    expect(events.slice(2)).toEqual(['delivered']);
    await turn(120);
    expect(events).toHaveLength(3);
    expect(receiver.taken()).toHaveLength(1);
  });
});
