/**
 * What a page is answered and told while nobody is signed in, so that there is no connection to ask over.
 *
 * By the vendor's rules a success of `login` or `openLogin` means that the request was taken, and ON_LOGIN that it
 * came true; what is wrong with the credentials is told by ON_SERVER_ERROR as well. While the form is open, whoever
 * asks is told that nobody is logged in. Once somebody has signed in, all calls go to the gateway, until he logs out
 * and `openLogin` brings the form back.
 */

import { tokenByPassword } from './ways.js';

// The gateway's codes by the vendor's numbers and names. Source: reference 2.1 and 2.2.
const SERVER_ERRORS = {
  bad_credentials: { code: 109, name: 'invalid_credentials' },
  already_logged_in: { code: 108, name: 'user_already_logged_in' },
};
const REQUEST_ERRORS = {
  unsupported: { code: 14, name: 'api_method_not_implemented' },
  invalid_command: { code: 3, name: 'invalid_args' },
  not_allowed: { code: 1, name: 'not_enough_privileges' },
  link_down: { code: 6, name: 'api_not_answer' },
  timeout: { code: 8, name: 'timeout' },
};
const TAKEN_OVER = { code: 100, name: 'forced_logout_by_other_client' };
const UNKNOWN = { code: 99, name: 'unknown_error' };
const SUCCESS = { status: 'success', data: null };
const NOT_LOGGED_IN = { status: 'error', error: { code: 2, name: 'not_logged_in' } };
const NOBODY = { status: 'success', data: { isLoggedIn: false } };
// Of the older API, whose commands are in capitals, and which has no errors.
const NO_STATE = { agent_id: '', status: 'offline', reason: '', interactions: [] };
const OLDER = /^[A-Z_]+$/;
const SIGN_IN = new Set(['login', 'openLogin']);

/** @typedef {import('./sign-in.js').SignIn} SignIn */

export class Login {
  #promised = false; // to the page, which thinks that nobody is logged in: that it will hear of a login
  #opened = false; // by the page, with openLogin
  #in = false; // as far as the page knows
  #out = false; // the agent has logged out, over the connection that there is

  /**
   * @param {SignIn} signIn
   * @param {(event: string, params: unknown[]) => void} tell the page
   */
  constructor(signIn, tell) {
    this.signIn = signIn;
    this.tell = tell;
  }

  /** @param {string} method */
  serves(method) {
    if (this.signIn.asking) return true;
    return SIGN_IN.has(method) && (this.signIn.unknown || (this.#out && method === 'openLogin'));
  }

  /**
   * @param {string} method
   * @param {any[]} params
   * @param {import('./channel.js').Channel} channel
   * @returns {Promise<{result: unknown} | {refused: string, code: number}>}
   */
  async call(method, [data, force], channel) {
    if (method === 'login') return { result: await this.#login(data, force === true || force === 'true') };
    if (method === 'openLogin') return { result: this.#open(channel) };
    if (method === 'GET_STATE') return { result: NO_STATE };
    if (OLDER.test(method)) return { refused: 'nobody is signed in', code: NOT_LOGGED_IN.error.code };
    return { result: method === 'getLoginState' ? NOBODY : NOT_LOGGED_IN };
  }

  /** @param {import('./channel.js').Channel} channel */
  #open(channel) {
    this.#promised = this.#opened = true;
    if (this.#out && !this.signIn.asking) {
      this.#out = false;
      channel.close(); // it is of him who has logged out
      this.signIn.again();
      channel.open();
    }
    this.signIn.form.scrollIntoView();
    return SUCCESS;
  }

  /**
   * A person is asked who it is: nobody is logged in.
   * @param {string} agent who was
   */
  asked(agent) {
    this.#promised = true;
    this.#left(agent);
  }

  /** @param {string} agent */
  #left(agent) {
    if (!this.#in) return;
    this.#in = false;
    this.tell('ON_LOGOUT', []); // each page knows the event of its own API
    this.tell('LOGIN_CHANGED', [{ agent_id: agent, login: false }]);
  }

  /**
   * @param {any} data LoginData
   * @param {boolean} force to take the session over from where it is
   */
  async #login(data, force) {
    const { username: agent_id, password, tenant } = data ?? {};
    try {
      const token = await tokenByPassword({ agent_id, password, tenant: tenant ?? '', take_over: force });
      this.#promised = true;
      this.signIn.accept({ token });
      return SUCCESS;
    } catch (failed) {
      const { code, message } = /** @type {any} */ (failed);
      const told = SERVER_ERRORS[code];
      if (told) this.tell('ON_SERVER_ERROR', [{ ...told, timestamp: Date.now(), message }]);
      return { status: 'error', error: { ...(told ?? REQUEST_ERRORS[code] ?? UNKNOWN), message } };
    }
  }

  /**
   * The session is over. Where it was taken over, the page is told at once.
   * @param {string} why
   * @param {string} agent
   * @param {boolean} takenOver by somebody who has signed in elsewhere
   */
  over(why, agent, takenOver) {
    console.warn(`trunkline: ${why}`);
    if (!takenOver) return;
    this.tell('ON_SERVER_ERROR', [{ ...TAKEN_OVER, timestamp: Date.now(), message: why }]);
    this.#left(agent);
  }

  /**
   * @param {string} event that the page was told
   * @param {any[]} params
   */
  told(event, [data]) {
    if (event === 'ON_LOGIN' || (event === 'LOGIN_CHANGED' && data.login)) {
      this.#promised = this.#opened = this.#out = false;
      this.#in = true;
    } else if (event === 'ON_LOGOUT' || event === 'LOGIN_CHANGED') {
      this.#in = false;
      this.#out = true;
    }
  }

  /**
   * There is a connection. An agent who was logged in before it began is not told of, so we do that; one who is
   * not is logged in on the platform, if the page wanted that.
   * @param {import('./channel.js').Channel} channel
   */
  async connected(channel) {
    this.#in = !this.#promised;
    if (!this.#promised) return;
    const state = await channel.call('getLoginState', []).catch(() => null);
    const older = state ? null : await channel.call('GET_STATE', []).catch(() => null);
    if (!this.#promised) return;
    if (state?.data?.isLoggedIn) this.#said('ON_LOGIN', state.data);
    else if (older && older.status !== 'offline') this.#said('LOGIN_CHANGED', { agent_id: older.agent_id, login: true });
    else if (state && this.#opened) channel.call('openLogin', []).catch(() => null); // ON_LOGIN will tell
  }

  /**
   * @param {string} event
   * @param {object} data
   */
  #said(event, data) {
    this.tell(event, [data]);
    this.told(event, [data]);
  }
}
