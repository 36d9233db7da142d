import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.js';
import {
  folderWith,
  type GeneratedNight,
  generate,
  NOW,
  type RunFolder,
  temporaryFolder,
} from './night-folder.js';
import { type Ended, readmill } from './program.js';
import {
  CERTIFICATES_END,
  makeKeys,
  partnerOf,
  type ReceiverProcess,
  sha256Of,
  startReceiver,
} from './receiver-process.js';

const OUTPUT = { maximumRecords: 100 };
const LATER = '2026-11-22T07:01:00Z';
let night: GeneratedNight;
let keys = '';
let receiver: ReceiverProcess;
let folder: RunFolder;

beforeAll(async () => {
  night = await generate({ meters: 200, files: 2, seed: 5, defects: 'none', 'missing-rate': 0 });
  keys = temporaryFolder();
  makeKeys(keys);
});
afterEach(async () => {
  await receiver?.stop();
  receiver = undefined as unknown as ReceiverProcess;
});

/** A folder whose runs deliver to a receiver that misbehaves as told. */
async function delivering(misbehave?: string, more: Record<string, unknown> = {}): Promise<void> {
  const place = temporaryFolder();
  for (const name of readdirSync(keys))
    writeFileSync(join(place, name), readFileSync(join(keys, name)), { mode: 0o600 });
  receiver = await startReceiver(place, misbehave);
  folder = folderFor(receiver.url, more, place);
}

/** A folder with the night, and the receiver at an address as its partner. */
function folderFor(url: string, more: Record<string, unknown> = {}, place = keys): RunFolder {
  const paths = ['key', 'certificate', 'partnerCertificate'].map((key) => {
    return [key, join(place, String(partnerOf('')[key]))];
  });
  const partner = { ...partnerOf(url), ...Object.fromEntries(paths), ...more };
  const config = { partners: [partner], environment: 'sandbox' };
  return folderWith(night, { output: OUTPUT, config });
}

const command = (words: string[], now = NOW): Promise<Ended> =>
  readmill([...words, '--config', folder.config, '--json', '--now', now]);
const run = (now?: string) => command(['run', '--workers', '1'], now);

interface Answer {
  status: string;
  batches: { file: string; sha256: string }[];
  deliveries: {
    file: string;
    messageId: string;
    status: string;
    attempts: number;
    problem: string | null;
    nextAttempt: string | null;
  }[];
  certificateWarnings?: string[];
}
const answerOf = ({ stdout }: Ended) => JSON.parse(stdout) as Answer;
const statuses = (answer: Answer) => [...new Set(answer.deliveries.map(({ status }) => status))];

