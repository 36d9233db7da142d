import { CmepWriter, stampTable } from '../../src/formats/cmep/writer.js';
import { UNITS_PER_ONE } from '../../src/model/decimal.js';
import { LETTER_RAW, metaWord } from '../../src/model/quality.js';
import { EST_OFFSET_MINUTES, readDayStart } from '../../src/model/time.js';
import { channelCode, unitCode } from '../../src/model/units.js';
import { measure } from '../measure.js';
import { READ_DAY } from '../night-day.js';

const RECORDS = 4_000;
const SLOTS = 24;

/** `CmepWriter` with hourly records of small values, as nearly all are. */
export function writeCmep(): void {
  const writer = new CmepWriter({ sender: 'ORG00001', receiver: 'ORG00000', created: '202603020630' });
  const meter = Buffer.from('M000000001', 'latin1');
  const stamps = stampTable(readDayStart(READ_DAY, EST_OFFSET_MINUTES) + 60, 60, SLOTS, 0);
  const channel = channelCode(unitCode('KWH'), 0);
  const meta = metaWord(3, LETTER_RAW);
  for (const form of ['explicit', 'implied'] as const) {
    measure(`write CMEP, stamps ${form}`, RECORDS * SLOTS, () => {
      writer.length = 0;
      for (let record = 0; record < RECORDS; record++) {
        writer.header(meter, 0, meter.length, false, channel, UNITS_PER_ONE, 60, SLOTS);
        for (let i = 0; i < SLOTS; i++) {
          const value = ((record * 31 + i * 17) % 5_000) * 100;
          if (form === 'implied' && i > 0) writer.impliedTriple(meta, value);
          else writer.triple(stamps, i, meta, value);
        }
        writer.endLine();
      }
    });
  }
  const days = Int32Array.from(
    { length: RECORDS * SLOTS },
    (_, k) => ((Math.floor(k / SLOTS) * 31 + (k % SLOTS) * 17) % 5_000) * 100,
  );
  measure('write CMEP, whole days', RECORDS * SLOTS, () => {
    writer.length = 0;
    for (let record = 0; record < RECORDS; record++) {
      writer.header(meter, 0, meter.length, false, channel, UNITS_PER_ONE, 60, SLOTS);
      writer.triples(stamps, 0, meta, days, record * SLOTS, SLOTS);
      writer.endLine();
    }
  });
}
