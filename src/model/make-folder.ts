import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf } from './errors.js';

/**
 * Makes a folder that somebody has named, and those above it that are missing. Node's own `recursive` does not come
 * back where the system says of a folder that is there that it is not, as below /proc.
 * @param mode rights of the folders that are made
 * @throws the system's error where it cannot be made
 */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at);
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode });
    } catch (thrown) {
      // Another process has just made it.
      if (codeOf(thrown) !== 'EEXIST' || !existsSync(folder)) throw thrown;
    }
  }
  if (!statSync(path).isDirectory()) mkdirSync(path);
}