describe('run', () => {
  it('delivers each batch, as it lies in the output folder, and says so', async () => {
    await delivering();
    const { code, stdout } = await run();
    const report = JSON.parse(stdout) as Answer;
    expect([code, report.status, statuses(report)]).toEqual([0, 'complete', ['delivered']]);
    expect(report.batches.length).toBeGreaterThan(3);
    const made = Object.fromEntries(report.batches.map(({ file, sha256 }) => [file, sha256]));
    expect(receiver.files()).toEqual(made);
    expect(
      receiver
        .taken()
        .map(({ messageId }) => messageId)
        .sort(),
    ).toEqual(report.deliveries.map(({ messageId }) => messageId).sort());
    const receipts = readdirSync(folder.outbox).filter((name) => name.endsWith('.sandbox.mdn'));
    expect(receipts).toEqual(report.batches.map(({ file }) => `${file}.sandbox.mdn`));
    expect(readdirSync(join(folder.state, 'spool'))).toEqual([]);
    // What was delivered is not delivered again, by anybody.
    expect((await run()).code).toBe(0);
    const paths = report.batches.map(({ file }) => join(folder.outbox, file));
    const sent = await command(['send', ...paths, '--partner', 'sandbox']);
    expect([sent.code, statuses(answerOf(sent))]).toEqual([0, ['delivered']]);
    expect(receiver.lines().filter((line) => line.startsWith('repeated'))).toEqual([]);
    expect(receiver.taken()).toHaveLength(report.batches.length);
  });

  it('leaves what failed to the time when it is due, and the next command goes on', async () => {
    await delivering('fail', { retryWaitMinutes: [60] });
    const first = await run();
    const report = answerOf(first);
    expect([first.code, report.status, statuses(report)]).toEqual([2, 'partial', ['waiting']]);
    expect(report.deliveries[0]).toMatchObject({
      attempts: 1,
      nextAttempt: expect.stringMatching(/^2026-11-22T07:00/),
    });
    expect(report.deliveries[0]!.problem).toContain('HTTP 503');
    await receiver.stop();
    await receiver.start();
    // Not due yet: nothing goes out.
    const early = await command(['retry']);
    expect([early.code, receiver.taken()]).toEqual([2, []]);
    // Somebody asks for one by its name, and does not wait until it is due.
    const { file } = report.deliveries[0]!;
    const asked = await command(['retry', '--batch', file]);
    expect([asked.code, answerOf(asked).deliveries]).toMatchObject([0, [{ file, status: 'delivered' }]]);
    const status = JSON.parse((await readmill(['status', '--config', folder.config, '--json'])).stdout);
    expect(status).toMatchObject({ runs: 1, files: 2, deliveries: { waiting: report.batches.length - 1 } });
    // Due: an empty run carries on.
    const second = await run(LATER);
    expect([second.code, statuses(answerOf(second))]).toEqual([0, ['delivered']]);
    const ids = (answer: Answer) => answer.deliveries.map(({ messageId }) => messageId).sort();
    const left = ids({ ...report, deliveries: report.deliveries.slice(1) });
    expect(ids(answerOf(second))).toEqual(left);
    expect(
      receiver
        .taken()
        .map(({ messageId }) => messageId)
        .sort(),
    ).toEqual(ids(report));
    expect((await command(['retry'])).code).toBe(0);
  });

  it('gives up, tells so, and retry sends it when somebody asks', async () => {
    await delivering('fail', { retryWaitMinutes: [] });
    const report = answerOf(await run());
    expect(statuses(report)).toEqual(['given-up']);
    await receiver.stop();
    await receiver.start();
    // A run leaves what was given up to a person.
    const next = await run(LATER);
    expect([next.code, statuses(answerOf(next)), receiver.taken()]).toEqual([2, ['given-up'], []]);
    const { file } = report.deliveries[1]!;
    const one = await command(['retry', '--batch', file]);
    expect([one.code, answerOf(one).deliveries]).toMatchObject([
      0,
      [{ file, status: 'delivered', attempts: 2 }],
    ]);
    expect((await command(['retry'])).code).toBe(0);
    expect(receiver.taken()).toHaveLength(report.batches.length);
  });

  it('--no-deliver writes the same bytes, and nothing is packaged or sent', async () => {
    await delivering();
    const { code } = await command(['run', '--workers', '1', '--no-deliver']);
    expect([code, receiver.taken(), existsSync(join(folder.state, 'spool'))]).toEqual([0, [], false]);
    const plain = folderWith(night, { output: OUTPUT, config: { environment: 'sandbox' } });
    await readmill(['run', '--config', plain.config, '--json', '--workers', '1', '--now', NOW]);
    expect(fingerprint(folder)).toEqual(fingerprint(plain));
  });

  it('refuses a key that others may read before anything is begun', async () => {
    const open = join(temporaryFolder(), 'open.key');
    writeFileSync(open, readFileSync(join(keys, 'us.key')), { mode: 0o644 });
    await delivering(undefined, { key: open });
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toContain('[READMILL_KEY_OPEN]');
    expect(existsSync(folder.outbox)).toBe(false);
  });

  it('warns of certificates that end within 30 days', async () => {
    await delivering();
    const soon = new Date(Date.parse(CERTIFICATES_END) - 20 * 86_400_000).toISOString();
    const report = answerOf(await run(soon));
    expect(statuses(report)).toEqual(['delivered']);
    expect(report.certificateWarnings).toHaveLength(2);
    expect(report.certificateWarnings![0]).toMatch(/^Partner sandbox: our certificate .* ends in \d+ days/);
  });
});

