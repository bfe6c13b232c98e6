// One gateway: events, commands, questions, lists, tokens, webhooks.

import { Connection, rest } from "./connection.js";
import { CommandFailedError, ProblemError, TrunklineError, UnansweredError } from "./errors.js";
import { asQuery, pages } from "./paging.js";
import { Place } from "./place.js";
import { asked } from "./questions.js";
import { Events, hasLost } from "./stream.js";
import { Webhooks } from "./webhooks.js";

/** @import { Credential } from "./connection.js" */
/** @import { Handler } from "./questions.js" */
/** @import { Told, Wanted } from "./stream.js" */
/** @import { AgentSession, Answer, AnyCommand, AnyEvent, AnyQueryAnswer, CommandRecord, EventPage, Filter, Interaction, MintedToken, NeedInfo, PlatformInfo, StreamGap, StreamTicket, Succeeded, TokenRequest } from "./model.d.ts" */

/**
 * @typedef {object} Options
 * @property {Credential} [key] an API key, or a function that gives the one to be shown now; it is called again
 *   when that is over
 * @property {Credential} [token] a link token or a provider's, likewise
 * @property {() => Promise<string>} [ticket] where a page has neither: gives a ticket for each stream, from a
 *   server that has a key. Streams alone are open then
 * @property {Handler} [onQuestion] answers what our own commands ask; without it they return with the question
 * @property {number} [patienceS] in which a request is made again, where nobody answers
 * @property {(pauseS: number) => Promise<void>} [pause] how to wait before another try
 * @property {typeof WebSocket} [WebSocket] for Node 20, which has none of its own
 */

/**
 * @typedef {object} Sending
 * @property {string} [key] names the command for 24 hours: given again, it is not done again
 * @property {Handler} [onQuestion]
 * @property {boolean} [interactive] false: nobody can answer questions
 * @property {Events} [over] a stream to give it over
 * @property {string} [traceparent]
 */

const WAIT_S = 10; // for a command, in one request; its record is asked for again until it is finished

const REMEMBERED = 1_000; // questions that were asked

/** A client of one gateway. */
export class Trunkline {
  #at;
  #onQuestion;
  #opening;
  /** Webhooks, looked after. */
  webhooks;

