import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FileCheck } from '../../src/conformance/file-check.js';
import { filesBelow } from './fingerprint.js';
import { type Report, runFolder, runNight, temporaryFolder } from './night-folder.js';
import { peakMemory } from './peak-memory.js';
import { type Ended, readmill } from './program.js';
import { zipFile } from './zip-file.js';

const MIB = 1024 * 1024;
/** Node takes some 50 MB itself. */
const MEMORY_KIB_MAX = 300 * 1024;
const EXPANDED_BYTES = 96 * MIB;

const laughs = Array.from({ length: 9 }, (_, k) => `<!ENTITY l${k + 1} "${`&l${k};`.repeat(10)}">`).join(
  '\n',
);
const zeros = Buffer.alloc(EXPANDED_BYTES);
const good = `<AMRDEF version="7.5"><MeterReadings CollectionTime="2026-11-21 00:30:00"><Meter SerialNumber="A1" TimeZoneOffset="300"/><ConsumptionData><ConsumptionSpec UOM="kWh" Direction="Delivered" TouBucket="Total" MeasurementPeriod="Current"/><Reading TimeStamp="2026-11-21 00:00:00" Value="1000"/></ConsumptionData></MeterReadings></AMRDEF>`;

/** Documents made to do harm: code, line and column that are told, and whether the file is refused as a whole. */
const DOCUMENTS: Record<
  string,
  [text: string | Buffer, code: string, line: number, column: number, isRefused: boolean]
> = {
  'laughs.xml': [
    `<?xml version="1.0"?>\n<!DOCTYPE AMRDEF [\n<!ENTITY l0 "ha">\n${laughs}\n]>\n<AMRDEF>&l9;</AMRDEF>`,
    ...(['amrdef/doctype', 2, 1, true] as const),
  ],
  'external.xml': [
    '<!DOCTYPE AMRDEF [<!ENTITY x SYSTEM "file:///etc/passwd">]><AMRDEF Purpose="&x;"/>',
    ...(['amrdef/doctype', 1, 1, true] as const),
  ],
  'quadratic.xml': [
    `<!DOCTYPE AMRDEF [<!ENTITY a "${'a'.repeat(100_000)}">]><AMRDEF Purpose="${'&a;'.repeat(100_000)}"/>`,
    ...(['amrdef/doctype', 1, 1, true] as const),
  ],
  'attributes.xml': [
    `<AMRDEF ${Array.from({ length: 100_000 }, (_, k) => `a${k}="1"`).join(' ')}/>`,
    ...(['amrdef/not-well-formed', 1, 511, false] as const),
  ],
  'deep.xml': [
    `<AMRDEF>${'<MeterReadings>'.repeat(10_000)}${'</MeterReadings>'.repeat(10_000)}</AMRDEF>`,
    ...(['amrdef/not-well-formed', 1, 954, false] as const),
  ],
  'attribute.xml': [
    Buffer.concat([
      Buffer.from('<AMRDEF version="7.5">\n<MeterReadings Irn="'),
      Buffer.alloc(EXPANDED_BYTES, 'a'),
      Buffer.from('"/></AMRDEF>'),
    ]),
    ...(['amrdef/not-well-formed', 2, 1, false] as const),
  ],
};
const BOMBS: Record<string, Buffer> = {
  'bomb.xml.gz': gzipSync(zeros),
  'bomb.zip': zipFile([{ name: 'a.xml', content: zeros }]),
  'many.zip': zipFile(
    Array.from({ length: 24 }, (_, k) => ({ name: `${k}.xml`, content: zeros.subarray(0, 4 * MIB) })),
  ),
};
/** Archives within an archive, none of which grows beyond what its own size allows. */
const inner = gzipSync(zeros.subarray(0, 12 * MIB));
const NESTED = zipFile([0, 1, 2, 3].map((k) => ({ name: `${k}.gz`, content: inner })));

