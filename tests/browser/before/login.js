/**
 * `login` and `openLogin` of a page whose agent nobody knows yet, so that there is no connection to ask over.
 *
 * By the vendor's rules a success means that the request was taken, and ON_LOGIN that it came true; what is wrong
 * with the credentials is told by ON_SERVER_ERROR as well. Once somebody has signed in, all calls go to the gateway.
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
const UNKNOWN = { code: 99, name: 'unknown_error' };
const SUCCESS = { status: 'success', data: null };
const LOGGED_IN = 'ON_LOGIN';

/** @typedef {import('./sign-in.js').SignIn} SignIn */

export class Login {
  #promised = false; // to the page: that it will hear of the login

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
    return this.signIn.unknown && (method === 'login' || method === 'openLogin');
  }

  /**
   * @param {string} method
   * @param {any[]} params
   * @returns {Promise<object>} the vendor's OperationResult
   */
  async call(method, [data]) {
    if (method === 'login') return this.#login(data);
    this.#promised = true;
    this.signIn.form.scrollIntoView();
    return SUCCESS;
  }

  /** @param {any} data LoginData */
  async #login(data) {
    const { username: agent_id, password, tenant } = data ?? {};
    try {
      const token = await tokenByPassword({ agent_id, password, tenant: tenant ?? '' });
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

  /** @param {string} event that the page was told */
  told(event) {
    if (event === LOGGED_IN) this.#promised = false;
  }

  /**
   * There is a connection. An agent who was logged in before it began is not told of, so we do that.
   * @param {import('./channel.js').Channel} channel
   */
  async connected(channel) {
    if (!this.#promised) return;
    const state = await channel.call('getLoginState', []).catch(() => null);
    if (!this.#promised || !state?.data?.isLoggedIn) return;
    this.#promised = false;
    this.tell(LOGGED_IN, [state.data]);
  }
}