  /**
   * @param {string} url
   * @param {Options} [options]
   */
  constructor(url, options = {}) {
    const { key = "", token = "", ticket, onQuestion, patienceS = 30, pause = rest } = options;
    this.#at = new Connection(url, key || token, patienceS, pause);
    this.#onQuestion = onQuestion;
    this.#opening = { ticket, WebSocket: options.WebSocket ?? globalThis.WebSocket };
    this.webhooks = new Webhooks(this.#at);
  }

  // --- events

  /** Events that fit, from now on or after a place, for ever: it comes again by itself. */
  events(/** @type {Wanted} */ wanted = {}) {
    if (!this.#opening.WebSocket) throw new TypeError("there is no WebSocket: give one in the options");
    return new Events(this.#at, wanted, this.#opening);
  }

  /**
   * Events that are kept, oldest first, up to now.
   *
   * @param {Filter} [filter]
   * @param {string | number} [after]
   * @returns {AsyncGenerator<AnyEvent | StreamGap, void>}
   */
  async *journal(filter = {}, after = undefined) {
    const place = Place.read(after);
    let lost = await hasLost(this.#at, place);
    let begin = lost ? undefined : place.after;
    for (;;) {
      const query = asQuery(filter);
      if (begin !== undefined) query.push(["after", String(begin)]);
      /** @type {EventPage} */
      const page = await this.#at.request("GET", "/v1/events", { query });
      const start = page.first - 1;
      if (lost) {
        const gap = { after: place.cursor, first: page.first, restart_after: start, resume: String(start) };
        yield { type: "stream.gap", ...gap };
        lost = false;
      }
      if (page.gap) yield page.gap;
      yield* page.events;
      begin = page.resume;
      if (!page.more) return;
    }
  }

  /**
   * One event. Rejects with 404 or 410 where there is none.
   *
   * @returns {Promise<AnyEvent>}
   */
  event(/** @type {number} */ cursor) {
    return this.#at.request("GET", `/v1/events/${cursor}`);
  }

  // --- commands

  /**
   * Give a command; its record once it is finished, or asks what nobody here answers.
   *
   * It has a key of its own, unless you give one, which is kept over all tries. A failed command is a record too,
   * and is never given again: see its `effect`. Throws ProblemError; UnansweredError with the key, if no answer
   * came for so long: it may have been done, and may be sent again with that key and no other.
   *
   * @param {AnyCommand} command
   * @param {Sending} [sending]
   * @returns {Promise<CommandRecord>}
   */
  async send(command, sending = {}) {
    const { key = crypto.randomUUID(), interactive = true, over, traceparent } = sending;
    let record = over ? await over.send(command, key, interactive) : null;
    record ??= /** @type {CommandRecord} */ (
      await this.#at.request("POST", "/v1/commands", {
        query: [
          ["wait", String(WAIT_S)],
          ["interactive", String(interactive)],
        ],
        body: command,
        headers: traceparent ? { traceparent } : {},
        waitS: WAIT_S,
        key,
      })
    );
    return this.#followed(record, sending.onQuestion ?? this.#onQuestion);
  }

  /**
   * The same, for who wants nothing but success. Throws CommandFailedError beside what `send` does.
   *
   * @param {AnyCommand} command
   * @param {Sending} [sending]
   * @returns {Promise<Succeeded>}
   */
  async run(command, sending = {}) {
    const onQuestion = sending.onQuestion ?? this.#onQuestion;
    const record = await this.send(command, { interactive: Boolean(onQuestion), ...sending });
    if (record.result?.outcome === "succeeded") return record.result;
    if (record.result?.outcome === "failed") throw new CommandFailedError(record, record.result);
    throw new TrunklineError(`the command ${record.id} is ${record.status}`);
  }

  /**
   * @param {CommandRecord} record
   * @param {Handler | undefined} handler
   */
  async #followed(record, handler) {
    for (;;) {
      if (record.status === "accepted" || record.status === "sent") {
        await this.#at.pause(0.5);
        record = await this.command(record.id);
      } else if (record.status === "needinfo" && record.result?.outcome === "needinfo" && handler) {
        const question = record.result.needinfo;
        const answer = await asked(handler, question, this.#at);
        if (answer === null) return this.command(record.id);
        try {
          record = await this.answer(question, answer);
        } catch (error) {
          if (!tooLate(error)) throw error; // somebody was first, or it is over
          record = await this.command(record.id);
        }
      } else {
        return record;
      }
    }
  }

  /**
   * A command as it stands.
   *
   * @returns {Promise<CommandRecord>}
   */
  command(/** @type {string} */ id) {
    return this.#at.request("GET", `/v1/commands/${id}`);
  }

  // --- questions

  /**
   * Answer a question; the command's record then. See `submit`, `skip` and `cancel`. Rejects with 400 naming the
   * field, 409 if somebody else was first, 410 if late.
   *
   * @param {NeedInfo} question
   * @param {Answer} answer
   * @returns {Promise<CommandRecord>}
   */
  answer(question, answer) {
    return this.#at.request("POST", `/v1/commands/${question.command_id}/answer`, {
      query: [["wait", String(WAIT_S)]],
      body: answer,
      waitS: WAIT_S,
    });
  }

