import { readFileSync } from 'node:fs';

/** The version in package.json, which lies above the sources, the compiled files and the bundled ones. */
export const VERSION: string = readVersion();

function readVersion(): string {
  for (const above of ['../../package.json', '../../../package.json', '../../../../package.json']) {
    try {
      const found = JSON.parse(readFileSync(new URL(above, import.meta.url), 'utf8')) as { version?: string };
      if (found.version !== undefined) return found.version;
    } catch {
      // The other place has it.
    }
  }
  return '0.0.0';
}
