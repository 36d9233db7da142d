import { type Markup, markup, type Piece } from '../conformance/report/html-markup.js';
import {
  formatCount,
  formatNumberOf,
  formatReachedPercent,
  formatSeconds,
  formatTargetPercent,
} from '../model/figures.js';
import { parseZone } from '../model/time.js';
import { timeOf } from './html-layout.js';
import { certificatesSection, deliveriesSection } from './html-night-deliveries.js';
import { sourcesSection } from './html-night-sources.js';
import type { LiveRun } from './live-run.js';
import type { Attention, NightView } from './night-view.js';

/** The main part of the page of a night. @param said what an action of the reader has led to */
export function nightMain(view: NightView, said: string | null): Markup {
  const zone = parseZone(view.marketTimeZone)!;
  return markup`${verdict(view, zone)}
${said === null ? null : markup`<p class="said" role="status">${said}</p>`}
${view.run === null ? null : progressPart(view.run, zone)}
${attentionList(view.attention, zone)}
${figures(view)}
${sourcesSection(view)}
${deliveriesSection(view, zone)}
<div class="two">${findingsSection(view)}${reviewSection(view, zone)}</div>
<div class="two">${runsSection(view, zone)}${certificatesSection(view, zone)}</div>
${
  view.isTonight
    ? markup`<p class="keys">Keys: <kbd>t</kbd> tonight, <kbd>n</kbd> nights, <kbd>m</kbd> a meter. Times are market time (${view.marketTimeZone}). The page renews itself.</p>`
    : null
}`;
}

function verdict(view: NightView, zone: number): Markup {
  const { level, day, due, isTonight, now, runs } = view;
  const dueText = due === null || !isTonight ? null : markup`, due ${timeOf(due, zone, false)}`;
  const clock = isTonight ? markup`, now ${timeOf(now, zone, false)}` : null;
  // Before anything is done there is nothing to be glad of.
  const isFirst = level === 'good' && runs.length === 0;
  const run = view.run === null ? '' : view.run.what === 'running' ? ' A run is at work.' : '';
  return markup`<header class="verdict ${isFirst ? 'working' : level}">
<p class="run">Night of ${day}${dueText}${clock}</p>
<h1>${headline(view)}</h1>
<p class="first">${formatNumberOf(runs.length, 'run')}, ${formatCount(view.reads.received)} reads received, ${deliveredText(view)}.${run}</p>
</header>`;
}

function headline(view: NightView): string {
  const { level, attention, runs, isTonight, run, deliveries, reads } = view;
  const open = attention.filter(({ acknowledged }) => acknowledged === null).length;
  if (open > 0) return open === 1 ? 'One thing needs somebody' : `${open} things need somebody`;
  if (level === 'bad') return 'Failed';
  if (level === 'doubt') {
    if (deliveries.open > 0)
      return `${formatNumberOf(deliveries.open, 'batch', 'batches')} not delivered ${isTonight ? 'yet' : 'that night'}`;
    return reads.rejected > 0
      ? `Done, but ${formatNumberOf(reads.rejected, 'read')} rejected`
      : 'Done, but not with all files';
  }
  if (runs.length === 0)
    return run === null ? (isTonight ? 'Quiet: nothing has come yet' : 'No run') : 'The first run is at work';
  return isTonight ? 'All is well' : 'Complete';
}

function deliveredText({ deliveries, batches }: NightView): string {
  if (batches === 0) return 'no batch yet';
  const { delivered, open } = deliveries;
  if (delivered === 0 && open === 0) return `${formatNumberOf(batches, 'batch', 'batches')} written`;
  return `${formatCount(delivered)} delivered, ${formatCount(open)} not`;
}

const WORK: Record<LiveRun['what'], string> = {
  running: 'Run at work',
  delivering: 'Delivering',
  unfinished: 'Run begun and not ended',
  failed: 'Run interrupted by an error',
};

function progressPart(run: LiveRun, zone: number): Markup {
  const { what, runId, step, done, total, files, since } = run;
  const isKnown = done !== null && total !== null && total > 0;
  const isStill = what === 'unfinished' || what === 'failed';
  const bar = isKnown
    ? markup`<progress aria-label="Progress" max="${total}" value="${done}"></progress>`
    : isStill
      ? null
      : markup`<progress aria-label="Progress"></progress>`;
  return markup`<section class="progress" aria-label="What is under way"><p><b>${WORK[what]}</b> <span class="step">${step}</span>
<span>since ${timeOf(since, zone, false)}${files === null ? '' : `, ${formatNumberOf(files, 'file')}`}</span>${
    runId === null ? null : markup` <code>${runId}</code>`
  } <span class="share">${isKnown ? `${Math.floor((done / total) * 100)} %` : ''}</span></p>${bar}</section>`;
}

function attentionList(attention: readonly Attention[], zone: number): Markup | null {
  if (attention.length === 0) return null;
  return markup`<section aria-labelledby="todo-heading"><h2 id="todo-heading">To look at</h2>
<ul class="todo">${attention.map((one) => attentionItem(one, zone))}</ul></section>`;
}

