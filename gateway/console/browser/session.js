/**
 * With what this tab is signed in: a key, or a bearer token of an identity provider. It is kept for the tab
 * alone, in its session storage, and shown to nobody but this gateway.
 */

const NAME = 'trunkline.credential';
let held = sessionStorage.getItem(NAME) ?? '';
const listeners = new Set();

/** The credential; empty: none, which is enough for an open gateway on this machine. */
export const credential = () => held;

/** Go on with another one. */
export function signIn(text) {
  held = text;
  if (text) sessionStorage.setItem(NAME, text);
  else sessionStorage.removeItem(NAME);
}

/** It is over, or nobody wants it any more. `why` is told to who has to sign in again. */
export function signOut(why = '') {
  signIn('');
  for (const tell of listeners) tell(why);
}

/** Be told of that. */
export const onSignOut = (tell) => listeners.add(tell);
