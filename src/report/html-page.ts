import type { ReportSection } from './attention.js';
import { constantMarkup, type Markup, markup } from './html-markup.js';
import { STYLE_SHEET } from './html-styles.js';

/**
 * Nothing may be fetched, run, framed or sent from the page, whatever stands in it: reading it needs no
 * network and no script.
 */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The whole page around its body. */
export function page(title: string, body: Markup): Markup {
  return markup`${constantMarkup('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${constantMarkup(CONTENT_SECURITY_POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${constantMarkup(STYLE_SHEET)}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** Headings of the page's parts, by their anchors. */
export const SECTION_NAMES: Readonly<Record<ReportSection, string>> = {
  reads: 'Where every read went',
  success: 'Read success',
  coverage: 'Coverage by hour',
  sources: 'By source',
  findings: 'Findings',
  estimates: 'Estimates',
  meters: 'Missing meters',
  review: 'Review list',
  inputs: 'Files taken in',
  batches: 'Batches',
  deliveries: 'Deliveries',
};

/** A part of the page with its heading, which the verdict and the contents link to. */
export function section(id: ReportSection, body: Markup): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${SECTION_NAMES[id]}</h2>
${body}
</section>
`;
}
