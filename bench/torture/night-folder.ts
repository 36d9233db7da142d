import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECEIPT } from './audit/audit-night.js';
import type { NightFile } from './made-files.js';
import type { NightPlan } from './night-plan.js';

/** Folder of a source's inbox. */
export const inboxOf = (source: string): string => (source === 'north' ? 'inbox' : 'inbox-south');

export interface Partner {
  url: string;
  keys: string;
}

/** What a folder's configuration has besides. */
export interface MoreConfig {
  watch?: Record<string, unknown>;
  serve?: Record<string, unknown>;
}

/**
 * Makes a folder with configuration and register, and no state yet.
 * @param minimumAgeSeconds of files that are taken in
 */
export function makeFolder(
  root: string,
  plan: Pick<NightPlan, 'sources' | 'closeAfterMinutes' | 'maximumRecords'>,
  register: string,
  partner: Partner | null,
  minimumAgeSeconds = 0,
  more: MoreConfig = {},
): void {
  for (const folder of ['inbox', 'inbox-south']) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(register, join(root, 'meters.csv'));
  const profileOf = (source: string) =>
    plan.sources.find((one) => one.source === source)?.profile ?? 'cmep-1.20';
  const sources = ['north', 'south'].map((name) => {
    return { name, inbox: `./${inboxOf(name)}`, profile: profileOf(name), minimumAgeSeconds };
  });
  const names = { name: 'mdmr', as2From: 'ORG00001', as2To: 'ORG00000' };
  const partners =
    partner === null
      ? []
      : [
          {
            ...names,
            url: partner.url,
            key: join(partner.keys, 'us.key'),
            certificate: join(partner.keys, 'us.crt'),
            partnerCertificate: join(partner.keys, 'mdmr.crt'),
            retryWaitMinutes: [0.002, 0.005, 0.01, 0.02],
          },
        ];
  const config = {
    state: './state',
    register: './meters.csv',
    sources,
    vee: { closeAfterMinutes: plan.closeAfterMinutes },
    output: {
      directory: './outbox',
      sender: 'ORG00001',
      receiver: 'ORG00000',
      maximumRecords: plan.maximumRecords,
    },
    partners,
    ...more,
  };
  writeFileSync(join(root, 'config.json'), JSON.stringify(config));
}

/** Puts files into the inboxes, as a head end does: under another name first. */
export function bring(root: string, files: readonly NightFile[]): void {
  for (const { source, name, bytes } of files) writeFileSync(join(root, inboxOf(source), name), bytes);
}

/** Paths of a night that must be the same, whatever went wrong on the way. */
const COMPARED = ['outbox', 'state/history', 'state/quarantine', 'state/archive'];
const LISTS = ['estimates.csv', 'review.csv', 'missing-meters.csv', 'duplicates.csv'];
/** Members of `report.json` that hang on the input alone. */
const REPORT_MEMBERS = [
  'runId',
  'reads',
  'meters',
  'batches',
  'findings',
  'methods',
  'scaledSpans',
  'outputSums',
];

/** SHA-256 of every file that must not depend on what went wrong, by its path. */
export function fingerprint(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const add = (path: string, content: Buffer | string) =>
    found.set(path, createHash('sha256').update(content).digest('hex'));
  for (const folder of COMPARED) {
    for (const path of filesBelow(root, folder))
      if (!RECEIPT.test(path)) add(withoutRun(path), readFileSync(join(root, path)));
  }
  for (const path of filesBelow(root, 'state/reports')) {
    const name = path.split('/').at(-1)!;
    if (LISTS.includes(name)) add(path, readFileSync(join(root, path)));
    if (name !== 'report.json') continue;
    const report = JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, unknown>;
    add(path, JSON.stringify(REPORT_MEMBERS.map((member) => report[member])));
  }
  return found;
}

/** A file that was changed after it was read is put away by the run after: which one does not count here. */
const withoutRun = (path: string): string =>
  path.replace(/^state\/archive\/[^/]+\/(duplicates\/)?/, 'state/archive/');

export function filesBelow(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
