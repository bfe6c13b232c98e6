// Requests to one gateway: who asks, when to ask again, and what an answer that is a refusal becomes.
//
// Asked again is only what may be: what reads, what changes nothing if it comes twice, and what has a key. The
// key of a request is chosen before the first try and is the same in all of them.

import { UnansweredError, problem } from "./errors.js";

/** @typedef {string | (() => Promise<string>)} Credential What is shown, or who gives what is to be shown now. */

/**
 * @typedef {object} Asked
 * @property {Iterable<[string, string]>} [query]
 * @property {unknown} [body]
 * @property {Record<string, string>} [headers]
 * @property {boolean} [again] whether it may be done twice; by default if it reads, or has a `key`
 * @property {number} [waitS] for which the gateway was asked to wait
 * @property {string} [key]
 */

const FIRST_PAUSE_S = 0.25;
const LONGEST_PAUSE_S = 15;
const ANSWER_S = 30; // beside what the gateway was asked to wait for
const AGAIN = new Set([429, 502, 503, 504]);

/** How long to wait before another try: longer and longer, and never all at the same time. */
export class Pauses {
  #nextS = FIRST_PAUSE_S;

  /** Seconds; at least as long as we were told. */
  next(toldS = 0) {
    const pauseS = this.#nextS * (0.5 + Math.random() / 2);
    this.#nextS = Math.min(2 * this.#nextS, LONGEST_PAUSE_S);
    return Math.max(pauseS, toldS);
  }

  reset() {
    this.#nextS = FIRST_PAUSE_S;
  }
}

/** One gateway, and who we are to it. */
export class Connection {
  /** @type {string | null} */
  #shown;
  /** @type {Credential} */
  #credential;
  #aheadMs = 0; // of the gateway's clock
  #patienceS;

  /**
   * @param {string} url
   * @param {Credential} credential
   * @param {number} patienceS in which a request is made again, where nobody answers
   * @param {(pauseS: number) => Promise<void>} pause
   */
  constructor(url, credential, patienceS, pause) {
    this.url = url.replace(/\/+$/, "");
    this.pause = pause;
    this.#credential = credential;
    this.#shown = typeof credential === "string" ? credential : null;
    this.#patienceS = patienceS;
  }

  /** What is shown at present; empty: nothing. */
  async shown() {
    if (this.#shown === null && typeof this.#credential === "function") this.#shown = await this.#credential();
    return this.#shown ?? "";
  }

  /** What we showed is over. Whether there may be another one. */
  refused() {
    if (typeof this.#credential !== "function") return false;
    this.#shown = null;
    return true;
  }

  /** The time by the gateway's clock, to a second, in milliseconds. */
  now() {
    return Date.now() + this.#aheadMs;
  }

  /**
   * Ask, and again where that is safe and may help; the JSON of the answer. Throws ProblemError, UnansweredError.
   *
   * @template T
   * @param {string} method
   * @param {string} path
   * @param {Asked} [asked]
   * @returns {Promise<T>}
   */
  async request(method, path, asked = {}) {
    return (await this.respond(method, path, asked)).body;
  }

  /**
   * The same, with the headers of the answer.
   *
   * @param {string} method
   * @param {string} path
   * @param {Asked} asked
   * @returns {Promise<{ headers: Headers, body: any }>}
   */
  async respond(method, path, asked) {
    const safe = asked.again ?? (method === "GET" || Boolean(asked.key));
    const until = Date.now() + this.#patienceS * 1000;
    const pauses = new Pauses();
    let renewed = false;
    let wentOut = false;
    for (;;) {
      let failure;
      let toldS = 0;
      try {
        const response = await this.#once(method, path, asked);
        const text = await response.text();
        if (response.ok) return { headers: response.headers, body: text ? JSON.parse(text) : null };
        toldS = Number(response.headers.get("Retry-After")) || 0;
        failure = problem(response.status, text, toldS || null);
        if (response.status === 401 && !renewed && this.refused()) {
          renewed = true;
          continue;
        }
        if (!AGAIN.has(response.status) || !safe) throw failure;
      } catch (error) {
        if (error === failure) throw error;
        failure = new UnansweredError(`${method} ${path}`, asked.key, error);
        wentOut = true;
        if (!safe) throw failure;
      }
      const pauseS = pauses.next(toldS);
      if (Date.now() + pauseS * 1000 > until) {
        throw wentOut ? new UnansweredError(`${method} ${path}`, asked.key, failure) : failure;
      }
      await this.pause(pauseS);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Asked} asked
   */
  async #once(method, path, { query, body, headers, waitS = 0, key }) {
    const shown = await this.shown();
    const text = query ? `?${new URLSearchParams([...query])}` : "";
    const response = await fetch(this.url + path + text, {
      method,
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
        ...(key ? { "Idempotency-Key": key } : {}),
        ...(shown ? { Authorization: `Bearer ${shown}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "error", // a key is shown to nobody else
      cache: "no-store",
      signal: AbortSignal.timeout((ANSWER_S + waitS) * 1000),
    });
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (!Number.isNaN(date)) this.#aheadMs = date - Date.now();
    return response;
  }
}

/** The pause before another try. */
export function rest(/** @type {number} */ pauseS) {
  return /** @type {Promise<void>} */ (new Promise((resolve) => setTimeout(resolve, pauseS * 1000)));
}
