/**
 * Who this page's agent is: asked once, kept for the tab, asked again when the gateway does not accept it.
 *
 * In this order: what the page around us said (a token attribute of the script tag), or a fresh token that came of
 * it; what was signed in with before in this tab; the form. Where a browser gives a frame of another site no storage,
 * the page around us keeps it for us. A module, for pages of the gateway's origin that hold channels.
 */

import { forget, keep, read, recall } from './kept.js';

const KEPT = 'trunkline.who';
// A token has three parts between dots. An agent's name may have dots too, but not such long parts.
const TOKEN = /^[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}$/;

/**
 * @typedef {{token?: string, agent?: string}} Who
 * @typedef {{given: string, who: Who}} Kept `given`: the token of the script tag that it came of, if any
 */

export class SignIn {
  /** @type {Promise<Who> | null} */ #known = null;
  /** @type {(who: Who) => void} */ #answer = () => {};
  /** @type {Who} */ #given = {}; // by the page around us
  /** @type {Who | null} */ #newest = null; // what is shown
  #refused = new Set(); // tokens that are accepted no more

  /**
   * @param {HTMLFormElement} form with an input `who`: a link token or, on a gateway without keys, an agent
   * @param {(asking: boolean) => void} [changed] the form was opened or closed
   * @param {(kept: Kept | null) => void} [around] has the page around us keep it, or forget it
   */
  constructor(form, changed = () => {}, around = () => {}) {
    this.form = form;
    this.changed = changed;
    this.around = around;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = String(new FormData(form).get('who') ?? '').trim();
      this.accept(TOKEN.test(text) ? { token: text } : { agent: text });
    });
    addEventListener('storage', ({ key, newValue }) => {
      // another frame of this tab has signed in
      if (key === KEPT && newValue && this.asking) this.#said(JSON.parse(newValue).who);
    });
  }

  /** Whether the form is open. */
  get asking() {
    return !this.form.hidden;
  }

  /** Whether nobody knows who it is. */
  get unknown() {
    return this.#known === null || this.asking;
  }

  /** @param {Who} who the person has shown to be */
  accept(who) {
    this.#keep(who);
    this.#said(who);
  }

  /**
   * @param {Who} who what the page around us says
   * @param {Kept | null} [kept] what it kept for us
   */
  given(who, kept = null) {
    this.#given = who;
    // Another token in the tag than before is the newer word.
    const same = (who.token ? kept?.given === who.token : !who.agent || kept?.who?.token) ? kept?.who : null;
    const found = [same, who].find((one) => (one?.token || one?.agent) && !this.#refused.has(one.token));
    if (found) this.#said(found);
  }

  /** @returns {Promise<Who>} the same for all that ask, until it is refused */
  who() {
    return (this.#known ??= this.#ask());
  }

  /**
   * @param {string | null} token in place of the last one; null: the same
   * @param {boolean} keeps whether it is to be there after a reload
   */
  fresh(token, keeps) {
    const who = token ? { token } : this.#newest;
    if (who?.token) this.#known = Promise.resolve((this.#newest = who));
    if (keeps && who?.token) this.#keep(who);
    else if (!keeps) this.#forget();
  }

  /** The agent has logged out: a person says who it is next, whatever the page around us said. */
  again() {
    this.#known = this.#newest = null;
    this.#forget();
  }

  /** @returns {Promise<Who>} */
  async #ask() {
    const kept = /** @type {Kept | null} */ (read(recall(KEPT)))?.who;
    if (kept && !this.#refused.has(kept.token)) return (this.#newest = kept);
    this.#show(true);
    return new Promise((resolve) => (this.#answer = resolve));
  }

  /** @param {Who} who */
  #said(who) {
    this.#newest = who;
    this.#known = Promise.resolve(who);
    this.#answer(who);
    this.#show(false);
  }

  /** @param {Who} who */
  #keep(who) {
    const kept = { given: this.#given.token ?? '', who };
    keep(KEPT, JSON.stringify(kept));
    this.around(kept);
  }

  #forget() {
    forget(KEPT);
    this.around(null);
  }

  /** @param {boolean} asking */
  #show(asking) {
    this.form.hidden = !asking;
    this.changed(asking);
  }

  /**
   * It was not accepted: ask again, unless the page around us has said something else.
   * @param {Who} who
   */
  refused(who) {
    if (who.token !== this.#newest?.token || who.agent !== this.#newest?.agent) return; // there is a newer one
    this.#refused.add(who.token);
    this.#known = this.#newest = null;
    this.#forget();
    if (this.#given.token || this.#given.agent) this.given(this.#given);
  }
}
