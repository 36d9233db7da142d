import { printable } from '../model/printable.js';
import type { ExplainedChannel, ExplainedDay, ExplainedSlot } from '../pipeline/explain-day.js';

/** What is known of a meter's day, for the terminal. */
export function explainText(explained: ExplainedDay): string {
  const { meterId, day, channels } = explained;
  const head = `Meter ${printable(meterId)}, read day ${day}`;
  if (channels.length === 0) {
    return `${head}: the history holds nothing of it.\nEither nothing came (missing-meters.csv lists such meters), or the day is older than the history.`;
  }
  return channels.map((channel) => `${head}, ${channelText(channel)}`).join('\n\n');
}

function channelText(channel: ExplainedChannel): string {
  const { units, intervalMinutes, settled, slots, review, registers } = channel;
  const lines = [`${units} every ${intervalMinutes} minutes, ${settled ? 'settled' : 'not settled yet'}`];
  for (const { stamp, value } of registers) lines.push(`  register ${value} at ${stamp}`);
  const header = ['Ends (UTC)', 'Raw', 'Flag', 'Final', 'State', 'Checks', 'Method', 'Scale', 'Made of'];
  lines.push(...table([header, ...slots.map(slotCells)]));
  const run = [...new Set(slots.flatMap(({ runId }) => (runId === null ? [] : [runId])))];
  const policy = [...new Set(slots.flatMap((slot) => (slot.policy === null ? [] : [slot.policy])))];
  if (run.length > 0)
    lines.push(`Estimated by run ${run.join(', ')}, policy ${printable(policy.join(', '))}.`);
  const isUntold = slots.some(({ state, method }) => state === 'estimated' && method === null);
  if (isUntold)
    lines.push('The lists of the run that estimated it are gone: methods and raw values are not known.');
  if (review.length > 0) lines.push('Review list:');
  for (const { stamp, code, detail } of review) lines.push(`  ${stamp} ${code}: ${printable(detail)}`);
  return lines.join('\n');
}

function slotCells(slot: ExplainedSlot): string[] {
  const { stamp, raw, rawFlag, final, state, status, checks, method, scale, referenceDays } = slot;
  const flag = [rawFlag ?? '', ...status].filter((word) => word !== '').join(' ');
  return [
    stamp,
    raw ?? '-',
    flag === '' ? '-' : printable(flag),
    final ?? '-',
    state,
    checks.join(' ') || '-',
    method ?? '-',
    scale ?? '-',
    referenceDays ?? '-',
  ];
}

/** Columns as wide as their widest cell; numbers (raw, final, scale) to the right; empty columns left out. */
function table(rows: string[][]): string[] {
  const [header = [], ...body] = rows;
  const shown = header.map((_, k) => k).filter((k) => k < 5 || body.some((row) => row[k] !== '-'));
  const widths = header.map((_, k) => Math.max(...rows.map((row) => row[k]!.length)));
  const isNumber = (k: number) => k === 1 || k === 3 || k === 7;
  return rows.map((row) =>
    `  ${shown.map((k) => (isNumber(k) ? row[k]!.padStart(widths[k]!) : row[k]!.padEnd(widths[k]!))).join('  ')}`.trimEnd(),
  );
}
