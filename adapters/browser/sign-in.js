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

  /** @param {HTMLFormElement} form with an input `who`: a link token or, on a gateway without keys, an agent */
  constructor(form) {
    this.form = form;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = String(new FormData(form).get('who') ?? '').trim();
      this.accept(TOKEN.test(text) ? { token: text } : { agent: text });
    });
  }

  /** Whether nobody knows who it is. */
  get asking() {
    return this.#known === null || !this.form.hidden;
  }

  /** @param {Who} who the person has shown to be */
  accept(who) {
    keep(KEPT, JSON.stringify(who));
    this.given(who);
  }

  /** @param {Who} who what the page around us says */
  given(who) {
    if (!who.token && !who.agent) return;
    this.#answer(who);
    this.#known = Promise.resolve(who);
    this.form.hidden = true;
  }

  /** @returns {Promise<Who>} the same for all that ask, until it is refused */
  who() {
    return (this.#known ??= this.#ask());
  }

  /** @returns {Promise<Who>} */
  async #ask() {
    const kept = recall(KEPT);
    if (kept) return JSON.parse(kept);
    this.form.hidden = false;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  /** It was not accepted: ask again. */
  refused() {
    this.#known = null;
    forget(KEPT);
  }
}
