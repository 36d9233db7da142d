import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AmrdefRangeReader } from '../../../src/formats/amrdef/range.js';
import { DEPTH_MAX, TAG_BYTES_MAX } from '../../../src/formats/amrdef/xml-limits.js';
import { RecordedReads, settingsWith } from './recorded-reads.js';

const MIB = 1024 * 1024;

/** A file that is made while it is read: `head`, then `filler` over and over, then `tail`. */
function readEndless(head: string, filler: string, fillerBytes: number, tail = '') {
  const first = Buffer.from(head);
  const last = Buffer.from(tail);
  const pattern = Buffer.from(filler.repeat(Math.ceil(MIB / filler.length)));
  const sizeBytes = first.length + fillerBytes + last.length;
  let bytesRead = 0;
  const source = {
    sizeBytes,
    read(target: Uint8Array, at: number, length: number, position: number) {
      const count = Math.max(0, Math.min(length, sizeBytes - position));
      bytesRead += count;
      for (let done = 0; done < count; ) {
        const place = position + done;
        let piece: Uint8Array;
        if (place < first.length) piece = first.subarray(place);
        else if (place >= first.length + fillerBytes)
          piece = last.subarray(place - first.length - fillerBytes);
        else {
          const inFiller = place - first.length;
          piece = pattern.subarray(inFiller % filler.length).subarray(0, fillerBytes - inFiller);
        }
        piece = piece.subarray(0, count - done);
        target.set(piece, at + done);
        done += piece.length;
      }
      return count;
    },
  };
  const sink = new RecordedReads();
  const before = process.memoryUsage().arrayBuffers;
  const end = new AmrdefRangeReader(settingsWith()).readRange(
    source,
    { from: 0, to: sizeBytes, startsAt: null },
    sink,
  );
  return { calls: sink.calls, end, bytesRead, grownBytes: process.memoryUsage().arrayBuffers - before, sink };
}

describe('a document made to do harm is refused at once, with code and place', () => {
  it('a billion laughs', () => {
    const entities = Array.from(
      { length: 9 },
      (_, k) => `<!ENTITY l${k + 1} "${`&l${k};`.repeat(10)}">`,
    ).join('\n');
    const text = `<?xml version="1.0"?>\n<!DOCTYPE AMRDEF [\n<!ENTITY l0 "ha">\n${entities}\n]>\n<AMRDEF>&l9;</AMRDEF>`;
    const { calls, end } = readEndless(text, ' ', 0);
    expect(calls[0]).toMatch(/^error amrdef\/doctype 2:1 /);
    expect(end.refusal).toMatch(/DOCTYPE.*line 2/);
  });

  it('an external entity', () => {
    const text = '<!DOCTYPE AMRDEF [<!ENTITY x SYSTEM "file:///etc/passwd">]><AMRDEF Purpose="&x;"/>';
    const { calls, sink } = readEndless(text, ' ', 0);
    expect(calls[0]).toMatch(/^error amrdef\/doctype 1:1 /);
    expect(sink.reads).toBe(0);
  });

  it('an entity that nobody declared', () => {
    const { calls } = readEndless('<AMRDEF Purpose="&x;"/>', ' ', 0);
    expect(calls[0]).toMatch(/^error amrdef\/not-well-formed 1:18 /);
  });

  it('elements ten thousand deep', () => {
    const { calls, bytesRead } = readEndless('<AMRDEF>', '<MeterReadings>', 15 * 10_000);
    expect(calls.join('\n')).toMatch(
      new RegExp(`amrdef/not-well-formed 1:\\d+ <more than ${DEPTH_MAX} elements`),
    );
    expect(bytesRead).toBeLessThan(2 * MIB);
  });

  it('an attribute of one GiB', () => {
    const { calls, bytesRead, grownBytes } = readEndless('<AMRDEF Purpose="', 'a', 1024 * MIB, '"/>');
    expect(calls[0]).toMatch(
      new RegExp(`amrdef/not-well-formed 1:1 <a tag of more than ${TAG_BYTES_MAX} bytes`),
    );
    expect(bytesRead).toBeLessThan(3 * MIB);
    expect(grownBytes).toBeLessThan(16 * MIB);
  });

  it('a name, a reference, an instruction and a declaration without end', () => {
    for (const [head, filler] of [
      ['<', 'a'],
      ['<AMRDEF a="&#', '0'],
      ['<?', 'a'],
      ['<?xml version="1.0" ', ' '],
      ['<AMRDEF></', 'a'],
    ] as const) {
      const { calls, bytesRead } = readEndless(head, filler, 64 * MIB);
      expect(calls.join('\n')).toMatch(/error amrdef\/not-well-formed 1:/);
      expect(bytesRead).toBeLessThan(3 * MIB);
    }
  });

  it('attributes by the ten thousand, which could be compared each with each', () => {
    const attributes = Array.from({ length: 5_000 }, (_, k) => `a${k}="1"`).join(' ');
    const { calls } = readEndless(`<AMRDEF ${attributes}/>`, ' ', 0);
    expect(calls[0]).toMatch(/amrdef\/not-well-formed 1:\d+ <more than 64 attributes>/);
  });

  it('a comment, and white space, of 48 MiB are passed over in time and memory that stay as they are', () => {
    for (const [head, filler, tail] of [
      ['<!--', '- ', '--><AMRDEF/>'],
      ['<AMRDEF>', ' ', '</AMRDEF>'],
    ] as const) {
      const { calls, grownBytes } = readEndless(head, filler, 48 * MIB, tail);
      expect(calls.filter((call) => call.includes('not-well-formed'))).toEqual([]);
      expect(grownBytes).toBeLessThan(16 * MIB);
    }
  });

  it('a MeterReadings of 24 MiB, whose meter comes last, is bounded too', () => {
    const head =
      '<AMRDEF version="7.5"><MeterReadings><IntervalData><IntervalSpec UOM="kWh" Direction="Delivered" Interval="60"/>';
    const tail = '</IntervalData><Meter SerialNumber="M1"/></MeterReadings></AMRDEF>';
    const reading = '<Reading TimeStamp="2026-11-20 01:00:00" RawReading="1"/>';
    const count = Math.floor((24 * MIB) / reading.length);
    const { sink, grownBytes } = readEndless(head, reading, count * reading.length, tail);
    expect(sink.reads + sink.rejectedReads).toBe(count);
    expect(grownBytes).toBeLessThan(32 * MIB);
  });
});

describe('bytes that are no document', () => {
  it('never crash the reader, nor make it go on for ever', () => {
    const bits = fc.constantFrom(
      ...['<', '>', '/', '"', "'", '=', '&', ';', '!', '-', '?', ' ', '\n', 'a', 'Meter', 'Readings'],
    );
    const soup = fc.array(
      fc.oneof(
        bits.map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 8 }),
      ),
      { maxLength: 60 },
    );
    const property = fc.property(soup, (parts) => {
      const { calls, bytesRead, sink } = readEndless(Buffer.concat(parts).toString('latin1'), ' ', 0);
      expect(sink.reads).toBe(0);
      expect(bytesRead).toBeLessThan(4096);
      expect(calls.length).toBeLessThan(400);
    });
    fc.assert(property, { numRuns: 1_500 });
  });
});
