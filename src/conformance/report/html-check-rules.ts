import { formatCount, formatNumberOf } from '../../model/figures.js';
import { printable } from '../../model/printable.js';
import type { FileCheck } from '../file-check.js';
import type { Finding } from '../finding-buffer.js';
import type { SeverityName } from '../rules.js';
import { type BrokenRule, SEVERITIES } from './checked-files.js';
import { constantMarkup, type Markup, markup } from './html-markup.js';
import { beyondTitle, placeOf, printableExcerpt } from './places.js';

/** Places of a rule that lie in the page, of all its files together. */
const PLACES_ON_PAGE_MAX = 1000;
/** Files that a rule names. */
const FILES_NAMED_MAX = 20;

/** A place as the page's script reads it: file, severity, where, message beyond the title, line, mark from and to. */
type PlaceRow = [
  file: number,
  severity: number,
  where: string,
  message: string,
  text: string | null,
  from: number,
  to: number,
];

/** The table of broken rules. Each opens into why it matters, how to mend it, and its places. */
export function rulesSection(rules: readonly BrokenRule[], checks: readonly FileCheck[]): Markup {
  if (rules.length === 0) {
    return markup`<section id="rules" aria-labelledby="rules-heading"><h2 id="rules-heading">Rules</h2><p class="empty">Every rule is kept.</p></section>`;
  }
  return markup`<section id="rules" aria-labelledby="rules-heading"><h2 id="rules-heading">Rules that were broken</h2>
${toolbar(rules, checks)}
<noscript><p class="note">Places are shown by a script, which is off here. --format text lists them without.</p></noscript>
<div class="findings">
<div class="finding heads" aria-hidden="true"><span>Severity</span><span>Rule</span><span class="n">Found</span></div>
${rules.map((broken, index) => ruleEntry(broken, index, checks))}</div>
<p class="empty" id="nothing" hidden>No place fits the filter and the search.</p>
</section>`;
}

function toolbar(rules: readonly BrokenRule[], checks: readonly FileCheck[]): Markup {
  const counts = (severity: SeverityName) =>
    rules.reduce((sum, { bySeverity }) => sum + bySeverity[severity], 0);
  const boxes = SEVERITIES.map((severity) => {
    const count = counts(severity);
    return markup`<label class="box"><input type="checkbox" name="severity" value="${SEVERITIES.indexOf(severity)}" checked${count === 0 ? markup` disabled` : null}> <span class="severity ${severity}">${severity}</span> <small>${formatCount(count)}</small></label>`;
  });
  const withFindings = [...new Set(rules.flatMap(({ files }) => files.map(({ check }) => check)))];
  const files =
    withFindings.length < 2
      ? null
      : markup`<label>File <select id="file"><option value="">all</option>${withFindings.map((check) => markup`<option value="${check}">${checks[check]!.path}</option>`)}</select></label>`;
  return markup`<form id="tools" role="search" hidden><span class="boxes" role="group" aria-label="Severity">${boxes}</span>${files}
<label class="search">Search <input type="search" id="search" placeholder="meter, line, text, rule" autocomplete="off" spellcheck="false"></label>
<button type="button" id="all" aria-pressed="false">Open all</button> <output id="shown"></output></form>`;
}

function ruleEntry(broken: BrokenRule, index: number, checks: readonly FileCheck[]): Markup {
  const { rule, severity, count, bySeverity } = broken;
  const rows = placeRows(broken, checks.length > 1);
  const present = SEVERITIES.filter((name) => bySeverity[name] > 0);
  const mixed =
    present.length < 2
      ? null
      : markup`<small>${present.map((name) => `${formatCount(bySeverity[name])} ${name}`).join(', ')}</small>`;
  return markup`<details class="finding" id="r${index}"${index === 0 && severity === 'error' ? markup` open` : null} data-severities="${present.map((name) => SEVERITIES.indexOf(name)).join(' ')}" data-name="${rule.code} ${rule.title}"><summary><span class="severity ${severity}">${severity}</span><span class="what">${rule.title} <code>${rule.code}</code>${mixed}</span><span class="n">${formatCount(count)}<small class="matches"></small></span></summary>
<div class="inside"><dl class="rule"><div><dt>What is wrong</dt><dd>${rule.wrong}</dd></div><div><dt>Why it matters</dt><dd>${rule.why}</dd></div><div><dt>How to mend it</dt><dd>${rule.mend}</dd></div><div><dt>Source</dt><dd>${rule.clause}</dd></div></dl>
${filesOf(broken, checks)}<ol class="places"></ol><button type="button" class="next" hidden></button>${cutNote(count, rows.length)}</div>
<script type="application/json">${jsonMarkup(rows)}</script></details>
`;
}

function filesOf({ files }: BrokenRule, checks: readonly FileCheck[]): Markup | null {
  if (checks.length < 2) return null;
  const named = files.slice(0, FILES_NAMED_MAX);
  const more = files.length - named.length;
  return markup`<p class="note">In ${formatNumberOf(files.length, 'file')}: ${named.map(({ check, count }, i) => markup`${i === 0 ? '' : ', '}<bdi>${checks[check]!.path}</bdi> ${formatCount(count)}`)}${more > 0 ? ` and ${formatCount(more)} more` : ''}</p>`;
}

function cutNote(count: number, shown: number): Markup | null {
  if (shown === count) return null;
  if (shown === 0) return markup`<p class="more">It has no places to show.</p>`;
  return markup`<p class="more">${formatCount(shown)} of ${formatCount(count)} are in this page. --max-findings sets how many are kept of a code (up to ${formatCount(PLACES_ON_PAGE_MAX)} fit in here, all that are kept in --format json).</p>`;
}

/**
 * The rule's places for the script. Where files have more than fit, each gives its share first, and what room
 * is left goes to the first ones.
 */
function placeRows({ rule, files }: BrokenRule, severalFiles: boolean): PlaceRow[] {
  const total = files.reduce((sum, { findings }) => sum + findings.length, 0);
  let room = Math.max(0, PLACES_ON_PAGE_MAX - total);
  const share = Math.max(1, Math.floor(PLACES_ON_PAGE_MAX / files.length));
  if (total > PLACES_ON_PAGE_MAX) {
    const taken = files.reduce((sum, { findings }) => sum + Math.min(findings.length, share), 0);
    room = Math.max(0, PLACES_ON_PAGE_MAX - taken);
  }
  const rows: PlaceRow[] = [];
  for (const { check, findings } of files) {
    const extra = Math.min(Math.max(0, findings.length - share), room);
    room -= extra;
    for (const finding of findings.slice(0, share + extra))
      rows.push(placeRow(finding, severalFiles ? check : -1, rule.title));
  }
  return rows.slice(0, PLACES_ON_PAGE_MAX);
}

function placeRow(finding: Finding, file: number, title: string): PlaceRow {
  const { severity, excerpt } = finding;
  const line = excerpt == null ? null : printableExcerpt(excerpt);
  return [
    file,
    SEVERITIES.indexOf(severity),
    printable(placeOf(finding)),
    printable(beyondTitle(finding, title)),
    line?.text ?? null,
    line?.from ?? 0,
    line?.to ?? 0,
  ];
}

/** JSON that no text in it can end, whatever it holds. */
function jsonMarkup(rows: readonly PlaceRow[]): Markup {
  const json = JSON.stringify(rows).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return constantMarkup(json);
}
