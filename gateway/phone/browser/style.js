/**
 * How the phone looks. What the page may set: `--tl-ink`, `--tl-dim`, `--tl-line`, `--tl-page`, `--tl-box`, `--tl-accent`,
 * `--tl-on-accent`, `--tl-good`, `--tl-bad`, `--tl-warn`, `--tl-radius`, `--tl-font`; light and dark by the attribute `theme`,
 * else as the system has it. An adopted sheet, so that no policy has to allow inline styles.
 */

const TEXT = `
:host {
  --ink: var(--tl-ink, light-dark(#1b1f24, #e3e7eb));
  --dim: var(--tl-dim, light-dark(#55606b, #a3aeb9));
  --line: var(--tl-line, light-dark(#d3d9df, #3a434d));
  --page: var(--tl-page, light-dark(#fff, #14181c));
  --box: var(--tl-box, light-dark(#f5f7f9, #1c2228));
  --accent: var(--tl-accent, light-dark(#0a58ca, #79b0ff));
  --on-accent: var(--tl-on-accent, light-dark(#fff, #10151a));
  --good: var(--tl-good, light-dark(#17703f, #5fd39a));
  --bad: var(--tl-bad, light-dark(#b3261e, #ff8a80));
  --warn: var(--tl-warn, light-dark(#7a5000, #e5b567));
  --radius: var(--tl-radius, 8px);
  display: block;
  container-type: inline-size;
  color-scheme: light dark;
  min-width: 0;
  font: var(--tl-font, 15px/1.45 system-ui, sans-serif);
}
:host([theme="light"]) { color-scheme: light }
:host([theme="dark"]) { color-scheme: dark }
:host([hidden]) { display: none }
* { box-sizing: border-box; font-family: inherit }
[hidden] { display: none }
.phone {
  display: grid; gap: .8rem; padding: .9rem; color: var(--ink); background: var(--page);
  border: 1px solid var(--line); border-radius: var(--radius); overflow-wrap: anywhere;
}
.phone > * { min-width: 0 }
h2, h3, p, ul, ol { margin: 0; padding: 0 }
h2 { font-size: 1.1rem }
h3 { font-size: 1rem }
ul, ol { list-style: none }
.dim { color: var(--dim); font-size: .9em }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
.wide { justify-content: space-between }
header { display: grid; gap: .6rem }
.field { display: grid; gap: .2rem; flex: 1 1 9rem; min-width: 0 }
.field label { color: var(--dim); font-size: .85em }
.tick { display: flex; align-items: center; gap: .5rem }
.tick label { color: inherit; font-size: 1em }
input, select, textarea, button { font: inherit; color: inherit; min-height: 2.4rem; max-width: 100% }
input:not([type="checkbox"]), select, textarea {
  width: 100%; min-width: 0; padding: .35rem .55rem; background: var(--page);
  border: 1px solid var(--dim); border-radius: calc(var(--radius) * .6);
}
input[type="checkbox"] { min-height: 0; width: 1.2rem; height: 1.2rem }
textarea { resize: vertical }
.row > input { flex: 1 1 6rem; width: auto }
button {
  padding: .35rem .7rem; cursor: pointer; background: var(--box);
  border: 1px solid var(--line); border-radius: calc(var(--radius) * .6);
}
button:hover { border-color: var(--dim) }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
button.good { background: var(--good); border-color: var(--good); color: var(--on-accent) }
button.bad { background: transparent; border-color: var(--bad); color: var(--bad) }
button.big { flex: 1 1 7rem; font-weight: 600 }
button.quiet { background: transparent; border-color: transparent; color: var(--accent); padding-inline: .3rem }
button[aria-expanded="true"] { border-color: var(--accent); color: var(--accent) }
[aria-disabled="true"] { cursor: not-allowed; opacity: .5 }
button[aria-disabled="true"]:is(.main, .good, .bad) { background: var(--box); border-color: var(--line); color: var(--dim) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.link { font-size: .85em; color: var(--dim) }
.link::before { content: "\\25cf\\00a0"; color: var(--bad) }
.link[data-state="open"]::before { color: var(--good) }
.link[data-state="connecting"]::before { color: var(--warn) }
.cards { display: grid; gap: .8rem }
.card, .question, .dial, .sign-in {
  display: grid; gap: .6rem; padding: .8rem; background: var(--box); border: 1px solid var(--line); border-radius: var(--radius);
}
.card[data-state="alerting"] { border-color: var(--good); border-width: 2px }
.question { border-color: var(--accent); border-width: 2px }
.chip { padding: .05rem .55rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .85em; color: var(--dim) }
.chip[data-chip="connected"], .chip[data-chip="alerting"] { color: var(--good) }
.chip[data-chip="held"], .chip[data-chip="wrap_up"] { color: var(--warn) }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.2rem, 1fr)); gap: .5rem }
.grid button { padding: .3rem; font-size: .95em; hyphens: auto }
.keypad { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .4rem; max-width: 16rem }
.keypad button { font-size: 1.1rem }
.panel, .work, .chat { display: grid; gap: .6rem; padding-top: .6rem; border-top: 1px solid var(--line) }
.panel .row, .panel .field { min-width: 0 }
.clock { font-variant-numeric: tabular-nums }
.question .clock { display: grid; gap: .3rem; font-size: .9em }
progress { width: 100%; height: .4rem; accent-color: var(--accent) }
.messages { display: grid; gap: .4rem }
.messages:empty { display: none }
.messages p { display: flex; gap: .5rem; align-items: start; justify-content: space-between; padding: .4rem .6rem; border: 1px solid currentColor; border-radius: calc(var(--radius) * .6) }
.messages button { min-height: 1.6rem; padding: 0 .4rem; color: inherit }
.bad { color: var(--bad) }
.warn { color: var(--warn) }
.lines { display: grid; gap: .3rem; max-height: 14rem; overflow-y: auto }
.lines p { max-width: 85%; padding: .3rem .6rem; border: 1px solid var(--line); border-radius: var(--radius); background: var(--page); white-space: pre-wrap }
.lines .mine { justify-self: end; border-color: var(--accent) }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
@container (min-width: 46rem) { .cards { grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); align-items: start } }
@media (prefers-reduced-motion: no-preference) {
  .card[data-state="alerting"] .chip { animation: ring 1s ease-in-out infinite alternate }
  @keyframes ring { to { opacity: .4 } }
}
@media (forced-colors: active) { [aria-disabled="true"] { color: GrayText; opacity: 1 } }
`;

/** @returns {CSSStyleSheet} one for all phones of a page */
export const sheet = (() => {
  /** @type {CSSStyleSheet | null} */ let made = null;
  return () => {
    if (made) return made;
    made = new CSSStyleSheet();
    made.replaceSync(TEXT);
    return made;
  };
})();
