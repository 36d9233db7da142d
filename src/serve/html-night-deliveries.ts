import { type Markup, markup } from '../conformance/report/html-markup.js';
import { formatCount } from '../model/figures.js';
import { timeOf } from './html-layout.js';
import type { DeliveryView, NightView } from './night-view.js';

/** Days before its end from which a certificate is shown as a doubt. */
const ENDS_SOON_DAYS = 30;

const LEVELS: Record<string, string> = {
  delivered: 'good',
  failed: 'bad',
  'given-up': 'bad',
  unproven: 'doubt',
};

/** Batches on their way and the latest that arrived, with what proves it. */
export function deliveriesSection({ deliveries, isTonight }: NightView, zone: number): Markup {
  const { listed, open } = deliveries;
  const openOnes = listed.filter((delivery) => !isDone(delivery));
  const done = listed.filter(isDone);
  const isForPerson = listed.some(({ forPerson }) => forPerson);
  const all =
    isTonight && isForPerson
      ? markup`<form method="post" action="/deliveries/retry" class="line"><input type="hidden" name="all" value="1"><button id="retry-all">Send all again that wait for somebody</button></form>`
      : null;
  const body = [
    openOnes.length === 0
      ? markup`<p class="empty">${listed.length === 0 ? 'None.' : 'All are delivered.'}</p>`
      : deliveryTable(openOnes, zone),
    done.length === 0
      ? null
      : markup`<details class="list" id="delivered"><summary>The last ${done.length} that arrived, with their receipts</summary>${deliveryTable(done, zone)}</details>`,
  ];
  const count = open === 0 ? '' : ` (${formatCount(open)} open)`;
  return markup`<section aria-labelledby="deliveries-heading"><h2 id="deliveries-heading">Deliveries and receipts${count}</h2>${all}${body}</section>`;
}

const isDone = ({ status }: DeliveryView): boolean => status === 'delivered' || status === 'unproven';

function deliveryTable(rows: readonly DeliveryView[], zone: number): Markup {
  return markup`<table class="deliveries"><thead><tr><th scope="col">Batch</th><th scope="col">Partner</th><th scope="col">Status</th><th scope="col">Receipt, or what is wrong</th><th scope="col"></th></tr></thead><tbody>${rows.map((row) => deliveryRow(row, zone))}</tbody></table>`;
}

function deliveryRow(delivery: DeliveryView, zone: number): Markup {
  const { id, file, partner, status, attempts, problem, nextAttempt, receipt, settled } = delivery;
  const next = nextAttempt === null ? null : markup` Next attempt ${timeOf(nextAttempt, zone)}.`;
  const proof =
    receipt === null
      ? null
      : markup`<small class="note path">${receipt}</small>${settled === null ? null : markup` <small class="note">${timeOf(settled, zone)}</small>`}`;
  const act = !isDone(delivery)
    ? markup`<form method="post" action="/deliveries/retry"><input type="hidden" name="id" value="${id}"><button>Send again</button></form>`
    : null;
  const tries = attempts === 1 ? '1 attempt' : `${formatCount(attempts)} attempts`;
  return markup`<tr><th scope="row" class="path">${file}</th><td data-label="to">${partner}</td><td class="state ${LEVELS[status] ?? 'doubt'}">${status}<br><small class="note">${tries}</small></td><td class="wide">${problem}${next}${proof}</td><td class="actions">${act}</td></tr>`;
}

/** Certificates that deliveries need, the one that ends first before the others. */
export function certificatesSection({ certificates }: NightView, zone: number): Markup {
  const rows = certificates.map(({ partner, owner, serial, ends, days }) => {
    const level = days < 0 ? 'bad' : days <= ENDS_SOON_DAYS ? 'doubt' : 'good';
    const left = days < 0 ? 'has ended' : days === 1 ? '1 day left' : `${formatCount(days)} days left`;
    return markup`<tr><th scope="row">${owner === 'ours' ? 'ours' : "partner's"}, ${partner}<small title="${serial}">serial ${serial.slice(0, 16)}</small></th><td>${timeOf(ends, zone)}</td><td class="state ${level}">${left}</td></tr>`;
  });
  const body =
    rows.length === 0
      ? markup`<p class="empty">No partner is configured.</p>`
      : markup`<table><tbody>${rows}</tbody></table>`;
  return markup`<section aria-labelledby="certificates-heading"><h2 id="certificates-heading">Certificates</h2>${body}</section>`;
}
