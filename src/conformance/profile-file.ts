import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { z } from 'zod';
import { messageOf, ReadmillError } from '../model/errors.js';
import { type Profile, profileFileSchema } from './profile-schema.js';
import { findProfile, PROFILES } from './profiles.js';

const NAMES = PROFILES.map(({ name }) => name).join(', ');

/**
 * A profile by its name, or from a JSON file of a user's own (docs/profiles.md).
 * @param nameOrPath name of a built-in profile, or path of a file
 * @param folder what a path is relative to
 * @throws ReadmillError READMILL_PROFILE_UNREADABLE, or READMILL_PROFILE_INVALID, which names each wrong key
 */
export function loadProfile(nameOrPath: string, folder = '.'): Profile {
  return findProfile(nameOrPath) ?? readProfileFile(nameOrPath, resolve(folder, nameOrPath));
}

function readProfileFile(given: string, path: string): Profile {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    const isAbsent = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    const message = isAbsent
      ? `There is no profile ${given}: no built-in one has that name, and there is no such file. Profiles: ${NAMES}; or give the path of a JSON file.`
      : `The profile ${path} cannot be read: ${messageOf(thrown)}. It must be a JSON file; docs/profiles.md shows one.`;
    throw new ReadmillError('READMILL_PROFILE_UNREADABLE', message, { cause: thrown });
  }
  const parsed = profileFileSchema.safeParse(content);
  if (!parsed.success) throw invalid(path, problemsOf(parsed.error));
  const { extends: baseName, ...own } = parsed.data;
  const base = findProfile(baseName);
  if (base === undefined) throw invalid(path, [`extends: one of ${NAMES}`]);
  const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return {
    ...base,
    title: `${basename(path)}, after ${base.name}`,
    ...said,
    name: own.name ?? basename(path).replace(/\.json$/i, ''),
    fieldBytes: { ...base.fieldBytes, ...own.fieldBytes },
    severities: { ...base.severities, ...own.severities },
  };
}

function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
}

function invalid(path: string, problems: string[]): ReadmillError {
  const list = problems.map((problem) => `  ${problem}`).join('\n');
  return new ReadmillError(
    'READMILL_PROFILE_INVALID',
    `The profile ${path} is not right:\n${list}\nMend these keys; docs/profiles.md describes them.`,
  );
}
