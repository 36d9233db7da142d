import { constantMarkup, type Markup, markup, render } from '../conformance/report/html-markup.js';
import { page } from '../conformance/report/html-page.js';
import { PAGE_STYLES } from '../conformance/report/page-styles.js';
import type { Rule } from '../conformance/rules.js';
import { VERSION } from '../model/version.js';
import { groupedRules } from './rules-json.js';

/** The catalogue as one HTML page that needs no network: a table of all rules, then each by itself. */
export function rulesHtml(rules: readonly Rule[]): string {
  const groups = groupedRules(rules);
  const sections = groups.map(
    (group) => markup`<section><h2 id="${anchor(group.title)}">${group.title}</h2>
<p class="note">${group.intro}</p>
${group.rules.map(ruleArticle)}</section>
`,
  );
  const body = markup`<header class="verdict"><h1>Rules</h1>
<p class="first">What readmill ${VERSION} looks for in meter-read files, and what to do about it.</p></header>
<nav aria-label="Contents">${groups.map(({ title }) => markup`<a href="#${anchor(title)}">${title}</a> `)}</nav>
<main>
<div class="scroll"><table><thead><tr><th>Severity</th><th>Rule</th></tr></thead>
<tbody>${groups.flatMap((group) => group.rules.map(tableRow))}</tbody></table></div>
${sections}</main>`;
  return render(page({ title: 'readmill: rules', styles: PAGE_STYLES, body }));
}

const anchor = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
const severity = ({ severity: name }: Rule) => markup`<span class="severity ${name}">${name}</span>`;

function tableRow(rule: Rule): Markup {
  return markup`<tr><td>${severity(rule)}</td>
<td><a href="#${anchor(rule.code)}"><code>${rule.code}</code></a><br>${rule.title}</td></tr>
`;
}

function ruleArticle(rule: Rule): Markup {
  const under = rule.exampleProfile === undefined ? null : ` under the profile ${rule.exampleProfile}`;
  const lines = rule.example.split('\n').map((line) => markup`${line}${constantMarkup('\n')}`);
  return markup`<article id="${anchor(rule.code)}"><h3><code>${rule.code}</code> ${severity(rule)}</h3>
<p>${rule.title}.${rule.alwaysError ? ' Always an error: no profile may lower it.' : null}</p>
<p><b>What is wrong.</b> ${rule.wrong}</p>
<p><b>Why it matters.</b> ${rule.why}</p>
<p><b>How to mend it.</b> ${rule.mend}</p>
<p class="note">From: ${rule.clause}.</p>
<p class="note">Example${under}:</p>
<pre>${lines}</pre></article>
`;
}
