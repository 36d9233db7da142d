import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  folderWith,
  type GeneratedNight,
  generate,
  type RunFolder,
  runFolder,
  runNight,
} from './night-folder.js';
import { zipFile } from './zip-file.js';

const NIGHT = { meters: 1000, days: 2, start: '2026-11-19', files: 3 };

/** All that goes out, the batches put together. */
const sent = ({ outbox }: RunFolder) =>
  readdirSync(outbox)
    .sort()
    .map((name) => readFileSync(join(outbox, name), 'latin1'))
    .join('');

/** Estimates without raw value and reason: a skipped interval is no value in CMEP, and a zero of no use in AMRDEF. */
function estimates({ state }: RunFolder): string[] {
  const reports = join(state, 'reports');
  const [runId] = readdirSync(reports);
  const lines = readFileSync(join(reports, runId!, 'estimates.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const [meter, units, stamp, , , value, method, days, scale, , policy] = line.split(',');
    return [meter, units, stamp, value, method, days, scale, policy].join(',');
  });
}

const readsOnBroken = ({ defects }: GeneratedNight) =>
  defects.filter(({ kind }) => kind.startsWith('broken-')).reduce((sum, { reads }) => sum + reads!, 0);

describe('the same night as CMEP and as AMRDEF', () => {
  it('gives the same reads, estimates and totals, to the byte', async () => {
    const cmep = await generate(NIGHT);
    const amrdef = await generate({ ...NIGHT, format: 'amrdef' });
    const [cmepFolder, amrdefFolder] = [folderWith(cmep), folderWith(amrdef)];
    const [a, b] = [await runNight(cmepFolder), await runNight(amrdefFolder, { workers: 2 })];
    expect(b.report.inputs.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(sent(amrdefFolder)).toBe(sent(cmepFolder));
    expect(estimates(amrdefFolder)).toEqual(estimates(cmepFolder));
    expect(estimates(amrdefFolder).length).toBeGreaterThan(50);
    const { received, rejected, ...settled } = b.report.reads;
    expect(settled).toEqual((({ received: _, rejected: __, ...rest }) => rest)(a.report.reads));
    // Of a line of unknown type it cannot be told how many reads it has; of an element it can.
    expect(received - a.report.reads.received).toBe(readsOnBroken(amrdef) - readsOnBroken(cmep));
    expect(rejected - a.report.reads.rejected).toBe(readsOnBroken(amrdef) - readsOnBroken(cmep));
    expect(b.report.meters).toEqual(a.report.meters);
  });

  it('may be mixed, file by file, also in .gz and .zip', async () => {
    const cmep = await generate({ ...NIGHT, meters: 300 });
    const amrdef = await generate({ ...NIGHT, meters: 300, format: 'amrdef' });
    const plain = folderWith(cmep);
    const mixed = runFolder({ register: amrdef.register });
    const [first, second, third] = amrdef.files;
    const put = (name: string, content: Uint8Array) => writeFileSync(join(mixed.inbox, name), content);
    put('1.cmep', readFileSync(cmep.files[0]!.path));
    put('2.xml.gz', gzipSync(readFileSync(second!.path)));
    put('3.zip', zipFile([{ name: third!.name, content: readFileSync(third!.path) }]));
    expect(first).toBeDefined();
    const { report } = await runNight(mixed);
    await runNight(plain);
    expect(report.inputs.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(sent(mixed)).toBe(sent(plain));
  });
});

describe('an AMRDEF file that is wrong', () => {
  const good = (id: string) =>
    `<MeterReadings CollectionTime="2026-11-21 00:30:00"><Meter SerialNumber="${id}" TimeZoneOffset="300"/><ConsumptionData><ConsumptionSpec UOM="kWh" Direction="Delivered" TouBucket="Total" MeasurementPeriod="Current"/><Reading TimeStamp="2026-11-21 00:00:00" Value="1000"/></ConsumptionData></MeterReadings>`;

  it('is kept as far as it was whole, and the rest goes byte for byte into the quarantine', async () => {
    const folder = runFolder();
    const whole = `<AMRDEF version="7.5">\n${good('A1')}\n`;
    const broken = `${good('A2').replace('</ConsumptionData>', '</ConsumptionDat>')}\n</AMRDEF>\n`;
    writeFileSync(join(folder.inbox, 'a.xml'), whole + broken);
    const { report, code } = await runNight(folder);
    expect(code).toBe(2);
    expect(report.findings['amrdef/not-well-formed']).toBe(1);
    expect(report.reads).toMatchObject({ received: 2, accepted: 1, rejected: 1 });
    const quarantine = join(folder.directory, report.inputs[0]!.quarantine!.replace(/^.*?state/, 'state'));
    const kept = readFileSync(join(folder.state, quarantine.slice(quarantine.indexOf('quarantine'))), 'utf8');
    expect(broken.endsWith(kept.slice(0, -1))).toBe(true);
    expect(kept).toContain('<ConsumptionData><ConsumptionSpec');
  });

  it('with a DOCTYPE is refused whole, and the others go through', async () => {
    const folder = runFolder();
    const entity = '<!DOCTYPE AMRDEF [<!ENTITY x SYSTEM "file:///etc/hostname">]>';
    writeFileSync(join(folder.inbox, 'a.xml'), `${entity}<AMRDEF version="7.5">${good('A1')}</AMRDEF>`);
    writeFileSync(join(folder.inbox, 'b.xml'), `<AMRDEF version="7.5">${good('B1')}</AMRDEF>`);
    const { report } = await runNight(folder);
    expect(report.inputs.map(({ status }) => status)).toEqual(['failed', 'done']);
    expect(report.inputs[0]!.problem).toMatch(/DOCTYPE/);
    expect(report.reads).toMatchObject({ received: 1, accepted: 1 });
  });

  it('without MeterReadings has failed', async () => {
    const folder = runFolder();
    mkdirSync(folder.outbox, { recursive: true });
    writeFileSync(join(folder.inbox, 'a.xml'), '<AMRDEF version="7.5"></AMRDEF>');
    const { report } = await runNight(folder);
    expect(report.inputs[0]).toMatchObject({ status: 'failed' });
    expect(report.findings['amrdef/no-readings']).toBe(1);
  });
});
