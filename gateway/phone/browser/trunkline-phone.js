/**
 * `<trunkline-phone>`: a soft phone for one agent of any platform, over the gateway's public API.
 *
 *   <script type="module" src="https://gateway.example/phone/trunkline-phone.js"></script>
 *   <trunkline-phone platform="sales" agent="ana" token-url="/my/token"></trunkline-phone>
 *
 * Attributes: `gateway` (where this script came from), `token`, `token-url` (an address of the page's server that gives
 * a fresh one), `platform`, `agent` (as the token says), `lang`, `theme` (`light`, `dark`). Properties: `tokenSource`, a
 * function that promises a token and goes before the other two. Events: `pop` with the interaction that comes to the
 * agent, in the tab that leads; `lead` in that tab; `connection` with its state.
 */

import { Phone } from './phone.js';
import { sheet } from './style.js';

const WHO = ['gateway', 'token', 'token-url', 'platform', 'agent'];

export class TrunklinePhone extends HTMLElement {
  static observedAttributes = [...WHO, 'lang'];

  /** @type {Phone | null} */ #phone = null;
  /** @type {import('./credentials.js').TokenSource | null} */ #source = null;
  #changed = false;

  /** @returns {import('./credentials.js').TokenSource | null} */
  get tokenSource() {
    return this.#source;
  }

  set tokenSource(source) {
    this.#source = source;
    this.#again();
  }

  connectedCallback() {
    this.#early();
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet()];
    this.#phone ??= new Phone(root, () => this.#settings(), (name, detail) => this.#tell(name, detail));
    this.#phone.open();
  }

  disconnectedCallback() {
    this.#phone?.close();
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} now
   */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (WHO.includes(name)) this.#again();
    else this.#phone?.render();
  }

  /**
   * Call somebody, as for a number that is clicked in the page.
   * @param {string} destination
   */
  dial(destination) {
    return this.#phone?.dial(destination);
  }

  /** Several attributes that are set together begin anew once. */
  #again() {
    if (this.#changed || !this.#phone || !this.isConnected) return;
    this.#changed = true;
    queueMicrotask(() => {
      this.#changed = false;
      if (this.isConnected) this.#phone?.again();
    });
  }

  /** What was set before this script was there stands in the way of the accessor. */
  #early() {
    if (!Object.hasOwn(this, 'tokenSource')) return;
    const source = this.tokenSource;
    Reflect.deleteProperty(this, 'tokenSource');
    this.#source = source;
  }

  #settings() {
    const said = (/** @type {string} */ name) => this.getAttribute(name)?.trim() ?? '';
    const gateway = said('gateway');
    return {
      gateway: gateway ? new URL(gateway.replace(/\/*$/, '/'), document.baseURI) : new URL('..', import.meta.url),
      ...{ platform: said('platform'), agent: said('agent'), token: said('token'), source: this.#source },
      url: said('token-url'),
      language: this.closest('[lang]')?.getAttribute('lang') || navigator.language,
    };
  }

  /**
   * @param {string} name
   * @param {object} detail
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

if (!customElements.get('trunkline-phone')) customElements.define('trunkline-phone', TrunklinePhone);
