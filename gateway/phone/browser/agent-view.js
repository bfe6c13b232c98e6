/** The agent: who it is, his state, how he signs in and out; and the connection that all goes over. */

import { h } from './dom.js';
import { gatewayTime } from './model.js';
import { clock } from './words.js';

/**
 * @typedef {import('./phone.js').Seen} Seen
 * @typedef {import('./model.js').Session} Session
 */

/** @param {Seen} seen */
export function agentView(seen) {
  const { session, words } = seen;
  const out = !session || session.state === 'logged_out';
  return h('header', { key: 'agent' },
    h('div', { class: 'row wide' },
      h('h2', { tabindex: -1 }, session ? session.name || session.agent_id : seen.agent || words('title')),
      connection(seen)),
    session && !out && states(seen, session),
    seen.connection === 'open' && out && mayLogIn(seen) && signIn(seen),
    seen.connection === 'open' && !session && !seen.agent && h('p', { class: 'dim' }, words('agent.none')),
  );
}

/** @param {Seen} seen */
function connection({ connection: state, why, model, words }) {
  const down = state === 'open' && model.link === 'disconnected';
  const said = down ? words('link.down') : words(`connection.${state}`);
  const text = state === 'refused' && why ? `${said}: ${why}` : said;
  return h('span', { class: 'link', role: 'status', 'data-state': down ? 'lost' : state, title: !down && why ? why : false }, text);
}

/**
 * @param {Seen} seen
 * @param {Session} session
 */
function states(seen, session) {
  const { words, act } = seen;
  const set = seen.can(session, 'agent.set_state');
  const name = (/** @type {any} */ one) => one.label || [words(`state.${one.state}`), one.id].filter(Boolean).join(': ');
  const choices = session.choices?.length ? session.choices : [{ id: '', state: 'ready' }, { id: '', state: 'not_ready' }];
  const values = choices.map((/** @type {any} */ one) => `${one.state}:${one.id ?? ''}`);
  const exact = `${session.state}:${session.reason ?? ''}`;
  const now = values.includes(exact) ? exact : values.includes(`${session.state}:`) && !session.reason ? `${session.state}:` : '';
  const said = [words(`state.${session.state}`), session.reason].filter(Boolean).join(': ');
  const since = session.since ? words('agent.since', { time: clock(gatewayTime(seen.model, seen.now) - Date.parse(session.since)) }) : '';
  const chosen = (/** @type {any} */ { target }) => {
    const [state, ...reason] = target.value.split(':');
    if (set && state) act({ type: 'agent.set_state', session_id: session.id, state, reason: reason.join(':') });
    target.value = now; // until the platform says so
  };
  return h('div', { class: 'row wide' },
    h('div', { class: 'field' },
      h('label', { for: 'agent-state' }, words('agent.state')),
      h('select', { id: 'agent-state', value: now, 'aria-disabled': !set && 'true', onchange: chosen },
        now === '' && h('option', { value: '', key: 'now' }, said),
        choices.map((/** @type {any} */ one, /** @type {number} */ at) => h('option', { value: values[at], key: values[at] }, name(one))))),
    h('p', { class: 'dim state', 'data-agent-state': session.state }, h('span', { role: 'timer' }, since),
      session.pending_state && h('span', {}, ' · ', words('agent.pending', { state: words(`state.${session.pending_state}`) }))),
    seen.button(session, 'agent.logout', () => act({ type: 'agent.logout', session_id: session.id }), { word: 'agent.sign_out', class: 'quiet' }),
  );
}

/** @param {Seen} seen */
const mayLogIn = ({ session, agent, platform, can }) => (session ? can(session, 'agent.login') : Boolean(agent && platform));

/** @param {Seen} seen */
function signIn({ session, agent, platform, words, act, ui }) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const said = new FormData(form);
    act({
      type: 'agent.login',
      platform_id: session?.platform_id ?? platform,
      agent_id: session?.agent_id ?? agent,
      password: String(said.get('password') ?? ''),
      extension: String(said.get('extension') ?? ''),
      force: event.submitter?.getAttribute('name') === 'force',
    });
    /** @type {HTMLInputElement} */ (form.elements.namedItem('password')).value = '';
  };
  return h('form', { class: 'sign-in', onsubmit: submit, key: 'sign-in' },
    h('div', { class: 'field' }, h('label', { for: 'password' }, words('agent.password')),
      h('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password' })),
    h('div', { class: 'field' }, h('label', { for: 'extension' }, words('agent.extension')),
      h('input', { id: 'extension', name: 'extension', autocomplete: 'off' })),
    h('div', { class: 'row' },
      h('button', { class: 'main' }, words('agent.sign_in')),
      ui.takeOver && h('button', { name: 'force' }, words('agent.take_over'))));
}

/** @param {Seen} seen */
export function dialView({ session, words, act, can }) {
  if (!session || session.state === 'logged_out') return null;
  const may = can(session, 'interaction.dial');
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const number = /** @type {HTMLInputElement} */ (form.elements.namedItem('number'));
    if (!may || !number.value.trim()) return;
    act({ type: 'interaction.dial', session_id: session.id, destination: number.value.trim() }).then((done) => done && (number.value = ''));
  };
  return h('form', { key: 'dial', class: 'dial', onsubmit: submit, 'aria-label': words('dial') },
    h('label', { for: 'number' }, words('dial.number')),
    h('div', { class: 'row' },
      h('input', { id: 'number', name: 'number', type: 'tel', autocomplete: 'off', required: true }),
      h('button', { class: 'good', 'data-do': 'interaction.dial', 'aria-disabled': !may && 'true' }, words('dial.call'))));
}
