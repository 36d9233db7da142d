import { PAGE_STYLES } from '../conformance/report/page-styles.js';

/** The style sheet of the run report. */
export const STYLE_SHEET = `${PAGE_STYLES}
.flow{margin-bottom:1rem}
.flow p{margin:.6rem 0 .2rem}
.equation{font-weight:600}
.days{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));gap:.8rem 1.6rem}
.day-drawn{margin:0;break-inside:avoid}
.day-drawn figcaption{font-size:.87rem}
.day-drawn .s-none{stroke:var(--line)}
.register{stroke:var(--text);stroke-width:1.5;stroke-dasharray:4 3}
.mark{overflow:visible}
.mark .track{stroke:var(--line);stroke-width:2}
.mark .target{stroke:var(--text);stroke-width:1.5;stroke-dasharray:3 2}
.mark .above{fill:var(--actual)}
.mark .below{fill:var(--rejected)}
.mark .open{fill:var(--page);stroke:var(--waiting);stroke-width:2}
.sum{display:block}
.status.failed{color:var(--bad);font-weight:600}
.status.duplicate{color:var(--muted)}
.meters{list-style:none;margin:.4rem 0;padding:0;columns:10rem;column-gap:1.5rem}
@media print{.flow{break-inside:avoid}}
`;