function attentionItem(
  { id, kind, level, text, since, acknowledged, canAcknowledge }: Attention,
  zone: number,
): Markup {
  const times = [
    since === null ? null : markup`since ${timeOf(since, zone)}`,
    acknowledged === null ? null : markup`, seen ${timeOf(acknowledged, zone)}`,
  ];
  const act = canAcknowledge
    ? markup`<form method="post" action="/notices/acknowledge"><input type="hidden" name="id" value="${id}"><button id="ack-${id}">Acknowledge</button></form>`
    : null;
  return markup`<li class="${acknowledged === null ? level : 'seen'}"><p>${text} <small class="note">${kind.replaceAll('-', ' ')} ${times}</small></p>${act}</li>`;
}

function figures(view: NightView): Markup {
  const { readSuccess, reads, meters, review, deliveries, batches } = view;
  const { percent, targetPercent } = readSuccess;
  const isMet = percent !== null && percent >= targetPercent;
  const entries: [name: string, figure: string, note: Piece, level: string][] = [
    [
      'Read success',
      percent === null ? '–' : formatReachedPercent(percent),
      percent === null
        ? 'no read day settled yet'
        : `${isMet ? 'met' : 'NOT met'}, target ${formatTargetPercent(targetPercent)}`,
      percent === null ? '' : isMet ? 'good' : 'bad-figure',
    ],
    ['Reads received', formatCount(reads.received), `${formatCount(reads.waiting)} wait for their day`, ''],
    [
      'Meters missing',
      meters === null ? '–' : formatCount(meters.missing),
      meters === null ? '' : `of ${formatCount(meters.expected)} expected`,
      '',
    ],
    [
      'Batches',
      formatCount(batches),
      deliveredText(view),
      deliveries.listed.some(({ forPerson }) => forPerson) ? 'bad-figure' : '',
    ],
    ['Slots estimated', formatCount(reads.estimated), `${formatCount(reads.unresolved)} without a value`, ''],
    ['Reads rejected', formatCount(reads.rejected), 'in the quarantine', ''],
    ['Duplicates', formatCount(reads.duplicates), '', ''],
    ['To review', formatCount(review.count), '', ''],
  ];
  return markup`<dl class="figures">${entries.map(
    ([name, figure, note, level]) =>
      markup`<div class="${level}"><dt>${name}</dt><dd><b>${figure}</b><span>${note}</span></dd></div>`,
  )}</dl>`;
}

function findingsSection({ findings }: NightView): Markup {
  const body =
    findings.length === 0
      ? markup`<p class="empty">No finding.</p>`
      : markup`<table><tbody>${findings.map(
          ({ code, severity, title, count }) =>
            markup`<tr><td class="severity ${severity}">${severity}</td><th scope="row">${title}<small>${code}</small></th><td class="n">${formatCount(count)}</td></tr>`,
        )}</tbody></table>`;
  return markup`<section aria-labelledby="findings-heading"><h2 id="findings-heading">Findings by rule</h2>${body}</section>`;
}

function reviewSection({ review, missingSample, meters }: NightView, zone: number): Markup {
  const link = (meterId: string, stamp: string) =>
    markup`<a href="/meters/${encodeURIComponent(meterId)}${stamp === '' ? '' : `/at/${encodeURIComponent(stamp)}`}">${meterId}</a>`;
  const rows = review.sample.map(
    ({ meterId, units, stamp, code, detail }) =>
      markup`<tr><th scope="row">${link(meterId, stamp)}<small>${units} ${Number.isNaN(Date.parse(stamp)) ? stamp : timeOf(stamp, zone)}</small></th><td>${detail}<br><code>${code}</code></td></tr>`,
  );
  const more = review.count - review.sample.length;
  const list =
    rows.length === 0
      ? markup`<p class="empty">Nothing to review.</p>`
      : markup`<table><tbody>${rows}</tbody></table>${
          more > 0 && review.runId !== null
            ? markup`<p class="more">${formatCount(more)} more: <a href="/runs/${review.runId}">report of the run</a></p>`
            : null
        }`;
  const missing =
    missingSample.length === 0
      ? null
      : markup`<details id="missing"><summary>${formatCount(meters?.missing ?? missingSample.length)} meters sent nothing, the first ${missingSample.length}</summary><p>${missingSample.map((id) => markup`${link(id, '')} `)}</p></details>`;
  return markup`<section aria-labelledby="review-heading"><h2 id="review-heading">Review list</h2>${list}${missing}</section>`;
}

function runsSection({ runs }: NightView, zone: number): Markup {
  const states = { complete: 'good', partial: 'doubt', failed: 'bad' } as Record<string, string>;
  const body =
    runs.length === 0
      ? markup`<p class="empty">None.</p>`
      : markup`<table><thead><tr><th scope="col">Run</th><th scope="col">Status</th><th scope="col" class="n">Files</th><th scope="col" class="n">Reads</th><th scope="col" class="n">Time</th></tr></thead><tbody>${runs.map(
          ({ runId, now, status, files, received, seconds }) =>
            markup`<tr><th scope="row"><a href="/runs/${runId}">${timeOf(now, zone, false)}</a><small>${runId}</small></th><td class="state ${states[status] ?? ''}">${status}</td><td class="n">${formatCount(files)}</td><td class="n">${formatCount(received)}</td><td class="n">${formatSeconds(seconds)}</td></tr>`,
        )}</tbody></table>`;
  return markup`<section class="runs" aria-labelledby="runs-heading"><h2 id="runs-heading">Runs of the night</h2>${body}</section>`;
}
