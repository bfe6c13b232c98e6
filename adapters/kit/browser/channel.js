/**
 * A channel with the gateway: JSON-RPC 2.0 over one WebSocket, which it opens again whenever it is lost.
 *
 * What is to be said while it is lost, or the gateway has us hold it, is kept, in order and so much of it; what
 * there was no room for is told as `trunkline.gap`. The first frame says who we are: a token is never in the address. A module, for relays and
 * for the frames of facades.
 */

const HELLO = 'trunkline.hello';
const GAP = 'trunkline.gap';
const HOLD = 'trunkline.hold'; // true: its journal cannot take more; false: go on
const TOKEN = 'trunkline.token'; // a fresh one, to come back with
// Of what is said beside the dialects' frames: ours, and the oldest of a gateway's that we can do with. A gateway
// that names none knows version 1.
const PROTOCOL = 2;
const OLDEST = 1;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const ANSWER_MS = 20_000; // a command may be several calls of the platform's, of 10 s each
// Close codes of the gateway. Who we said we are is not accepted: over or unknown, refused, taken over.
const TAKEN_OVER = 4409;
const NOT_ACCEPTED = new Set([4401, 4403, TAKEN_OVER]);
const OUTDATED = 4426; // this script and the gateway are too far apart

export const METHOD_NOT_FOUND = -32601;
export const INTERNAL_ERROR = -32603;

/**
 * @typedef {'connecting' | 'open' | 'lost' | 'refused' | 'closed'} State
 * @typedef {object} Options
 * @property {() => Promise<{token?: string, agent?: string}>} who asked before every connection
 * @property {(token: string | null, keep: boolean) => void} [fresh] a token in place of the last (null: the same is
 *   meant), and whether it may be kept over a reload
 * @property {(who: {token?: string, agent?: string}, why: string, takenOver: boolean) => void} [over] what `who` said
 *   is accepted no more
 * @property {(method: string, params: unknown[]) => unknown} [asked] answers a request of the gateway's
 * @property {(method: string, params: unknown[]) => void} [told] hears a notification of the gateway's
 * @property {(state: State, why: string) => void} [changed]
 * @property {number} [kept] how many frames are kept while there is no connection
 */

export class Channel {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {{id?: number, frame: string}[]} */ #waiting = [];
  /** @type {Map<number, {resolve: (value: unknown) => void, reject: (why: Error) => void}>} */ #open = new Map();
  #dropped = 0;
  #ids = 0;
  #pause = FIRST_PAUSE_MS;
  #since = 0; // when we were let in
  #ready = false;
  #held = false;
  #ended = false;
  #timer = 0;

  /**
   * @param {string} url where the gateway's socket is; http becomes ws
   * @param {Options} options
   */
  constructor(url, options) {
    this.url = url.replace(/^http/, 'ws').replace(/\/$/, '');
    this.options = options;
    this.kept = options.kept ?? 1000;
    /** @type {State} */ this.state = 'connecting';
  }

  /** Connect, and stay so. */
  open() {
    this.#ended = false;
    this.#connect();
    return this;
  }

  /** For good. */
  close() {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#change('closed', '');
  }

