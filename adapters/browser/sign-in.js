/**
 * Who this page's agent is: asked once, kept for the tab, asked again when the gateway does not accept it.
 *
 * In this order: what the page around us said (a token attribute of the script tag), what was signed in with
 * before in this tab, the form. A module, for pages of the gateway's origin that hold a channel.
 */

const KEPT = 'trunkline.who';

/** @typedef {{token?: string, agent?: string}} Who */

export class SignIn {
  /** @type {((who: Who) => void) | null} */ #asking = null;
  /** @type {Who | null} */ #given = null;

  /** @param {HTMLFormElement} form with an input, which takes a link token or, on a gateway without keys, an agent */
  constructor(form) {
    this.form = form;
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = String(new FormData(this.form).get('who') ?? '').trim();
      // A token has three parts between dots; an agent's name may have dots too, but not such long ones.
      this.#signed(/^[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}$/.test(text) ? { token: text } : { agent: text });
    });
  }

  /** @param {Who} who what the page around us says */
  given(who) {
    if (!who.token && !who.agent) return;
    this.#given = who;
    this.#asking?.(who);
  }

  /** @returns {Promise<Who>} */
  async who() {
    const kept = sessionStorage.getItem(KEPT);
    if (this.#given) return this.#given;
    if (kept) return JSON.parse(kept);
    this.form.hidden = false;
    return new Promise((resolve) => (this.#asking = resolve));
  }

  /** It was not accepted: ask again. */
  refused() {
    this.#given = null;
    sessionStorage.removeItem(KEPT);
  }

  /** @param {Who} who */
  #signed(who) {
    sessionStorage.setItem(KEPT, JSON.stringify(who));
    this.form.hidden = true;
    this.#asking?.(who);
    this.#asking = null;
  }
}
