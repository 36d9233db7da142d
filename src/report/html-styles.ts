/** Colours of a scheme. Text colours have a contrast of 4.5 to 1 on `page`, picture colours 3 to 1 (WCAG 2.2 AA). */
export interface ColourScheme {
  page: string;
  text: string;
  muted: string;
  line: string;
  shade: string;
  link: string;
  good: string;
  doubt: string;
  bad: string;
  actual: string;
  estimated: string;
  waiting: string;
  rejected: string;
  duplicate: string;
}

export const LIGHT: ColourScheme = {
  page: '#ffffff',
  text: '#1c2126',
  muted: '#58616b',
  line: '#dde1e5',
  shade: '#f2f4f5',
  link: '#1a5a9e',
  good: '#1b6e3f',
  doubt: '#855600',
  bad: '#ab2a20',
  actual: '#4478ad',
  estimated: '#b57708',
  waiting: '#7b8793',
  rejected: '#b8382d',
  duplicate: '#8067a8',
};

export const DARK: ColourScheme = {
  page: '#15181b',
  text: '#e3e6e9',
  muted: '#a1a9b2',
  line: '#31373d',
  shade: '#1e2226',
  link: '#7fb4ea',
  good: '#6fc795',
  doubt: '#e2b557',
  bad: '#f28a80',
  actual: '#5f93c9',
  estimated: '#d69b3c',
  waiting: '#87929d',
  rejected: '#e0665b',
  duplicate: '#a18bcb',
};

function variables(scheme: ColourScheme): string {
  return Object.entries(scheme)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}

