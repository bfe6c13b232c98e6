/**
 * The frame beside a page that speaks an API of Bright Pattern's: it signs in and carries messages, and knows no
 * meaning. What an agent can do here by hand is in the soft phone. The page around it is the only one it talks to, at the origin that it first spoke from; which pages
 * may put the frame into them is the gateway's to say (frame-ancestors).
 */

import { Channel } from './channel.js';
import { Login } from './login.js';
import { PhoneBeside } from './phone.js';
import { SignIn } from './sign-in.js';
import { offerWays } from './ways.js';

const status = /** @type {HTMLElement} */ (document.getElementById('status'));
let page = ''; // the origin of the page around us
let asked = 0;
/** @type {Map<number, {resolve: (value: unknown) => void, reject: (why: Error) => void}>} */
const questions = new Map();

/** @param {object} packet */
const post = (packet) => parent.postMessage({ trunkline: 1, ...packet }, page || '*');

const signIn = new SignIn(
  /** @type {HTMLFormElement} */ (document.getElementById('sign-in')),
  (asking) => {
    if (asking) phone.signedOut();
    if (!page) return; // it has yet to say whom it is for
    if (asking) login.asked(channel.agent ?? '');
    post({ asking }); // a page that hides the frame has to show it
  },
  (kept) => page && post({ keep: kept }), // to that page alone: with '*' somebody else could read it
);
const HELLO_MS = 1_000; // of our script around us, which says what it kept; a page that frames us itself says nothing
/** @type {Promise<void>} */ const greeted = new Promise((resolve) => {
  if (parent === window) resolve();
  setTimeout(resolve, HELLO_MS);
  addEventListener('message', ({ source, data }) => source === parent && data?.trunkline === 1 && data.hello && resolve());
});
const phone = new PhoneBeside(/** @type {HTMLElement} */ (document.getElementById('phone')), signIn);
const login = new Login(signIn, (event, params) => page && post({ event, params }));

const channel = new Channel(new URL('.', import.meta.url).href, {
  who: () => greeted.then(() => signIn.who()),
  fresh: (token, keeps) => signIn.fresh(token, keeps),
  over: (who, why, takenOver) => {
    signIn.refused(who);
    login.over(why, channel.agent ?? '', takenOver);
  },
  told: (event, params) => {
    login.told(event, params);
    if (page) post({ event, params });
  },
  asked: (event, params) =>
    new Promise((resolve, reject) => {
      if (!page) return reject(new Error('there is no page to ask'));
      questions.set((asked += 1), { resolve, reject });
      post({ event, params, asked });
    }),
  changed: (state, why) => {
    status.dataset.state = state;
    status.textContent = state === 'open' ? `Signed in${channel.agent ? ` as ${channel.agent}` : ''}` : why || state;
    if (state === 'open' && page) post({ ready: 'channel' });
    if (state === 'open') phone.signedIn(channel.agent ?? '');
    if (state === 'open') login.connected(channel);
  },
});

addEventListener('message', async ({ source, origin, data }) => {
  if (source !== parent || source === window || data?.trunkline !== 1 || (page && origin !== page)) return;
  if (data.hello) {
    page = origin;
    const { token, agent, kept } = data.hello;
    signIn.given({ token, agent }, kept);
    if (signIn.asking) login.asked(channel.agent ?? '');
    post({ asking: signIn.asking });
    if (channel.state === 'open') post({ ready: 'channel' });
  } else if (login.serves(data.method)) {
    post({ uid: data.uid, ...(await login.call(data.method, data.params, channel)) });
  } else if (data.method !== undefined) {
    try {
      post({ uid: data.uid, result: await channel.call(data.method, data.params, data.within) });
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      if (code !== undefined) post({ uid: data.uid, refused: message, code });
      // otherwise the connection was lost: what became of it nobody knows, so the page's own clock runs out
    }
  } else if (data.answers !== undefined) {
    const question = questions.get(data.answers);
    questions.delete(data.answers);
    if (data.nobody) question?.reject(new Error('nobody in the page answers that'));
    else question?.resolve(data.answer);
  }
});

channel.open();
offerWays(signIn);
if (parent !== window) post({ ready: 'frame' });
