/** The style of a report: one column, light or dark as the reader prefers, readable from 320 pixels up. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f7f7f5; --surface: #ffffff; --text: #1c1f24; --muted: #5b626d; --line: #e2e4e8; --grid: #e9ebee;
  --own: #2463c7; --fixed: #c2570c; --other: #7a818c; --pca: #0b7f73; --jpeg: #8046bd; --thumbnail: #b3263f; --webp: #6d7420; --accent: #2463c7;
  --run-1: #2463c7; --run-2: #c2570c; --run-3: #0b7f73; --run-4: #8046bd; --run-5: #b3263f; --run-6: #6d7420;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #121417; --surface: #1a1d21; --text: #e6e8eb; --muted: #9aa2ae; --line: #2d3138; --grid: #272b31;
    --own: #75abff; --fixed: #f2a154; --other: #a4abb6; --pca: #45c4b4; --jpeg: #c39af5; --thumbnail: #ff8a9b; --webp: #c6cf69; --accent: #75abff;
    --run-1: #75abff; --run-2: #f2a154; --run-3: #45c4b4; --run-4: #c39af5; --run-5: #ff8a9b; --run-6: #c6cf69;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main, header, footer { width: 100%; max-width: 1120px; margin-inline: auto; padding-inline: clamp(16px, 4vw, 40px); }
header { padding-top: clamp(24px, 5vw, 56px); }
.kicker { color: var(--muted); font-size: 0.875rem; margin: 0 0 4px; }
h1 { font-size: clamp(1.6rem, 4vw, 2.25rem); line-height: 1.15; letter-spacing: -0.02em; margin-block: 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; line-height: 1.25; letter-spacing: -0.01em; margin: 0 0 6px; }
h3 { font-size: 1rem; line-height: 1.35; margin: 0 0 6px; font-weight: 600; }
p { margin: 0 0 12px; max-width: 46em; }
.lede { font-size: 1.0625rem; }
.note, figcaption { color: var(--muted); font-size: 0.875rem; line-height: 1.5; }
figcaption { margin-top: 8px; max-width: 52em; }
figure { margin: 0; }
a { color: var(--accent); }
nav { position: sticky; top: 0; z-index: 5; margin-top: 24px; background: var(--page); border-bottom: 1px solid var(--line); }
nav ul { display: flex; gap: 20px; overflow-x: auto; list-style: none; max-width: 1120px; margin: 0 auto; padding: 10px clamp(16px, 4vw, 40px); scrollbar-width: none; }
nav a { color: var(--muted); text-decoration: none; font-size: 0.875rem; white-space: nowrap; }
nav a:hover { color: var(--text); }
section { padding-block: clamp(28px, 5vw, 48px); border-bottom: 1px solid var(--line); scroll-margin-top: 40px; }
section:last-of-type { border-bottom: 0; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 32px 40px; }
.columns > * { min-width: 0; }
.stack > * + * { margin-top: 28px; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 158px), 1fr)); gap: 12px; margin: 20px 0 0; }
.tile { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.tile dt { color: var(--muted); font-size: 0.8125rem; line-height: 1.35; }
.tile dd { margin: 2px 0 0; font-size: 1.5rem; line-height: 1.2; font-weight: 600; letter-spacing: -0.015em; }
.tile dd small { font-size: 0.875rem; font-weight: 400; color: var(--muted); letter-spacing: 0; margin-left: 4px; }
.tile dd + dd { font-size: 0.8125rem; font-weight: 400; color: var(--muted); letter-spacing: 0; white-space: normal; margin-top: 4px; line-height: 1.4; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
th, td { text-align: right; padding: 6px 0 6px 16px; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; overflow-wrap: anywhere; }
thead th { color: var(--muted); font-weight: 500; font-size: 0.8125rem; vertical-align: bottom; }
tbody th { font-weight: 400; }
tbody th:has(.swatch) { padding-left: 18px; text-indent: -18px; }
tr.group th { padding-top: 20px; font-weight: 600; text-align: left; }
.best { font-weight: 600; }
.runs { width: auto; min-width: min(100%, 40rem); }
.runs td { white-space: normal; overflow-wrap: anywhere; min-width: 84px; }
.runs thead th:not(:first-child) { min-width: 84px; white-space: normal; overflow-wrap: anywhere; color: var(--text); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; font-size: 0.9375rem; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 8px; background: currentColor; }

.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: 20px 12px; }
.columns .pictures { grid-template-columns: repeat(4, minmax(0, 1fr)); }
.picture img, .strip img, .grid-image img { display: block; width: 100%; height: auto; border-radius: 3px; background: var(--grid); }
.picture img + img { margin-top: 3px; }
.picture figcaption { margin-top: 6px; font-size: 0.8125rem; line-height: 1.35; }
.picture b { color: var(--text); font-weight: 600; }
.name { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rows { display: grid; grid-template-columns: 1fr; gap: 14px; }
.row-label { font-size: 0.8125rem; line-height: 1.35; color: var(--muted); }
.strip { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 4px; }
.strip figcaption { font-size: 0.75rem; margin-top: 3px; text-align: center; }
.query { outline: 3px solid var(--accent); outline-offset: -3px; border-radius: 3px; }
.query img { position: relative; z-index: -1; }
.compare { display: grid; gap: 6px 12px; grid-template-columns: minmax(84px, 130px) 1fr; align-items: center; }

.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { font-size: 12px; fill: var(--muted); }
.chart .grid { stroke: var(--grid); stroke-width: 1; }
.chart .mark { stroke: var(--line); }
.chart .base { stroke: var(--line); }
.chart .panel-name { fill: currentColor; font-size: 13px; font-weight: 600; }
.chart .point-label { fill: currentColor; font-weight: 600; }
.series polyline { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.series.faint polyline { stroke-width: 1; opacity: 0.4; }
.series.dashed polyline { stroke-width: 1.5; stroke-dasharray: 2 5; }
.series circle { fill: currentColor; stroke: var(--page); stroke-width: 1.5; }
.series.rings circle { fill: var(--page); stroke: currentColor; stroke-width: 2.5; }
.bar { fill: currentColor; opacity: 0.75; }
.mean { stroke: currentColor; stroke-width: 2; stroke-dasharray: 3 3; }
.hit { fill: transparent; }
.hit:hover { fill: currentColor; opacity: 0.05; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 0 0 8px; padding: 0; font-size: 0.8125rem; color: var(--muted); }
.key { display: inline-block; width: 16px; height: 3px; border-radius: 2px; background: currentColor; margin-right: 6px; vertical-align: 0.25em; }
.key.faint { opacity: 0.4; }
.key.dots, .key.rings { width: 10px; height: 10px; border-radius: 50%; vertical-align: -0.05em; }
.key.rings { background: none; border: 2.5px solid currentColor; }
.c-own { color: var(--own); } .c-fixed { color: var(--fixed); } .c-other { color: var(--other); }
.c-pca { color: var(--pca); } .c-jpeg { color: var(--jpeg); } .c-thumbnail { color: var(--thumbnail); } .c-webp { color: var(--webp); }
.c-run-1 { color: var(--run-1); } .c-run-2 { color: var(--run-2); } .c-run-3 { color: var(--run-3); }
.c-run-4 { color: var(--run-4); } .c-run-5 { color: var(--run-5); } .c-run-6 { color: var(--run-6); }

.slider { display: flex; align-items: center; gap: 14px; margin-bottom: 12px; flex-wrap: wrap; }
.slider input { flex: 1 1 180px; min-width: 0; accent-color: var(--accent); height: 28px; margin: 0; }
.slider output { font-weight: 600; min-width: 11em; }
button { font: inherit; font-size: 0.875rem; color: var(--text); background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 6px 14px; cursor: pointer; }
button:hover { border-color: var(--muted); }
[hidden] { display: none !important; }

.bytes { display: grid; gap: 12px; margin: 0; }
.bytes dt { font-size: 0.875rem; }
.bytes dd { margin: 3px 0 0; display: flex; gap: 2px; height: 18px; }
.bytes i { display: block; height: 100%; background: currentColor; border-radius: 3px; min-width: 2px; }
.bytes .picture-bytes { color: var(--line); }
.bytes .mask-bytes { color: var(--fixed); }
.bytes .code-bytes { color: var(--own); }

.map { position: relative; aspect-ratio: 16 / 10; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.map i { position: absolute; width: 3.4%; aspect-ratio: var(--tile-ratio); transform: translate(-50%, -50%); background-image: var(--sprites); background-size: var(--sheet); border-radius: 2px; transition: transform 0.12s; }
.map i:hover { transform: translate(-50%, -50%) scale(2.6); z-index: 2; }

pre { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; margin: 0 0 12px; overflow-x: auto; font: 0.875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin-top: 12px; }
summary { cursor: pointer; color: var(--muted); font-size: 0.9375rem; }
details > :not(summary) { margin-top: 10px; }
#tip { position: fixed; z-index: 9; pointer-events: none; background: var(--text); color: var(--page); font-size: 0.8125rem; line-height: 1.35; padding: 5px 9px; border-radius: 6px; max-width: min(280px, 90vw); overflow-wrap: anywhere; }
footer { padding-block: 24px 48px; color: var(--muted); font-size: 0.875rem; }

@media (min-width: 900px) { .columns > .stays { position: sticky; top: 64px; align-self: start; } }
@media (max-width: 640px) {
  .chart text { font-size: 17px; }
  .chart .panel-name { font-size: 17px; }
  .pictures { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 16px 8px; }
  .strip.examples > :nth-child(n + 6), .strip.steps > :nth-child(2n + 3):not(:last-child) { display: none; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tile { padding: 12px; }
  .tile dd { font-size: 1.3rem; }
  .map { aspect-ratio: 1; }
  .map i { width: 6.4%; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: 8px; }
  .compare { grid-template-columns: 1fr; }
  .compare .row-label { margin-top: 6px; }
  th, td { padding-left: 12px; }
  .narrow-hide { display: none; }
  .slider output { min-width: 100%; }
}
@media print { nav, button, .slider input { display: none; } section { break-inside: avoid-page; } }
`;
