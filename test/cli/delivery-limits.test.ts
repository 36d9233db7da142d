import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type DeliveryRecord, saveDelivery } from '../../src/as2/sender/delivery-queue.js';
import { registerConnect } from '../../src/cli/connect.js';
import { registerSend } from '../../src/cli/send.js';
import { registerStatus } from '../../src/cli/status.js';
import { openLedger } from '../../src/store/ledger/ledger.js';
import { makeIdentity } from '../as2/openssl.js';

const folder = mkdtempSync(join(tmpdir(), 'readmill-delivery-limits-'));
const config = join(folder, 'config.json');
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});
beforeAll(() => {
  const { keyPath, certificatePath } = makeIdentity(folder, 'us');
  const partner = {
    // Nobody listens there.
    ...{ name: 'sandbox', url: 'http://127.0.0.1:1/as2', as2From: 'ORG00001', as2To: 'ORG00000' },
    ...{ key: keyPath, certificate: certificatePath, partnerCertificate: certificatePath },
  };
  const output = { directory: './outbox', sender: 'ORG00001', receiver: 'ORG00000' };
  writeFileSync(config, JSON.stringify({ state: './state', output, partners: [partner] }));
});

/** Runs a command and returns what it printed. */
async function run(register: (program: Command) => void, ...words: string[]): Promise<string> {
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  const program = new Command().exitOverride();
  register(program);
  await program.parseAsync([...words, '--config', config], { from: 'user' });
  return printed;
}

it('FILES_MAX: ten thousand files are looked at to be sent, of one more none is', async () => {
  const absent = join(folder, 'absent.DAT');
  const send = (count: number) =>
    run(registerSend, 'send', ...new Array<string>(count).fill(absent), '--partner', 'sandbox');
  await expect(send(10_000)).rejects.toMatchObject({ code: 'READMILL_SEND_FILE' });
  await expect(send(10_001)).rejects.toMatchObject({
    ...{ code: 'READMILL_OPTION', message: expect.stringContaining('At most 10000 files') },
  });
});

it('FILE_BYTES_MAX: a file of 1 MiB is taken to test a connection, a larger one is refused', async () => {
  const file = join(folder, 'small.DAT');
  const connect = (bytes: number) => {
    writeFileSync(file, Buffer.alloc(bytes));
    return run(registerConnect, 'connect', '--environment', 'sandbox', '--file', file, '--json');
  };
  const { tests } = JSON.parse(await connect(1024 ** 2));
  expect(tests).toMatchObject([{ isConnected: false, file: { sizeBytes: 1024 ** 2 } }]);
  await expect(connect(1024 ** 2 + 1)).rejects.toMatchObject({
    code: 'READMILL_SEND_FILE',
    message: expect.stringContaining('more than 1048576 bytes'),
  });
});

it('DELIVERED_SHOWN_MAX: the latest twenty deliveries are shown, and all are counted', async () => {
  const deliver = async (from: number, to: number) => {
    const ledger = openLedger(join(folder, 'state'));
    for (let i = from; i < to; i++) {
      const names = { partner: 'sandbox', file: `${i}.DAT`, sha256: 'a'.repeat(64), status: 'delivered' };
      const record = { ...names, settledMs: i, attempts: 1, nextAttemptMs: null, evidence: null };
      await saveDelivery(ledger, record as unknown as DeliveryRecord);
    }
    await ledger.close();
    const { deliveries, lastDelivered } = JSON.parse(await run(registerStatus, 'status', '--json'));
    return [deliveries.delivered, lastDelivered.length, lastDelivered[0].file, lastDelivered.at(-1).file];
  };
  expect(await deliver(0, 20)).toEqual([20, 20, '19.DAT', '0.DAT']);
  expect(await deliver(20, 21)).toEqual([21, 20, '20.DAT', '1.DAT']);
});
