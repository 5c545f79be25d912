/** All of the page's looks: by the reader's preference light or dark, for paper, and from a phone's width up. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--sheet:#f6f8fa;--edge:#d8dee4;--good:#116329;--bad:#b3202c;--doubt:#7d4e00;--away:#6639ba;--calm:#0550ae;--good-fill:#2da44e;--bad-fill:#cf222e;--doubt-fill:#d4a72c;--away-fill:#8250df;--calm-fill:#218bff;--stable:#6e7781}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--paper:#0d1117;--sheet:#161b22;--edge:#30363d;--good:#56d364;--bad:#ff8078;--doubt:#e3b341;--away:#bc8cff;--calm:#79c0ff;--good-fill:#2ea043;--bad-fill:#f85149;--doubt-fill:#d29922;--away-fill:#a371f7;--calm-fill:#388bfd;--stable:#8b949e}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:2rem 1.25rem 3rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
h1{margin:0 0 .5rem;font-size:1.75rem;line-height:1.25;letter-spacing:-.01em}
h2{margin:0 0 .5rem;font-size:1.25rem;line-height:1.3}
h3{margin:1.5rem 0 .25rem;font-size:1rem}
p{margin:.25rem 0 .75rem}
section{margin-top:2.5rem;padding-top:1.25rem;border-top:1px solid var(--edge)}
article{margin:0 0 1.25rem}
code,time{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
time{white-space:nowrap}
.kind,.small,footer{color:var(--soft);font-size:.875rem}
.kind{margin:0 0 .25rem}
.small{font-weight:400}
.end{font-size:1.0625rem}
.reason{white-space:pre-line}
.note{padding:.5rem .75rem;border-left:3px solid var(--calm-fill);background:var(--sheet)}
footer{margin-top:2.5rem;padding-top:1.25rem;border-top:1px solid var(--edge)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:.75rem 1.25rem;margin:1.25rem 0 0}
.facts dt{color:var(--soft);font-size:.8125rem}
.facts dd{margin:0}
.badge{display:inline-block;padding:0 .5em;border:1px solid currentColor;border-radius:1em;color:var(--soft);font-size:.8125rem;font-weight:600;line-height:1.5;white-space:nowrap}
.badge.shipped,.badge.passed,.badge.pass,.badge.approved{color:var(--good)}
.badge.rolled_back,.badge.failed,.badge.fail,.badge.rejected,.badge.refused{color:var(--bad)}
.badge.inconclusive,.badge.waiting,.badge.allowed_failure,.badge.expired,.badge.aborted{color:var(--doubt)}
.badge.unavailable{color:var(--away)}
.badge.running,.badge.open{color:var(--calm)}
.scroll{overflow-x:auto}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--calm-fill);outline-offset:2px}
table{width:100%;border-collapse:collapse;font-size:.875rem}
th,td{padding:.375rem .75rem .375rem 0;border-bottom:1px solid var(--edge);text-align:left;vertical-align:top}
thead th{color:var(--soft);font-weight:600;white-space:nowrap}
tbody th{font-weight:400}
td{overflow-wrap:break-word}
td:last-child{overflow-wrap:anywhere}
.samples td:nth-child(-n+4){white-space:nowrap}
td:last-child,th:last-child{padding-right:0}
.stages tbody th{font-weight:600;min-width:7rem}
.stages tbody th .small{display:block}
.stages td:nth-child(3),.stages th:nth-child(3){width:50%;min-width:5rem}
.stages td:last-child,.stages th:last-child{text-align:right;white-space:nowrap}
.bar{display:block;width:100%;height:.875rem;margin-top:.1875rem}
.bar .track{fill:var(--sheet)}
.bar rect{fill:var(--stable)}
.bar .passed{fill:var(--good-fill)}.bar .failed{fill:var(--bad-fill)}.bar .waiting,.bar .allowed_failure{fill:var(--doubt-fill)}.bar .running{fill:var(--calm-fill)}
details{margin:.5rem 0}
summary{padding:.25rem 0;color:var(--soft);font-size:.875rem;cursor:pointer}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem 2rem;margin:1.25rem 0 .5rem}
.chart{display:grid;grid-template-columns:3.75rem minmax(0,1fr);margin:0}
.chart figcaption{grid-column:2;margin-bottom:.5rem;font-size:.875rem;font-weight:600}
.chart svg{display:block;overflow:visible}
.chart text{fill:var(--soft);font-size:.75rem;font-variant-numeric:tabular-nums}
.ordinate{width:3.25rem;height:9rem;text-anchor:end}
.plot{width:100%;height:9rem}
.strip{grid-column:2;width:100%;height:.5rem;margin-top:.5rem}
.chart .strip{overflow:hidden;border-radius:2px}
.strip .track{fill:var(--sheet)}
.abscissa{grid-column:2;width:100%;height:1.5rem;margin-top:.25rem}
.abscissa .middle{text-anchor:middle}.abscissa .end{text-anchor:end}
.grid{stroke:var(--edge);stroke-width:1}
.line{fill:none;stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.line.candidate,.line.share{stroke:var(--calm-fill)}
.line.stable{stroke:var(--stable);stroke-width:1.5;stroke-dasharray:5 3}
.area.share{fill:var(--calm-fill);opacity:.15}
line.limit{stroke:var(--bad-fill);stroke-dasharray:2 3}
.chart text.limit{fill:var(--bad);text-anchor:end}
.mark{stroke:var(--paper);stroke-width:1}
.pass{fill:var(--good-fill)}.inconclusive{fill:var(--doubt-fill)}.unavailable{fill:var(--away-fill)}.fail{fill:var(--bad-fill)}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:0 0 .5rem;padding:0;color:var(--soft);font-size:.8125rem;list-style:none}
.legend li::before{content:"";display:inline-block;width:.75rem;height:.75rem;margin-right:.375rem;border-radius:2px;vertical-align:-.0625rem}
.legend .candidate::before,.legend .stable::before,.legend .limit::before{height:0;border-radius:0;vertical-align:.25rem;border-top:2px solid var(--calm-fill)}
.legend .stable::before{border-top:2px dashed var(--stable)}
.legend .limit::before{border-top:2px dotted var(--bad-fill)}
.legend .pass::before{background:var(--good-fill)}.legend .inconclusive::before{background:var(--doubt-fill)}.legend .unavailable::before{background:var(--away-fill)}.legend .fail::before{background:var(--bad-fill)}
@media (max-width:40rem){body{padding:1.25rem 1rem 2rem}h1{font-size:1.375rem}.scroll table{min-width:40rem}.scroll td:last-child{min-width:18rem}.stages table,.stages td:last-child{min-width:0}.facts{grid-template-columns:1fr;gap:.25rem}.facts div{display:grid;grid-template-columns:6.5rem 1fr;align-items:baseline}.stages td:nth-child(3),.stages th:nth-child(3){width:30%}}
@media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:10pt}section{break-inside:auto}h2,h3,figcaption{break-after:avoid}tr,figure,article{break-inside:avoid}.scroll{overflow:visible}details::details-content{display:block;content-visibility:visible;height:auto}svg,.badge{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
