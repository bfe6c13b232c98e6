/**
 * Figures over time: the last hour, as one sample every few seconds. What is older is forgotten.
 */

export const STEP_S = 5;
const KEPT = 3600 / STEP_S;

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

/** The samples of a text in Prometheus's format that we want: their sums, by name. */
export function figures(text, wanted) {
  const found = Object.fromEntries(wanted.map((name) => [name, null]));
  for (const line of text.split('\n')) {
    const name = line.split(/[{ ]/, 1)[0];
    if (name in found) found[name] = (found[name] ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return found;
}
