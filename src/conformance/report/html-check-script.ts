/** Places that a rule shows at a time. */
const PLACES_AT_A_TIME = 25;

/**
 * The script of the page of a check. The places of a rule lie in its `<script type="application/json">` and
 * become elements when it is opened, so that tens of thousands of them cost nothing until then. Text goes in
 * as text only, never as markup.
 */
export const CHECK_SCRIPT = `'use strict';
(() => {
const AT_A_TIME = ${PLACES_AT_A_TIME}, SEVERITIES = ['error', 'warning', 'info'];
const [FILE, SEVERITY, WHERE, MESSAGE, TEXT, FROM, TO] = [0, 1, 2, 3, 4, 5, 6];
const byId = (id) => document.getElementById(id);
const tools = byId('tools');
if (!tools) return;
const search = byId('search'), fileBox = byId('file'), all = byId('all'), shown = byId('shown'), nothing = byId('nothing');
const number = new Intl.NumberFormat('en-US');
const paths = fileBox ? Object.fromEntries([...fileBox.options].map((option) => [option.value, option.text])) : {};
const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const groups = [...document.querySelectorAll('details.finding')].map((details) => ({
  details, rows: null, texts: null, matching: null, drawn: 0, bySearch: false,
  severities: details.dataset.severities.split(' ').map(Number),
  name: details.dataset.name.toLowerCase(),
  list: details.querySelector('.places'), next: details.querySelector('.next'), matches: details.querySelector('.matches'),
}));
// What matches is null where all rows do, so that nothing is parsed before it is looked at.
const rowsOf = (group) => group.rows ??= JSON.parse(group.details.querySelector('script').textContent);
const pathOf = (row) => paths[row[FILE]] ?? '';
const textsOf = (group) => group.texts ??= rowsOf(group).map((row) =>
  [group.name, pathOf(row), row[WHERE], row[MESSAGE], row[TEXT] ?? ''].join('\\n').toLowerCase());

function place(row, mixed) {
  const item = element('li');
  const where = element('div', 'where');
  if (mixed) where.append(element('span', 'severity ' + SEVERITIES[row[SEVERITY]], SEVERITIES[row[SEVERITY]]));
  const path = pathOf(row);
  if (path) where.append(element('bdi', '', path), ', ');
  where.append(element('span', 'at', row[WHERE]));
  if (row[MESSAGE]) where.append(row[WHERE] ? ': ' : '', element('span', 'said', row[MESSAGE]));
  item.append(where);
  if (row[TEXT] !== null) {
    const line = element('div', 'excerpt');
    line.append(row[TEXT].slice(0, row[FROM]), element('mark', '', row[TEXT].slice(row[FROM], row[TO])), row[TEXT].slice(row[TO]));
    item.append(line);
  }
  return item;
}

function drawMore(group) {
  group.matching ??= rowsOf(group).map((_, i) => i);
  const upTo = Math.min(group.drawn + AT_A_TIME, group.matching.length);
  const rows = rowsOf(group), items = document.createDocumentFragment();
  for (; group.drawn < upTo; group.drawn++) items.append(place(rows[group.matching[group.drawn]], group.severities.length > 1));
  group.list.append(items);
  const left = group.matching.length - group.drawn;
  group.next.hidden = left === 0;
  group.next.textContent = left > AT_A_TIME ? 'Show ' + AT_A_TIME + ' more of ' + number.format(left) : 'Show ' + left + ' more';
}

function redraw(group) {
  group.list.textContent = '';
  group.drawn = 0;
  group.next.hidden = true;
  if (group.details.open && !group.details.hidden) drawMore(group);
}

function matchesOf(group, wanted, words, file) {
  const rows = rowsOf(group), texts = words.length > 0 ? textsOf(group) : null, matching = [];
  for (let i = 0; i < rows.length; i++) {
    if (!wanted.has(rows[i][SEVERITY]) || (file >= 0 && rows[i][FILE] !== file)) continue;
    if (!texts || words.every((word) => texts[i].includes(word))) matching.push(i);
  }
  return matching;
}

function filter() {
  const boxes = [...tools.querySelectorAll('[name=severity]')];
  const wanted = new Set(boxes.filter((box) => box.checked).map((box) => Number(box.value)));
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const file = fileBox && fileBox.value !== '' ? Number(fileBox.value) : -1;
  const isAll = words.length === 0 && file < 0 && wanted.size === boxes.length;
  let rules = 0, places = 0;
  for (const group of groups) {
    group.matching = isAll ? null : matchesOf(group, wanted, words, file);
    // A rule without places is found by its name alone.
    const isNamed = file < 0 && group.severities.some((severity) => wanted.has(severity)) && words.every((word) => group.name.includes(word));
    const isShown = isAll || group.matching.length > 0 || (isNamed && rowsOf(group).length === 0);
    group.details.hidden = !isShown;
    if (isShown) rules++;
    const isSome = !isAll && group.matching.length < rowsOf(group).length;
    group.matches.textContent = isSome ? number.format(group.matching.length) + ' shown' : '';
    if (!isAll) places += group.matching.length;
    if (words.length > 0 && isShown && !group.details.open) group.details.open = group.bySearch = true;
    else if (words.length === 0 && group.bySearch) group.details.open = group.bySearch = false;
    redraw(group);
  }
  nothing.hidden = rules > 0;
  shown.textContent = isAll ? '' : number.format(rules) + (rules === 1 ? ' rule, ' : ' rules, ') + number.format(places) + (places === 1 ? ' place' : ' places');
}

let timer = 0;
search.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
tools.addEventListener('change', filter);
tools.addEventListener('submit', (event) => event.preventDefault());
all.addEventListener('click', () => {
  const open = all.getAttribute('aria-pressed') !== 'true';
  all.setAttribute('aria-pressed', String(open));
  all.textContent = open ? 'Close all' : 'Open all';
  for (const group of groups) { group.details.open = open; group.bySearch = false; }
});
for (const group of groups) {
  group.details.addEventListener('toggle', () => { if (group.details.open && group.drawn === 0) redraw(group); });
  group.next.addEventListener('click', () => drawMore(group));
}
tools.hidden = false;
for (const group of groups) redraw(group);
})();
`;
