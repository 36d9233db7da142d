import { swatch } from '../conformance/report/hour-strip.js';
import { constantMarkup, type Markup, markup } from '../conformance/report/html-markup.js';
import type { ExplainedChannel, ExplainedSlot } from '../pipeline/explain-day.js';
import { dayDrawing, smallDrawing } from './day-drawing.js';
import { timeOf } from './html-layout.js';
import type { MeterView } from './meter-view.js';
import { reasonsOf } from './slot-reasons.js';

/** The form that asks for a meter. */
export function meterForm(meterId: string, day: string, said: string | null): Markup {
  return markup`<h1 class="plain">A meter's day</h1>
${said === null ? null : markup`<p class="said" role="status">${said}</p>`}
${form(meterId, day)}`;
}

function form(meterId: string, day: string): Markup {
  return markup`<form class="line" method="get" action="/meters"><label>Meter id <input name="id" id="meter-id" data-key="/" required maxlength="200" autocomplete="off" spellcheck="false" value="${meterId}"></label><label>Read day, market time <input name="day" type="date" required value="${day}"></label><button>Show</button></form>`;
}

/** A meter's day: drawn, explained, and slot by slot. */
export function meterMain(view: MeterView, zone: number): Markup {
  const { meterId, day, channels, previous, next } = view;
  const link = (to: string, key: string) =>
    markup`<a href="${hrefOf(meterId, to)}" data-key="${key}" aria-keyshortcuts="${key}">${to} <kbd>${key}</kbd></a>`;
  const body =
    channels.length === 0
      ? markup`<p class="said">The history holds nothing of this meter on ${day}. Either nothing came (the list of missing meters in the run's report names such meters), or the day is older than the history.</p>`
      : channels.map((channel) => channelPart(channel, zone));
  return markup`${form(meterId, day)}
<div class="turn verdict"><h1>${meterId}, ${day}</h1>${link(previous, '[')}${next === null ? null : link(next, ']')}</div>
${body}
${aroundPart(view)}`;
}

export const hrefOf = (meterId: string, day: string): string =>
  `/meters/${encodeURIComponent(meterId)}/${day}`;

function channelPart(channel: ExplainedChannel, zone: number): Markup {
  const { units, intervalMinutes, settled, slots, registers } = channel;
  const sum = sumOf(slots);
  const reasons = reasonsOf(channel, zone);
  const read =
    registers.length === 0
      ? null
      : markup`<p class="note">Register: ${registers.map(({ stamp, value }, i) => markup`${i === 0 ? '' : ', '}${value} at ${timeOf(stamp, zone)}`)}, market time</p>`;
  return markup`<section aria-label="${units}"><h2>${units} <small class="note">every ${intervalMinutes} min, ${settled ? 'settled' : 'not settled yet'}, day's total ${sum}</small></h2>
<p class="legend"><span class="keep">${swatch('actual')} actual</span> <span class="keep">${swatch('estimated')} estimated</span> <span class="keep">${swatch('waiting')} waits for its day</span> <span class="keep">${swatch('none')} no value</span> <span class="keep"><svg class="swatch" width="14" height="11" aria-hidden="true"><line class="raw-key" x1="0" x2="14" y1="5.5" y2="5.5"/></svg> as it came, where that is not what went out</span></p>
${dayDrawing(channel)}
${read}
${reasons.length === 0 ? markup`<p>Every slot went out as it came.</p>` : markup`<h3>Why</h3><ul class="why">${reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`}
<details id="slots-${units}"><summary>All ${slots.length} slots</summary>${slotTable(slots)}</details></section>`;
}

function slotTable(slots: readonly ExplainedSlot[]): Markup {
  const heads = ['Ends (UTC)', 'Raw', 'Flag', 'Final', 'State', 'Checks', 'Method', 'Made of', 'Scale'];
  const rows = slots.map((slot) => {
    const { stamp, raw, rawFlag, final, state, status, checks, method, referenceDays, scale } = slot;
    const flag = [rawFlag ?? '', ...status].filter((word) => word !== '').join(' ');
    return markup`<tr><th scope="row" class="stamp">${stamp}</th><td class="n">${raw ?? '–'}</td><td>${flag}</td><td class="n">${final ?? '–'}</td><td>${state}</td><td>${checks.join(' ')}</td><td>${method}</td><td>${referenceDays}</td><td class="n">${scale}</td></tr>\n`;
  });
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="Slots"><table><thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function aroundPart({ meterId, day, around }: MeterView): Markup {
  const items = around.map((near) => {
    const channel = near.channels[0];
    const current = constantMarkup(near.day === day ? ' aria-current="date"' : '');
    const drawn =
      channel === undefined ? markup`<span class="note">nothing</span>` : smallDrawing(channel.slots);
    return markup`<li><a href="${hrefOf(meterId, near.day)}"${current}>${near.day}${drawn}</a></li>`;
  });
  return markup`<section aria-labelledby="around-heading"><h2 id="around-heading">Days around it</h2><ul class="around">${items}</ul></section>`;
}

/** Sum of the final values; values are decimals of at most five places, which integers hold exactly. */
function sumOf(slots: readonly ExplainedSlot[]): string {
  const PLACES = 5;
  const units = slots.reduce((sum, { final }) => sum + (final === null ? 0n : scaled(final, PLACES)), 0n);
  const negative = units < 0n;
  const digits = String(negative ? -units : units).padStart(PLACES + 1, '0');
  const fraction = digits.slice(-PLACES).replace(/0+$/, '');
  return `${negative ? '-' : ''}${digits.slice(0, -PLACES)}${fraction === '' ? '' : `.${fraction}`}`;
}

function scaled(text: string, places: number): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const units = BigInt(whole + fraction.padEnd(places, '0'));
  return text.startsWith('-') ? -units : units;
}
