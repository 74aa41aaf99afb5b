/**
 * The look of the report, in a browser and in the editor. In the editor every colour is the theme's. Colour never stands alone:
 * words and numbers say the same.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --bg: var(--vscode-editor-background, #fff); --fg: var(--vscode-foreground, #3b3b3b); --mute: var(--vscode-descriptionForeground, #5a5a5a);
  --line: var(--vscode-contrastBorder, color-mix(in srgb, var(--fg) 16%, transparent));
  --c1: color-mix(in srgb, var(--fg) 42%, transparent); --c2: var(--vscode-charts-blue, #0063d3);
  --c3: var(--vscode-charts-yellow, #bf8803); --c4: var(--vscode-editorError-foreground, #c72e0f);
  --link: var(--vscode-textLink-foreground, #005fb8); --focus: var(--vscode-focusBorder, #005fb8);
  --mono: var(--vscode-editor-font-family, ui-monospace, monospace);
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: var(--vscode-editor-background, #1f1f1f); --fg: var(--vscode-foreground, #ccc); --mute: var(--vscode-descriptionForeground, #9d9d9d);
    --c2: var(--vscode-charts-blue, #59a4f9); --c3: var(--vscode-charts-yellow, #cca700); --c4: var(--vscode-editorError-foreground, #f85149);
    --link: var(--vscode-textLink-foreground, #4daafc); --focus: var(--vscode-focusBorder, #0078d4);
  }
}
html:has(.vscode-light, .vscode-high-contrast-light) { color-scheme: light; }
html:has(.vscode-dark, .vscode-high-contrast:not(.vscode-high-contrast-light)) { color-scheme: dark; }
* { box-sizing: border-box; }
body { margin: 0; padding: 0; background: var(--bg); color: var(--fg); font: var(--vscode-font-size, 13px)/1.5 var(--vscode-font-family, system-ui, sans-serif); }
main { max-width: 944px; padding: 24px 32px 48px; overflow-wrap: anywhere; }
header { max-width: 944px; padding: 14px 32px 0; } header + main { padding-top: 4px; }
h1 { margin: 4px 0 6px; font-size: 1.7em; font-weight: 600; line-height: 1.3; text-wrap: balance; }
h1:focus { outline: none; }
h2 { margin: 36px 0 10px; font-size: 1.08em; font-weight: 600; }
p, dl, dd { margin: 0; }
code { padding: 0; color: inherit; background: none; font-family: var(--mono); font-size: .95em; overflow-wrap: anywhere; }
.mute, .m { color: var(--mute); }
.problem { margin: 0 0 18px; padding: 10px 14px; border: 1px solid var(--c4); border-left-width: 4px; }
.notice { margin: 0 0 18px; padding: 8px 14px; border: 1px solid var(--line); }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font: 12px var(--vscode-font-family, system-ui, sans-serif); fill: var(--fg); }
svg .m { fill: var(--mute); } .mid { text-anchor: middle; } .end { text-anchor: end; }
.c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .c3 { fill: var(--c3); } .c4 { fill: var(--c4); }
.ax { stroke: var(--fg); } .gr { stroke: var(--fg); stroke-opacity: .14; } .st { fill: none; stroke: var(--c2); stroke-width: 2.5; }
.fill { fill: var(--c2); opacity: .16; } .gh { stroke: var(--mute); stroke-dasharray: 3 3; } .hol { fill: var(--bg); stroke: var(--mute); stroke-width: 2; }
.three { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0 32px; }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-bottom: 6px; color: var(--mute); }
.key svg { display: inline-block; width: 10px; height: 10px; margin-right: 6px; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th { color: var(--mute); font-weight: 400; text-align: left; }
th, td { padding: 7px 16px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: normal; }
td.long { overflow-wrap: anywhere; }
tbody th { color: var(--fg); }
td:last-child, th:last-child { padding-right: 0; }
td b, td .m { display: block; font-weight: 600; } td .m { font-weight: 400; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
table.accepted th:first-child { width: 38%; } table.accepted th:nth-child(3) { width: 30%; }
.nb { white-space: nowrap; }
details { margin-top: 6px; } summary { color: var(--mute); cursor: pointer; }
.list { margin: 0; padding-left: 18px; } .list li { margin: 3px 0; }
.tl { margin: 18px 0 0; padding: 0; list-style: none; }
.tl li { display: grid; grid-template-columns: 128px 112px 1fr 72px; gap: 4px 12px; padding: 7px 0; border-bottom: 1px solid var(--line); }
.tl b { font-weight: 600; } .tl time { color: var(--mute); font-variant-numeric: tabular-nums; text-align: right; }
.tl .sure { color: var(--mute); } .tl .gap b, .tl .gap .what { color: var(--mute); font-style: italic; }
.tl dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 12px; margin-top: 3px; color: var(--mute); }
.tl dd { font-family: var(--mono); font-size: .92em; overflow-wrap: anywhere; }
.seal { margin-top: 36px; padding: 10px 14px; border: 1px solid var(--line); } .seal p + p { margin-top: 4px; }
main > .wide { margin-top: 14px; }
.bar { display: flex; flex-wrap: wrap; gap: 8px 10px; align-items: center; margin-bottom: 14px; }
button { padding: 4px 11px; border: 1px solid var(--vscode-button-border, var(--line)); border-radius: 2px; background: var(--vscode-button-secondaryBackground, transparent); color: var(--vscode-button-secondaryForeground, var(--fg)); font: inherit; cursor: pointer; }
button.link { padding: 0; border: 0; background: none; color: var(--link); text-align: left; text-decoration: underline; overflow-wrap: anywhere; }
select { padding: 3px 6px; border: 1px solid color-mix(in srgb, var(--fg) 55%, transparent); background: var(--bg); color: var(--fg); font: inherit; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
@media (max-width: 640px) {
  main { padding: 16px 18px 32px; } header { padding: 14px 18px 0; } h1 { font-size: 1.4em; } .three { grid-template-columns: minmax(0, 1fr); }
  .wide > svg { min-width: 620px; } .wide > table { min-width: 520px; }
  .tl li { grid-template-columns: 1fr auto; } .tl li > * { grid-column: 1 / -1; } .tl time { grid-column: 1; grid-row: 1; text-align: left; } .tl .sure { grid-column: 2; grid-row: 1; }
}
@media print {
  :root { --bg: #fff; --fg: #222; --mute: #555; } main { max-width: none; padding: 0; } .bar, summary { display: none; }
  h2 { break-after: avoid; } tr, li, svg { break-inside: avoid; } details::details-content { display: block; content-visibility: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
