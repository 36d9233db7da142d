import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DeliveryRecord } from '../../../src/as2/sender/delivery-queue.js';
import { type VerifiedDeliveries, verifyDeliveries } from '../../../src/as2/sender/verify-deliveries.js';
import { type StateDamage, verifyState } from '../../../src/pipeline/verify-state.js';
import { type Bench, type Identities, makeIdentities, openBench } from './sender-folder.js';

let identities: Identities;
let bench: Bench;
let delivered: DeliveryRecord;
let open: DeliveryRecord;
beforeAll(() => {
  identities = makeIdentities();
});
afterAll(() => rmSync(identities.folder, { recursive: true }));
afterEach(() => bench.close());

/** A delivery with its receipt, and one that is still in the spool. */
async function deliverTwo(): Promise<void> {
  bench = await openBench(identities);
  delivered = await bench.sender.deliver(bench.consignment('A.DAT'));
  bench.partner.behaviours = [{ status: 503 }];
  open = await bench.sender.deliver(bench.consignment('B.DAT'));
  expect([delivered.status, open.status]).toEqual(['delivered', 'waiting']);
}

async function verified(): Promise<VerifiedDeliveries & { damages: StateDamage[] }> {
  let counts: VerifiedDeliveries | null = null;
  const place = { state: bench.state, ledger: 'embedded', hosts: { leaseSeconds: 30 } };
  const { damages } = await verifyState(place, (state, ledger, look) => {
    counts = verifyDeliveries(state, ledger, look);
  });
  return { ...counts!, damages };
}

const filesIn = (name: string) =>
  readdirSync(join(bench.state, name)).map((file) => ({
    below: `${name}/${file}`,
    path: join(bench.state, name, file),
  }));

describe('packaged messages and receipts', () => {
  it('are found as they were written', async () => {
    await deliverTwo();
    expect(await verified()).toEqual({ messages: 1, receipts: 1, receiptsGone: 0, damages: [] });
  });

  it('are told of where a byte is another, or the file is cut off or gone', async () => {
    await deliverTwo();
    const files = [...filesIn('spool'), ...filesIn('receipts')];
    expect(files).toHaveLength(3);
    for (const { below, path } of files) {
      const bytes = readFileSync(path);
      const told = async (content: Buffer) => {
        writeFileSync(path, content);
        const { damages } = await verified();
        expect(damages.map((damage) => [damage.path, damage.code])).toEqual([
          [below, 'READMILL_STATE_DAMAGED'],
        ]);
        return damages[0]!.message;
      };
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 0x20;
        expect(await told(flipped)).toContain('its content is not that which was written');
      }
      for (const length of [0, bytes.length - 1])
        expect(await told(bytes.subarray(0, length))).toContain(
          `it has ${length} bytes, and had ${bytes.length}`,
        );
      rmSync(path);
      expect((await verified()).damages.map((damage) => damage.path)).toEqual([below]);
      writeFileSync(path, bytes);
    }
    expect((await verified()).damages).toEqual([]);
  });

  it('a receipt whose files were both taken away is counted, and is no damage', async () => {
    await deliverTwo();
    rmSync(join(bench.state, 'receipts'), { recursive: true });
    expect(await verified()).toEqual({ messages: 1, receipts: 0, receiptsGone: 1, damages: [] });
  });

  it('a damaged message goes out in the way that is told: removed, and packaged anew under its Message-ID', async () => {
    await deliverTwo();
    const { path } = filesIn('spool')[0]!;
    rmSync(path);
    bench.moveClock(6);
    const gone = await bench.sender.resume(open);
    expect(gone).toMatchObject({
      status: 'failed',
      problem: expect.stringContaining('readmill retry --batch'),
    });
    const again = await bench.sender.resume(gone);
    expect(again).toMatchObject({ status: 'delivered', messageId: open.messageId });
    expect(existsSync(path)).toBe(false);
  });

  it('a message that the partner refused since it is damaged is packaged anew when a person retries', async () => {
    await deliverTwo();
    const { path } = filesIn('spool')[0]!;
    const bytes = readFileSync(path);
    bytes[bytes.length - 20]! ^= 1;
    writeFileSync(path, bytes);
    bench.partner.behaviours = [{ status: 400 }];
    bench.moveClock(6);
    const refused = await bench.sender.resume(open);
    expect(refused.status).toBe('failed');
    expect(await bench.sender.resume(refused)).toMatchObject({
      status: 'delivered',
      messageId: open.messageId,
    });
    const [damaged, mended] = bench.partner.requests.slice(-2);
    expect(mended!.bodySha256).not.toBe(damaged!.bodySha256);
  });
});
