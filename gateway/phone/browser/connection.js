/**
 * The gateway's stream: events one way, commands and answers the other, opened again whenever it is lost.
 *
 * It resumes where it was. A token that ends is replaced before that, by a second connection which takes over from the
 * first once it has caught up.
 */

import { credential } from './credentials.js';
import { Orders } from './orders.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const RENEW_AT = 0.8; // of what a token has left
const SOONEST_MS = 2_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const REFUSED = new Set([4401, 4403, 4409]); // over or unknown, without the right, taken over
const TYPES = [
  ...['interaction.*', 'party.*', 'agent.*', 'needinfo.*', 'command.finished', 'command.proved', 'message.added'],
  ...['platform.state_changed', 'platform.notice'],
];

/**
 * @typedef {'connecting' | 'open' | 'lost' | 'refused' | 'closed'} State
 * @typedef {object} Options
 * @property {URL} gateway
 * @property {() => Parameters<typeof credential>[0]} from where the token comes from
 * @property {() => {platforms?: string[], agents?: string[]}} filter
 * @property {(frame: any) => void} heard events, snapshots and gaps, each once
 * @property {(state: State, why: string) => void} changed
 * @property {(token: string) => void} admitted with that
 */

export class Connection {
  /** @type {WebSocket | null} */ #socket = null; // that events are taken from
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #renewal;
  #token = '';
  #refused = false; // the last token is accepted no more
  #resume = '';
  #cursor = 0;
  #pause = FIRST_PAUSE_MS;
  #ended = true;
  #round = 0; // what was begun before it was closed is no more of it

  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    /** @type {State} */ this.state = 'closed';
    this.back = () => this.#now();
    this.orders = new Orders(
      (frame) => this.#say(frame),
      () => this.#lost(this.#socket, 0, ''),
    );
  }

  open() {
    if (!this.#ended) return;
    this.#ended = false;
    addEventListener('online', this.back);
    this.#connect();
  }

  /** For good, or until it is opened again. */
  close() {
    this.#ended = true;
    this.#round += 1;
    removeEventListener('online', this.back);
    clearTimeout(this.#retry);
    clearTimeout(this.#renewal);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
    this.orders.drop();
    this.#resume = '';
    this.#change('closed', '');
  }

  /** What the page says who it is has changed. */
  again() {
    this.close();
    this.#refused = false;
    this.#pause = FIRST_PAUSE_MS;
    this.open();
  }

  /**
   * @param {object} command
   * @returns {Promise<any>} its record, finished or with a question; rejects with a Refusal
   */
  order(command) {
    return this.orders.give({ type: 'command', idempotency_key: key(), command });
  }

  /**
   * @param {{needinfo_id: string, action: string, values?: object}} answer
   * @returns {Promise<any>} the command's record; rejects with a Refusal
   */
  answer(answer) {
    return this.orders.give({ type: 'answer', answer });
  }

  /**
   * A list of the gateway's.
   * @param {string} path
   */
  async read(path) {
    const headers = this.#token ? { Authorization: `Bearer ${this.#token}` } : undefined;
    const answer = await fetch(new URL(path, this.options.gateway), { headers, cache: 'no-store' });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }

  /** @param {object} frame */
  #say(frame) {
    if (this.state !== 'open' || !this.#socket) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  async #connect() {
    clearTimeout(this.#retry);
    if (this.state !== 'refused') this.#change('connecting', '');
    const round = this.#round;
    const over = () => round !== this.#round || this.#ended || this.#socket !== null;
    try {
      const given = await credential(this.options.from(), this.#refused);
      if (!over()) this.#join(given.token, given.left_ms);
    } catch (error) {
      if (!over()) this.#again('refused', String(/** @type {any} */ (error)?.message ?? error));
    }
  }

  /**
   * @param {string} token
   * @param {number} left_ms of it
   * @param {WebSocket} [before] that it takes over from
   */
  #join(token, left_ms, before) {
    const url = new URL('v1/stream', this.options.gateway);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    let why = ''; // what it said before it closed
    const first = { type: 'subscribe', snapshot: true, filter: { types: TYPES, ...this.options.filter() } };
    if (token) Object.assign(first, { token });
    if (this.#resume) Object.assign(first, { after: this.#resume });
    socket.onopen = () => socket.send(JSON.stringify(first));
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data));
      if (frame.type === 'stream.error' && frame.ref === undefined) why = frame.message;
      else if (frame.ref !== undefined) this.orders.told(frame);
      else if (this.#socket === socket || this.#takesOver(socket, before)) this.#heard(frame, token, left_ms);
    };
    socket.onclose = ({ code, reason }) => {
      this.#lost(socket, code, why || reason);
      if (before && this.#socket === before) this.#renewIn(SOONEST_MS, SOONEST_MS); // it never came to take over
    };
    if (!before) this.#socket = socket;
  }

  /**
   * It has its first frame: the one before it is asked no more, and closed once it owes nothing.
   * @param {WebSocket} socket
   * @param {WebSocket} [before]
   */
  #takesOver(socket, before) {
    if (!before || this.#socket !== before) return false;
    this.#socket = socket;
    const leave = () => (this.orders.size ? setTimeout(leave, SOONEST_MS) : before.close(1000));
    leave();
    return true;
  }

  /**
   * @param {any} frame
   * @param {string} token
   * @param {number} left_ms
   */
  #heard(frame, token, left_ms) {
    if (frame.type === 'stream.gap' || frame.type === 'stream.snapshot') this.#cursor = 0;
    else if (frame.cursor !== undefined && frame.type.startsWith('stream.') === false) {
      if (frame.cursor <= this.#cursor) return; // the second connection begins where the first was
      this.#cursor = frame.cursor;
    }
    if (frame.resume) this.#resume = frame.resume;
    if (frame.type === 'stream.subscribed') this.#subscribed(token, left_ms);
    else if (frame.type !== 'stream.progress') this.options.heard(frame);
    if (frame.type === 'command.finished') this.orders.finished(frame);
  }

  /**
   * @param {string} token
   * @param {number} left_ms
   */
  #subscribed(token, left_ms) {
    this.#token = token;
    this.#refused = false;
    this.#pause = FIRST_PAUSE_MS;
    this.#renewIn(left_ms * RENEW_AT, left_ms);
    this.#change('open', '');
    this.options.admitted(token);
    this.orders.again();
  }

  /**
   * @param {number} in_ms
   * @param {number} left_ms
   */
  #renewIn(in_ms, left_ms) {
    clearTimeout(this.#renewal);
    if (in_ms < LONGEST_TIMER_MS) this.#renewal = setTimeout(() => this.#renew(left_ms - in_ms), Math.max(in_ms, 0));
  }

  /** @param {number} left_ms of the token that we have */
  async #renew(left_ms) {
    const before = this.#socket;
    const from = this.options.from();
    if (!before || this.state !== 'open' || (!from.source && !from.url)) return;
    const fresh = await credential(from, false).catch(() => null);
    if (this.#socket !== before || this.#ended) return;
    if (fresh && fresh.token !== this.#token) this.#join(fresh.token, fresh.left_ms, before);
    else if (left_ms > SOONEST_MS) this.#renewIn(Math.max(left_ms / 4, SOONEST_MS), left_ms); // there is none yet
  }

  /**
   * @param {WebSocket | null} socket
   * @param {number} code
   * @param {string} why
   */
  #lost(socket, code, why) {
    if (!socket || this.#socket !== socket) return; // one that was taken over from, or never came to it
    this.#socket = null;
    socket.onclose = socket.onmessage = null;
    socket.close();
    clearTimeout(this.#renewal);
    this.orders.wait();
    this.#refused = REFUSED.has(code);
    this.#again(this.#refused ? 'refused' : 'lost', why);
  }

  /**
   * @param {State} state
   * @param {string} why
   */
  #again(state, why) {
    if (this.#ended) return;
    this.#change(state, why);
    const from = this.options.from();
    if (state === 'refused' && !from.source && !from.url) return; // the same token again is of no use
    this.#retry = setTimeout(() => this.#connect(), this.#pause * (0.5 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }

  /** The network is back. */
  #now() {
    if (this.#ended || this.#socket || this.state === 'refused') return;
    this.#pause = FIRST_PAUSE_MS;
    this.#connect();
  }

  /**
   * @param {State} state
   * @param {string} why
   */
  #change(state, why) {
    this.state = state;
    this.options.changed(state, why);
  }
}

/** A key that nobody else has; `randomUUID` is there in secure contexts only. */
const key = () => [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, '0')).join('');
