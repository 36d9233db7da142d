import { expect, test } from 'vitest';
import type { FaultOrder } from '../../bench/torture/fault-order.js';
import { fingerprint } from './fingerprint.js';
import { folderWith, generate, runArguments } from './night-folder.js';
import { BUILT, readmill } from './program.js';

const PRELOAD = new URL('bench/torture/fault-preload.js', BUILT).href;

test('reads and writes that do a part only, as the system may, change nothing', async () => {
  const night = await generate({ meters: 400, files: 2, seed: 8 });
  const folders = [folderWith(night), folderWith(night)] as const;
  const order: FaultOrder = { kind: 'short', under: folders[1].directory, at: 0 };
  const env = { READMILL_FAULT: JSON.stringify(order), NODE_OPTIONS: `--import ${PRELOAD}` };
  const [plain, short] = await Promise.all([
    readmill(runArguments(folders[0])),
    readmill(runArguments(folders[1]), { env }),
  ]);
  expect([short.code, short.stderr]).toEqual([plain.code, '']);
  expect(fingerprint(folders[1])).toEqual(fingerprint(folders[0]));
});
