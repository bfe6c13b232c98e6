/**
 * Commands and answers that are under way: who waits for which, and what is sent again after a cut.
 *
 * A command keeps its idempotency key: sent again under that it gets the first one's record and is never done twice.
 */

const SAID_MS = 10_000; // the gateway takes a command within a second: later than this, nobody is there
const AGAIN_MS = 15_000; // one that was given longer ago is not sent again: nobody expects it any more

/**
 * @typedef {{code: string, message: string, uncertain?: boolean}} Refusal of what was asked; rejected with that
 * @typedef {object} Order
 * @property {string} ref
 * @property {object} frame
 * @property {number} given when, ms
 * @property {number} sent how often
 * @property {string} id of its command, once that is known
 * @property {ReturnType<typeof setTimeout> | undefined} timer
 * @property {(record: any) => void} done finished, or it asks; null: events tell it
 * @property {(why: Refusal) => void} failed
 */

export class Orders {
  /** @type {Map<string, Order>} */ #open = new Map();
  #refs = 0;

  /**
   * @param {(frame: object) => boolean} send false: there is no connection
   * @param {() => void} silent nothing was said to an order: the connection is dead
   */
  constructor(send, silent) {
    this.send = send;
    this.silent = silent;
  }

  /** How many are under way. */
  get size() {
    return this.#open.size;
  }

  /**
   * @param {object} frame without its ref
   * @returns {Promise<any>} the command's record, finished or with a question; rejects with a Refusal
   */
  give(frame) {
    const ref = String((this.#refs += 1));
    return new Promise((done, failed) => {
      const order = { ref, frame: { ...frame, ref }, given: Date.now(), sent: 0, id: '', timer: undefined, done, failed };
      this.#open.set(ref, order);
      if (!this.#say(order)) this.#fail(order, { code: 'lost', message: '' });
    });
  }

  /** @param {Order} order */
  #say(order) {
    if (!this.send(order.frame)) return false;
    order.sent += 1;
    clearTimeout(order.timer);
    order.timer = setTimeout(this.silent, SAID_MS);
    return true;
  }

  /** There is no connection: nothing is said for now. */
  wait() {
    for (const order of this.#open.values()) clearTimeout(order.timer);
  }

  /** There is one again. */
  again() {
    for (const order of [...this.#open.values()]) {
      const late = Date.now() - order.given >= AGAIN_MS;
      if (late || !this.#say(order)) this.#fail(order, { code: 'lost', message: '', uncertain: true });
    }
  }

  /** Nobody will say what became of them. */
  drop() {
    for (const order of [...this.#open.values()]) this.#fail(order, { code: 'lost', message: '', uncertain: true });
  }

  /** @param {any} frame what became of one */
  told({ type, ref, code, message, record }) {
    const order = this.#open.get(ref);
    if (!order) return;
    clearTimeout(order.timer); // somebody is there
    if (type === 'stream.error') {
      // An answer has no key: of one that was sent twice, this says that the first was taken.
      if (code === 'conflict' && order.sent > 1) this.#done(order, null);
      else this.#fail(order, { code, message });
      return;
    }
    order.id = record.id;
    if (record.status === 'finished' || record.status === 'needinfo') this.#done(order, record);
  }

  /**
   * A command that took so long that the stream follows it no more: its event says how it ended.
   * @param {any} event
   */
  finished({ command_id: id, result }) {
    const order = [...this.#open.values()].find((one) => one.id && one.id === id);
    if (order) this.#done(order, { id, status: 'finished', result });
  }

  /**
   * @param {Order} order
   * @param {any} record
   */
  #done(order, record) {
    clearTimeout(order.timer);
    this.#open.delete(order.ref);
    order.done(record);
  }

  /**
   * @param {Order} order
   * @param {Refusal} why
   */
  #fail(order, why) {
    clearTimeout(order.timer);
    this.#open.delete(order.ref);
    order.failed(why);
  }
}