  /**
   * Those that are open.
   *
   * @returns {AsyncGenerator<NeedInfo, void>}
   */
  questions() {
    return pages(this.#at, "/v1/needinfo", "needinfo");
  }

  /**
   * Answer everybody's questions, until `signal` says so: those that are open, and those that come. The handler
   * is given each once.
   *
   * @param {Handler} handler
   * @param {{ filter?: Filter, signal?: AbortSignal }} [options] `filter`: of which platforms, agents or sessions
   */
  async answerQuestions(handler, { filter = {}, signal } = {}) {
    const types = ["needinfo.requested", "needinfo.resolved"];
    const followed = this.events({ filter: { ...filter, types }, ...(signal ? { signal } : {}) });
    /** @type {Map<string, AbortController>} */
    const open = new Map();
    /** @type {(error: unknown) => void} */
    let fail = () => {};
    const failed = new Promise((_, reject) => (fail = reject));
    failed.catch(() => {});
    const answer = async (/** @type {NeedInfo} */ question, /** @type {AbortController} */ over) => {
      try {
        const said = await asked(handler, question, this.#at, over);
        if (said !== null) await this.answer(question, said);
      } catch (error) {
        if (!tooLate(error)) fail(error);
      } finally {
        open.delete(question.id);
      }
    };
    /** @type {Set<string>} */
    const begun = new Set(); // a list and an event may both tell of one
    const begin = (/** @type {NeedInfo} */ question) => {
      if (begun.has(question.id) || !fits(question, filter)) return;
      begun.add(question.id);
      if (begun.size > REMEMBERED) begun.delete([...begun][0] ?? "");
      const over = new AbortController();
      open.set(question.id, over);
      void answer(question, over);
    };
    const follow = async () => {
      await followed.joined();
      for await (const question of this.questions()) begin(question);
      for await (const told of followed) {
        if (told.type === "needinfo.requested") begin(told.needinfo);
        else if (told.type === "needinfo.resolved") open.get(told.needinfo.id)?.abort();
        else if (told.type === "stream.gap") for await (const question of this.questions()) begin(question);
      }
    };
    try {
      await Promise.race([follow(), failed]);
    } catch (error) {
      if (!signal?.aborted) throw error;
    } finally {
      followed.close();
      for (const one of open.values()) one.abort();
    }
  }

  /**
   * Answer what a platform asks of the CRM.
   *
   * @param {string} id
   * @param {AnyQueryAnswer} answer
   * @returns {Promise<void>}
   */
  answerQuery(id, answer) {
    return this.#at.request("POST", `/v1/queries/${id}/answer`, { body: answer });
  }

  // --- lists

  /**
   * The platforms in sight, with what each can be told.
   *
   * @returns {AsyncGenerator<PlatformInfo, void>}
   */
  platforms() {
    return pages(this.#at, "/v1/platforms", "platforms");
  }

  /**
   * Agents that are signed in.
   *
   * @param {Filter} [filter]
   * @param {number} [perPage]
   * @returns {AsyncGenerator<AgentSession, void>}
   */
  sessions(filter = {}, perPage = 1000) {
    return pages(this.#at, "/v1/sessions", "sessions", [...asQuery(filter), ["limit", String(perPage)]]);
  }

  /**
   * Interactions that are open.
   *
   * @param {Filter} [filter]
   * @param {number} [perPage]
   * @returns {AsyncGenerator<Interaction, void>}
   */
  interactions(filter = {}, perPage = 1000) {
    return pages(this.#at, "/v1/interactions", "interactions", [...asQuery(filter), ["limit", String(perPage)]]);
  }

  /**
   * One agent session.
   *
   * @returns {Promise<AgentSession>}
   */
  session(/** @type {string} */ id) {
    return this.#at.request("GET", `/v1/sessions/${id}`);
  }

  /**
   * One interaction, open or completed not long ago.
   *
   * @returns {Promise<Interaction>}
   */
  interaction(/** @type {string} */ id) {
    return this.#at.request("GET", `/v1/interactions/${id}`);
  }

  // --- tokens

  /**
   * A token for a page of that agent: it sees him, and acts for him, and nobody else.
   *
   * @param {string} platform
   * @param {string} agent
   * @param {Partial<TokenRequest>} [more]
   * @returns {Promise<MintedToken>}
   */
  mintToken(platform, agent, more = {}) {
    const body = { role: "facade", ...more, platform_id: platform, agent_id: agent };
    return this.#at.request("POST", "/v1/link-tokens", { body, again: true });
  }

  /**
   * Take a token out of use; what is connected by it is closed.
   *
   * @returns {Promise<void>}
   */
  revokeToken(/** @type {string} */ token) {
    return this.#at.request("POST", "/v1/link-tokens/revoke", { body: { token }, again: true });
  }

  /**
   * What a browser opens one stream with, in place of a key; good for half a minute.
   *
   * @returns {Promise<StreamTicket>}
   */
  streamTicket() {
    return this.#at.request("POST", "/v1/stream-tickets", { again: true });
  }
}

/** Whether an answer was not needed any more, or nobody knows. */
function tooLate(/** @type {unknown} */ error) {
  return (
    error instanceof UnansweredError || (error instanceof ProblemError && [404, 409, 410].includes(error.status))
  );
}

/** As far as a question says it. */
function fits(/** @type {NeedInfo} */ question, /** @type {Filter} */ filter) {
  return (
    (!filter.platforms?.length || filter.platforms.includes(question.platform_id)) &&
    (!filter.agents?.length || filter.agents.includes(question.agent_id)) &&
    (!filter.sessions?.length || filter.sessions.includes(question.session_id))
  );
}
