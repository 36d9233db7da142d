import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UNITS_PER_ONE } from '../../src/model/decimal.js';
import { LETTER_RAW, metaWord } from '../../src/model/quality.js';
import { EST_OFFSET_MINUTES, readDayStart } from '../../src/model/time.js';
import { channelCode, unitCode } from '../../src/model/units.js';
import { BlockBuffer } from '../../src/store/blocks/block-buffer.js';
import { loadBlocks } from '../../src/store/blocks/block-index.js';
import { measure } from '../measure.js';
import { READ_DAY } from '../night-day.js';

const METERS = 20_000;
const SLOTS = 24;
/** Meters in an order as if many head ends sent them; without a factor in common with METERS. */
const STEP = 7_919;

/** `BlockBuffer.append`, then `loadBlocks` of the same partition, meters in order and out of it. */
export async function sortBlocks(folder: string): Promise<void> {
  const buffer = new BlockBuffer();
  const meterId = Buffer.from('M000000000', 'latin1');
  const firstStamp = readDayStart(READ_DAY, EST_OFFSET_MINUTES) + 60;
  const reads = {
    meterIdFrom: 0,
    meterIdTo: meterId.length,
    channel: channelCode(unitCode('KWH'), 0),
    resend: false,
    creationStamp: firstStamp + 1_500,
    intervalMinutes: 60,
    constant: UNITS_PER_ONE,
    regular: true,
    count: SLOTS,
    stamps: Int32Array.from({ length: SLOTS }, (_, i) => firstStamp + i * 60),
    values: Float64Array.from({ length: SLOTS }, (_, i) => i * 12_300),
    metas: new Int32Array(SLOTS).fill(metaWord(3, LETTER_RAW)),
    byteLength: 580,
    line: 1,
  };
  const append = (step: number) => {
    buffer.clear();
    for (let k = 0; k < METERS; k++) {
      let number = (k * step) % METERS;
      for (let digit = meterId.length - 1; digit > 0; digit--) {
        const rest = Math.floor(number / 10);
        meterId[digit] = 48 + number - rest * 10;
        number = rest;
      }
      buffer.append(reads, meterId, 0, 0, k * 580);
    }
  };
  measure('append blocks', METERS * SLOTS, () => append(1));
  for (const step of [1, STEP]) {
    append(step);
    const words = buffer.words.subarray(0, buffer.usedWords);
    const path = join(folder, 'bench.blocks');
    writeFileSync(path, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
    const pieces = {
      fileIndex: Int32Array.of(0),
      offsets: Float64Array.of(0),
      lengths: Int32Array.of(words.byteLength),
    };
    measure(`load and sort blocks, ${step === 1 ? 'in order' : 'out of order'}`, METERS * SLOTS, () => {
      if (loadBlocks([path], pieces).count !== METERS) throw new Error('blocks are missing');
    });
  }
}
