import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/pipeline/config/config.js';
import { checkNameTemplate } from '../../src/pipeline/finish/publish.js';
import { cmepLines } from './cmep-lines.js';
import { filesBelow } from './fingerprint.js';
import {
  folderWith,
  generate,
  NOW,
  type RunFolder,
  runFolder,
  runNight,
  temporaryFolder,
} from './night-folder.js';
import { LAUNCHER, readmill, start } from './program.js';
import { makeKeys, partnerOf, startReceiver } from './receiver-process.js';
import { hourly, writtenLine } from './written-lines.js';
import { zipFile } from './zip-file.js';

const PASSWORD = 'the-password-of-our-key';
const TOKEN = 'the-token-of-the-dashboard';
const AUTHORIZATION = 'Bearer the-word-for-the-webhook';
const SCRIPT = '<script>';
const OUTPUT = { directory: './outbox', sender: 'A', receiver: 'B' };

/** A folder with keys of which ours needs a password, and with files that hold secrets. */
function secretFolder(): { keys: string; secrets: string[] } {
  const keys = temporaryFolder();
  makeKeys(keys);
  const path = join(keys, 'us.key');
  const key = createPrivateKey(readFileSync(path));
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD } as const;
  const pem = key.export(options).toString();
  for (const [name, content] of [
    ['us.key', pem],
    ['password', PASSWORD],
    ['token', TOKEN],
    ['word', AUTHORIZATION],
  ])
    writeFileSync(join(keys, name!), content!, { mode: 0o600 });
  // Of each key a line of its PEM, and a number of which the whole key follows.
  const own = key.export({ type: 'pkcs8', format: 'pem' }).toString().split('\n');
  const { d } = key.export({ format: 'jwk' });
  return { keys, secrets: [PASSWORD, TOKEN, AUTHORIZATION, pem.split('\n')[5]!, own[5]!, d!.slice(0, 40)] };
}

