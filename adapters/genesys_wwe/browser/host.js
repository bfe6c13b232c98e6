/**
 * The page around web applications that were written for Workspace Web Edition: it plays the desktop's side of
 * their messages, over any platform. It knows no meaning; each window that speaks to it has a connection of its
 * own with the gateway, which keeps subscriptions, limits and allow-lists per window.
 *
 * Which applications there are, and which origins may call which services, is the platform's configuration
 * (host.json). An origin that is not listed gets no answer, as from the vendor; pages of our own origin are ours.
 * What a desktop shows on its screen is shown here: screen.js, and the soft phone beside the applications.
 */

import { Channel } from './channel.js';
import { PhoneBeside } from './phone.js';
import { Screen } from './screen.js';
import { SignIn } from './sign-in.js';
import { offerWays } from './ways.js';

const CLIENT = 'WWE Client';
const SERVER = 'WWE Server';
const VERSION = 2;
const HERE = new URL('.', import.meta.url).href;

/**
 * @typedef {{applications: {label: string, url: string}[], origins: Record<string, string[]>, services: string[]}}
 *   Settings `services`: those that anybody may call
 */

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {string} */ let around = ''; // the origin of a page that frames us and has our keeper.js
const signIn = new SignIn(
  /** @type {HTMLFormElement} */ (element('sign-in')),
  (asking) => beside(asking),
  (kept) => around && parent.postMessage({ trunkline: 1, keep: kept }, around),
);

const phone = new PhoneBeside(element('phone'), signIn);

/** @param {boolean} asking who the agent is */
function beside(asking) {
  if (asking) phone.signedOut();
  else signIn.who().then((who) => phone.signedIn(who.agent ?? ''));
}

/** One window that calls us. */
class Application {
  /** @type {{reference: string | undefined, data: unknown}[]} */ #subscribed = [];
  /** @type {Map<string, string>} */ #renamed = new Map(); // subscription as it was told: as it is now

  /**
   * @param {Window} window
   * @param {string} origin
   * @param {string[]} services patterns: a name, `namespace.*`, `*`
   */
  constructor(window, origin, services) {
    this.window = window;
    this.origin = origin;
    this.services = services;
    this.channel = new Channel(HERE, {
      who: () => signIn.who(),
      fresh: (token, keeps) => signIn.fresh(token, keeps),
      over: (who, why) => {
        console.warn(`trunkline: ${why}`);
        signIn.refused(who);
      },
      told: (event, params) => this.#post({ event, data: params[0] ?? null }),
      changed: (state, why) => this.#changed(state, why),
    }).open();
  }

  /** @param {any} message */
  async heard({ request, parameters, event, data, referenceId }) {
    const named = typeof referenceId === 'string' && referenceId !== '';
    const reply = (/** @type {object} */ result) => named && this.#post({ referenceId, ...result });
    if (event === 'subscribe') this.#subscribe(data, reply);
    else if (event === 'unsubscribe') this.#unsubscribe(data, reply);
    else if (typeof request !== 'string') return;
    else if (!this.#allowed(request)) reply({ errorMessage: `Service not allowed: ${request}` });
    else if (request in screen.services) reply(this.#show(request, parameters ?? []));
    else if (request === 'system.getAllowedServices') this.#listed().then(reply, () => {});
    else this.#call(request, (parameters ?? []).map((/** @type {unknown} */ one) => one ?? null)).then(reply, () => {});
  }

  /** @param {string} service */
  #allowed(service) {
    const names = ['*', service, `${service.split('.')[0]}.*`];
    return [this.services, settings.services].every((some) => some.some((one) => names.includes(one)));
  }

  /** What this origin may call: of the gateway's services and of ours. */
  async #listed() {
    const reply = await this.#call('system.getAllowedServices', []);
    const all = new Set([...(reply.data ?? []), ...Object.keys(screen.services)]);
    return reply.data ? { ...reply, data: [...all].filter((one) => this.#allowed(one)).sort() } : reply;
  }

  /**
   * @param {string} service
   * @param {unknown[]} params
   */
  #show(service, params) {
    try {
      return { data: screen.services[service]?.(this, params) };
    } catch (error) {
      return { errorMessage: /** @type {Error} */ (error).message };
    }
  }

  /**
   * A person has answered what is shown.
   * @param {object} data
   */
  told(data) {
    if (this.#subscribed.some((one) => [one.data].flat().includes('system'))) this.#post({ event: 'system', data });
  }

  /** Another page is in its place. */
  leave() {
    this.channel.close();
    screen.leave(this);
  }

  /**
   * @param {string} method
   * @param {unknown[]} params
   * @returns {Promise<any>} rejects where the vendor would not answer either
   */
  async #call(method, params) {
    try {
      return await this.channel.call(method, params);
    } catch (error) {
      if (/** @type {any} */ (error).code === undefined) throw error;
      return { errorMessage: /** @type {Error} */ (error).message };
    }
  }

  /**
   * @param {unknown} data
   * @param {(result: object) => void} reply
   */
  async #subscribe(data, reply) {
    const result = await this.#call('subscribe', [data]).catch(() => null);
    if (result === null) return;
    if (result.subscriptionId) this.#subscribed.push({ reference: result.subscriptionId, data });
    reply(result);
  }

