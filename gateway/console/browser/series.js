/**
 * Figures over time: the last hour, as one sample every few seconds. What is older is forgotten.
 */

export const STEP_S = 5;
const KEPT = 3600 / STEP_S;
const NAME = 'trunkline.figures'; // for the tab, over a reload

/** One figure. */
export class Series {
  constructor() {
    this.samples = []; // [seconds since 1970, figure]
  }

  /** How it is now. */
  add(value, at_s = Date.now() / 1000) {
    this.samples.push([at_s, value]);
    if (this.samples.length > KEPT) this.samples.shift();
  }

  get last() {
    return this.samples.at(-1)?.[1] ?? null;
  }
}

/** Keep what there is of some series for when the tab is loaded again. */
export function keep(series) {
  const told = Object.entries(series).map(([name, { samples }]) => [name, samples]);
  sessionStorage.setItem(NAME, JSON.stringify(Object.fromEntries(told)));
}

/** Take up what was kept, as far as it is of the last hour. */
export function takeUp(series) {
  const told = JSON.parse(sessionStorage.getItem(NAME) ?? '{}');
  const since_s = Date.now() / 1000 - 3600;
  for (const [name, one] of Object.entries(series)) one.samples = (told[name] ?? []).filter(([at]) => at > since_s);
}

/** Whoever signs in next has not seen that. */
export const forget = () => sessionStorage.removeItem(NAME);

/** The samples of a text in Prometheus's format that we want: their sums, by name. */
export function figures(text, wanted) {
  const found = Object.fromEntries(wanted.map((name) => [name, null]));
  for (const line of text.split('\n')) {
    const name = line.split(/[{ ]/, 1)[0];
    if (name in found) found[name] = (found[name] ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return found;
}