/** Paper takes the light scheme and shows the places of all findings, where the browser can open them. */
export const STYLE_SHEET = `
:root{color-scheme:light dark;${variables(LIGHT)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(DARK)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:76rem;padding:0 1.5rem 3rem;background:var(--page);color:var(--text);
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
font-variant-numeric:tabular-nums lining-nums;overflow-wrap:anywhere}
p{margin:.4rem 0}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
code,.path,.stamp,.sum{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:.87em}
small{font-size:.85em}
.note,.more,.empty,.run{color:var(--muted)}
.note,.more{font-size:.87rem;max-width:52rem}
.bad{color:var(--bad)}
.verdict{margin:1.5rem 0 1.25rem;padding:.2rem 0 .2rem 1.1rem;border-left:6px solid var(--good)}
.verdict.partial{border-color:var(--doubt)}
.verdict.failed{border-color:var(--bad)}
.verdict .run{margin:0;font-size:.87rem}
h1{margin:0;font-size:1.9rem;line-height:1.2;font-weight:650;color:var(--good)}
.partial h1{color:var(--doubt)}
.failed h1{color:var(--bad)}
.verdict .first{margin:.15rem 0;font-size:1.1rem;max-width:60rem}
.verdict ul{margin:.3rem 0 0;padding-left:1.1rem}
.verdict a{font-size:.87rem;white-space:nowrap}
.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:1rem 1.5rem;margin:0;padding:1rem 0;
border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
.figures dt{color:var(--muted);font-size:.87rem}
.figures dd{margin:0}
.figures b{display:block;font-size:1.45rem;line-height:1.25;font-weight:600}
.figures span{color:var(--muted);font-size:.87rem}
.figures .bad b,.figures .bad span,.figures .bad-note span{color:var(--bad)}
.figures .good b{color:var(--good)}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:.6rem 0;border-bottom:1px solid var(--line);font-size:.93rem}
nav small{color:var(--muted)}
section{margin-top:2rem}
h2{margin:0 0 .5rem;font-size:1.15rem;font-weight:650}
h3{margin:1.2rem 0 .4rem;font-size:1rem;font-weight:600}
svg{display:block}
.keep{white-space:nowrap}
.swatch{display:inline-block;margin-right:.25rem}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem}
.s-actual{fill:var(--actual)}.s-estimated{fill:var(--estimated)}.s-waiting{fill:var(--waiting)}
.s-rejected{fill:var(--rejected)}.s-duplicate{fill:var(--duplicate)}.s-none{fill:var(--shade)}
.swatch .s-none,.strip .s-none{stroke:var(--line)}
.bar rect,.strip rect{stroke:var(--page);stroke-width:1}
.flow{margin-bottom:1rem}
.flow p{margin:.6rem 0 .2rem}
.equation{font-weight:600}
.row{display:grid;grid-template:"day picture value"/6.5rem minmax(0,1fr) 9rem;gap:0 .9rem;align-items:center;margin:.3rem 0}
.row .day{grid-area:day}.row svg{grid-area:picture}.row .value{grid-area:value}
.row .value small{color:var(--muted)}
.axis text{fill:var(--muted);font-size:12px}
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
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:.9rem}
th,td{padding:.28rem 1.1rem .28rem 0;text-align:left;vertical-align:top;font-weight:400;
border-bottom:1px solid var(--line);overflow-wrap:normal}
thead th{color:var(--muted);vertical-align:bottom}
tfoot td{font-weight:600;border-bottom:0}
.n{text-align:right}
td.n,span.n{white-space:nowrap}
th small{display:block;overflow-wrap:anywhere;color:var(--muted)}
th small.bad{color:var(--bad)}
.stamp{white-space:nowrap}
.path{overflow-wrap:anywhere}
td .path,th .path,.long,th small{display:inline-block;width:max-content;max-width:25rem}
th small{display:block}
small .path{display:inline}
.long{max-width:30rem;overflow-wrap:anywhere}
.sum{display:block}
.status.failed{color:var(--bad);font-weight:600}
.status.duplicate{color:var(--muted)}
.finding{border-bottom:1px solid var(--line);padding:.35rem 0}
.findings{border-top:1px solid var(--line)}
div.finding,.finding>summary{display:grid;grid-template-columns:1.1rem 4.5rem minmax(0,1fr) auto;gap:0 .6rem;align-items:baseline}
div.finding::before{content:""}
.finding>summary{list-style:none}
.finding>summary::-webkit-details-marker{display:none}
.finding>summary::before{content:"+";color:var(--muted);font-family:ui-monospace,monospace}
.finding[open]>summary::before{content:"\\2212"}
.finding code{color:var(--muted);margin-left:.4rem}
.severity{color:var(--muted)}
.severity.error{color:var(--bad);font-weight:600}
.severity.warning{color:var(--doubt)}
summary{cursor:pointer}
details:not(.finding) summary{color:var(--muted);font-size:.9rem;padding:.15rem 0}
.meters{list-style:none;margin:.4rem 0;padding:0;columns:10rem;column-gap:1.5rem}
footer{margin-top:2.5rem;padding-top:.8rem;border-top:1px solid var(--line);color:var(--muted);font-size:.87rem}
footer dl{margin:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.5rem 1.5rem}
footer dd{margin:0;color:var(--text)}
@media screen and (max-width:46rem){
body{padding:0 1rem 2rem}
.figures{grid-template-columns:repeat(2,minmax(0,1fr));gap:.8rem 1rem}
.figures b{font-size:1.2rem}
.row{grid-template:"day value" "picture picture"/minmax(0,1fr) auto}
th,td{padding-right:.8rem}
div.finding,.finding>summary{grid-template-columns:1rem 3.9rem minmax(0,1fr) auto}
.finding code{display:block;margin-left:0}
}
@media print{
body{max-width:none;padding:0 .4rem;font-size:9.5pt}
table{font-size:7.5pt}
th,td{padding-right:.6rem}
td .path,th .path,th small{max-width:14rem}
.long{display:inline}
html{font-size:12px}
nav{display:none}
.scroll{overflow:visible}
section{break-inside:auto}
h2,thead{break-after:avoid}
tr,.row,.flow{break-inside:avoid}
svg rect,svg circle{print-color-adjust:exact}
.finding:not([open])::details-content{content-visibility:visible;display:block;block-size:auto}
a{color:inherit;text-decoration:none}
.verdict a{display:none}
}
`;