describe('misbehaviour of a receiver', () => {
  const ONCE: [string, RegExp][] = [
    ['delay=9', /did not answer within 3 s/],
    ['fail', /HTTP 503/],
    ['wrong-mic', /MIC of the receipt is not ours/],
    ['wrong-id', /for another message/],
    ['unsigned-mdn', /not signed/],
    ['lose-mdn', /broke the connection off/],
    ['close-at=100', /broke the connection off/],
  ];
  it.each(ONCE)('%s: told, tried again, and in its books once', async (misbehave, problem) => {
    // Only who is to answer too late is waited for so briefly: any other answer may take its time on a busy machine.
    const timeout = misbehave.startsWith('delay') ? { timeoutSeconds: 3 } : {};
    await delivering(`${misbehave}*1`, { retryWaitMinutes: [60], ...timeout });
    mkdirSync(join(folder.directory, 'files'));
    const path = join(folder.directory, 'files', 'A.DAT');
    writeFileSync(path, 'reads\r\n'.repeat(1000));
    const first = await command(['send', path, '--partner', 'sandbox']);
    const [delivery] = answerOf(first).deliveries;
    expect([first.code, delivery]).toMatchObject([2, { status: 'waiting', attempts: 1 }]);
    expect(delivery!.problem).toMatch(problem);
    const second = await command(['retry'], LATER);
    expect([second.code, answerOf(second).deliveries]).toMatchObject([
      0,
      [{ status: 'delivered', attempts: 2, messageId: delivery!.messageId }],
    ]);
    expect(receiver.taken()).toEqual([{ messageId: delivery!.messageId, file: expect.any(String) }]);
    expect(receiver.files()).toEqual({ 'A.DAT': sha256Of(path) });
  });
});

describe('wrong options', () => {
  const wrong: [string, string[], RegExp][] = [
    [
      'a partner that is not there',
      ['send', 'A', '--partner', 'elsewhere'],
      /has: sandbox\. \[READMILL_OPTION\]/,
    ],
    [
      'a file that is not there',
      ['send', 'nothing.DAT', '--partner', 'sandbox'],
      /Nothing was sent.*\[READMILL_SEND_FILE\]/,
    ],
    [
      'a delivery that is not open',
      ['retry', '--batch', 'nothing.DAT'],
      /No delivery of nothing\.DAT is open.*\[READMILL_OPTION\]/,
    ],
    [
      'an environment that is not there',
      ['connect', '--environment', 'production'],
      /has: sandbox\. \[READMILL_OPTION\]/,
    ],
  ];
  it.each(wrong)('%s', async (_name, words, message) => {
    folder = folderFor('http://127.0.0.1:9/as2');
    const { code, stderr } = await command(words);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe('connect', () => {
  it('goes the whole way, and leaves a record', async () => {
    await delivering();
    const { code, stdout } = await command(['connect', '--environment', 'sandbox']);
    const [test] = JSON.parse(stdout).tests as [
      {
        steps: { step: string; outcome: string }[];
        isConnected: boolean;
        file: { name: string };
        receipt: string;
      },
    ];
    expect([code, test.isConnected]).toEqual([0, true]);
    expect(test.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'keys ok',
      'name not needed',
      'connection ok',
      'tls not needed',
      'message ok',
      'answer ok',
      'receipt ok',
      'mic ok',
    ]);
    expect(test.file.name).toMatch(/^ORG00001\.ORG00000\.0000\.00\.20261122060000\.DAT$/);
    expect(existsSync(test.receipt)).toBe(true);
    const [record] = readdirSync(join(folder.state, 'connect'));
    const page = readFileSync(join(folder.state, 'connect', record!, 'connect.html'), 'utf8');
    expect(page).toContain('Connectivity test of sandbox: Connected');
    // No batch gets the name of the test's file.
    const report = answerOf(await run());
    expect(report.batches.map(({ file }) => file)).not.toContain(test.file.name);
  });

  it.each([
    ['wrong-mic', 'mic failed'],
    ['unsigned-mdn', 'receipt failed'],
    ['fail', 'answer failed'],
  ])('tells of %s', async (misbehave, failed) => {
    await delivering(misbehave);
    const { code, stdout } = await command(['connect', '--environment', 'sandbox']);
    const [test] = JSON.parse(stdout).tests as {
      steps: { step: string; outcome: string; remedy: string | null }[];
    }[];
    const wrong = test!.steps.filter(({ outcome }) => outcome === 'failed');
    expect([code, wrong.map(({ step, outcome }) => `${step} ${outcome}`)]).toEqual([2, [failed]]);
    expect(wrong[0]!.remedy).toMatch(/\w/);
  });
});
