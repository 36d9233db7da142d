import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildMessage } from '../../src/as2/build-message.js';
import { bytesInMemory } from '../../src/as2/byte-range.js';
import { parseCertificate } from '../../src/as2/certificate.js';
import { MessageFault } from '../../src/as2/faults.js';
import { buildMdn } from '../../src/as2/mdn/build-mdn.js';
import { readMdn } from '../../src/as2/mdn/read-mdn.js';
import { readEntity } from '../../src/as2/mime/entity.js';
import { newIdentity } from '../../src/as2/new-identity.js';
import { openMessage } from '../../src/as2/read-message.js';
import { makeWorkspace } from '../../src/as2/workspace.js';
import { PROFILES } from '../../src/conformance/profiles.js';
import { sourceSettings } from '../../src/conformance/source-settings.js';
import { formatNamed } from '../../src/formats/formats.js';
import type { RangeSink } from '../../src/formats/range.js';
import { VALUE_MAX } from '../../src/model/decimal.js';
import { codeOf } from '../../src/model/errors.js';
import { readConfig } from '../../src/pipeline/config/config.js';
import { type Archive, expandArchive } from '../../src/pipeline/intake/expand.js';
import { readCsvRegister } from '../../src/store/register/register-csv.js';
import { readJsonRegister } from '../../src/store/register/register-json.js';
import { SourceRefused } from '../../src/store/register/register-problems.js';
import { Broken } from './feed-cmep.js';
import type { Dice } from './soup.js';

/** A reader of bytes that others wrote, and what its inputs begin from. */
export interface ForeignReader {
  name: string;
  seeds: readonly Buffer[];
  /** Reads; what it may say to bad bytes is caught. @throws what it must not */
  feed(input: Buffer): Promise<void>;
}

const NOW_MS = Date.UTC(2026, 11, 1);
const NOW_STAMP = NOW_MS / 60_000;
const EXPANDED_BYTES_MAX = 1 << 22;

const AMRDEF = `<?xml version="1.0"?>
<AMRDEF version="7.5"><!-- x --><MeterReadings Source="Remote" CollectionTime="2026-11-21 00:30:00"><Meter SerialNumber="M1" TimeZoneOffset="300" AccountName="a &amp; b"/>
<ConsumptionData><ConsumptionSpec UOM="kWh" Direction="Delivered" TouBucket="Total" MeasurementPeriod="Current"/><Reading TimeStamp="2026-11-21 00:00:00" Value="1000.5"/></ConsumptionData>
<IntervalData><IntervalSpec UOM="kWh" Direction="Delivered" Interval="60" Channel="1" TimestampStart="2026-11-20 01:00:00" TimestampEnd="2026-11-20 03:00:00"/><Reading TimeStamp="2026-11-20 01:00:00" RawReading="0.913"/><Reading TimeStamp="2026-11-20 02:00:00" RawReading="0.4"><QualityFlags CompleteOutage="1"/></Reading><Reading TimeStamp="2026-11-20 24:00:00" RawReading="1"/></IntervalData></MeterReadings></AMRDEF>`;
const CSV =
  'meter_id,sdp_id,units,interval_minutes,multiplier,register_digits,maximum_kwh,service_class,active_from,active_to\nM1,S1,KWH,60,1,6,48,residential,2014-10-19,\n"M,2",S2,KWH,15,1.5,5,,,,\n';
const JSON_REGISTER =
  '[{"meter_id":"M1","sdp_id":"S1","units":"KWH","interval_minutes":60,"multiplier":1.5,"active_to":null},{"meter_id":"\\u004d2","units":"KWH"}]';
const CONFIG = JSON.stringify({
  state: './state',
  sources: [{ name: 'north', inbox: './inbox', profile: 'sensus', timeZone: 'UTC', minimumAgeSeconds: 30 }],
  vee: { enabled: true, policies: { default: { linearHours: 2 } } },
  output: { directory: './outbox', sender: 'A', receiver: 'B', maximumBytes: 52428800 },
});
/** A zip of two files, one in a folder. */
const ZIP =
  'UEsDBBQAAAAIAFsAeV3cUOnTHwAAAOABAAAKAAAAYS9vbmUuY21lcPN1DfB1MTDUMbS0NDewMLTUCdZx1gni5fIdFR8W4gBQSwMEFAAAAAgAWwB5XYMW3IwDAAAAAQAAAAgAAAB0d28uY21lcKsAAFBLAQIUAxQAAAAIAFsAeV3cUOnTHwAAAOABAAAKAAAAAAAAAAAAAACAAQAAAABhL29uZS5jbWVwUEsBAhQDFAAAAAgAWwB5XYMW3IwDAAAAAQAAAAgAAAAAAAAAAAAAAIABRwAAAHR3by5jbWVwUEsFBgAAAAACAAIAbgAAAHAAAAAAAA==';