describe('secrets and rights', () => {
  let folder: RunFolder;
  let said = '';
  let secrets: string[];

  beforeAll(async () => {
    const place = secretFolder();
    ({ secrets } = place);
    const receiver = await startReceiver(place.keys);
    const at = (name: string) => join(place.keys, name);
    const own = { key: at('us.key'), keyPasswordFile: at('password'), certificate: at('us.crt') };
    const partner = { ...partnerOf(receiver.url), ...own, partnerCertificate: at('mdmr.crt') };
    const night = await generate({ meters: 300, seed: 5 });
    folder = folderWith(night, {
      config: {
        ...{ partners: [partner], environment: 'sandbox', serve: { port: 0, tokenFile: at('token') } },
        // Nobody answers there: what is said of it goes to the log.
        notices: { webhook: { url: 'http://127.0.0.1:9/', authorizationFile: at('word') } },
        watch: { pollSeconds: 0.05, gatherSeconds: 0, dueAt: null },
      },
    });
    const config = ['--config', folder.config, '--now', NOW];
    // With rights for everybody by default, what is narrow is so by itself.
    const open = ['-c', 'umask 0; exec "$@"', 'sh', process.execPath, LAUNCHER];
    for (const words of [
      ['run'],
      ['run', '--json'],
      ['connect', '--environment', 'sandbox'],
      ['status', '--json'],
    ]) {
      const { stdout, stderr } = await start('sh', [...open, ...words, ...config]).ended;
      said += stdout + stderr;
    }
    writeFileSync(join(folder.inbox, 'bad.cmep'), 'MEPMD01,a line that is none\r\n');
    const { child, ended } = start('sh', [...open, 'watch', ...config, '--workers', '1']);
    let now = '';
    await new Promise<void>((resolve) => {
      child.stdout!.on('data', (piece: Buffer) => {
        now += piece;
        if (/ Run \S+ partial: /.test(now)) resolve();
      });
      void ended.then(() => resolve());
    });
    child.kill('SIGTERM');
    const { stdout, stderr } = await ended;
    said += stdout + stderr;
    await receiver.stop();
    // A password that is wrong is the error in which one might stand.
    writeFileSync(at('password'), `${PASSWORD}x`);
    said += (await readmill(['run', ...config])).stderr;
  });

  it('no secret is in what is said, in reports, receipts, records or the ledger', () => {
    expect(said).toContain('READMILL_KEY_INVALID');
    const files = ['state', 'outbox'].flatMap((part) => filesBelow(folder.directory, part));
    for (const part of [/report\.html$/, /receipt\.json$/, /ledger\/data\.mdb$/, /connect\//, /quarantine\//])
      expect(files.filter((path) => part.test(path)).length).toBeGreaterThan(0);
    const texts = files.map((path) => [path, readFileSync(join(folder.directory, path), 'latin1')] as const);
    for (const secret of secrets)
      for (const [path, text] of [...texts, ['what was said', said] as const])
        expect([path, text.includes(secret)]).toEqual([path, false]);
  });

  it('what the state folder holds is for its owner alone, and nobody else may change a batch', () => {
    const wide: string[] = [];
    const look = (path: string, forbidden: number) => {
      const { mode } = statSync(join(folder.directory, path));
      if ((mode & forbidden) !== 0) wide.push(`${path} ${(mode & 0o777).toString(8)}`);
    };
    const entries = readdirSync(folder.state, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name).slice(folder.directory.length + 1);
      // An input keeps the rights that it came with, LMDB makes its file itself: their folders are closed.
      const isOthers = /^state\/(?:archive|ledger)\//.test(path) && entry.isFile();
      if (!isOthers) look(path, 0o077);
    }
    for (const path of ['outbox', ...filesBelow(folder.directory, 'outbox')]) look(path, 0o027);
    expect([entries.length > 20, wide]).toEqual([true, []]);
  });
});

describe('names that others give', () => {
  it('lead out of no folder: of a zip, of files in it, of a source, of a batch', async () => {
    const folder = runFolder();
    const content = Buffer.from('MEPMD01,a line that is none\r\n');
    for (const [name, inner] of [
      ['a.zip', '..'],
      ['b..zip', 'x/..'],
      ['c.zip', 'x\\..\\..\\y'],
      ['..d.zip', 'z'],
    ])
      writeFileSync(join(folder.inbox, name!), zipFile([{ name: inner!, content }]));
    const before = readdirSync(folder.directory).sort();
    await runNight(folder);
    expect(readdirSync(folder.directory).sort()).toEqual([...before, 'state'].sort());
    const quarantined = filesBelow(folder.directory, 'state/quarantine');
    expect(quarantined.length).toBeGreaterThan(2);
    for (const path of quarantined)
      expect(path).toMatch(/^state\/quarantine\/\d+-0001\/(?:failed\/)?north\/[^/]+$/);
  });

  it.each([
    ['a source', { sources: [{ name: '../x', inbox: './inbox', profile: 'cmep-1.20' }] }, 'sources.0.name'],
    ['a partner', { partners: [{ ...partnerOf('http://127.0.0.1:9/'), name: '../p' }] }, 'partners.0.name'],
    ['a batch', { output: { ...OUTPUT, name: '../{timestamp}' } }, 'output.name'],
    ['a batch in a folder', { output: { ...OUTPUT, name: 'x/{timestamp}' } }, 'output.name'],
  ])('of %s are refused', (_of, config, key) => {
    const read = () => {
      const { output } = readConfig(runFolder({ config }).config);
      checkNameTemplate(output, Date.parse(NOW) / 1000);
    };
    expect(read).toThrow(
      expect.objectContaining({ code: 'READMILL_CONFIG_INVALID', message: expect.stringContaining(key) }),
    );
  });
});

describe('a meter id that is a script tag', () => {
  it('is text in the report of a run, in what check says, and goes out as it came', async () => {
    const folder = runFolder();
    const record = { meterId: SCRIPT, triples: hourly('202611200600', ['1.0', '-2.0', '1.0']) };
    writeFileSync(join(folder.inbox, 'a.cmep'), writtenLine(record));
    writeFileSync(join(folder.inbox, `${SCRIPT}.cmep`), writtenLine({ ...record, units: 'KW<H' }));
    const { report } = await runNight(folder);
    const page = readFileSync(join(folder.state, 'reports', report.runId, 'report.html'), 'utf8');
    expect(page).toContain('&lt;script&gt;');
    const archived = filesBelow(folder.state, 'archive').map((path) => join(folder.state, path));
    const checked = join(folder.directory, 'check.html');
    await readmill(['check', ...archived, '--format', 'html', '--output', checked, '--now', NOW]);
    expect(page).not.toContain('<script');
    // The page of check has scripts, all ours.
    const scripts = readFileSync(checked, 'utf8').match(/<script.{0,30}/g)!;
    expect(scripts.length).toBeGreaterThan(1);
    for (const script of scripts)
      expect(script).toMatch(/^<script(?: type="application\/json">\[|>'use strict')/);
    const [batch] = readdirSync(folder.outbox);
    expect(cmepLines(join(folder.outbox, batch!)).map(({ meterId }) => meterId)).toContain(SCRIPT);
  });
});
