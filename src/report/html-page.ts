import { type Markup, markup } from '../conformance/report/html-markup.js';
import type { ReportSection } from './attention.js';

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
