import type { RunReport } from '../../src/report/run-report.js';

/** Values of a closed list, which the writer of a report cannot fill with text of the data. */
const CLOSED = new Set(['done', 'duplicate', 'failed', 'complete', 'partial', 'error', 'warning', 'info']);

/** The report with every text in it, keys of records included, replaced by one text. */
export function replaceTexts(report: RunReport, text: string): RunReport {
  const records = new Set<unknown>([report.findings, report.methods, report.outputSums]);
  for (const batch of report.batches) records.add(batch.sums);
  const replaced = (value: unknown): unknown => {
    if (typeof value === 'string') return CLOSED.has(value) ? value : text;
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== 'object' || value === null) return value;
    const isRecord = records.has(value);
    return Object.fromEntries(
      Object.entries(value).map(([key, part], index) => [
        isRecord ? `${text}${'.'.repeat(index)}` : key,
        replaced(part),
      ]),
    );
  };
  return replaced(report) as RunReport;
}
