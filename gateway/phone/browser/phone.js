/**
 * The phone itself: what it knows, joined to the gateway on one side and to what is seen on the other. The element around
 * it says who the agent is and where the gateway.
 */

import { Acts, emptyDesk } from './acts.js';
import { Connection } from './connection.js';
import { claims } from './credentials.js';
import { h } from './dom.js';
import { Leading } from './leader.js';
import { fresh } from './messages.js';
import { NOTHING, asked, comesIn, fold, listed, sessionOf, written } from './model.js';
import { showPhone } from './view.js';
import { wordsIn } from './words.js';

const TICK_MS = 1000;
const MOST_PAGES = 10; // of open questions, which are many only for who sees everybody's
const ARRIVALS = new Set(['interaction.created', 'interaction.previewed', 'interaction.alerting', 'interaction.connected']);
const LISTS = 'interaction.list_dispositions';

/**
 * @typedef {{gateway: URL, platform: string, agent: string, language: string, token: string, url: string,
 *   source: import('./credentials.js').TokenSource | null}} Settings
 * @typedef {ReturnType<Phone['seen']>} Seen what views are made of
 */

export class Phone {
  model = NOTHING;
  ui = emptyDesk();
  #who = { platform: '', agent: '' };
  #why = '';
  #due = false;
  #tick = 0;

  /**
   * @param {ShadowRoot} root
   * @param {() => Settings} settings
   * @param {(name: string, detail: object) => void} tell the page
   */
  constructor(root, settings, tell) {
    this.root = root;
    this.settings = settings;
    this.connection = new Connection({
      gateway: settings().gateway,
      from: () => this.settings(),
      filter: () => this.#filter(),
      heard: (frame) => this.#heard(frame),
      admitted: (token) => this.#admitted(token),
      changed: (state, why) => {
        this.#why = why;
        tell('connection', { state, why });
        this.render();
      },
    });
    this.acts = new Acts(this);
    this.leading = new Leading(
      (interaction) => tell('pop', { interaction }),
      () => {
        tell('lead', {});
        this.leading.offer(this.#ringing());
      },
    );
  }

  open() {
    this.#tick = setInterval(() => document.visibilityState === 'visible' && this.render(), TICK_MS);
    this.again();
  }

  /** Who the agent is, or where the gateway, has changed. */
  again() {
    const { gateway, source, url, token } = this.settings();
    this.connection.close();
    this.#who = this.#named(token);
    this.model = NOTHING;
    this.connection.options.gateway = gateway;
    if (this.#who.agent || source || url) this.connection.again();
    this.render();
  }

  close() {
    clearInterval(this.#tick);
    this.leading.stand('');
    this.connection.close();
  }

  get words() {
    return wordsIn(this.settings().language);
  }

  /**
   * Whose phone it is: as the page says, or else as the token does.
   * @param {string} token
   */
  #named(token) {
    const { platform, agent } = this.settings();
    const said = claims(token);
    return { platform: platform || (said?.platform ?? ''), agent: agent || (said?.agent ?? '') };
  }

  #filter() {
    const { platform, agent } = this.#who;
    return { ...(platform && { platforms: [platform] }), ...(agent && { agents: [agent] }) };
  }

  /** @param {string} token */
  async #admitted(token) {
    this.#who = this.#named(token);
    const { platform, agent } = this.#who;
    this.leading.stand(`trunkline-phone ${this.settings().gateway.href} ${platform} ${agent}`);
    for (const one of await this.#open()) {
      const ours = (!platform || one.platform_id === platform) && (!agent || one.agent_id === agent);
      if (ours) this.model = asked(this.model, one);
    }
    this.render();
  }

