/**
 * The gateway's soft phone in a page of a facade, so that a call can be answered where the vendor's widget is not.
 *
 * It has what the agent has signed in with, which is a token for him alone, and asks for it again whenever it connects:
 * it may do no more than the page. It is loaded once there is somebody who can see it; a frame that is hidden needs none.
 */

/** @typedef {import('./sign-in.js').SignIn} SignIn */

const PLATFORM = decodeURIComponent(new URL('..', import.meta.url).pathname.split('/').at(-2) ?? '');

export class PhoneBeside {
  #agent = '';
  #seen = false;
  #in = false;

  /**
   * @param {HTMLElement} place whose `data-script` names the element's script
   * @param {SignIn} signIn
   */
  constructor(place, signIn) {
    this.place = place;
    this.signIn = signIn;
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((one) => one.isIntersecting)) return;
      watch.disconnect();
      this.#seen = true;
      this.#show();
    });
    watch.observe(document.body);
  }

  /** @param {string} agent as far as the page knows; else the token says it */
  signedIn(agent) {
    if (this.#in && agent === this.#agent) return;
    this.#in = true;
    this.#agent = agent;
    this.#show();
  }

  signedOut() {
    this.#in = false;
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  #show() {
    if (!this.#in || !this.#seen) return;
    import(new URL(this.place.dataset.script ?? '', location.href).href).catch((error) => console.warn(`trunkline: ${error.message}`));
    const phone = /** @type {any} */ (document.createElement('trunkline-phone'));
    phone.setAttribute('platform', PLATFORM);
    if (this.#agent) phone.setAttribute('agent', this.#agent);
    phone.setAttribute('lang', navigator.language);
    phone.tokenSource = async () => (await this.signIn.who()).token ?? '';
    this.place.replaceChildren(phone);
    this.place.hidden = false;
  }
}
