// Events as an endless iterator, over as many connections as it takes.
//
// Before it goes on after the event that it was told last, it looks that up. If the event is there, everything
// after it follows: nothing is lost and nothing comes twice. If another one or none is there, the journal has
// lost what we were told, as after a restored backup, and that is told as a gap.

import { Pauses } from "./connection.js";
import { ProblemError, StreamEndedError, UnansweredError } from "./errors.js";
import { Place } from "./place.js";

/** @import { Connection } from "./connection.js" */
/** @import { AnyCommand, AnyEvent, AnyQueryReply, CommandChanged, CommandRecord, Filter, Progress, QueryKind, StreamGap, StreamProblem, StreamSnapshot, Subscribed } from "./model.d.ts" */
/** @typedef {AnyEvent | StreamGap | StreamSnapshot} Told What is iterated over. */
/** @typedef {Told | Subscribed | Progress | CommandChanged | StreamProblem} Frame */

/**
 * @typedef {object} Wanted
 * @property {Filter} [filter]
 * @property {string | number} [after] a place that was kept, a `resume` or a cursor; without it, from now on
 * @property {boolean} [snapshot] a StreamSnapshot comes wherever the state would not be known otherwise
 * @property {QueryKind[]} [answers] kinds of queries that `reply` will answer
 * @property {AbortSignal} [signal] ends it
 */

/**
 * @typedef {object} Opening
 * @property {typeof WebSocket} WebSocket
 * @property {(() => Promise<string>) | undefined} ticket
 */

const WAITING = 1_000; // what was told and nobody took: from then on the gateway waits
const TOLD_WITHIN_S = 65; // what becomes of a command; the gateway itself follows it for a minute
const CREDENTIAL_OVER = 4401;
const FOR_GOOD = new Set([1003, 1007, 1008, 1009, 4403, 4409, 4426]);

/** A promise, and what settles it. @template T */
class Later {
  /** @type {(value: T) => void} */
  resolve = () => {};
  /** @type {(error: unknown) => void} */
  reject = () => {};
  /** @type {Promise<T>} */
  promise = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
}

/** Events that fit a filter. Iterate once; keep `resume` to go on from there another time. */
export class Events {
  #at;
  #wanted;
  #opening;
  #place;
  #taken;
  /** @type {[Told | null, Place][]} */
  #waiting = [];
  /** @type {Later<void>} */
  #news = new Later(); // there is something to take, or it has ended
  /** @type {Later<void>} */
  #room = new Later();
  /** @type {Later<void>} */
  #joined = new Later();
  #isJoined = false;
  #begun = false;
  #over = false;
  /** @type {unknown} */
  #error = null;
  /** @type {WebSocket | null} */
  #socket = null;
  #refs = 0;
  /** @type {Map<string, Later<CommandRecord>>} */
  #open = new Map();

  /**
   * @param {Connection} at
   * @param {Wanted} wanted
   * @param {Opening} opening
   */
  constructor(at, wanted, opening) {
    this.#at = at;
    this.#wanted = wanted;
    this.#opening = opening;
    this.#place = Place.read(wanted.after);
    this.#taken = this.#place;
    this.#joined.promise.catch(() => {}); // who waits for it has the error; so has who iterates
    wanted.signal?.addEventListener("abort", () => this.close(), { once: true });
    if (wanted.signal?.aborted) this.close();
  }

