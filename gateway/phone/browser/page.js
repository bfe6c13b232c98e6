/** A page to try the phone: who the agent is, is typed in. Nothing of it is kept; `?platform=&agent=` fills it in. */

import './trunkline-phone.js';

const element = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** @type {HTMLFormElement} */ const form = element('who');
const asked = new URLSearchParams(location.search);

/** @type {string | null} */ let offered = null; // to whom

/**
 * Who there is, as far as the key or token shows it.
 * @param {string} token
 */
async function offer(token) {
  if (token === offered) return;
  offered = token;
  const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
  const answer = await fetch(new URL('../v1/sessions', import.meta.url), { headers }).catch(() => null);
  if (!answer?.ok) return;
  const { sessions } = await answer.json();
  const options = (/** @type {string} */ name) =>
    [...new Set(sessions.map((/** @type {any} */ one) => one[name]))].map((value) => new Option(String(value), String(value)));
  element('platforms').replaceChildren(...options('platform_id'));
  element('agents').replaceChildren(...options('agent_id'));
}

function show() {
  const said = new FormData(form);
  const phone = document.createElement('trunkline-phone');
  for (const [name, field] of Object.entries({ token: 'token', platform: 'platform', agent: 'agent', lang: 'language', theme: 'theme' })) {
    const value = String(said.get(field) ?? '').trim();
    if (value) phone.setAttribute(name, value);
  }
  element('phone').replaceChildren(phone);
}

form.onsubmit = (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  show();
};
for (const name of ['platform', 'agent']) element(name).onfocus = () => offer(element('token').value);
element('phone').addEventListener('pop', (/** @type {CustomEvent} */ event) => {
  element('told').textContent = `pop: ${event.detail.interaction.id}`;
});
for (const name of ['platform', 'agent', 'language', 'theme']) if (asked.has(name)) element(name).value = asked.get(name);
if (asked.has('agent')) show();
