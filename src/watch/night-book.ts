import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../model/errors.js';
import type { RunReport, SourceTotals } from '../report/run-report.js';
import { timeOf } from './retention.js';

/** Runs whose summary is kept in memory, the latest. */
export const SUMMARIES_KEPT_MAX = 1000;
/** Lines of lists that a summary keeps. */
const SAMPLE_LINES_MAX = 20;
/** A larger report is not read. */
const REPORT_BYTES_MAX = 64 * 1024 * 1024;

/** What of a run's report the overview of many nights needs. */
export interface NightSummary {
  runId: string;
  kind: RunReport['kind'];
  status: RunReport['status'];
  /** Reference clock of the run, milliseconds since 1970. */
  nowMs: number;
  seconds: number;
  files: number;
  failedFiles: number;
  reads: RunReport['reads'];
  meters: RunReport['meters'];
  readSuccessPercent: number | null;
  batches: number;
  delivered: number;
  deliveries: number;
  reviewCount: number;
  sources: SourceTotals[];
  /** Read days that the run settled. */
  settledDays: string[];
  findings: {
    code: string;
    severity: RunReport['findingDetails'][number]['severity'];
    title: string;
    count: number;
  }[];
  /** The first lines of the review list and of the list of missing meters. */
  reviewSample: RunReport['reviewSample'];
  missingSample: string[];
}

/** Reads the reports of past runs, each once. */
export class NightBook {
  private readonly summaries = new Map<string, NightSummary>();

  constructor(private readonly state: string) {}

  /** Names of all runs that left a folder of reports, the oldest first. */
  async runIds(): Promise<string[]> {
    try {
      const names = await readdir(join(this.state, 'reports'));
      return names.filter((name) => timeOf(name) !== null).sort();
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return [];
      throw thrown;
    }
  }

  /** Runs whose clock lies from `fromMs` up to `toMs`, the oldest first. Imports of history are no nights. */
  async nights(fromMs: number, toMs: number): Promise<NightSummary[]> {
    const ids = (await this.runIds()).filter((id) => timeOf(id)! + 999 >= fromMs && timeOf(id)! < toMs);
    const found: NightSummary[] = [];
    for (const id of ids.slice(-SUMMARIES_KEPT_MAX)) {
      const summary = await this.summary(id);
      if (summary !== null && summary.kind === 'night') found.push(summary);
    }
    return found;
  }

  /** @returns null where the run left no report, or none that can be read */
  async summary(runId: string): Promise<NightSummary | null> {
    const known = this.summaries.get(runId);
    if (known !== undefined) return known;
    const report = await readReport(this.state, runId);
    if (report === null) return null;
    const summary = summaryOf(report);
    this.summaries.set(runId, summary);
    const oldest = this.summaries.keys().next().value!;
    if (this.summaries.size > SUMMARIES_KEPT_MAX) this.summaries.delete(oldest);
    return summary;
  }
}

/** The report of a run, or null where there is none. @param runId as `timeOf` knows it */
export async function readReport(state: string, runId: string): Promise<RunReport | null> {
  if (timeOf(runId) === null) return null;
  const path = join(state, 'reports', runId, 'report.json');
  try {
    if ((await stat(path)).size > REPORT_BYTES_MAX) return null;
    return JSON.parse(await readFile(path, 'utf8')) as RunReport;
  } catch (thrown) {
    // A run that is at work has no report yet; half of one is read in a moment again.
    if (codeOf(thrown) === 'ENOENT' || thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}

function summaryOf(report: RunReport): NightSummary {
  const { runId, kind, status, seconds, reads, meters, readSuccessPercent, sources, reviewCount } = report;
  return {
    runId,
    kind,
    status,
    nowMs: Date.parse(report.now),
    seconds,
    files: report.inputs.length,
    failedFiles: report.inputs.filter((input) => input.status === 'failed').length,
    reads,
    meters,
    readSuccessPercent,
    batches: report.batches.length,
    delivered: report.deliveries.filter((delivery) => delivery.status === 'delivered').length,
    deliveries: report.deliveries.length,
    reviewCount,
    sources,
    settledDays: report.days.filter((day) => day.settled).map(({ day }) => day),
    findings: report.findingDetails.map(({ code, severity, title, count }) => ({
      code,
      severity,
      title,
      count,
    })),
    reviewSample: report.reviewSample.slice(0, SAMPLE_LINES_MAX),
    missingSample: report.missingMeterSample.slice(0, SAMPLE_LINES_MAX),
  };
}
