/**
 * One tab of several leads: of all phones of one agent in this browser, one pops, and each contact once. What was popped
 * is known to the other tabs, so that the next leader does not pop it again.
 */

const MOST = 1000; // contacts that a tab remembers

/**
 * @param {string} name of what is led
 * @param {() => void} lead called in the tab that leads, once it does
 * @returns {() => void} to stand down, or to wait no longer
 */
function standForLeader(name, lead) {
  if (!navigator.locks) {
    lead(); // no secure context: there is no way to know of other tabs
    return () => {};
  }
  const over = new AbortController();
  /** @type {() => void} */ let release = () => over.abort();
  const held = () =>
    new Promise((resolve) => {
      release = () => resolve(undefined);
      lead();
    });
  navigator.locks.request(name, { signal: over.signal }, held).catch(() => {}); // it was not waited for any longer
  return () => release();
}

export class Leading {
  /** @type {Set<string>} */ #popped = new Set();
  /** @type {BroadcastChannel | null} */ #channel = null;
  #standDown = () => {};
  #leads = false;
  #name = '';

  /**
   * @param {(contact: any) => void} pop
   * @param {() => void} leads this tab does, from now on
   */
  constructor(pop, leads) {
    this.pop = pop;
    this.leads = leads;
  }

  /** @param {string} name of what is led, the same in all tabs that one of is to lead; empty: nothing any more */
  stand(name) {
    if (name === this.#name) return;
    this.#standDown();
    this.#channel?.close();
    this.#channel = null;
    this.#name = name;
    this.#leads = false;
    if (!name) return;
    if ('BroadcastChannel' in globalThis) {
      this.#channel = new BroadcastChannel(name);
      this.#channel.onmessage = ({ data }) => this.#note(String(data));
    }
    this.#standDown = standForLeader(name, () => {
      this.#leads = true;
      this.leads();
    });
  }

  /**
   * Pop what is news, in the tab that leads.
   * @param {Record<string, any>[]} contacts with their ids
   */
  offer(contacts) {
    for (const one of this.#leads ? contacts : []) {
      if (this.#popped.has(one.id)) continue;
      this.#note(one.id);
      this.#channel?.postMessage(one.id);
      this.pop(one);
    }
  }

  /** @param {string} id */
  #note(id) {
    this.#popped.add(id);
    if (this.#popped.size > MOST) this.#popped.delete(/** @type {string} */ (this.#popped.values().next().value));
  }
}
