/**
 * The ways to sign in beside the form's token, where the gateway offers them for this platform: single sign-on in a
 * window of its own, and the platform's password. They stand before the form; frame.css shows and hides them with it.
 *
 * The window hands us a secret, and with that we fetch the token. So it does not matter that the provider's pages
 * may cut the window off from us, nor that a browser keeps apart what is stored in frames.
 */

const PACKET = 1; // what our own messages are marked with
const PICK_UP = new URL('/v1/sign-in/pick-up', location.origin);
const PASSWORD = new URL('sign-in', import.meta.url);

/** @typedef {import('./sign-in.js').SignIn} SignIn */

/** @param {SignIn} signIn */
export async function offerWays(signIn) {
  const answer = await fetch(new URL('sign-in.json', import.meta.url)).catch(() => null);
  const offered = answer?.ok ? await answer.json() : {};
  const told = element('p', { role: 'alert' });
  const ways = [];
  if (offered.window) ways.push(windowButton(signIn, offered.window, told));
  if (offered.password) ways.push(passwordForm(signIn, told));
  for (const way of [...ways, told]) way.classList.add('way');
  signIn.form.before(told, ...ways);
}

/**
 * The token that the platform's password gets. Rejects with the gateway's code and reason.
 * @param {{agent_id: string, password: string, tenant?: string, take_over?: boolean}} credentials
 */
export const tokenByPassword = async (credentials) => (await ask(PASSWORD, credentials)).token;

/**
 * @param {SignIn} signIn
 * @param {string} address of the window
 * @param {HTMLElement} told where to say what went wrong
 */
function windowButton(signIn, address, told) {
  /** @type {Window | null} */ let opened = null;
  let waiting = new AbortController();
  addEventListener('message', async ({ source, origin, data }) => {
    const ours = opened && source === opened && origin === location.origin;
    if (!ours || data?.trunkline !== PACKET || !data.pickUp) return;
    opened?.postMessage({ trunkline: PACKET, pickingUp: true }, origin);
    waiting.abort(); // begun again: of the last one nobody wants to know any more
    waiting = new AbortController();
    const { signal } = waiting;
    try {
      signIn.accept({ token: await pickUp(String(data.pickUp), signal) });
    } catch (error) {
      if (!signal.aborted) told.textContent = /** @type {Error} */ (error).message;
    }
  });
  const button = element('button', { type: 'button' }, 'Single sign-on');
  button.onclick = () => {
    opened = open(address, 'trunkline-sign-in', 'popup,width=480,height=640');
    told.textContent = opened ? '' : 'The browser opens no window here: allow pop-ups, or use a token.';
  };
  return button;
}

/**
 * @param {SignIn} signIn
 * @param {HTMLElement} told where to say what went wrong
 */
function passwordForm(signIn, told) {
  const form = /** @type {HTMLFormElement} */ (element('form', { id: 'password-sign-in' }));
  form.append(
    element('label', { for: 'agent' }, 'Agent'),
    element('input', { id: 'agent', name: 'agent', autocomplete: 'username', required: '' }),
    element('label', { for: 'password' }, 'Password'),
    element('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password' }),
    element('button', {}, 'Sign in'),
  );
  const takeOver = element('button', { hidden: '' }, 'Take the session over');
  form.append(takeOver);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const take_over = event.submitter === takeOver;
    const said = new FormData(form);
    told.textContent = '';
    takeOver.hidden = true;
    try {
      const [agent_id, password] = [String(said.get('agent')), String(said.get('password'))];
      signIn.accept({ token: await tokenByPassword({ agent_id, password, take_over }) });
      form.reset();
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      told.textContent = message;
      takeOver.hidden = code !== 'already_logged_in' || take_over;
    }
  };
  return form;
}

/**
 * The token, as soon as the agent has signed in.
 * @param {string} secret
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
async function pickUp(secret, signal) {
  for (;;) {
    const { token } = await ask(PICK_UP, { pick_up: secret }, signal);
    if (token) return token; // or it waited long enough for once
  }
}

/**
 * @param {URL} address
 * @param {object} body
 * @param {AbortSignal} [signal]
 */
async function ask(address, body, signal) {
  const answer = await fetch(address, { method: 'POST', body: JSON.stringify(body), signal });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.detail), { code: said.type.split(':').at(-1) });
  return said;
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {string} [text]
 */
function element(name, attributes, text = '') {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
