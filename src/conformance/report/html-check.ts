import { formatCount, formatNumberOf } from '../../model/figures.js';
import type { FileCheck } from '../file-check.js';
import type { SeverityName } from '../rules.js';
import {
  type BrokenRule,
  brokenRules,
  type CheckedFiles,
  isValid,
  SEVERITIES,
  severityTotals,
} from './checked-files.js';
import { coverageSection } from './html-check-coverage.js';
import { rulesSection } from './html-check-rules.js';
import { CHECK_SCRIPT } from './html-check-script.js';
import { CHECK_STYLES } from './html-check-styles.js';
import { type Markup, markup, render } from './html-markup.js';
import { page } from './html-page.js';
import { PAGE_STYLES } from './page-styles.js';

/** Files that the page lists: those that are not valid first. */
const FILES_LISTED_MAX = 500;
/** Rules that the verdict names. */
const RULES_NAMED_MAX = 3;

/**
 * The check as one HTML page that stands by itself: no network, light and dark, fit for a telephone and for
 * paper. Its one script opens the places of a rule, which lie in the page as JSON until then, filters and
 * searches. All text of the data is escaped.
 */
export function* htmlCheck(checked: CheckedFiles): Generator<string> {
  const { checks, version } = checked;
  const rules = brokenRules(checks);
  const name = checks.length === 1 ? checks[0]!.path : formatNumberOf(checks.length, 'file');
  const body = markup`${verdictBanner(checked, rules)}
<main>
${keyFigures(checks, rules)}
${problemsSection(checked)}${filesSection(checks)}
${rulesSection(rules, checks)}
${coverageSection(checks)}
</main>
<footer>readmill ${version}</footer>
`;
  yield render(
    page({
      title: `${isValid(checked) ? 'Valid' : 'Not valid'}: ${name}`,
      styles: PAGE_STYLES + CHECK_STYLES,
      body,
      script: CHECK_SCRIPT,
    }),
  );
}

function verdictBanner(checked: CheckedFiles, rules: readonly BrokenRule[]): Markup {
  const { checks, problems } = checked;
  const errors = rules.filter(({ severity }) => severity === 'error');
  const invalid = checks.filter(({ valid }) => !valid).length;
  const [look, word] =
    invalid > 0
      ? ['failed', 'Not valid']
      : problems.length > 0
        ? ['failed', 'Not all checked']
        : rules.some(({ severity }) => severity === 'warning')
          ? ['partial', 'Valid, with warnings']
          : ['complete', 'Valid'];
  const named = errors
    .slice(0, RULES_NAMED_MAX)
    .map(({ rule, bySeverity }) => `${rule.title} (${formatCount(bySeverity.error)})`);
  const more = errors.length - named.length;
  const first =
    errors.length > 0
      ? `${named.join('; ')}${more > 0 ? `; and ${formatNumberOf(more, 'more rule', 'more rules')}` : ''}.`
      : checks.length > 0
        ? 'No finding of severity error.'
        : 'No file was checked.';
  return markup`<header class="verdict ${look}">
<p class="run">readmill check ${checks.length === 1 ? markup`<bdi>${checks[0]!.path}</bdi>` : formatNumberOf(checks.length + problems.length, 'file')}</p>
<h1>${word}</h1>
<p class="first">${checks.length > 1 && invalid > 0 ? `${formatCount(invalid)} of ${formatNumberOf(checks.length, 'file')} ${invalid === 1 ? 'is' : 'are'} not valid. ` : ''}${first}</p>
${checks.length === 1 ? aboutFile(checks[0]!) : null}
</header>`;
}

function aboutFile({ profile, profileReason, format, bytes, firstStamp, lastStamp }: FileCheck): Markup {
  const stamp = (text: string | null) => markup`<span class="stamp">${text}</span>`;
  const span = firstStamp === null ? null : markup` Reads from ${stamp(firstStamp)} to ${stamp(lastStamp)}.`;
  return markup`<p class="note">Format ${format}, profile <bdi>${profile}</bdi> (<bdi>${profileReason}</bdi>), ${formatNumberOf(bytes, 'byte')}.${span}</p>`;
}

