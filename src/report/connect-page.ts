import type { ConnectRecord, StepName } from '../as2/sender/connect.js';
import { type Markup, markup, render } from '../conformance/report/html-markup.js';
import { page } from '../conformance/report/html-page.js';
import { STYLE_SHEET } from './html-styles.js';
import { path, table } from './html-table.js';

/** Names of the steps of a connectivity test. */
export const STEP_TITLES: Readonly<Record<StepName, string>> = {
  keys: 'keys, certificates',
  name: 'name resolution',
  connection: 'TCP connection',
  tls: 'TLS',
  message: 'signed, encrypted',
  answer: 'POST and its answer',
  receipt: 'receipt (MDN)',
  mic: 'MIC',
};

/** A connectivity test as one HTML page that stands by itself: evidence for the files of a utility. */
export function connectPage(record: ConnectRecord): string {
  const { environment, isConnected, startedAt, tool } = record;
  const verdict = isConnected ? 'Connected' : 'Not connected';
  const body = markup`<main>
<h1>Connectivity test of ${environment}: ${verdict}</h1>
<p>${startedAt}, ${tool}</p>
${factsOf(record)}
${table({
  label: 'Steps of the test',
  columns: [
    { head: 'Step', rowHead: true, cell: ({ step }) => STEP_TITLES[step] },
    { head: 'Outcome', cell: ({ outcome }) => outcome },
    { head: 'What was found', cell: ({ detail, remedy }) => markup`${path(detail)}${remedyOf(remedy)}` },
    { head: 'ms', numeric: true, cell: ({ milliseconds }) => milliseconds },
  ],
  rows: record.steps,
  fullList: 'connect.json',
})}
</main>`;
  return render(
    page({ title: `Connectivity test of ${environment}: ${verdict}`, styles: STYLE_SHEET, body }),
  );
}

const remedyOf = (remedy: string | null): Markup | null =>
  remedy === null ? null : markup`<br><small>${remedy}</small>`;

function factsOf(record: ConnectRecord): Markup {
  const { partner, url, as2From, as2To, file, messageId, mic, signer, receipt } = record;
  const facts: [name: string, text: string | null][] = [
    ['Partner', `${partner} (${as2To}) at ${url}`],
    ['Sent as', as2From],
    ['File', `${file.name}, ${file.sizeBytes} bytes, SHA-256 ${file.sha256}`],
    ['Message-ID', messageId],
    ['MIC', mic === null ? null : `${mic.value}, ${mic.digest}`],
    ['Receipt signed by', signer === null ? null : `${signer.subject}, serial ${signer.serial}`],
    ['Receipt', receipt],
  ];
  return table({
    label: 'The test',
    columns: [
      { head: 'What', rowHead: true, cell: ([name]) => name },
      { head: 'Value', cell: ([, text]) => path(text ?? 'none') },
    ],
    rows: facts,
    fullList: 'connect.json',
  });
}