describe('check of files made to do harm', () => {
  const folder = temporaryFolder();
  const peak = peakMemory(folder);
  let ended: Ended;
  let files: FileCheck[];

  beforeAll(async () => {
    for (const [name, [text]] of Object.entries(DOCUMENTS)) writeFileSync(join(folder, name), text);
    for (const [name, content] of Object.entries(BOMBS)) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, 'nested.zip'), NESTED);
    writeFileSync(join(folder, 'good.xml'), good);
    const names = [...Object.keys(DOCUMENTS), ...Object.keys(BOMBS), 'nested.zip', 'good.xml'];
    ended = await readmill(['check', ...names, '--format', 'json', '--now', '2026-12-01'], {
      cwd: folder,
      env: { ...peak.env, TMPDIR: folder },
    });
    ({ files } = JSON.parse(ended.stdout) as { files: FileCheck[] });
  });

  it.each(Object.entries(DOCUMENTS))('tells code and place of %s', (name, [, code, line, column]) => {
    const { valid, findings } = files.find(({ path }) => path === name)!;
    expect(valid).toBe(false);
    expect(findings.find((finding) => finding.code === code)).toMatchObject({ line, column });
  });

  it.each(Object.keys(BOMBS))('refuses %s', (name) => {
    expect(ended.stderr).toMatch(
      new RegExp(
        `^readmill: ${name} expands to more than 200 times its size.*\\[READMILL_INPUT_EXPANSION\\]$`,
        'm',
      ),
    );
  });

  it('refuses archives within an archive that grow too much together', () => {
    expect(ended.stderr).toMatch(
      /^readmill: nested\.zip\/1\.gz expands to more than 200 times.*EXPANSION\]$/m,
    );
  });

  it('checks the others, in bounded memory, and leaves nothing behind', () => {
    expect(ended.code).toBe(1);
    expect(files.find(({ path }) => path === 'good.xml')).toMatchObject({ valid: true, reads: 1 });
    expect(peak.kib()).toBeLessThan(MEMORY_KIB_MAX);
    expect(readdirSync(folder).filter((name) => name.startsWith('readmill-'))).toEqual([]);
  });
});

describe('run of files made to do harm', () => {
  const folder = runFolder({ profile: 'energyaxis' });
  const peak = peakMemory(folder.directory);
  let report: Report;

  beforeAll(async () => {
    const put = (name: string, content: Buffer | string) => writeFileSync(join(folder.inbox, name), content);
    for (const [name, [text]] of Object.entries(DOCUMENTS)) put(name, text);
    for (const [name, content] of Object.entries(BOMBS)) put(name, content);
    put('good.xml', good);
    ({ report } = await runNight(folder, { env: peak.env }));
  });
  const inputOf = (name: string) => report.inputs.find(({ path }) => path.endsWith(`/${name}`))!;

  it.each(Object.entries(DOCUMENTS))('keeps nothing of %s', (name, [, code, line, , isRefused]) => {
    const { status, reads, problem } = inputOf(name);
    expect(reads).toBe(0);
    expect(status).toBe(isRefused ? 'failed' : 'done');
    if (isRefused) expect(problem).toMatch(new RegExp(`DOCTYPE.*line ${line} \\(${code}\\)`));
    else expect(report.findings[code]).toBeGreaterThan(0);
  });

  it.each(Object.keys(BOMBS))('refuses %s', (name) => {
    expect(inputOf(name)).toMatchObject({ status: 'failed' });
    expect(inputOf(name).problem).toMatch(/expands to more than 200 times its size/);
  });

  it('carries the others, in bounded memory, and keeps what it did not read', () => {
    expect(inputOf('good.xml')).toMatchObject({ status: 'done', reads: 1 });
    expect(peak.kib()).toBeLessThan(MEMORY_KIB_MAX);
    const paths = filesBelow(folder.directory, 'state').map((path) => join(folder.directory, path));
    const quarantined = paths.find((path) => /quarantine\/.*\/north\/attribute\.xml$/.test(path))!;
    expect(statSync(quarantined).size).toBeGreaterThan(EXPANDED_BYTES);
    expect(paths.filter((path) => path.endsWith('.expanded'))).toEqual([]);
  });
});
