import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProfile } from '../../src/conformance/profiles.js';
import { checkFile, type FileCheck } from '../../src/pipeline/check-files.js';
import { openPool } from '../../src/pipeline/worker-pool.js';

/** What `options.json` beside a fixture may say; the profile is cmep-1.20 where it says nothing. */
interface FixtureOptions {
  profile?: string;
  /** Meter register, a file beside it. */
  register?: string;
}

/** After all stamps of the fixtures that are not about the future. */
const NOW_MS = Date.UTC(2026, 11, 1);

export interface FixtureChecker {
  check(path: string): Promise<FileCheck>;
  close(): Promise<void>;
}

export async function openFixtureChecker(): Promise<FixtureChecker> {
  const pool = openPool(1);
  return {
    check(path) {
      const optionsPath = join(dirname(path), 'options.json');
      const options: FixtureOptions = existsSync(optionsPath)
        ? JSON.parse(readFileSync(optionsPath, 'utf8'))
        : {};
      const profile = findProfile(options.profile ?? 'cmep-1.20')!;
      return checkFile(path, { profile, zoneMinutes: 0, nowMs: NOW_MS, findingsMax: 10 }, pool);
    },
    close: () => pool.close(),
  };
}