  /**
   * @param {string} told
   * @param {(result: object) => void} reply
   */
  async #unsubscribe(told, reply) {
    this.#subscribed = this.#subscribed.filter((one) => one.reference !== told);
    const result = await this.#call('unsubscribe', [this.#renamed.get(told) ?? told]).catch(() => null);
    if (result !== null) reply(result);
  }

  /**
   * @param {string} state
   * @param {string} why
   */
  async #changed(state, why) {
    const shown = element('status');
    shown.dataset.state = state;
    shown.textContent = state === 'open' ? `Signed in as ${this.channel.agent}` : why || state;
    if (state !== 'open') return;
    for (const { reference, data } of this.#subscribed) {
      const again = await this.#call('subscribe', [data]).catch(() => null); // a new connection knows none
      if (again?.subscriptionId && reference) this.#renamed.set(reference, again.subscriptionId);
    }
  }

  /** @param {object} message */
  #post(message) {
    this.window.postMessage({ ...message, userAgent: SERVER, protocolVersion: VERSION }, this.origin);
  }
}

const settings = /** @type {Settings} */ (await (await fetch(new URL('host.json', HERE))).json());
const screen = new Screen();
/** @type {Map<MessageEventSource, Application>} */ const applications = new Map();

addEventListener('message', ({ source, origin, data }) => {
  if (source === parent && source !== window && data?.trunkline === 1 && data.hello && !around) {
    around = origin;
    return signIn.given({}, data.hello.kept);
  }
  if (source === window || !source || typeof data !== 'object' || data?.userAgent !== CLIENT) return;
  const services = origin === location.origin ? ['*'] : settings.origins[origin] ?? settings.origins['*'];
  if (!services) return;
  let known = applications.get(source);
  if (known?.origin !== origin) {
    known?.leave(); // another page has been loaded into that frame
    known = new Application(/** @type {Window} */ (source), origin, services);
    applications.set(source, known);
  }
  known.heard(data);
});

for (const { label, url } of settings.applications) {
  const frame = document.createElement('iframe');
  frame.title = label;
  frame.src = url;
  const button = document.createElement('button');
  button.textContent = label;
  button.onclick = () => {
    for (const other of element('content').children) /** @type {HTMLElement} */ (other).hidden = other !== frame;
  };
  element('applications').append(button);
  element('content').append(frame);
}
element('applications').querySelector('button')?.click();
if (parent !== window) parent.postMessage({ trunkline: 1, ready: 'frame' }, '*'); // which says nothing
signIn.who().then((who) => phone.signedIn(who.agent ?? '')); // asked at once, not when the first application calls
offerWays(signIn);
