import { PAGE_STYLES } from '../conformance/report/page-styles.js';

/** The style sheet of the dashboard: that of the reports, and what only the dashboard has. */
export const DASHBOARD_STYLES = `${PAGE_STYLES}
[hidden]{display:none!important}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem 1.2rem;padding:.7rem 0;border-bottom:1px solid var(--line)}
.top nav{border:0;padding:0;gap:.2rem .4rem;font-size:1rem}
.top nav a{padding:.25rem .7rem;border-radius:.4rem;text-decoration:none;color:inherit}
.top nav a:hover{background:var(--shade)}
.top nav a[aria-current]{background:var(--shade);font-weight:600}
.brand{font-weight:650}
.environment{margin-left:auto;padding:.1rem .6rem;border:1px solid var(--line);border-radius:1rem;color:var(--muted);font-size:.87rem}
.top form{margin:0}
.lost{color:var(--bad);font-weight:600}
kbd{padding:0 .3rem;border:1px solid var(--line);border-radius:.25rem;color:var(--muted);font:.72rem ui-monospace,monospace}
.verdict.good{border-color:var(--good)}
.verdict.doubt{border-color:var(--doubt)}
.verdict.bad{border-color:var(--bad);color:inherit}
.doubt h1{color:var(--doubt)}
.bad h1{color:var(--bad)}
button,input{font:inherit;color:inherit}
button{padding:.3rem .8rem;border:1px solid var(--link);border-radius:.4rem;background:var(--page);color:var(--link);cursor:pointer}
button:hover{background:var(--shade)}
button.quiet{border-color:var(--line);color:var(--muted)}
input{padding:.35rem .6rem;border:1px solid var(--muted);border-radius:.4rem;background:var(--page);min-width:0}
form.line{display:flex;flex-wrap:wrap;gap:.5rem .8rem;align-items:end;margin:.8rem 0}
form.line label{display:grid;gap:.15rem;color:var(--muted);font-size:.87rem}
.todo{list-style:none;margin:0;padding:0}
.todo li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.2rem 1rem;align-items:center;padding:.5rem 0 .5rem .8rem;
border-left:4px solid var(--doubt);margin:.5rem 0}
.todo li.bad{border-color:var(--bad);color:inherit}
.todo li.seen{border-color:var(--line);color:var(--muted)}
.todo p{margin:0;max-width:60rem}
.todo form{margin:0}
.progress{margin:1.2rem 0;padding:.7rem .9rem;background:var(--shade);border-radius:.5rem}
.progress p{margin:0 0 .45rem;display:flex;flex-wrap:wrap;gap:.1rem .8rem}
.progress .share{margin-left:auto;font-weight:600}
progress{display:block;width:100%;height:.7rem;border:0;border-radius:.35rem;overflow:hidden;background:var(--line);color:var(--actual);
-webkit-appearance:none;appearance:none}
progress::-webkit-progress-bar{background:var(--line)}
progress::-webkit-progress-value{background:var(--actual)}
progress::-moz-progress-bar{background:var(--actual)}
progress:indeterminate::-webkit-progress-bar{background:repeating-linear-gradient(90deg,var(--line) 0 1.2rem,var(--actual) 1.2rem 1.6rem)}
.verdict.working{border-color:var(--actual)}
.working h1{color:inherit}
.figures b.good{color:var(--good)}
.good b{color:var(--good)}
.bad-figure b,.bad-figure span{color:var(--bad)!important}
table{width:100%}
h2 small,.state small{font-weight:400}
.state small{color:var(--muted)}
.around .note{display:block}
.around a,.turn h1,.month strong{white-space:nowrap}
@media screen and (max-width:46rem){.turn h1{white-space:normal;font-size:1.3rem}}
details.list{margin:.6rem 0}
td.actions{text-align:right;white-space:nowrap}
.deliveries td.state{white-space:nowrap}
.deliveries td .path{display:block;width:auto;max-width:none}
td form{margin:0;display:inline}
td button{padding:.1rem .6rem;font-size:.87rem}
.came{min-width:7rem}
.state.good{color:var(--good)}.state.doubt{color:var(--doubt)}.state.bad{color:var(--bad);font-weight:600}
.mark{overflow:visible}
.mark .track{stroke:var(--line);stroke-width:2}
.mark .target{stroke:var(--text);stroke-width:1.5;stroke-dasharray:3 2}
.mark .above{fill:var(--actual)}
.mark .below{fill:var(--rejected)}
.mark .open{fill:var(--page);stroke:var(--waiting);stroke-width:2}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:0 2.5rem}
.month{display:grid;grid-template-columns:repeat(7,minmax(0,1fr));gap:.4rem;list-style:none;padding:0;margin:1rem 0}
.month .head{color:var(--muted);font-size:.87rem;padding:0 .5rem}
.month .day a,.month .day>span{display:block;height:100%;min-height:5.6rem;padding:.4rem .55rem;border:1px solid var(--line);border-left:5px solid var(--line);
border-radius:.35rem;text-decoration:none;color:inherit}
.month .day a:hover{background:var(--shade)}
.month .complete a{border-left-color:var(--good)}
.month .partial a{border-left-color:var(--doubt)}
.month .failed a{border-left-color:var(--bad)}
.month .today a{outline:2px solid var(--link);outline-offset:1px}
.month b{display:flex;justify-content:space-between}
.month b span{display:none;font-weight:400}
.month strong{display:block;font-weight:600}
.month small{display:block;color:var(--muted)}
.month .below{color:var(--bad);font-weight:600}
.month .first-1{grid-column-start:1}.month .first-2{grid-column-start:2}.month .first-3{grid-column-start:3}
.month .first-4{grid-column-start:4}.month .first-5{grid-column-start:5}.month .first-6{grid-column-start:6}.month .first-7{grid-column-start:7}
.month .day.future>span{border-style:dashed}
.month .future>span,.month .none a{color:var(--muted)}
.turn{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:baseline}
.turn h1{color:inherit;font-size:1.5rem;margin-right:auto}
.drawing{margin:.6rem 0}
.drawing .s-none,.small .s-none{stroke:var(--line)}
.drawing .raw,.raw-key{stroke:var(--text);stroke-width:2}
.drawing .grid{stroke:var(--line)}
.drawing .value{fill:var(--muted);font-size:12px;paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}
.axis text{fill:var(--muted);font-size:12px}
.around{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.7rem;list-style:none;padding:0;margin:.5rem 0}
.around a{display:block;padding:.35rem .45rem;border:1px solid var(--line);border-radius:.35rem;text-decoration:none;color:inherit;font-size:.87rem}
.around a:hover{background:var(--shade)}
.around a[aria-current]{outline:2px solid var(--link)}
.why{max-width:60rem;padding-left:1.2rem}
.why li{margin:.3rem 0}
.said{margin:1rem 0;padding:.5rem .8rem;background:var(--shade);border-radius:.4rem}
h1.plain{color:inherit;margin-top:1.5rem}
.turn.verdict{border-color:var(--line)}
.login{max-width:24rem;margin:12vh auto 0}
.keys{color:var(--muted);font-size:.87rem;margin-top:2.5rem}
@media screen and (max-width:46rem){
th,td{overflow-wrap:anywhere}
td.severity{white-space:nowrap}
thead th,td.severity,td.state,td.n{overflow-wrap:normal}
.runs th small{max-width:6.5rem}
.sources td.n,.deliveries td.n{text-align:left}
.two{grid-template-columns:minmax(0,1fr)}
h1{font-size:1.5rem}
kbd,.keys{display:none}
.top{gap:.2rem .6rem}
.top nav a{padding:.45rem .7rem}
.environment{margin-left:0}
.todo li{grid-template-columns:minmax(0,1fr)}
button{padding:.5rem .9rem}
td button{padding:.35rem .8rem}
.sources thead,.deliveries thead{display:none}
.sources tr,.deliveries tr{display:grid;grid-template-columns:1fr auto;gap:0 .8rem;padding:.5rem 0;border-bottom:1px solid var(--line)}
.sources th,.sources td,.deliveries th,.deliveries td{border:0;padding:.1rem 0}
.sources td.wide,.deliveries td.wide{grid-column:1/-1}
.sources td[data-label]::before,.deliveries td[data-label]::before{content:attr(data-label) " ";color:var(--muted)}
.month{grid-template-columns:1fr;gap:.25rem}
.month .head,.month .future{display:none}
.month .day{grid-column-start:1!important}
.month .day.none{display:none}
.month .day.none.today{display:block}
.month .day a{display:flex;gap:.2rem .8rem;align-items:baseline;min-height:0}
.month .day small,.month .day strong{display:inline}
.month b{min-width:4.5rem}
.month b span{display:inline;color:var(--muted)}
}
`;
