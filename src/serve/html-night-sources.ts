import { type Markup, markup } from '../conformance/report/html-markup.js';
import { formatCount, formatNumberOf, formatReachedPercent, formatTargetPercent } from '../model/figures.js';
import { stackedBar, successAxis, successMark, successScaleStart } from '../report/html-charts.js';
import type { NightView, SourceView } from './night-view.js';

/** What came from each source, against what is expected of it. */
export function sourcesSection(view: NightView): Markup {
  const { sources, readSuccess, isTonight } = view;
  const percents = sources.flatMap(({ successPercent }) => (successPercent === null ? [] : [successPercent]));
  const scale = {
    start: successScaleStart([...percents, readSuccess.targetPercent]),
    targetPercent: readSuccess.targetPercent,
  };
  const rows = sources.map((source) => sourceRow(source, scale, isTonight));
  return markup`<section aria-labelledby="sources-heading"><h2 id="sources-heading">Sources</h2>
<p class="note">Expected is the median of the nights before, up to 14. Success is the share of the expected reads that came and were neither rejected nor replaced, against ${formatTargetPercent(readSuccess.targetPercent)}.</p>
<table class="sources"><thead><tr><th scope="col">Source</th><th scope="col">State</th><th scope="col" class="n">Files</th><th scope="col" class="n">Reads</th><th scope="col" class="came">Came, of expected</th><th scope="col" class="n">Success</th><th scope="col" class="came">${successAxis(scale)}</th></tr></thead>
<tbody>${rows}</tbody></table></section>`;
}

function sourceRow(
  source: SourceView,
  scale: { start: number; targetPercent: number },
  isTonight: boolean,
): Markup {
  const { name, files, received, duplicates, expected, successPercent, waiting } = source;
  const { text, level } = stateOf(source, isTonight);
  const whole = Math.max(expected?.reads ?? 0, received - duplicates, 1);
  const bar = stackedBar(
    name,
    [
      { name: 'accepted', count: source.accepted, series: 'actual' },
      { name: 'waiting', count: waiting, series: 'waiting' },
      { name: 'replaced', count: source.replaced, series: 'estimated' },
      { name: 'rejected', count: source.rejected, series: 'rejected' },
    ],
    whole,
  );
  const isBelow = successPercent !== null && successPercent < scale.targetPercent;
  const success = successPercent === null ? '–' : formatReachedPercent(successPercent);
  const ofFiles = expected === null ? '' : ` of ${formatCount(expected.files)}`;
  const ofReads = expected === null ? '' : ` of ${formatCount(expected.reads)}`;
  const mark = successMark(
    name,
    { percent: successPercent, settled: waiting === 0 },
    { start: scale.start, targetPercent: scale.targetPercent },
  );
  return markup`<tr><th scope="row">${name}</th><td class="state ${level}">${text}</td><td class="n" data-label="Files">${formatCount(files)}${ofFiles}</td><td class="n" data-label="Reads">${formatCount(received)}${ofReads}</td><td class="wide">${bar}</td><td class="n${isBelow ? ' state bad' : ''}" data-label="Success">${success}</td><td class="wide">${mark}</td></tr>`;
}

function stateOf(source: SourceView, isTonight: boolean): { text: string; level: string } {
  const { problem, files, expected, ready, coming } = source;
  if (problem !== null) return { text: 'inbox cannot be read', level: 'bad' };
  const inbox = [
    ready !== null && ready > 0 ? `${formatNumberOf(ready, 'file')} ready` : '',
    coming !== null && coming > 0 ? `${formatCount(coming)} coming` : '',
  ].filter((part) => part !== '');
  const suffix = inbox.length === 0 ? '' : `, ${inbox.join(', ')}`;
  if (files === 0)
    return { text: `${isTonight ? 'nothing yet' : 'nothing came'}${suffix}`, level: isTonight ? '' : 'bad' };
  if (expected !== null && files < expected.files)
    return { text: `fewer files than usual${suffix}`, level: 'doubt' };
  return { text: `came${suffix}`, level: 'good' };
}
