/**
 * With what this tab is signed in: a key, or a bearer token of an identity provider. It is kept for the tab
 * alone, in its session storage, and shown to nobody but this gateway.
 */

const NAME = 'trunkline.credential';
let held = sessionStorage.getItem(NAME) ?? '';
const listeners = new Set();

/** The credential; empty: none, which is enough for an open gateway on this machine. */
export const credential = () => held;

/** Go on with another one. `why` is told to who has to sign in again, where it is none. */
function use(text, why) {
  held = text;
  if (text) sessionStorage.setItem(NAME, text);
  else sessionStorage.removeItem(NAME);
  for (const tell of listeners) tell(why);
}

/** Somebody has shown one that is good. */
export const signIn = (text) => use(text, '');

/** It is over, or nobody wants it any more. */
export const signOut = (why = '') => use('', why);

/** Be told of either. */
export const onChange = (tell) => listeners.add(tell);
