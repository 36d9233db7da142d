import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { FileCheck } from '../../src/conformance/file-check.js';
import { loadProfile } from '../../src/conformance/profile-file.js';
import { EST_OFFSET_MINUTES } from '../../src/model/time.js';
import { checkFiles } from '../../src/pipeline/check/check-files.js';
import { ownThread } from '../../src/pipeline/check/check-pool.js';
import { SILENT } from '../../src/pipeline/progress.js';
import { importRegister } from '../../src/store/register/register-import.js';

/** What `options.json` beside a fixture may say. */
interface FixtureOptions {
  /** Name of a profile, or a file beside it; without one the profile is the one that the test gives. */
  profile?: string;
  /** Meter register, a file beside it. */
  register?: string;
}

/** After all stamps of the fixtures that are not about the future. */
const NOW_MS = Date.UTC(2026, 11, 1);

/**
 * Checks one fixture as `readmill check` does.
 * @param profileName profile where the fixture's options name none; null = it is detected
 */
export async function checkFixture(path: string, profileName: string | null): Promise<FileCheck> {
  const folder = dirname(path);
  const optionsPath = join(folder, 'options.json');
  const options: FixtureOptions = existsSync(optionsPath)
    ? JSON.parse(readFileSync(optionsPath, 'utf8'))
    : {};
  const profile = options.profile ?? profileName;
  const workFolder = mkdtempSync(join(tmpdir(), 'readmill-fixture-'));
  try {
    const register =
      options.register === undefined
        ? null
        : await importRegister({
            file: join(folder, options.register),
            directory: workFolder,
            zoneMinutes: EST_OFFSET_MINUTES,
          });
    const outcome = await checkFiles(
      [{ path, name: basename(path) }],
      {
        ...(profile === null ? {} : { profile: loadProfile(profile, folder) }),
        zoneMinutes: null,
        nowMs: NOW_MS,
        findingsMax: 100,
        registerPath: register?.path ?? null,
        workDirectory: () => workFolder,
        progress: SILENT,
      },
      ownThread(),
    );
    if (outcome.failures.length > 0) throw outcome.failures[0]!.error;
    return outcome.checks[0]!;
  } finally {
    rmSync(workFolder, { recursive: true });
  }
}
