/**
 * What the control panel and the page around it say to each other: `{event, data}`, by window.postMessage.
 *
 * The library of that page posts to everybody and looks at no origin, so we do: nobody but the window that frames us
 * is heard, and of that only the origin that spoke first, which cannot change while we are there. Which origins may
 * frame us at all is the gateway's to say (frame-ancestors). Until it has spoken we tell it no more than that we are.
 */

export class Conduit {
  #origin = '';

  /**
   * @param {() => void} met the page around us has spoken for the first time
   * @param {(event: string, data: any) => void} heard
   */
  constructor(met, heard) {
    if (parent === window) return; // nobody is around us
    addEventListener('message', ({ source, origin, data }) => {
      if (source !== parent || typeof data?.event !== 'string' || (this.#origin && origin !== this.#origin)) return;
      if (!this.#origin) {
        this.#origin = origin;
        met();
      }
      heard(data.event, data.data ?? null);
    });
  }

  /** Of the page around us; empty until it has spoken. */
  get origin() {
    return this.#origin;
  }

  /** That we are there. The id says nothing, so it may be for anybody. */
  announce() {
    if (parent === window) return;
    parent.postMessage({ event: 'acknowledge', data: { id: crypto.randomUUID?.() ?? String(Math.random()) } }, this.#origin || '*');
  }

  /**
   * @param {string} event
   * @param {unknown} [data]
   */
  post(event, data) {
    if (this.#origin) parent.postMessage({ event, data }, this.#origin);
  }
}

/**
 * Updates in the order in which they came, but none between a request and what the page does about its answer: it
 * tells all pages that it has accepted only then, and that is to come before what came of it.
 */
export class Updates {
  /** @type {unknown[]} */ #waiting = [];
  #open = 0; // requests
  #timer = 0;

  /** @param {(update: any) => void} post */
  constructor(post) {
    this.post = post;
  }

  /** @param {unknown} update */
  take(update) {
    this.#waiting.push(update);
    if (!this.#open && !this.#timer) this.#flush();
    else if (!this.#timer) this.#timer = setTimeout(() => this.#flush(), PATIENCE_MS);
  }

  begin() {
    this.#open += 1;
  }

  answered() {
    this.#open -= 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), this.#open ? PATIENCE_MS : AFTER_MS);
  }

  #flush() {
    this.#timer = 0;
    for (const one of this.#waiting.splice(0)) this.post(one);
  }
}

const AFTER_MS = 100; // as much as the vendor's own worker lets pass
const PATIENCE_MS = 2000; // with a request that is not answered

/**
 * What came as JSON, with its times as the dates that the library reckons with. By the member's name: data that
 * somebody attached are objects under the names that he chose.
 * @param {any} value
 */
export function withDates(value) {
  if (typeof value !== 'object' || value === null) return value;
  for (const [name, one] of Object.entries(value)) {
    if (typeof one === 'string' && /timestamp$/i.test(name)) value[name] = new Date(one);
    else withDates(one);
  }
  return value;
}
