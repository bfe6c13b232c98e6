/**
 * The ways to sign in beside the form's token, where the gateway offers them for this platform: single sign-on in
 * a window of its own. They stand behind the form, and frame.css shows and hides them with it.
 *
 * The window hands us a secret, and with that we fetch the token. So it does not matter that the provider's pages
 * may cut the window off from us, nor that a browser keeps apart what is stored in frames.
 */

const PACKET = 1; // what our own messages are marked with

/** @typedef {import('./sign-in.js').SignIn} SignIn */

/** @param {SignIn} signIn */
export async function offerWays(signIn) {
  const answer = await fetch(new URL('sign-in.json', import.meta.url)).catch(() => null);
  const offered = answer?.ok ? await answer.json() : {};
  if (offered.window) offerWindow(signIn, offered.window);
}

/**
 * @param {SignIn} signIn
 * @param {string} address of the window
 */
function offerWindow(signIn, address) {
  const button = document.createElement('button');
  button.textContent = 'Single sign-on';
  const told = document.createElement('p');
  told.setAttribute('role', 'alert');
  for (const one of [button, told]) one.className = 'way';
  signIn.form.after(button, told);
  /** @type {Window | null} */ let opened = null;
  let waiting = new AbortController();
  button.onclick = () => {
    opened = open(address, 'trunkline-sign-in', 'popup,width=480,height=640');
    told.textContent = opened ? '' : 'The browser opens no window here: allow pop-ups, or use a token.';
  };
  addEventListener('message', async ({ source, origin, data }) => {
    const ours = opened && source === opened && origin === location.origin;
    if (!ours || data?.trunkline !== PACKET || !data.pickUp) return;
    opened?.postMessage({ trunkline: PACKET, pickingUp: true }, origin);
    waiting.abort(); // begun again: of the last one nobody wants to know any more
    waiting = new AbortController();
    const { signal } = waiting;
    try {
      signIn.accept({ token: await pickUp(String(data.pickUp), signal) });
      told.textContent = '';
    } catch (error) {
      if (!signal.aborted) told.textContent = /** @type {Error} */ (error).message;
    }
  });
}

/**
 * The token, as soon as the agent has signed in.
 * @param {string} secret
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
async function pickUp(secret, signal) {
  const address = new URL('/v1/sign-in/pick-up', location.origin);
  for (;;) {
    const answer = await fetch(address, { method: 'POST', body: JSON.stringify({ pick_up: secret }), signal });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail);
    if (said.token) return said.token; // or it waited long enough for once
  }
}
