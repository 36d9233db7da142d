import { writeFileSync } from 'node:fs';
import { AMRDEF_SCANS } from '../contenders/catalogue.js';
import { fileSystemType } from '../disk.js';
import { thisMachine } from '../machine.js';
import { makeNight, removeNight } from '../night-data.js';
import { timeNights } from '../night-rounds.js';
import type { ScanComparison } from '../result.js';
import { timeScans } from '../scan-rounds.js';
import { type AmrdefResult, wrongAnswers } from './figures.js';
import { amrdefPage, amrdefVerdicts } from './page.js';

const PAGE = new URL('../../../docs/benchmarks-amrdef.md', import.meta.url);
const CONTENDERS = ['saxes', ...AMRDEF_SCANS];
const SHORT = { coldMeters: 2_000, coldRounds: 1, meters: 2_000, rounds: 1, warmUpRounds: 0, nightRounds: 1 };
const FULL = {
  coldMeters: 10_000,
  coldRounds: 5,
  meters: 100_000,
  rounds: 5,
  warmUpRounds: 1,
  nightRounds: 3,
};
const PROVINCE_METERS = 5_000_000;
/** Bytes of a generated meter's day in AMRDEF, rounded up, and what else a province-night puts on the disk. */
const METER_BYTES = 4_600;
const METER_WORK_BYTES = 2_400;

/** Room that the AMRDEF part takes in its folder, and a province in its own. */
export const AMRDEF_ROOM_BYTES = FULL.meters * (METER_BYTES + METER_WORK_BYTES);
export const AMRDEF_PROVINCE_ROOM_BYTES = PROVINCE_METERS * (METER_BYTES + METER_WORK_BYTES);

export interface AmrdefBenchSetting {
  /** As the user gave it. */
  command: string;
  folder: string;
  /** Where a province is generated and run; null: it is left out. */
  provinceFolder: string | null;
  isShort: boolean;
}

/**
 * The AMRDEF part of the bench: our scan beside saxes, one worker beside two, whole nights. Writes the page
 * but in short.
 * @returns every wrong answer
 */
export async function benchAmrdef(setting: AmrdefBenchSetting): Promise<string[]> {
  const { folder, provinceFolder, isShort, command } = setting;
  const plan = isShort ? SHORT : FULL;
  const province = provinceFolder === null ? null : await runProvince(provinceFolder);
  const machine = thisMachine(['saxes']);
  const coldScans: ScanComparison[] = [];
  const small = await makeNight(folder, plan.coldMeters, { format: 'amrdef' });
  for (let round = 0; round < plan.coldRounds; round++) {
    const figures = await timeScans(small, CONTENDERS, 1, 0);
    coldScans.push({ meters: small.meters, reads: small.totals.reads, sizeBytes: small.sizeBytes, figures });
  }
  removeNight(small);
  const night = await makeNight(folder, plan.meters, { format: 'amrdef' });
  const figures = await timeScans(night, CONTENDERS, plan.rounds, plan.warmUpRounds);
  const scans = { meters: night.meters, reads: night.totals.reads, sizeBytes: night.sizeBytes, figures };
  const nights: AmrdefResult['nights'] = [];
  for (const workers of [1, 2]) {
    const options = { registers: [false], rounds: plan.nightRounds, workers, duckdb: null, warmUpRounds: 0 };
    nights.push({ workers, night: (await timeNights(night, options))[0]! });
  }
  removeNight(night);
  const result: AmrdefResult = {
    command,
    date: new Date().toISOString().slice(0, 10),
    machine,
    fileSystem: fileSystemType(folder),
    scans,
    coldScans,
    nights,
    province,
  };
  for (const { target, measured, isMet } of amrdefVerdicts(result)) {
    const verdict = isMet === null ? 'open' : isMet ? 'met' : 'MISSED';
    process.stdout.write(`${isShort ? 'seen' : verdict}: ${target}: ${measured}\n`);
  }
  if (!isShort) {
    writeFileSync(PAGE, amrdefPage(result));
    process.stdout.write('Written: docs/benchmarks-amrdef.md\n');
  }
  return wrongAnswers(result);
}

async function runProvince(folder: string): Promise<AmrdefResult['province']> {
  process.stdout.write(`${PROVINCE_METERS.toLocaleString('en')} meters: generating\n`);
  const night = await makeNight(folder, PROVINCE_METERS, { format: 'amrdef' });
  const options = { registers: [false], rounds: 1, workers: 2, duckdb: null, warmUpRounds: 0 };
  const [figure] = await timeNights(night, options);
  removeNight(night);
  process.stdout.write(`  ${figure!.medianSeconds.toFixed(1)} s\n`);
  return { fileSystem: fileSystemType(folder), night: figure! };
}