/** Changes a seed here and there: bytes, cuts, repeats, pieces of others. */
export function changed(seeds: readonly Buffer[], dice: Dice): Buffer {
  let bytes = Buffer.from(dice.oneOf(seeds));
  for (let left = 1 + dice.below(6); left > 0 && bytes.length > 0; left--) {
    const at = dice.below(bytes.length);
    const length = dice.below(Math.min(64, bytes.length - at) + 1);
    const piece = bytes.subarray(at, at + length);
    const [front, rest] = [bytes.subarray(0, at), bytes.subarray(at + length)];
    const other = dice.oneOf(seeds);
    const from = dice.below(other.length);
    const ways = [
      () => Buffer.concat([front, Buffer.from([dice.below(256)]), bytes.subarray(at + 1)]),
      () => Buffer.concat([front, Buffer.from([bytes[at]! ^ (1 << dice.below(8))]), bytes.subarray(at + 1)]),
      () => Buffer.concat([front, rest]),
      () => Buffer.concat([front, ...Array<Buffer>(1 + dice.below(40)).fill(piece), rest]),
      () => Buffer.concat([front, other.subarray(from, from + dice.below(200)), rest]),
      () => Buffer.concat([front, Buffer.from(String(10 ** dice.below(30) - dice.below(3))), rest]),
      () => front,
    ];
    bytes = dice.oneOf(ways)();
  }
  return bytes;
}

/** All readers but CMEP's, which has a feed of its own. Files that they need lie in a folder that `close` removes. */
export async function openForeignReaders(): Promise<{ readers: ForeignReader[]; close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'readmill-fuzz-'));
  const readers = [
    amrdefReader(),
    ...(await as2Readers(folder)),
    ...registerReaders(),
    ...archiveReaders(folder),
    configReader(folder),
  ];
  return { readers, close: () => rmSync(folder, { recursive: true, force: true }) };
}

function amrdefReader(): ForeignReader {
  const settings = PROFILES.map((profile) => sourceSettings(profile, 0, NOW_STAMP).amrdef);
  const readers = settings.map((one) => formatNamed('amrdef').openReader(one));
  const sink: RangeSink = {
    fileOffset: 0,
    record({ count, stamps, values }) {
      for (let i = 0; i < count; i++) {
        if (!(Math.abs(values[i]!) <= VALUE_MAX)) throw new Broken(`a value of ${values[i]}`);
        if (stamps[i]! > NOW_STAMP + 1440) throw new Broken(`a stamp of ${stamps[i]}`);
      }
    },
    fault() {},
    rejected() {},
    passedOver() {},
  };
  let which = 0;
  return {
    name: 'amrdef',
    seeds: [Buffer.from(AMRDEF)],
    async feed(input) {
      const source = {
        sizeBytes: input.length,
        read(target: Uint8Array, at: number, length: number, position: number) {
          return input.copy(target, at, position, position + length);
        },
      };
      const bounds = { from: 0, to: input.length, startsAt: null };
      const end = readers[which++ % readers.length]!.readRange(source, bounds, sink);
      if (end.end < input.length) throw new Broken(`read up to ${end.end} of ${input.length}`);
    },
  };
}

