/** What the page of a check has beyond `PAGE_STYLES`. */
export const CHECK_STYLES = `
#tools{display:flex;flex-wrap:wrap;gap:.5rem 1.1rem;align-items:center;margin:.6rem 0 .9rem;font-size:.93rem}
#tools[hidden]{display:none}
.boxes{display:flex;flex-wrap:wrap;gap:.3rem .9rem}
.box{white-space:nowrap;cursor:pointer}
.box input{margin:0 .15rem 0 0;vertical-align:-.1em;accent-color:var(--link)}
.box small,#shown{color:var(--muted)}
input[type=search],select,button{font:inherit;color:inherit;background:var(--page);border:1px solid var(--muted);border-radius:4px;padding:.2rem .5rem;max-width:100%}
input[type=search]{width:17rem}
select{max-width:20rem}
.verdict .note{max-width:none}
button{cursor:pointer;background:var(--shade)}
button:hover{border-color:var(--text)}
.heads{color:var(--muted);font-size:.87rem}
.finding.heads{padding-top:0}
.finding>summary:hover .what{text-decoration:underline;text-decoration-color:var(--muted);text-underline-offset:.2em}
.finding .what small,.finding .n small{display:block;color:var(--muted)}
.finding .n small:empty{display:none}
.inside{margin:.5rem 0 .6rem 1.7rem}
.rule{margin:0 0 .7rem;display:grid;gap:.15rem;font-size:.93rem;max-width:62rem}
.rule div{display:grid;grid-template-columns:8.5rem minmax(0,1fr);gap:0 .8rem}
.rule dt{color:var(--muted)}
.rule dd{margin:0}
.places{list-style:none;margin:0;padding:0}
.places li{padding:.35rem 0;border-top:1px solid var(--line)}
.places .where{font-size:.87rem;color:var(--muted)}
.places .where .severity{margin-right:.4rem}
.places .said{color:var(--text)}
.excerpt{margin:.15rem 0 0;font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:.83rem;line-height:1.5;
white-space:pre-wrap;overflow-wrap:anywhere;background:var(--shade);padding:.2rem .5rem;border-radius:3px}
mark{color:inherit;background:none;border-bottom:2px solid var(--bad);font-weight:700;color:var(--bad)}
mark:empty{border-bottom:0}
mark:empty::before{content:"\\25B2";font-size:.7em;vertical-align:-.5em}
.next{margin:.5rem 0 .2rem}
tr.failed th .path{color:var(--bad)}
.status.valid{color:var(--good)}
@media screen and (max-width:46rem){
.inside{margin-left:0}
.rule div{grid-template-columns:minmax(0,1fr);margin-bottom:.3rem}
.search,input[type=search]{width:100%}
.finding.heads{display:none}
.verdict .first{font-size:1rem}
}
@media screen and (min-width:46.01rem){
.row{grid-template-columns:6.5rem minmax(0,1fr) 12rem}
#tools{position:sticky;top:0;z-index:1;background:var(--page);padding:.5rem 0;margin:.1rem 0 .5rem;border-bottom:1px solid var(--line)}
.findings{border-top:0}
}
@media print{
#tools,.next{display:none}
.excerpt{background:none;border:1px solid var(--line);padding:.1rem .3rem}
.places li{break-inside:avoid}
}
`;
