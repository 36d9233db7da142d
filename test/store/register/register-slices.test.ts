import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRegister } from '../../../src/store/register/meter-register.js';
import { importRegister } from '../../../src/store/register/register-import.js';

const METERS = 40_000;
const meter = (i: number) => `ON${String(i).padStart(8, '0')}`;

let folder: string;
let path: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'register-slices-'));
  const file = join(folder, 'meters.csv');
  // In an order far from the register's; two channels a meter.
  const lines = Array.from({ length: METERS }, (_, k) => (k * 7919) % METERS).flatMap((i) => [
    `${meter(i)},KWHREG,SDP${i},${(i % 9) + 1}`,
    `${meter(i)},KWH,SDP${i},${(i % 9) + 1}`,
  ]);
  writeFileSync(file, `meter_id,units,sdp_id,multiplier\n${lines.join('\n')}\n`);
  ({ path } = await importRegister({ file, directory: folder, zoneMinutes: -300 }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string) => Buffer.from(text, 'latin1');

function withRegister<T>(use: (register: ReturnType<typeof openRegister>) => T, at = path): T {
  const register = openRegister(at);
  try {
    return use(register);
  } finally {
    register.close();
  }
}

describe('a slice', () => {
  test.each([
    [0, 1],
    [1, 1],
    // About the bounds of the blocks of 8,192 meters.
    [8_191, 8_192],
    [8_192, 8_193],
    [8_190, 16_385],
    [16_384, 24_576],
    [39_999, 40_000],
    [0, METERS],
  ])('holds the meters from %i up to %i', (first, end) => {
    withRegister((register) => {
      const slice = register.slice(bytes(meter(first)), bytes(meter(end)));
      expect(slice.rows).toBe((end - first) * 2);
      for (let i = 0; i < slice.rows; i++) {
        const number = first + (i >> 1);
        const id = slice.meterIdBytes.subarray(slice.meterIdOffsets[i], slice.meterIdOffsets[i + 1]);
        const sdp = slice.sdpIdBytes.subarray(slice.sdpIdOffsets[i], slice.sdpIdOffsets[i + 1]);
        if (!bytes(meter(number)).equals(id) || !bytes(`SDP${number}`).equals(sdp)) {
          throw new Error(`row ${i} is not of meter ${number}`);
        }
        if (slice.multiplier[i] !== ((number % 9) + 1) * 100_000) throw new Error(`row ${i}: multiplier`);
      }
    });
  });

  test('has bounds that need be no meter', () => {
    withRegister((register) => {
      expect(register.slice(bytes('A'), bytes('B')).rows).toBe(0);
      expect(register.slice(bytes('P'), null).rows).toBe(0);
      expect(register.slice(bytes('P'), bytes('A')).rows).toBe(0);
      expect(register.slice(null, bytes(`${meter(9)}x`)).rows).toBe(20);
      expect(register.slice(bytes(`${meter(39_989)}x`), null).rows).toBe(20);
      expect(register.slice(bytes(''), bytes('P')).rows).toBe(METERS * 2);
    });
  });
});

describe('a damaged register', () => {
  const damaged = (change: (whole: Buffer) => Buffer | undefined) => {
    const whole = readFileSync(path);
    const at = join(folder, 'damaged.bin');
    writeFileSync(at, change(whole) ?? whole);
    return at;
  };
  const flip = (at: (whole: Buffer) => number) => (whole: Buffer) => {
    whole[at(whole)]! ^= 1;
    return undefined;
  };
  const error = { code: 'READMILL_REGISTER_DAMAGED', message: expect.stringContaining('again') };

  test('is told where the block is read, and only there', () => {
    const at = damaged(flip(() => 100_000));
    withRegister((register) => {
      expect(() => register.slice(null, bytes(meter(10)))).toThrow(expect.objectContaining(error));
      expect(register.slice(bytes(meter(30_000)), null).rows).toBe(20_000);
    }, at);
  });

  test.each([
    ['in its index', flip((whole) => whole.length - 100)],
    ['in the length of its index', flip((whole) => whole.length - 20)],
    ['in its last bytes', flip((whole) => whole.length - 1)],
    ['by being cut off', (whole: Buffer) => whole.subarray(0, whole.length - 10_000)],
    ['by being empty', () => Buffer.alloc(0)],
  ])('%s is told when it is opened', (_, change) => {
    const at = damaged(change);
    expect(() => openRegister(at)).toThrow(expect.objectContaining(error));
  });

  test('is another thing than one that is not there', () => {
    const absent = join(folder, 'absent.bin');
    expect(() => openRegister(absent)).toThrow(
      expect.objectContaining({ code: 'READMILL_REGISTER_UNREADABLE' }),
    );
  });
});
