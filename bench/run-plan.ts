import { join } from 'node:path';
import { DUCKDB_WAYS, READMILL_SCANS, SLOW_PARSERS } from './contenders/catalogue.js';
import { copyNight, fileSystemType, writeFloorSeconds } from './disk.js';
import { thisMachine } from './machine.js';
import { makeNight, type NightData, removeNight } from './night-data.js';
import { type NightFigure, timeNights } from './night-rounds.js';
import type { Plan } from './plan.js';
import type { BenchResult, DiskFigure, ScanComparison } from './result.js';
import { fastest, timeScans } from './scan-rounds.js';
import { median } from './statistics.js';

export interface BenchSetting {
  /** As the user gave it. */
  command: string;
  /** Work folder, and another one on a disk where the first is in memory. */
  folder: string;
  diskFolder: string | null;
  fileSystem: string;
  tell(line: string): void;
}

/** Runs of a night with two workers, and nothing in turn with them. */
const ALONE = { workers: 2, duckdb: null, warmUpRounds: 0 };

/** Measures all that the plan names, a night at a time, so that the room of one night is enough. */
export async function runPlan(plan: Plan, setting: BenchSetting): Promise<BenchResult> {
  const { folder, tell } = setting;
  const machine = thisMachine();
  const nights: NightFigure[] = [];
  let scans: ScanComparison | null = null;
  let slowScans: ScanComparison | null = null;
  let duckdb: string | null = null;
  let disk: DiskFigure | null = null;
  // The night whose scans choose DuckDB's fastest query comes first.
  const inOrder = plan.nights.toSorted(
    (a, b) => Number(b.meters === plan.scanMeters) - Number(a.meters === plan.scanMeters),
  );
  for (const { meters, rounds } of inOrder) {
    tell(`${meters.toLocaleString('en')} meters: generating`);
    const night = await makeNight(folder, meters);
    if (meters === plan.scanMeters) {
      scans = await compare(night, [...DUCKDB_WAYS, ...READMILL_SCANS], plan.scanRounds, plan, tell);
      duckdb = fastest(scans.figures, DUCKDB_WAYS)?.contender.name ?? null;
    }
    if (meters === plan.slowMeters) {
      slowScans = await compare(night, [...SLOW_PARSERS, ...READMILL_SCANS], plan.slowRounds, plan, tell);
    }
    const options = { ...ALONE, registers: [false, true], rounds, duckdb, warmUpRounds: plan.warmUpRounds };
    nights.push(...told(await timeNights(night, options), tell));
    if (meters === plan.scanMeters && setting.diskFolder !== null) {
      disk = await onDisk(night, setting.diskFolder, plan.diskRounds, tell);
    }
    removeNight(night);
  }
  nights.sort((a, b) => a.meters - b.meters);
  return {
    command: setting.command,
    date: new Date().toISOString().slice(0, 10),
    machine,
    fileSystem: setting.fileSystem,
    scans: scans!,
    slowScans: slowScans!,
    duckdb,
    nights,
    defects: await withDefects(plan, setting),
    inFiles: await inFiles(plan, setting, nights),
    disk,
  };
}

async function compare(
  night: NightData,
  names: readonly string[],
  rounds: number,
  { warmUpRounds }: Plan,
  tell: BenchSetting['tell'],
): Promise<ScanComparison> {
  const figures = await timeScans(night, names, rounds, warmUpRounds);
  for (const { contender, isRight, medianSeconds } of figures) {
    tell(`  ${contender.name}: ${isRight ? `${medianSeconds.toFixed(3)} s` : 'wrong answer'}`);
  }
  return { meters: night.meters, reads: night.totals.reads, sizeBytes: night.sizeBytes, figures };
}

async function withDefects(plan: Plan, { folder, tell }: BenchSetting): Promise<NightFigure[]> {
  tell(`${plan.defectMeters.toLocaleString('en')} meters with defects: generating`);
  const night = await makeNight(folder, plan.defectMeters, { hasDefects: true });
  const options = { ...ALONE, registers: plan.defectRegisters, rounds: plan.defectRounds };
  const figures = told(await timeNights(night, options), tell);
  removeNight(night);
  return figures;
}

async function inFiles(
  plan: Plan,
  { folder, tell }: BenchSetting,
  nights: readonly NightFigure[],
): Promise<NightFigure[]> {
  const isSame = ({ meters, hasRegister }: NightFigure) => meters === plan.scanMeters && !hasRegister;
  const figures = nights.filter(isSame);
  for (const files of plan.fileCounts) {
    tell(`${plan.scanMeters.toLocaleString('en')} meters in ${files} files: generating`);
    const night = await makeNight(folder, plan.scanMeters, { files });
    const options = { ...ALONE, registers: [false], rounds: plan.fileRounds };
    figures.push(...told(await timeNights(night, options), tell));
    removeNight(night);
  }
  return figures;
}

/** The night on the disk, in turn with writing as much as it keeps. */
async function onDisk(
  night: NightData,
  diskFolder: string,
  rounds: number,
  tell: BenchSetting['tell'],
): Promise<DiskFigure> {
  tell('  on the disk');
  const copied = copyNight(night, join(diskFolder, 'night'));
  const options = { ...ALONE, registers: [false], rounds };
  const [figure] = told(await timeNights(copied, options), tell);
  const { outputBytes, historyBytes } = figure!.runs[0]!;
  const floors: number[] = [];
  for (let round = 0; round < rounds; round++) {
    floors.push(writeFloorSeconds(diskFolder, outputBytes + historyBytes));
  }
  removeNight(copied);
  return { fileSystem: fileSystemType(diskFolder), night: figure!, floorSeconds: median(floors) };
}

function told(figures: NightFigure[], tell: BenchSetting['tell']): NightFigure[] {
  for (const { hasRegister, medianSeconds, duckdbSeconds, highWaterKib, wrong } of figures) {
    const beside = duckdbSeconds === null ? '' : `, DuckDB ${duckdbSeconds.toFixed(2)} s`;
    const peak = highWaterKib === null ? '' : `, ${Math.round(highWaterKib / 1024)} MiB`;
    tell(
      `  night ${hasRegister ? 'with' : 'without'} register: ${medianSeconds.toFixed(2)} s${peak}${beside}`,
    );
    for (const what of wrong) tell(`    wrong: ${what}`);
  }
  return figures;
}
