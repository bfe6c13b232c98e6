/**
 * Who this page's agent is: asked once, kept for the tab, asked again when the gateway does not accept it.
 *
 * In this order: what the page around us said (a token attribute of the script tag), what was signed in with
 * before in this tab, the form. A module, for pages of the gateway's origin that hold channels.
 */

import { forget, keep, recall } from './kept.js';

const KEPT = 'trunkline.who';
// A token has three parts between dots. An agent's name may have dots too, but not such long parts.
const TOKEN = /^[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}$/;

/** @typedef {{token?: string, agent?: string}} Who */

export class SignIn {
  /** @type {Promise<Who> | null} */ #known = null;
  /** @type {(who: Who) => void} */ #answer = () => {};

  /**
   * @param {HTMLFormElement} form with an input `who`: a link token or, on a gateway without keys, an agent
   * @param {(asking: boolean) => void} [changed] the form was opened or closed
   */
  constructor(form, changed = () => {}) {
    this.form = form;
    this.changed = changed;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = String(new FormData(form).get('who') ?? '').trim();
      this.accept(TOKEN.test(text) ? { token: text } : { agent: text });
    });
    addEventListener('storage', ({ key, newValue }) => {
      // another frame of this tab has signed in
      if (key === KEPT && newValue && this.asking) this.#said(JSON.parse(newValue));
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
    keep(KEPT, JSON.stringify(who));
    this.given(who);
  }

  /** @param {Who} who what the page around us says */
  given(who) {
    if (!who.token && !who.agent) return;
    this.#said(who);
    this.#known = Promise.resolve(who);
  }

  /** @returns {Promise<Who>} the same for all that ask, until it is refused */
  who() {
    return (this.#known ??= this.#ask());
  }

  /** @returns {Promise<Who>} */
  async #ask() {
    const kept = recall(KEPT);
    if (kept) return JSON.parse(kept);
    this.#show(true);
    return new Promise((resolve) => (this.#answer = resolve));
  }

  /** @param {Who} who */
  #said(who) {
    this.#answer(who);
    this.#show(false);
  }

  /** @param {boolean} asking */
  #show(asking) {
    this.form.hidden = !asking;
    this.changed(asking);
  }

  /** It was not accepted: ask again. */
  refused() {
    this.#known = null;
    forget(KEPT);
  }
}
