/** What is done with the phone: commands, answers to what they ask, and in words what became of them. */

import { reason, said } from './messages.js';
import { asked, settled } from './model.js';

/**
 * @typedef {object} Ui what is on the screen and nowhere else
 * @property {Record<string, string>} panels the open one of each interaction
 * @property {Record<string, any[]>} dispositions as listed, by interaction
 * @property {any[]} directory as listed
 * @property {Record<string, string>} wrong what was wrong with the answer to a question
 * @property {import('./messages.js').Message[]} messages
 * @property {boolean} takeOver signing in failed as the agent is elsewhere
 * @property {string} focus what is to be in focus next
 *
 * @typedef {object} Desk
 * @property {import('./model.js').Model} model
 * @property {Ui} ui
 * @property {import('./words.js').Words} words
 * @property {import('./connection.js').Connection} connection
 * @property {() => void} render
 */

const REPEATED = new Set(['interaction.send_dtmf', 'chat.send']); // as fast as somebody types

/** @returns {Ui} */
export const emptyDesk = () => ({ panels: {}, dispositions: {}, directory: [], wrong: {}, messages: [], takeOver: false, focus: '' });

export class Acts {
  /** @type {Map<string, string>} */ #waiting = new Map(); // commands that asked: by id, the verb
  /** @type {Set<string>} */ #busy = new Set();

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /**
   * Whether such a command is on its way.
   * @param {string} id of what it is about
   * @param {string} verb
   */
  busy(id, verb) {
    return this.#busy.has(`${id} ${verb}`);
  }

  /**
   * Give a command; what comes of it is said.
   * @param {any} command
   * @param {boolean} [quietly] nobody asked for it: a failure is not told
   * @returns {Promise<any>} the result, if it succeeded or asks; else null
   */
  async act(command, quietly = false) {
    const about = `${command.interaction_id ?? command.session_id ?? ''} ${command.type}`;
    if (this.#busy.has(about)) return null;
    if (!REPEATED.has(command.type)) this.#busy.add(about);
    this.desk.render();
    try {
      return this.#ended(command.type, await this.desk.connection.order(command), quietly);
    } catch (refusal) {
      if (!quietly) this.#failed(command.type, /** @type {any} */ (refusal));
      return null;
    } finally {
      this.#busy.delete(about);
      this.desk.render();
    }
  }

  /**
   * @param {any} question
   * @param {string} action
   * @param {object} [values]
   */
  async answer(question, action, values) {
    const { id, command_id: command } = question;
    const { desk } = this;
    const verb = this.#waiting.get(command);
    this.#waiting.delete(command); // it is told to us directly
    delete desk.ui.wrong[id];
    try {
      const record = await desk.connection.answer({ needinfo_id: id, action, ...(values && { values }) });
      desk.model = settled(desk.model, id);
      this.#ended(record?.command?.type ?? verb ?? '', record, false);
    } catch (refused) {
      const refusal = /** @type {import('./orders.js').Refusal} */ (refused);
      if (verb) this.#waiting.set(command, verb);
      if (refusal.code === 'invalid_command') desk.ui.wrong[id] = reason(desk.words, refusal);
      else this.say(reason(desk.words, refusal), true);
    }
    desk.render();
  }

  /** @param {any} event of the stream */
  heard(event) {
    const { words } = this.desk;
    if (event.type === 'needinfo.resolved') delete this.desk.ui.wrong[event.needinfo.id];
    if (event.type === 'command.finished') this.#finished(event);
    else if (event.type === 'command.proved') this.say(words(`proved.${event.effect}`, { verb: words(`do.${event.verb}`) }), false);
    else if (event.type === 'platform.notice' && event.error) this.say(event.message || event.code, true);
  }

  /**
   * A command of ours that had asked: somebody else has answered, or nobody in time.
   * @param {any} event
   */
  #finished({ command_id: id, result }) {
    const verb = this.#waiting.get(id);
    if (verb === undefined) return;
    this.#waiting.delete(id);
    this.#ended(verb, { id, result }, false);
  }

  /**
   * @param {string} verb
   * @param {any} record null: events tell it
   * @param {boolean} quietly
   */
  #ended(verb, record, quietly) {
    const { desk } = this;
    const result = record?.result;
    if (!result) return null;
    if (result.outcome === 'failed') {
      if (!quietly) this.#failed(verb, result);
      return null;
    }
    if (result.outcome === 'needinfo') {
      desk.model = asked(desk.model, result.needinfo);
      this.#waiting.set(record.id, verb);
      desk.ui.focus = `[data-question="${result.needinfo.id}"] :is(input, select, textarea, button)`;
      return result;
    }
    for (const why of result.warnings ?? []) this.say(desk.words('warned', { verb: desk.words(`do.${verb}`), why }), false);
    if (verb === 'agent.login') desk.ui.takeOver = false;
    return result;
  }

  /**
   * @param {string} verb
   * @param {import('./orders.js').Refusal} failure
   */
  #failed(verb, failure) {
    const { words, ui } = this.desk;
    if (verb === 'agent.login' && failure.code === 'already_logged_in') ui.takeOver = true;
    if (failure.code === 'cancelled') return; // by the agent, just now
    this.say(words('failed', { verb: words(`do.${verb}`), why: reason(words, failure) }), true);
  }

  /**
   * @param {string} text
   * @param {boolean} bad
   */
  say(text, bad) {
    const { ui } = this.desk;
    ui.messages = said(ui.messages, text, bad, Date.now());
    this.desk.render();
  }
}
