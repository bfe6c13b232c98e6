/**
 * The token that a relay shows: the newest that the gateway has handed it, kept for the tab over a reload, and told
 * to this page's other tabs, as one of them may have to take over. Else the one in the script's tag; and where that
 * is accepted no more, one that the CRM gives when it is asked.
 *
 * Attributes of the tag: `data-token`, `data-agent` (on a gateway without keys), and for asking the CRM
 * `data-token-url` (an address of its own; the answer is a token, or JSON with `token`) or `data-token-function` (the
 * name of a function of the page's that promises a token), with `data-who` for whom.
 */

import { forget, keep, read, recall } from './kept.js';

const ANSWER_MS = 10_000; // of the CRM

/** @typedef {{token?: string, agent?: string, tokenUrl?: string, tokenFunction?: string, who?: string}} Said */

export class Credentials {
  #refused = new Set(); // tokens that are accepted no more
  /** @type {BroadcastChannel | null} */ #tabs = null;

  /**
   * @param {Said} said the tag's attributes
   * @param {string} place the address that the relay connects to
   * @param {() => Promise<string>} [token] another way to ask the CRM
   */
  constructor(said, place, token) {
    this.said = said;
    this.ask = token ?? (said.tokenUrl || said.tokenFunction ? () => this.#fetch() : undefined);
    this.name = `trunkline.token ${place} ${said.agent ?? ''} ${said.who ?? ''}`;
    this.newest = this.#kept() ?? said.token;
    if ('BroadcastChannel' in window) {
      this.#tabs = new BroadcastChannel(this.name);
      this.#tabs.onmessage = ({ data: { token, keep: keeps } }) => {
        if (this.newest && agentOf(token) === agentOf(this.newest)) this.#take(token, keeps);
      };
    }
  }

  /** What a channel is to be made with. */
  get options() {
    return {
      who: () => this.who(),
      fresh: (/** @type {string | null} */ token, /** @type {boolean} */ keeps) => {
        this.#take(token, keeps);
        this.#tabs?.postMessage({ token: this.newest, keep: keeps });
      },
      over: (/** @type {{token?: string}} */ { token }) => this.#over(token),
    };
  }

  async who() {
    const { agent, token } = this.said;
    if (!this.newest && token && !this.#refused.has(token)) this.newest = token;
    if (!this.newest && this.ask) this.newest = await within(this.ask());
    return { token: this.newest ?? token, agent };
  }

  /** What was kept, if it came of the token that the tag has now: another one is the CRM's newer word. */
  #kept() {
    const kept = read(recall(this.name));
    return kept?.given === (this.said.token ?? '') ? kept.token : undefined;
  }

  /**
   * @param {string | null} token
   * @param {boolean} keeps
   */
  #take(token, keeps) {
    this.newest = token ?? this.newest;
    if (keeps && this.newest) keep(this.name, JSON.stringify({ given: this.said.token ?? '', token: this.newest }));
    else if (!keeps) forget(this.name);
  }

  /** @param {string | undefined} token that is accepted no more */
  #over(token) {
    this.#refused.add(token);
    if (token !== this.newest) return; // there is a newer one
    this.newest = undefined;
    forget(this.name);
  }

  /** @returns {Promise<string>} */
  async #fetch() {
    const { tokenUrl, tokenFunction, who = this.said.agent } = this.said;
    if (tokenFunction) return window[tokenFunction](who);
    const address = new URL(/** @type {string} */ (tokenUrl), document.baseURI);
    if (who) address.searchParams.set('who', who);
    const answer = await fetch(address, { credentials: 'include', cache: 'no-store' });
    if (!answer.ok) throw new Error(`${address.pathname} gives no token: ${answer.status}`);
    const text = (await answer.text()).trim();
    return read(text)?.token ?? text;
  }
}

/**
 * Whose token it is; nobody's, where it is none.
 * @param {string | undefined} token
 */
function agentOf(token) {
  try {
    return read(atob((token ?? '').split('.')[1].replace(/-/g, '+').replace(/_/g, '/')))?.sub;
  } catch {
    return undefined;
  }
}

/**
 * @param {Promise<string>} asked
 * @returns {Promise<string>}
 */
function within(asked) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no token in time')), ANSWER_MS));
  return Promise.race([Promise.resolve(asked), late]).then((token) => {
    if (typeof token === 'string' && token) return token;
    throw new Error('the page was given no token');
  });
}