/** Whole messages (MIME, CMS, zlib) and receipts, each with its header lines in front. */
async function as2Readers(folder: string): Promise<ForeignReader[]> {
  const [ours, theirs] = await Promise.all([newIdentity('us', NOW_MS), newIdentity('them', NOW_MS)]);
  const certificateOf = ({ certificate }: typeof ours) => parseCertificate(certificate);
  const signer = {
    key: createPrivateKey(theirs.key),
    certificate: certificateOf(theirs),
    digest: 'sha256',
    scheme: 'pkcs1',
  } as const;
  const own = { key: createPrivateKey(ours.key), certificate: certificateOf(ours) };
  const keys = { own: [own], partner: [signer.certificate], acceptSha1: false };
  const whole = (headers: Record<string, string>, body: Buffer) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.concat([Buffer.from(`${lines.join('')}\r\n`), body]);
  };
  const path = join(folder, 'payload');
  writeFileSync(path, 'MEPMD01,19970819\r\n'.repeat(10));
  const messages: Buffer[] = [];
  for (const cipher of ['aes256-cbc', 'aes256-gcm', null] as const) {
    for (const compressionLevel of [0, 1] as const) {
      const recipient =
        cipher === null ? null : { certificate: own.certificate, cipher, keyTransport: 'pkcs1' as const };
      const protection = { signer, recipient, compressionLevel, micDigest: 'sha256' as const };
      const payload = { path, name: 'N', contentType: 'text/plain' };
      const built = await buildMessage(payload, protection, join(folder, 'message'), NOW_MS);
      messages.push(whole(built.headers, readFileSync(join(folder, 'message'))));
    }
  }
  const fields = {
    reportingUa: 'x',
    recipient: 'them',
    originalMessageId: '<1@x>',
    disposition: 'automatic-action/MDN-sent-automatically; processed',
    mic: { value: 'AAAA', digest: 'sha256' as const },
    text: 'taken',
  };
  const receipts = [buildMdn(fields, null, NOW_MS), buildMdn(fields, signer, NOW_MS)];
  const reader = (name: string, seeds: Buffer[], read: typeof readMdn | OpenMessage): ForeignReader => ({
    name,
    seeds,
    async feed(input) {
      const workspace = makeWorkspace(join(folder, 'work'));
      try {
        await read(await readEntity(bytesInMemory(input)), keys, workspace);
      } catch (thrown) {
        if (!(thrown instanceof MessageFault)) throw thrown;
      } finally {
        await workspace.dispose();
      }
    },
  });
  const open: OpenMessage = (entity, given, workspace) =>
    openMessage(entity, given, EXPANDED_BYTES_MAX, workspace);
  return [
    reader('message', messages, open),
    reader(
      'receipt',
      receipts.map(({ headers, body }) => whole(headers, body)),
      readMdn,
    ),
  ];
}

type OpenMessage = (...args: Parameters<typeof readMdn>) => Promise<unknown>;

function registerReaders(): ForeignReader[] {
  const reader = (name: string, seed: string, read: typeof readCsvRegister): ForeignReader => ({
    name,
    seeds: [Buffer.from(seed)],
    async feed(input) {
      async function* content() {
        yield input.subarray(0, input.length >> 1);
        yield input.subarray(input.length >> 1);
      }
      try {
        await read(content(), (texts) => texts.length > 0, { problems: [], count: 0 });
      } catch (thrown) {
        if (!(thrown instanceof SourceRefused)) throw thrown;
      }
    },
  });
  return [
    reader('register-csv', CSV, readCsvRegister),
    reader('register-json', JSON_REGISTER, readJsonRegister),
  ];
}

function archiveReaders(folder: string): ForeignReader[] {
  const reader = (kind: Archive['kind'], seed: Buffer): ForeignReader => ({
    name: kind,
    seeds: [seed],
    async feed(input) {
      const path = join(folder, `archive.${kind}`);
      writeFileSync(path, input);
      const archive: Archive = { path, name: `archive.${kind}`, sizeBytes: input.length, kind };
      let n = 0;
      try {
        for await (const member of expandArchive(
          archive,
          () => join(folder, `member-${n++ & 7}`),
          (inner) => inner,
        ))
          if (member.sizeBytes > 1 << 24)
            throw new Broken(`${member.sizeBytes} bytes out of ${input.length}`);
      } catch (thrown) {
        if (isBug(thrown)) throw thrown;
      }
    },
  });
  return [reader('gz', gzipSync(CSV)), reader('zip', Buffer.from(ZIP, 'base64'))];
}

function configReader(folder: string): ForeignReader {
  return {
    name: 'configuration',
    seeds: [Buffer.from(CONFIG)],
    async feed(input) {
      const path = join(folder, 'config.json');
      writeFileSync(path, input);
      try {
        readConfig(path);
      } catch (thrown) {
        if (!codeOf(thrown).startsWith('READMILL_')) throw thrown;
      }
    },
  };
}

/** Whether an error is one of the program, and not a word about the input. */
function isBug(thrown: unknown): boolean {
  return (
    [TypeError, RangeError, ReferenceError, Broken].some((kind) => thrown instanceof kind) &&
    codeOf(thrown) === ''
  );
}