function keyFigures(checks: readonly FileCheck[], rules: readonly BrokenRule[]): Markup {
  const totals = severityTotals(checks);
  const sum = (of: (check: FileCheck) => number) => checks.reduce((total, check) => total + of(check), 0);
  const figure = (name: string, severity: SeverityName, look: string) => {
    const broken = rules.filter(({ bySeverity }) => bySeverity[severity] > 0).length;
    return markup`<div class="${totals[severity] > 0 ? look : ''}"><dt>${name}</dt><dd><b>${formatCount(totals[severity])}</b><span>${broken === 0 ? 'none' : `of ${formatNumberOf(broken, 'rule')}`}</span></dd></div>`;
  };
  return markup`<dl class="figures">${figure('Errors', 'error', 'bad')}${figure('Warnings', 'warning', '')}${figure('Infos', 'info', '')}<div><dt>Reads</dt><dd><b>${formatCount(sum(({ reads }) => reads))}</b><span>in ${formatNumberOf(
    sum(({ records }) => records),
    'record',
  )}${checks.length === 1 ? ` of ${formatNumberOf(checks[0]!.meters, 'meter')}` : ''}</span></dd></div></dl>`;
}

function problemsSection({ problems }: CheckedFiles): Markup | null {
  if (problems.length === 0) return null;
  const left = problems.length - FILES_LISTED_MAX;
  return markup`<section id="problems" aria-labelledby="problems-heading"><h2 id="problems-heading">Not checked</h2><ul>${problems
    .slice(0, FILES_LISTED_MAX)
    .map(({ code, message }) => markup`<li class="bad">${message} <code>${code}</code></li>`)}</ul>
${left > 0 ? markup`<p class="more">${formatNumberOf(left, 'more file')}: all are in --format json</p>` : null}</section>
`;
}

/** The files with their verdicts, where there are several. */
function filesSection(checks: readonly FileCheck[]): Markup | null {
  if (checks.length < 2) return null;
  const ordered = [...checks].sort((a, b) => Number(a.valid) - Number(b.valid));
  const left = checks.length - FILES_LISTED_MAX;
  const heads = [
    'Verdict',
    'Profile',
    'Errors',
    'Warnings',
    'Infos',
    'Records',
    'Reads',
    'Meters',
    'First',
    'Last',
  ];
  const isText = new Set(['Verdict', 'Profile', 'First', 'Last']);
  return markup`<section id="files" aria-labelledby="files-heading"><h2 id="files-heading">Files</h2>
<div class="scroll" role="region" tabindex="0" aria-label="Files"><table>
<thead><tr><th scope="col">File</th>${heads.map((head) => markup`<th scope="col"${isText.has(head) ? null : markup` class="n"`}>${head}</th>`)}</tr></thead>
<tbody>${ordered.slice(0, FILES_LISTED_MAX).map(fileRow)}</tbody>
</table></div>
${left > 0 ? markup`<p class="more">${formatNumberOf(left, 'more file')}: all are in --format json</p>` : null}</section>
`;
}

function fileRow(check: FileCheck): Markup {
  const totals = severityTotals([check]);
  const numbers = [
    ...SEVERITIES.map((severity) => totals[severity]),
    check.records,
    check.reads,
    check.meters,
  ];
  return markup`<tr class="${check.valid ? '' : 'failed'}"><th scope="row"><span class="path"><bdi>${check.path}</bdi></span></th><td><span class="keep status ${check.valid ? 'valid' : 'failed'}">${check.valid ? 'valid' : 'not valid'}</span></td><td><span class="keep"><bdi>${check.profile}</bdi></span></td>${numbers.map((count) => markup`<td class="n">${formatCount(count)}</td>`)}<td><span class="stamp">${check.firstStamp ?? '–'}</span></td><td><span class="stamp">${check.lastStamp ?? '–'}</span></td></tr>
`;
}