  /** Where to go on after everything that was taken: give it as `after`. Empty: nothing is known yet. */
  get resume() {
    return String(this.#taken);
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /**
   * Throws StreamEndedError, or ProblemError, once it is of no use to come again.
   *
   * @returns {Promise<IteratorResult<Told, undefined>>}
   */
  async next() {
    this.#start();
    for (;;) {
      const first = this.#waiting.shift();
      if (first === undefined) {
        if (this.#over) {
          if (this.#error !== null) throw this.#error;
          return { done: true, value: undefined };
        }
        this.#news = new Later();
        await this.#news.promise;
        continue;
      }
      const [told, place] = first;
      this.#taken = place;
      if (this.#waiting.length < WAITING) this.#room.resolve();
      if (told !== null) return { done: false, value: told };
    }
  }

  /**
   * Stop, as leaving a `for await` does.
   *
   * @returns {Promise<IteratorResult<Told, undefined>>}
   */
  async return() {
    this.close();
    return { done: true, value: undefined };
  }

  /** Stop. */
  close() {
    this.#over = true;
    this.#waiting.length = 0;
    this.#socket?.close();
    this.#room.resolve();
    this.#news.resolve();
  }

  /** Settles once we are told events: from now on none is missed. Rejects as iterating does. */
  joined() {
    this.#start();
    return this.#joined.promise;
  }

  /**
   * Give a command over the stream; its record once it is finished, or asks. Null: there was no connection, or
   * it went before that was told. Trunkline.send then asks by REST, with the same key.
   *
   * @param {AnyCommand} command
   * @param {string} key
   * @param {boolean} interactive
   * @returns {Promise<CommandRecord | null>}
   */
  async send(command, key, interactive = true) {
    const ref = String(++this.#refs);
    /** @type {Later<CommandRecord>} */
    const made = new Later();
    const limit = setTimeout(() => made.reject(new UnansweredError("a command", key)), TOLD_WITHIN_S * 1000);
    this.#open.set(ref, made);
    try {
      if (!this.#say({ type: "command", ref, command, idempotency_key: key, interactive })) return null;
      return await made.promise;
    } catch (error) {
      if (error instanceof UnansweredError) return null;
      throw error;
    } finally {
      clearTimeout(limit);
      this.#open.delete(ref);
    }
  }

  /** Answer what a platform asks. False: there is no connection at present. */
  reply(/** @type {AnyQueryReply} */ answer) {
    return this.#say({ type: "query_answer", ref: String(++this.#refs), answer });
  }

  #say(/** @type {object} */ frame) {
    if (this.#socket?.readyState !== 1 || !this.#isJoined) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #start() {
    if (this.#begun) return;
    this.#begun = true;
    this.#read()
      .catch((error) => {
        this.#error = error;
        this.#joined.reject(error);
      })
      .finally(() => {
        this.#over = true;
        this.#joined.reject(new StreamEndedError(1000, "it was closed"));
        this.#news.resolve();
      });
  }

  async #read() {
    const pauses = new Pauses();
    let refused = false;
    while (!this.#over) {
      if (this.#isJoined) this.#joined = new Later();
      this.#joined.promise.catch(() => {});
      this.#isJoined = false;
      let code = 0;
      let why = "";
      try {
        [code, why] = await this.#listen();
      } catch (error) {
        if (error instanceof ProblemError && error.status === 401) [code, why] = [CREDENTIAL_OVER, error.detail];
        else if (error instanceof ProblemError && error.status < 500 && error.status !== 429) throw error;
        else if (!(error instanceof ProblemError || error instanceof UnansweredError)) throw error;
      } finally {
        this.#letGo();
      }
      if (this.#over) return;
      if (this.#isJoined) {
        pauses.reset();
        refused = false;
      }
      if (code === CREDENTIAL_OVER && !refused && this.#at.refused()) {
        refused = true; // another one is shown at once; if that is refused too, it is no use
        continue;
      }
      if (code === CREDENTIAL_OVER || FOR_GOOD.has(code)) throw new StreamEndedError(code, why);
      if (this.#waiting.length >= WAITING) {
        this.#room = new Later();
        await this.#room.promise;
      } else {
        await this.#at.pause(pauses.next());
      }
    }
  }

  #letGo() {
    this.#socket = null;
    for (const one of this.#open.values()) one.reject(new UnansweredError("a command"));
  }

  /**
   * One connection; the code that it was closed with, and why.
   *
   * @returns {Promise<[number, string]>}
   */
  async #listen() {
    const { ticket, WebSocket } = this.#opening;
    const { filter = {}, snapshot = false, answers = [] } = this.#wanted;
    // Who has tickets alone may look nothing up.
    let lost = !ticket && (await hasLost(this.#at, this.#place));
    const after = lost ? (snapshot ? undefined : this.#place.before) : this.#place.after;
    const token = ticket ? "" : await this.#at.shown();
    const query = ticket ? `?ticket=${encodeURIComponent(await ticket())}` : "";
    if (this.#over) return [1000, ""];
    const socket = new WebSocket(`${this.#at.url.replace("http", "ws")}/v1/stream${query}`);
    this.#socket = socket;
    let why = "";
    /** @type {Later<[number, string]>} */
    const closed = new Later();
    socket.onopen = () => {
      const place = after === undefined ? {} : { after };
      const shown = token ? { token } : {};
      socket.send(JSON.stringify({ type: "subscribe", filter, snapshot, answers, ...place, ...shown }));
    };
    socket.onmessage = ({ data }) => {
      const frame = /** @type {Frame} */ (JSON.parse(data));
      if (frame.type === "stream.error") why = frame.message;
      lost = this.#took(frame, lost);
      if (this.#waiting.length >= WAITING) socket.close(); // and come again once somebody has taken them
    };
    socket.onclose = ({ code, reason }) => closed.resolve([code, why || reason]);
    return closed.promise;
  }

  /**
   * @param {Frame} frame
   * @param {boolean} lost whether it has still to be told that the journal has lost what we were told
   * @returns {boolean} whether it still has
   */
  #took(frame, lost) {
    switch (frame.type) {
      case "stream.gap":
        this.#tell(frame, new Place(frame.resume));
        return false;
      case "stream.snapshot":
        if (lost) this.#tellLost(frame.cursor, frame.resume);
        this.#tell(frame, new Place(frame.resume));
        return false;
      case "stream.subscribed":
        if (lost) this.#tellLost(frame.cursor, frame.resume);
        this.#tell(null, new Place(frame.resume));
        this.#isJoined = true;
        this.#joined.resolve();
        return false;
      case "stream.progress":
        this.#tell(null, new Place(frame.resume));
        return lost;
      case "command.changed":
        if (["needinfo", "finished"].includes(frame.record.status)) this.#open.get(frame.ref)?.resolve(frame.record);
        return lost;
      case "stream.error":
        this.#open.get(frame.ref ?? "")?.reject(new ProblemError(statusOf(frame.code), frame.code, frame.message));
        return lost;
      default: // an event, known here or not; what is neither is newer than this library
        if (frame.id && frame.cursor) this.#tell(frame, this.#place.told(frame.cursor, frame.id));
        return lost;
    }
  }

  #tellLost(/** @type {number} */ cursor, /** @type {string} */ resume) {
    const gap = { after: this.#place.cursor, first: cursor + 1, restart_after: cursor, resume };
    this.#tell({ type: "stream.gap", ...gap }, new Place(resume));
  }

  #tell(/** @type {Told | null} */ told, /** @type {Place} */ place) {
    this.#place = place;
    this.#waiting.push([told, place]);
    this.#news.resolve();
  }
}

/**
 * Whether the journal has no longer what we were told last.
 *
 * @param {Connection} at
 * @param {Place} place
 */
export async function hasLost(at, place) {
  if (!place.eventId) return false;
  try {
    const event = /** @type {AnyEvent} */ (await at.request("GET", `/v1/events/${place.cursor}`, { again: false }));
    return event.id !== place.eventId;
  } catch (error) {
    if (error instanceof ProblemError && (error.status === 404 || error.status === 410)) return true;
    throw error;
  }
}

/** Of what is refused in a frame, where there is no status. @type {Record<string, number>} */
const STATUS = {
  invalid_command: 400,
  not_allowed: 403,
  conflict: 409,
  wrong_state: 409,
  expired: 410,
  rate_limited: 429,
  unavailable: 503,
  link_down: 503,
};

function statusOf(/** @type {string} */ code) {
  return code.startsWith("unknown_") ? 404 : (STATUS[code] ?? 422);
}