  /** The questions that were open before we came; where they cannot be had, somebody else can answer them. */
  async #open() {
    const found = [];
    try {
      let path = 'v1/needinfo?limit=1000';
      for (let page = 0; path && page < MOST_PAGES; page += 1) {
        const { needinfo, next } = await this.connection.read(path);
        found.push(...needinfo);
        path = next ? `v1/needinfo?limit=1000&page=${encodeURIComponent(next)}` : '';
      }
    } catch (error) {
      console.warn(`trunkline: open questions: ${/** @type {Error} */ (error).message}`);
    }
    return found;
  }

  #ringing() {
    return Object.values(this.model.interactions).filter((one) => one.state === 'alerting');
  }

  /** @param {any} frame */
  #heard(frame) {
    this.model = fold(this.model, frame, Date.now());
    if (frame.type === 'stream.snapshot') this.leading.offer(this.#ringing());
    else if (ARRIVALS.has(frame.type) && comesIn(frame.interaction)) this.leading.offer([frame.interaction]);
    if (frame.interaction?.state === 'completed') this.#forget(frame.interaction.id);
    this.acts.heard(frame);
    this.render();
  }

  /** @param {string} id of what is no longer shown */
  #forget(id) {
    delete this.ui.panels[id];
    delete this.ui.dispositions[id];
  }

  /**
   * Call somebody.
   * @param {string} destination
   */
  async dial(destination) {
    const session = this.#session();
    return session && this.acts.act({ type: 'interaction.dial', session_id: session.id, destination });
  }

  /**
   * Open a panel of an interaction, or close it.
   * @param {string} id
   * @param {string} panel a verb; empty: none
   */
  openPanel(id, panel) {
    const { ui } = this;
    const before = ui.panels[id];
    ui.panels[id] = panel;
    const card = `[data-interaction="${id}"]`;
    ui.focus = panel ? `${card} :is(.panel, .keypad) :is(input, button)` : `${card} [data-do="${before}"]`;
    const session = this.#session();
    if (panel && panel !== 'interaction.send_dtmf' && session?.allowed?.includes('directory.list')) {
      this.acts.act({ type: 'directory.list', session_id: session.id }, true).then((told) => {
        if (Array.isArray(told?.data)) ui.directory = told.data;
        this.render();
      });
    }
    this.render();
  }

  /**
   * The dispositions to choose from, once for each interaction.
   * @param {any} one
   * @param {boolean} quietly nobody has asked for them
   */
  async #listDispositions(one, quietly) {
    const { dispositions } = this.ui;
    if (dispositions[one.id]) return;
    dispositions[one.id] = [];
    const told = await this.acts.act({ type: LISTS, session_id: one.session_id, interaction_id: one.id }, quietly);
    if (Array.isArray(told?.data)) dispositions[one.id] = told.data;
    else if (!quietly) delete dispositions[one.id]; // who asked may ask again
    this.render();
  }

  #session() {
    return sessionOf(this.model, this.#who.platform, this.#who.agent);
  }

  /** What views are made of. */
  seen() {
    const open = this.connection.state === 'open';
    const can = (/** @type {any} */ snapshot, /** @type {string} */ verb) =>
      open && Boolean(snapshot?.allowed?.includes(verb)) && !this.acts.busy(snapshot.id, verb);
    return {
      ...this.#who,
      ...{ model: this.model, ui: this.ui, session: this.#session(), words: this.words, now: Date.now() },
      ...{ connection: this.connection.state, why: this.#why, can },
      button: buttons(this.words, can),
      act: (/** @type {any} */ command) => this.acts.act(command),
      answer: (/** @type {any} */ question, /** @type {string} */ action, /** @type {object | undefined} */ values) =>
        this.acts.answer(question, action, values),
      open: (/** @type {string} */ id, /** @type {string} */ panel) => this.openPanel(id, panel),
      lists: (/** @type {any} */ one) => this.#listDispositions(one, false),
      dismiss: (/** @type {number} */ id) => {
        this.ui.messages = this.ui.messages.filter((one) => one.id !== id);
        this.render();
      },
      wrote: (/** @type {string} */ id, /** @type {string} */ text) => {
        this.model = written(this.model, id, { mine: true, text, at: Date.now() });
        this.render();
      },
    };
  }

  /** Soon, once for all that has changed. */
  render() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.ui.messages = fresh(this.ui.messages, Date.now());
      const seen = this.seen();
      showPhone(this.root, seen);
      if (document.visibilityState !== 'visible' || !seen.can(seen.session, LISTS)) return;
      for (const one of listed(this.model, seen.session)) if (one.state === 'wrap_up') this.#listDispositions(one, true);
    });
  }
}

/**
 * Makes buttons for verbs: greyed where the snapshot does not allow it, and then of no effect. They keep the focus.
 * @param {import('./words.js').Words} words
 * @param {(snapshot: any, verb: string) => boolean} can
 */
const buttons = (words, can) =>
  /**
   * @param {any} snapshot
   * @param {string} verb
   * @param {(event: Event) => void} onclick
   * @param {{class?: string, word?: string, text?: string, label?: string, about?: string, key?: string, expanded?: boolean}} [how]
   */
  (snapshot, verb, onclick, how = {}) => {
    const may = can(snapshot, verb);
    const text = how.text ?? words(how.word || `do.${verb}`);
    return h('button', {
      key: how.key ?? verb,
      type: 'button',
      class: how.class ?? '',
      'data-do': verb,
      'aria-disabled': !may && 'true',
      'aria-expanded': how.expanded === undefined ? false : String(how.expanded),
      'aria-label': how.label ?? (how.about ? `${text}: ${how.about}` : false),
      onclick: (/** @type {Event} */ event) => may && onclick(event),
    }, text);
  };
