import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reportFile } from './auditor.js';
import { cmepLines, csvRows, type Triple } from './cmep-lines.js';
import { runFolder, runNight } from './night-folder.js';
import { hourly, type WrittenRecord, writtenLine } from './written-lines.js';

/** Check 2 between reads of different runs: each is held against the rank of the very read that is kept. */
const METER = 'M000000001';
const DAY = hourly(
  '202611200600',
  Array.from({ length: 24 }, (_, i) => `1.${String(i).padStart(3, '0')}`),
);
const CLOSING = [{ stamp: '202611210500', flag: 'R', value: '100.000' }];
const at = (i: number, value: string): Triple[] => [{ ...DAY[i]!, value }];

test('a late read beats what is kept of its slot by RESEND, creation and file name, slot by slot', async () => {
  const folder = runFolder();
  const known = new Set<string>();
  const send = async (now: string, files: Record<string, Omit<WrittenRecord, 'meterId'>[]>) => {
    for (const [name, records] of Object.entries(files)) {
      const text = records.map((record) => writtenLine({ meterId: METER, ...record })).join('');
      writeFileSync(join(folder.inbox, name), text);
    }
    const { report } = await runNight(folder, { now });
    const batches = readdirSync(folder.outbox).filter((name) => !known.has(name));
    for (const name of batches) known.add(name);
    const lines = batches.flatMap((name) => cmepLines(join(folder.outbox, name)));
    return {
      reads: report.reads,
      sent: lines.flatMap(({ purpose, triples }) => triples.map(({ value }) => `${purpose} ${value}`)),
      told: csvRows(reportFile(folder, report, 'duplicates.csv')).map(
        ({ kept_value, value }) => `${kept_value} ${value}`,
      ),
    };
  };
  const first = await send('2026-11-21T10:00:00Z', {
    'm.cmep': [
      { triples: DAY.slice(0, 12), creation: '202611210520' },
      { triples: DAY.slice(12), creation: '202611210900' },
      { triples: CLOSING, units: 'KWHREG', interval: '', creation: '202611210900' },
    ],
  });
  expect(first.reads).toMatchObject({ received: 25, accepted: 25 });

  const second = await send('2026-11-21T11:00:00Z', {
    'a.cmep': [
      // The same creation, and an earlier file name.
      { triples: at(0, '2.000'), creation: '202611210520' },
      // Made later than its slot, though not later than others of its day.
      { triples: at(1, '2.001'), creation: '202611210600' },
      // Made before its slot; as a RESEND it wins all the same.
      { triples: at(13, '2.013'), creation: '202611210800' },
      { triples: at(14, '2.014'), creation: '202611210800', purpose: 'RESEND' },
      // Without a value it changes nothing, whatever its purpose.
      { triples: [{ ...DAY[2]!, flag: 'N', value: '' }], creation: '202611210700', purpose: 'RESEND' },
      // The same value: silent, and what is kept has the later creation from now on.
      { triples: [DAY[3]!], creation: '202611210800' },
      { triples: CLOSING, units: 'KWHREG', interval: '', creation: '202611210930' },
    ],
    'z.cmep': [{ triples: at(4, '2.004'), creation: '202611210520' }],
  });
  expect(second.sent.sort()).toEqual(['RESEND 2.001', 'RESEND 2.004', 'RESEND 2.014']);
  expect(second.told.sort()).toEqual(['1.000 2.000', '1.002 ', '1.013 2.013']);
  expect(second.reads).toMatchObject({ received: 8, accepted: 3, duplicates: 5 });

  const closing = (value: string, creation: string, purpose = 'OK') => {
    return { triples: [{ ...CLOSING[0]!, value }], units: 'KWHREG', interval: '', creation, purpose };
  };
  const third = await send('2026-11-21T12:00:00Z', {
    'n.cmep': [
      { triples: at(2, '3.002'), creation: '202611210520' },
      { triples: at(3, '3.003'), creation: '202611210700' },
      { triples: at(14, '3.014'), creation: '202611211100' },
      closing('101.000', '202611210920'),
    ],
  });
  expect(third.sent).toEqual(['RESEND 3.002']);
  expect(third.told.sort()).toEqual(['1.003 3.003', '100.000 101.000', '2.014 3.014']);
  const fourth = await send('2026-11-21T13:00:00Z', { 'o.cmep': [closing('102.000', '202611210940')] });
  expect(fourth.sent).toEqual(['RESEND 102.000']);
});

test('of reads in files of several sources the later file name wins, whatever the order of the sources', async () => {
  const folder = runFolder();
  const other = join(folder.directory, 'other');
  mkdirSync(other);
  const config = JSON.parse(readFileSync(folder.config, 'utf8'));
  config.sources.push({ ...config.sources[0], name: 'south', inbox: './other' });
  writeFileSync(folder.config, JSON.stringify(config));
  const write = (directory: string, name: string, triples: Triple[]) =>
    writeFileSync(join(directory, name), writtenLine({ meterId: METER, triples }));
  write(folder.inbox, 'z.cmep', DAY);
  write(other, 'a.cmep', at(5, '2.005'));
  const { report } = await runNight(folder, { now: '2026-11-21T10:00:00Z' });
  expect(csvRows(reportFile(folder, report, 'duplicates.csv'))).toMatchObject([
    { kept_value: '1.005', value: '2.005' },
  ]);
});
