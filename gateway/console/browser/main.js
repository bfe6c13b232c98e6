/**
 * The page as a whole: who is signed in, where one is, and what is shown there. Addresses are in the fragment,
 * such as `#/interactions/int_1`: a link to it can be kept and sent.
 */

import { get, Problem, refusal } from './api.js';
import { h, notify, put, text } from './dom.js';
import { credential, onChange, signOut } from './session.js';
import { Store } from './store.js';
import * as agents from './views/agents.js';
import * as audit from './views/audit.js';
import * as dialects from './views/dialects.js';
import * as interaction from './views/interaction.js';
import * as interactions from './views/interactions.js';
import * as keys from './views/keys.js';
import * as overview from './views/overview.js';
import * as phone from './views/phone.js';
import * as signIn from './views/sign_in.js';
import * as tail from './views/tail.js';
import * as webhook from './views/webhook.js';
import * as webhooks from './views/webhooks.js';

/** By the first part of the address: what shows all, and what shows one of them. */
const PLACES = {
  overview: [overview],
  agents: [agents],
  interactions: [interactions, interaction],
  tail: [tail],
  webhooks: [webhooks, webhook],
  keys: [keys],
  audit: [audit],
  dialects: [dialects],
  phone: [phone, phone],
};
const STREAM = { connecting: 'connecting', live: 'live', waiting: 'cut off, trying again', over: 'no events' };

const main = document.getElementById('main');
const places = document.getElementById('places');
const menu = document.getElementById('menu');
const leave = document.getElementById('leave');
const pill = document.getElementById('stream');

let store = null;
let end = null; // of what is shown
let turn = 0;

/** Begin, with whatever credential there is. */
async function begin(why = '') {
  finish();
  const mine = turn;
  const refused = await get('v1/platforms', { limit: 1 }).then(() => null, (error) => error);
  if (mine !== turn) return; // another one was shown meanwhile
  if (refused && !(refused instanceof Problem && refused.status === 403 && credential())) {
    askWho(why || (refused.status === 401 && !credential() ? '' : refusal(refused)));
    return;
  }
  store = new Store();
  store.changed(drawStream);
  store.start();
  leave.hidden = !credential();
  document.body.classList.add('in');
  drawPlaces();
  show();
}

function finish() {
  close();
  store?.stop();
  store = null;
  document.body.classList.remove('in');
  leave.hidden = true;
}

function askWho(why) {
  document.title = 'Sign in – Trunkline';
  put(main);
  end = signIn.show(main, why);
  text(pill, '');
  pill.className = 'pill';
}

function drawStream() {
  const { state, why } = store.stream;
  const told = STREAM[state] + (state === 'over' && why ? `: ${why}` : '');
  text(pill, told);
  pill.className = `pill ${state}`;
}

function drawPlaces() {
  const [here = 'overview'] = parts();
  put(
    places,
    h('ul', null, Object.entries(PLACES).map(([name, [view]]) =>
      h('li', null, h('a', { href: `#/${name}`, 'aria-current': name === here ? 'page' : null }, view.title)))),
    h('p', { class: 'also' }, h('a', { href: new URL('../docs', import.meta.url).href }, 'The API'), h('a', { href: new URL('../manual', import.meta.url).href }, 'Manual')),
  );
}

const parts = () => location.hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decodeURIComponent);

function close() {
  turn += 1;
  end?.();
  end = null;
}

/** Show what the address names. */
async function show() {
  if (!store) return;
  close();
  const [place = 'overview', ...more] = parts();
  const view = PLACES[place]?.[more.length ? 1 : 0];
  drawPlaces();
  openMenu(false);
  put(main);
  scrollTo(0, 0);
  if (!view) {
    document.title = 'Not found – Trunkline';
    put(main, h('h1', null, 'There is no such page'), h('p', null, h('a', { href: '#/overview' }, 'To the overview')));
    return;
  }
  document.title = `${view.title} – Trunkline`;
  const mine = turn;
  try {
    const over = await view.show(main, { store, parts: more });
    if (mine === turn) end = over ?? null;
    else over?.();
  } catch (error) {
    if (mine === turn) put(main, h('h1', null, view.title), h('p', { class: 'refused', role: 'alert' }, refusal(error)));
  }
}

function openMenu(open) {
  document.body.classList.toggle('menu', open);
  menu.setAttribute('aria-expanded', String(open));
}

menu.addEventListener('click', () => openMenu(!document.body.classList.contains('menu')));
leave.addEventListener('click', () => signOut('You have signed out.'));
onChange(begin);
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault(); // the fragment is the address of what is shown
  main.focus();
});
addEventListener('hashchange', () => {
  show().then(() => main.focus({ preventScroll: true }));
});
addEventListener('unhandledrejection', ({ reason }) => notify(refusal(reason), 'bad'));
begin();