  /**
   * A request. Rejects if the answer is a JSON-RPC error, is late, or if the connection is lost before it comes.
   * What came to nothing is not carried out later: if it is still kept then, it is never sent.
   * @param {string} method
   * @param {unknown[]} params
   * @param {number} [within] ms that the caller waits
   * @returns {Promise<any>}
   */
  call(method, params, within = ANSWER_MS) {
    const id = (this.#ids += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#open.delete(id);
        this.#waiting = this.#waiting.filter((one) => one.id !== id);
        reject(new Error('no answer'));
      }, within);
      const settled = (/** @type {Function} */ settle) => (/** @type {unknown} */ value) => {
        clearTimeout(timer);
        settle(value);
      };
      this.#open.set(id, { resolve: settled(resolve), reject: settled(reject) });
      this.#say(JSON.stringify({ jsonrpc: '2.0', id, method, params }), id);
    });
  }

  /**
   * @param {string} method
   * @param {unknown[]} params
   */
  notify(method, params) {
    this.#say(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /**
   * @param {string} frame
   * @param {number} [id] of a request
   */
  #say(frame, id) {
    if (this.#ready && !this.#held && this.#socket) {
      this.#socket.send(frame);
      return;
    }
    this.#waiting.push({ id, frame });
    if (this.#waiting.length > this.kept) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
  }

  async #connect() {
    this.#change('connecting', '');
    /** @type {{token?: string, agent?: string}} */ let who;
    try {
      who = await this.options.who(); // before the socket: a person may have to be asked, and that takes time
    } catch (error) {
      return this.#again('refused', /** @type {Error} */ (error).message);
    }
    if (this.#ended || this.#socket) return;
    const said = { ...who, protocol: PROTOCOL, oldest: OLDEST };
    const socket = (this.#socket = new WebSocket(this.url));
    socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'hello', method: HELLO, params: [said] }));
    socket.onmessage = (event) => this.#heard(socket, String(event.data));
    socket.onclose = ({ code, reason }) => {
      if (NOT_ACCEPTED.has(code)) this.options.over?.(who, reason, code === TAKEN_OVER);
      this.#lost(code, reason);
    };
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #lost(code, reason) {
    this.#socket = null;
    this.#ready = this.#held = false;
    for (const { reject } of this.#open.values()) reject(new Error('the connection was lost'));
    this.#open.clear();
    this.#waiting = this.#waiting.filter((one) => one.id === undefined); // nobody waits for the others any more
    if (this.#ended) return;
    // One who is let in and thrown out again does not hammer.
    if (this.#since && performance.now() - this.#since > this.#pause) this.#pause = FIRST_PAUSE_MS;
    this.#since = 0;
    if (code === OUTDATED) {
      console.error(`trunkline: ${reason}`);
      this.#pause = LONGEST_PAUSE_MS; // until one of the two has changed
    }
    this.#again(NOT_ACCEPTED.has(code) || code === OUTDATED ? 'refused' : 'lost', reason);
  }

  /**
   * @param {State} state
   * @param {string} why
   */
  #again(state, why) {
    if (this.#ended) return;
    this.#change(state, why);
    this.#timer = setTimeout(() => this.#connect(), this.#pause * (0.5 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }

  /**
   * @param {WebSocket} socket
   * @param {string} text
   */
  async #heard(socket, text) {
    const frame = JSON.parse(text);
    if (frame.id === 'hello') {
      this.#greeted(frame);
    } else if (frame.method === undefined) {
      this.#answered(frame);
    } else if (frame.method === TOKEN) {
      const { token, keep } = frame.params[0];
      this.options.fresh?.(token, keep);
    } else if (frame.method === HOLD) {
      this.#held = frame.params[0] === true;
      if (!this.#held) this.#sayKept();
    } else if (frame.id === undefined) {
      this.options.told?.(frame.method, frame.params ?? []);
    } else {
      const answer = { jsonrpc: '2.0', id: frame.id };
      try {
        Object.assign(answer, { result: (await this.options.asked?.(frame.method, frame.params ?? [])) ?? null });
      } catch (error) {
        const { code = INTERNAL_ERROR, message = String(error) } = /** @type {any} */ (error);
        Object.assign(answer, { error: { code, message } });
      }
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(answer));
    }
  }

  #sayKept() {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (this.#dropped) this.notify(GAP, [{ dropped: this.#dropped }]);
    this.#dropped = 0;
    for (const { id, frame } of waiting) this.#say(frame, id);
  }

  /** @param {any} frame */
  #greeted(frame) {
    const { protocol = 1, oldest = 1 } = frame.result ?? {};
    if (oldest > PROTOCOL || protocol < OLDEST) {
      const why = `this page's script (version ${PROTOCOL}) does not work with the gateway (version ${protocol})`;
      return this.#socket?.close(OUTDATED, why);
    }
    this.#ready = true;
    this.#since = performance.now();
    this.agent = String(frame.result?.agent ?? '');
    this.#sayKept();
    this.#change('open', '');
  }

  /** @param {any} frame */
  #answered(frame) {
    const waiting = this.#open.get(frame.id);
    this.#open.delete(frame.id);
    if (!waiting) return; // late, or a second one
    if (frame.error) waiting.reject(Object.assign(new Error(frame.error.message), { code: frame.error.code }));
    else waiting.resolve(frame.result);
  }

  /**
   * @param {State} state
   * @param {string} why
   */
  #change(state, why) {
    this.state = state;
    this.options.changed?.(state, why);
  }
}

/**
 * Runs `lead` in one of the tabs of this origin that ask under that name, and in another when it is closed.
 * @param {string} name
 * @param {() => void} lead
 */
export function electLeader(name, lead) {
  const forever = () => {
    lead();
    return new Promise(() => {});
  };
  if (navigator.locks) navigator.locks.request(name, forever);
  else lead(); // not a secure context: there is no way to know of other tabs
}
