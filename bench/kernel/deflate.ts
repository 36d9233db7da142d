import { randomInt } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { CmepWriter, stampTable } from '../../src/formats/cmep/writer.js';
import { beginDeflating } from '../../src/kernel/deflate-kernel.js';
import { UNITS_PER_ONE } from '../../src/model/decimal.js';
import { LETTER_RAW, metaWord } from '../../src/model/quality.js';
import { EST_OFFSET_MINUTES, readDayStart } from '../../src/model/time.js';
import { channelCode, unitCode } from '../../src/model/units.js';
import { measure } from '../measure.js';
import { READ_DAY } from '../night-day.js';

const RECORDS = 12_000;
const SLOTS = 24;
/** Values up to 12.000, so that they are of two widths. */
const VALUE_MAX = 1_200_000;
const VALUE_STEP = 100;

/** A batch compressed by the kernel and by zlib at level 1, in turn: time of each, and the sizes. */
export function deflateBatch(): void {
  const batch = batchOfRecords();
  let size = 0;
  const kernelNs = measure('deflate a batch, kernel', RECORDS * SLOTS, () => {
    size = compressed(batch).length;
  });
  if (!inflateSync(compressed(batch)).equals(batch))
    throw new Error('What the kernel compressed is not what it got');
  let zlibSize = 0;
  const zlibNs = measure('deflate a batch, zlib at level 1', RECORDS * SLOTS, () => {
    zlibSize = deflateSync(batch, { level: 1, chunkSize: batch.length }).length;
  });
  const [faster, length] = [zlibNs / kernelNs, size / zlibSize];
  process.stdout.write(
    `the kernel is ${faster.toFixed(2)} times as fast as zlib at level 1, and its output ${length.toFixed(3)} times as long\n`,
  );
}

function compressed(bytes: Buffer): Buffer {
  const deflating = beginDeflating();
  try {
    const pieces: Buffer[] = [];
    for (const piece of deflating.write(bytes)) pieces.push(Buffer.from(piece));
    return Buffer.concat([...pieces, deflating.end()]);
  } finally {
    deflating.close();
  }
}

function batchOfRecords(): Buffer {
  const writer = new CmepWriter({ sender: 'ORG00001', receiver: 'ORG00000', created: '202603020630' });
  const stamps = stampTable(readDayStart(READ_DAY, EST_OFFSET_MINUTES) + 60, 60, SLOTS, 0);
  const channel = channelCode(unitCode('KWH'), 0);
  const meta = metaWord(3, LETTER_RAW);
  for (let record = 0; record < RECORDS; record++) {
    const meter = Buffer.from(`M${String(record).padStart(9, '0')}`, 'latin1');
    writer.header(meter, 0, meter.length, false, channel, UNITS_PER_ONE, 60, SLOTS);
    for (let i = 0; i < SLOTS; i++)
      writer.triple(stamps, i, meta, randomInt(VALUE_MAX / VALUE_STEP) * VALUE_STEP);
    writer.endLine();
  }
  return Buffer.from(writer.bytes.subarray(0, writer.length));
}
