import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Consignment, DeliveryRecord } from '../../../src/as2/sender/delivery-queue.js';
import { loadPartners } from '../../../src/as2/sender/partner.js';
import { openSender, type Sender } from '../../../src/as2/sender/sender.js';
import { readDeliveryConfig } from '../../../src/pipeline/config/config.js';
import { type Ledger, openLedger } from '../../../src/store/ledger/ledger.js';
import { makeIdentity, type TestIdentity } from '../openssl.js';
import { OpensslPartner } from './openssl-partner.js';

export interface Identities {
  folder: string;
  us: TestIdentity;
  partner: TestIdentity;
  stranger: TestIdentity;
}

/** Keys for a test file; to be removed with `rmSync(folder)`. */
export function makeIdentities(): Identities {
  const folder = mkdtempSync(join(tmpdir(), 'readmill-sender-'));
  const [us, partner, stranger] = ['us', 'partner', 'stranger'].map((name) => makeIdentity(folder, name));
  return { folder, us: us!, partner: partner!, stranger: stranger! };
}

/** A sender with its state folder, its partner and a clock that is moved by hand. */
export interface Bench {
  partner: OpensslPartner;
  state: string;
  config: string;
  ledger: Ledger;
  sender: Sender;
  attempts: DeliveryRecord[];
  moveClock(minutes: number): void;
  /** A file that is to be delivered. */
  consignment(name: string, content?: string): Consignment;
  /** Closes sender and ledger, and opens both anew with other settings, as the next command does. */
  reopen(settings?: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
}

let count = 0;

export async function openBench(
  { folder, us, partner: own }: Identities,
  settings: Record<string, unknown> = {},
  top: Record<string, unknown> = {},
): Promise<Bench> {
  const base = join(folder, `bench-${count++}`);
  mkdirSync(base);
  const partner = await OpensslPartner.start(base, own, us);
  const config = join(base, 'config.json');
  let offsetMs = 0;
  const clock = () => Date.now() + offsetMs;
  const write = (changed: Record<string, unknown>) =>
    writeFileSync(
      config,
      JSON.stringify({
        state: './state',
        partners: [
          {
            name: 'sandbox',
            url: partner.url,
            as2From: 'ORG 1',
            as2To: 'ORG00000',
            key: us.keyPath,
            certificate: us.certificatePath,
            partnerCertificate: own.certificatePath,
            ...settings,
            ...changed,
          },
        ],
        ...top,
      }),
    );
  const open = async (changed: Record<string, unknown>) => {
    write(changed);
    const read = readDeliveryConfig(config);
    bench.ledger = openLedger(read.state);
    bench.sender = await openSender({
      ledger: bench.ledger,
      config: read,
      partners: loadPartners(read.partners, clock()),
      clock,
      onAttempt: (record) => void bench.attempts.push(record),
    });
  };
  const shut = async () => {
    await bench.sender.close();
    await bench.ledger.close();
  };
  const bench: Bench = {
    partner,
    state: join(base, 'state'),
    config,
    ledger: undefined as unknown as Ledger,
    sender: undefined as unknown as Sender,
    attempts: [],
    moveClock: (minutes) => {
      offsetMs += minutes * 60_000;
    },
    consignment(name, content = `00001,${name},\r\n`.repeat(500)) {
      const path = join(base, name);
      writeFileSync(path, content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { partner: 'sandbox', file: name, path, sizeBytes: content.length, sha256, runId: null };
    },
    async reopen(changed = {}) {
      await shut();
      await open(changed);
    },
    async close() {
      await shut();
      await partner.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
  await open({});
  return bench;
}
