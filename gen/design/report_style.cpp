// How the report looks, in the reader's light or dark setting, on a wide screen and on a narrow one.
#include "design/report_parts.h"

namespace offramp::design {

const char* report_style() {
  // Colours of parts and series keep apart for colour-blind readers on either ground (see plot.cpp).
  return R"(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5b6775; --line: #dfe4ea;
  --blue: #2f6fd0; --blue-soft: #dce8fa; --amber: #b4640c; --amber-soft: #fbe6cd; --green: #1c7c46; --red: #b3261e;
  --c0: #0072b2; --c1: #d55e00; --c2: #00795c; --c3: #b0528c; --c4: #8a6d00; --c5: #5c6670; }
@media (prefers-color-scheme: dark) {
  :root { --page: #11161d; --card: #19212b; --ink: #e6ebf1; --soft: #9aa7b5; --line: #2c3744;
    --blue: #5b96ee; --blue-soft: #20334f; --amber: #dd9440; --amber-soft: #46331c; --green: #5cc48a; --red: #f08a80;
    --c0: #56b4e9; --c1: #f0883e; --c2: #3fb98f; --c3: #db8fc0; --c4: #d8bd4a; --c5: #9aa4ae; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 0 0 12px; } h3 { font-size: 14px; margin: 0 0 6px; }
p { margin: 0 0 12px; } .soft { color: var(--soft); } p:last-child { margin-bottom: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin-top: 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 20px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; }
.tile b { display: block; font-size: 21px; font-weight: 650; letter-spacing: -0.01em; }
.tile span { color: var(--soft); font-size: 13px; }
.good b { color: var(--green); } .bad b { color: var(--red); }
.scroll { overflow-x: auto; } .scroll svg { display: block; }
.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 18px 26px; }
.side > div { min-width: 0; } .side + p { margin-top: 14px; }
svg.plot, svg.timeline, svg.columns, svg.shares { display: block; width: 100%; height: auto; }
svg.shares { height: 30px; border-radius: 6px; } svg.columns { max-width: 560px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); font-size: 13px; }
td, th { padding: 6px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
td.text, th.text { text-align: left; } td.wrap { white-space: normal; text-align: left; overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; } tr.sum td { font-weight: 600; }
.meter { display: inline-block; width: 90px; height: 8px; border-radius: 4px; background: var(--blue-soft);
  vertical-align: middle; margin-left: 8px; overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--blue); }
.legend { color: var(--soft); font-size: 13px; margin: 8px 0 14px; } .legend span { margin-right: 14px; display: inline-block; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; }
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(76px, 1fr)); gap: 12px; margin: 0 0 12px; }
.images figure { margin: 0; text-align: center; font-size: 12px; color: var(--soft); }
.images img { width: 100%; image-rendering: pixelated; border-radius: 6px; border: 1px solid var(--line); display: block; }
.images .wrong { color: var(--red); }
code { font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, monospace; overflow-wrap: anywhere; }
svg text { font: 12px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); text-anchor: middle; }
svg .name { font-weight: 600; } svg .detail { fill: var(--soft); font-size: 11px; }
svg .inverse { fill: #ffffff; } svg .detail.inverse { fill: #ffffff; opacity: .9; }
svg .box { fill: var(--blue-soft); stroke: var(--blue); }
svg .box.branch { fill: var(--amber-soft); stroke: var(--amber); } svg .box.port { fill: none; stroke: var(--soft);
  stroke-dasharray: 4 3; }
svg .exit { fill: #2c7a4b; } svg .edge { fill: none; stroke: var(--soft); stroke-width: 1.4; }
svg .head { fill: var(--soft); }
svg .span { fill: var(--blue-soft); stroke: var(--blue); }
svg .span.branch { fill: var(--amber-soft); stroke: var(--amber); }
svg .grid { stroke: var(--line); } svg .tick { fill: var(--soft); font-size: 11px; }
svg line.mark { stroke: var(--green); stroke-width: 1.6; stroke-dasharray: 5 3; }
svg text.mark { fill: var(--green); font-size: 11px; font-weight: 600; }
svg .start { text-anchor: start; } svg .end { text-anchor: end; }
svg .engine { text-anchor: end; font-weight: 600; } svg .inside { font-size: 11px; pointer-events: none; }
svg.plot text { text-anchor: start; } svg.plot text[text-anchor="middle"] { text-anchor: middle; }
svg.plot text[text-anchor="end"] { text-anchor: end; }
svg.plot .title { font-size: 15px; font-weight: 600; } svg.plot .axis { stroke: var(--ink); }
svg.plot .line { fill: none; stroke-width: 2; }
.s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); } .s3 { stroke: var(--c3); }
.s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); }
.d0, .p0 { fill: var(--c0); background: var(--c0); } .d1, .p1 { fill: var(--c1); background: var(--c1); }
.d2, .p2 { fill: var(--c2); background: var(--c2); } .d3, .p3 { fill: var(--c3); background: var(--c3); }
.d4, .p4 { fill: var(--c4); background: var(--c4); } .d5, .p5 { fill: var(--c5); background: var(--c5); }
@media (max-width: 560px) {
  main { padding: 20px 12px 40px; } section { padding: 14px; }
  svg.plot text, svg.plot .title { font-size: 17px; } svg.timeline text, svg.columns text { font-size: 15px; }
  svg.timeline .inside { display: none; } td, th { padding: 6px 7px; }
}
)";
}

}  // namespace offramp::design
