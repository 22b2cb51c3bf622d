import { cssOf, type Palette, type Scheme } from "./palette.ts";

/** What an operator can set beside the colours: CSS variable → its value where nothing is set. */
export const VARIABLES = {
  "--font": 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, sans-serif',
  "--code-font": 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  /** Of pages that are filled in, and of those that are read. */
  "--width": "28rem",
  "--wide-width": "44rem",
  "--sheet-radius": "14px",
  "--box-radius": "10px",
  "--button-radius": "8px",
  "--logo-height": "2rem",
} as const;

export type VariableName = keyof typeof VARIABLES;

/** The one stylesheet of all pages. No address in it: it loads nothing. */
export function stylesheetOf(
  palettes: Readonly<Record<Scheme, Palette>>,
  variables: Readonly<Partial<Record<VariableName, string | undefined>>> = {},
): string {
  const values = Object.entries(VARIABLES).map(
    ([name, usual]) => `${name}: ${variables[name as VariableName] ?? usual};`,
  );
  return `
:root {
  color-scheme: light dark;
  ${cssOf(palettes.light)}
  ${values.join(" ")}
}
@media (prefers-color-scheme: dark) {
  :root { ${cssOf(palettes.dark)} }
}
${RULES}`;
}

const RULES = `
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; padding: 3.5rem 1rem 3rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 var(--font);
  overflow-wrap: anywhere;
}
header, main, footer { width: 100%; max-width: var(--width); margin-inline: auto; }
.wide header, .wide main, .wide footer { max-width: var(--wide-width); }
header { display: flex; align-items: center; justify-content: center; gap: .5rem; margin-bottom: 1.25rem;
  color: var(--soft); font-weight: 600; font-size: .9375rem; }
.wide header { justify-content: flex-start; }
.logo { display: block; height: var(--logo-height); max-width: 12rem; object-fit: contain; }
footer { margin-top: 1.25rem; color: var(--soft); font-size: .8125rem; text-align: center; }
footer a { color: inherit; }
footer > * + * { margin-inline-start: .75rem; }
main { padding: 2rem; background: var(--sheet); border: 1px solid var(--line); border-radius: var(--sheet-radius);
  box-shadow: 0 1px 2px rgb(0 0 0 / 5%), 0 12px 32px -16px rgb(0 0 0 / 18%); }
h1, h2, p, ul, ol, dl, dd, pre, fieldset, legend { margin: 0; padding: 0; }
h1 { font-size: 1.375rem; line-height: 1.3; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
h2, legend { font-size: 1rem; line-height: 1.4; font-weight: 650; }
h1 + * { margin-top: .5rem; }
h2 + p { margin-top: .25rem; }
main > * + *, form > * + * { margin-top: 1.25rem; }
a { color: var(--accent); text-underline-offset: .15em; }
strong { font-weight: 650; }
svg { flex: none; width: 1.25rem; height: 1.25rem; fill: none; stroke: currentColor; stroke-width: 1.75;
  stroke-linecap: round; stroke-linejoin: round; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
code, pre { font-family: var(--code-font); font-size: .875em; }
code { padding: .1em .35em; background: var(--code); border-radius: 5px; }
pre { padding: .75rem .875rem; background: var(--code); border: 1px solid var(--line); border-radius: var(--button-radius);
  font-size: .8125rem; white-space: pre-wrap; }
pre, .whole { user-select: all; -webkit-user-select: all; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

.centred { text-align: center; }
.mark { display: inline-flex; align-items: center; justify-content: center; width: 3rem; height: 3rem;
  border-radius: 12px; border: 1px solid transparent; background: var(--code); color: var(--ink);
  font-size: 1.25rem; font-weight: 650; }
.mark svg { width: 1.5rem; height: 1.5rem; }
.mark.ours { background: var(--accent-tint); color: var(--accent); }
.mark.good { background: var(--good-tint); color: var(--good); }
.mark.alarm { background: var(--alarm-tint); color: var(--alarm); }
.marks { display: flex; align-items: center; justify-content: center; gap: .625rem; color: var(--soft); }
.marks + *, .mark + h1 { margin-top: 1.125rem; }

label { display: block; margin-bottom: .375rem; font-weight: 600; font-size: .9375rem; }
input[type="text"]:not([hidden]), input[type="password"], input[type="url"] { display: block; width: 100%; min-height: 2.875rem;
  padding: .5rem .75rem; font: inherit; color: var(--ink); background: var(--sheet);
  border: 1px solid var(--edge); border-radius: var(--button-radius); }
input[type="url"] { font-family: var(--code-font); font-size: .9375rem; background: var(--code); }
input[type="text"]:focus-visible, input[type="password"]:focus-visible, input[type="url"]:focus-visible {
  outline-offset: 0; border-color: var(--accent); }
input[aria-invalid="true"] { border-color: var(--alarm); }
input[type="text"][readonly]:not([hidden]) { background: var(--code); }
time { display: inline-block; }
.hint { margin-top: .375rem; }
button, .button { display: block; width: 100%; min-height: 2.875rem; padding: .625rem 1rem; font: inherit; font-weight: 650;
  text-align: center; text-decoration: none; cursor: pointer; border: 1px solid var(--accent); border-radius: var(--button-radius);
  background: var(--accent); color: var(--sheet); }
button:hover, .button:hover { box-shadow: inset 0 0 0 2px var(--sheet); }
.choices { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
.choices button, .plain { background: var(--sheet); color: var(--ink); border: 1.5px solid var(--edge); }
.choices button:hover, .plain:hover { background: var(--hover); border-color: var(--ink); box-shadow: none; }
/* A foreign page can ask for a double click and close its popup after the first half, so that the second half comes down
   here. A pane takes it, until the pointer has been over this page for longer than a double click takes. Where there is only touch,
   the pane is there for that long after the page has opened. The keyboard reaches what is under it at once. */
.settled { position: relative; }
.settled::after { content: ""; position: absolute; inset: 0; visibility: hidden; animation: settle .8s step-end; }
@keyframes settle { from { visibility: visible; } }
@media (hover: hover) and (pointer: fine) {
  html:not(:hover) .settled::after { visibility: visible; animation: none; }
}

.notice { display: flex; gap: .75rem; padding: .875rem 1rem; border: 1px solid var(--line); border-radius: var(--box-radius); font-size: .9375rem; }
.notice p + p { margin-top: .375rem; }
.parts .notice + p, .recovery-codes + p, .recovery-codes + p + p { margin-top: .75rem; }
.notice > div { min-width: 0; }
.notice svg { margin-top: .1rem; }
.notice.caution { background: var(--caution-tint); border-color: var(--caution-line); color: var(--caution); }
.notice.alarm { background: var(--alarm-tint); border-color: var(--alarm-line); color: var(--alarm); }

.facts { border: 1px solid var(--line); border-radius: var(--box-radius); }
.facts > div { padding: .75rem 1rem; }
.facts > div + div { border-top: 1px solid var(--line); }
.facts dt { color: var(--soft); font-size: .875rem; }
.facts dd { min-width: 0; }
.place { font-size: 1.125rem; font-weight: 650; }
/* Filled lines: a host broken at its hyphens would read as two. */
.place bdi, .host { word-break: break-all; }
.host { display: inline-block; max-width: 100%; }
.facts .both { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .125rem .75rem; }

.methods > * + * { margin-top: .75rem; }
.methods form > * + * { margin-top: .75rem; }
.methods input[type="hidden"]:first-child + * { margin-top: 0; }
.or { display: flex; align-items: center; gap: .75rem; color: var(--soft); font-size: .875rem; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }

.parts > * + * { margin-top: 2rem; }
.parts h2 + * { margin-top: .75rem; }
.rows { list-style: none; border: 1px solid var(--line); border-radius: var(--box-radius); }
.rows > li { margin: 0; padding: .75rem 1rem; }
.rows > li + li { border-top: 1px solid var(--line); }
.row { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .625rem 1rem; }
.row > div { flex: 1 1 16rem; min-width: 0; }
.row > .side-by-side { flex: 0 1 auto; margin-top: 0; }
.row > .whole-row { flex-basis: 100%; }
.row button, .side-by-side button, .side-by-side .button { width: auto; min-height: 2.5rem; padding-block: .375rem; font-size: .9375rem; }
.side-by-side .button { display: flex; align-items: center; }
.row form > *, .side-by-side form > * { margin-top: 0; }
.row .whole-row button { margin-top: .75rem; }
.side-by-side { display: flex; flex-wrap: wrap; gap: .625rem; margin-top: .75rem; }
p + .rows, section > p + .notice, .notice + .rows { margin-top: .75rem; }
[hidden] { display: none; }
.passkey > * + * { margin-top: .5rem; }
.rows + p { margin-top: .5rem; }
.tag { white-space: nowrap; padding: .1em .5em; border-radius: 5px; background: var(--accent-tint); color: var(--accent); font-size: .8125rem; font-weight: 600; }
.notice.good { background: var(--good-tint); border-color: var(--good); color: var(--good); }

.qr { width: 13rem; max-width: 100%; margin-block: .75rem; overflow: hidden; border: 1px solid var(--line); border-radius: var(--box-radius); }
.qr svg { display: block; width: 100%; height: auto; }
.steps > li + li { margin-top: 1.25rem; }
.steps p + p { margin-top: .375rem; }
.steps div + button { margin-top: 1.25rem; }
.key { text-wrap: balance; }
p + .recovery-codes { margin-top: .75rem; }
.recovery-codes { font-size: 1rem; line-height: 1.75; text-align: center; }

fieldset { border: 0; min-width: 0; }
legend { margin-bottom: .25rem; }
.scopes { list-style: none; }
.scope { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 .75rem; padding: .75rem 0; border-top: 1px solid var(--line); }
.scope:first-child { border-top: 0; }
.scope input { width: 1.25rem; height: 1.25rem; margin: .125rem 0 0; accent-color: var(--accent); }
.scope label { margin: 0; font-size: 1rem; font-weight: 500; }
.scope .more { grid-column: 2; margin-top: .125rem; color: var(--soft); font-size: .875rem; }
.scope .more code { padding: 0; background: none; }

details { border: 1px solid var(--line); border-radius: var(--box-radius); }
details + details { margin-top: .625rem; }
summary { padding: .75rem 1rem; font-weight: 600; cursor: pointer; border-radius: var(--box-radius); }
summary:hover { background: var(--hover); }
details > div { padding: .25rem 1rem 1rem; }
details > div > * + * { margin-top: .625rem; }
ol { padding-inline-start: 1.375rem; }
li + li { margin-top: .25rem; }
.scopes li + li { margin-top: 0; }

@media (max-width: 30rem) {
  body { padding: 1.25rem 0 2rem; background: var(--sheet); }
  header, footer { padding-inline: 1.25rem; }
  main { padding: .5rem 1.25rem 1rem; border: 0; border-radius: 0; box-shadow: none; }
}
@media (prefers-reduced-motion: no-preference) {
  button, .button, summary { transition: background-color .12s, border-color .12s, box-shadow .12s; }
}
@media (forced-colors: active) {
  main, .mark, .notice, button, .button { border-color: CanvasText; }
  .button { forced-color-adjust: none; background: LinkText; color: Canvas; }
}
@media print { body { background: none; } main { box-shadow: none; } }
`;
