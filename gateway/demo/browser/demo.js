/** The demonstration's page: what goes on, and buttons that make something happen at the simulated platforms. */

/**
 * @typedef {{name: string, what: string, takes: string[]}} Trigger
 * @typedef {{title: string, url: string, hint: string}} Link
 * @typedef {{triggers: Trigger[], platforms: Record<string, string[]>, links: Link[], samples: Link[],
 *   examples: {title: string, line: string}[]}} Playbill
 * @typedef {{id: string, agent_id: string, platform_id: string, remote_address?: string, ani?: string,
 *   media?: string, state: string}} Interaction
 */

const TOLD = [
  'created', 'queued', 'dialing', 'alerting', 'connected', 'held', 'retrieved', 'ended', 'wrap_up_started',
  'completed', 'reopened',
];
const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const agent = /** @type {HTMLSelectElement} */ (element('agent'));
const event = /** @type {HTMLSelectElement} */ (element('event'));
/** @type {Map<string, Interaction>} */ const calls = new Map();

/**
 * @param {string} name
 * @param {string} text
 * @param {Record<string, string>} attributes
 */
function made(name, text = '', attributes = {}) {
  const one = document.createElement(name);
  one.textContent = text;
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return one;
}

/** @param {string} name */
async function trigger(name) {
  const buttons = document.querySelectorAll('button');
  for (const one of buttons) one.disabled = true;
  const [platform, who] = agent.value.split('/');
  const done = element('done');
  done.className = '';
  done.textContent = 'Under way …';
  try {
    const body = JSON.stringify({ event: name, platform, agent: who });
    const answer = await fetch('/demo/triggers', {
      method: 'POST', body, headers: { 'content-type': 'application/json' },
    });
    const told = await answer.json();
    done.className = answer.ok ? '' : 'wrong';
    done.textContent = answer.ok ? `${told.text}.` : told.detail ?? told.title;
  } catch {
    done.className = 'wrong';
    done.textContent = 'The demonstration has ended.';
  }
  for (const one of buttons) one.disabled = false;
}

function show() {
  const open = [...calls.values()].sort((one, other) => one.agent_id.localeCompare(other.agent_id));
  element('none').hidden = open.length > 0;
  element('calls').replaceChildren(...open.map((one) => {
    const row = made('tr');
    const said = [one.agent_id, one.platform_id, one.remote_address || one.ani || '', one.media || 'voice'];
    row.append(...said.map((text) => made('td', text)));
    row.append(made('td', one.state.replace('_', ' '), { 'data-state': one.state }));
    return row;
  }));
}

/** @param {Interaction} one */
function note(one) {
  if (one.state === 'completed') calls.delete(one.id);
  else calls.set(one.id, one);
}

function follow() {
  const source = new EventSource('/v1/events/stream?snapshot=true&type=interaction.*');
  const heard = (/** @type {MessageEvent} */ message) => {
    const told = JSON.parse(message.data);
    if (told.interactions) {
      calls.clear();
      told.interactions.forEach(note);
    } else if (told.interaction) note(told.interaction);
    requestAnimationFrame(show);
  };
  for (const name of ['stream.snapshot', ...TOLD.map((one) => `interaction.${one}`)]) source.addEventListener(name, heard);
}

/** @param {Playbill} bill */
function put(bill) {
  for (const [platform, agents] of Object.entries(bill.platforms)) {
    for (const one of agents) agent.append(made('option', `${one} (${platform})`, { value: `${platform}/${one}` }));
  }
  for (const one of bill.triggers) event.append(made('option', one.name));
  const chosen = () => {
    const who = agent.value.split('/')[1] ?? '';
    element('whom').textContent = who;
    element('what').textContent = bill.triggers.find((one) => one.name === event.value)?.what ?? '';
    element('line').textContent = `trunkline trigger ${event.value} --agent ${who}`;
  };
  agent.onchange = event.onchange = chosen;
  chosen();
  element('trigger').onsubmit = (submitted) => {
    submitted.preventDefault();
    trigger(event.value);
  };
  element('ring').onclick = () => trigger('call.inbound');
  element('links').append(...bill.links.map((one) => made('a', one.title, { href: one.url })));
  element('samples').append(...bill.samples.map((one) => {
    const line = made('li');
    line.append(made('a', one.title, { href: one.url }), made('span', ` ${one.hint}`, { class: 'hint' }));
    return line;
  }));
  element('examples').append(...bill.examples.flatMap((one) => {
    const line = made('dd');
    line.append(made('code', one.line));
    return [made('dt', one.title), line];
  }));
}

const answer = await fetch('/demo/triggers');
if (answer.ok) {
  put(await answer.json());
  follow();
} else {
  element('done').textContent = 'This gateway asks for a key by now: use the console, or trunkline trigger.';
}
