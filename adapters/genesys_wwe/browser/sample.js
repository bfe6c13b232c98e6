/** A web application as somebody would write it for WWE, by its messages alone: nothing in it is of the gateway. */

import { ask, attempt, log, showCalls } from './sample-look.js';

/** @type {Map<string, (reply: any) => void>} */ const open = new Map();
/** @type {Map<string, any>} */ const calls = new Map();
const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
let sent = 0;

/** @param {object} message */
function post(message) {
  const referenceId = String(sent++);
  parent.postMessage({ ...message, referenceId, userAgent: 'WWE Client', protocolVersion: 2 }, '*');
  return new Promise((resolve) => open.set(referenceId, resolve));
}

/**
 * @param {string} request
 * @param {unknown[]} parameters
 */
async function call(request, ...parameters) {
  const reply = await post(parameters.length ? { request, parameters } : { request });
  if (reply.errorMessage) throw new Error(reply.errorMessage);
  return reply.data;
}

/** @param {any} one */
async function transfer(one) {
  const said = await ask('Hand the call over', [{ key: 'to', title: 'Number or extension' }]);
  if (said) await call('interaction.singleStepTransfer', one.interactionId, said.to);
}

/** @param {any} one */
async function attach(one) {
  const said = await ask('Attach data', [
    { key: 'key', title: 'Key' },
    { key: 'value', title: 'Value' },
  ]);
  if (said) await call('interaction.setUserData', one.interactionId, { [said.key]: said.value });
}

/**
 * The desktop's messages know no question. What is missing is said; it is attached as data, if at all.
 * @param {any} one
 */
async function markdone(one) {
  try {
    await call('interaction.markdone', one.interactionId);
  } catch (error) {
    throw new Error(`${/** @type {Error} */ (error).message} (the phone, where there is one beside this, can say it)`);
  }
}

const is = (/** @type {string[]} */ ...states) => (/** @type {any} */ one) => states.includes(one.state);
const actions = {
  accept: { can: is('RINGING', 'INVITED', 'INVITED_CONFERENCE'), act: (one) => call('interaction.accept', one.interactionId) },
  reject: { can: is('RINGING', 'INVITED', 'INVITED_CONFERENCE'), act: (one) => call('interaction.reject', one.interactionId) },
  hold: { can: is('TALKING'), act: (one) => call('voice.hold', one.interactionId) },
  resume: { can: is('HELD'), act: (one) => call('voice.resume', one.interactionId) },
  transfer: { can: is('TALKING', 'HELD'), act: transfer },
  'attach data': { can: is('TALKING', 'HELD', 'ACCEPTED'), act: attach },
  hangUp: { can: is('DIALING', 'TALKING', 'HELD'), act: (one) => call('voice.hangUp', one.interactionId) },
  markdone: { can: is('IDLE', 'ACCEPTED', 'PULLED'), act: markdone },
};

function show() {
  const told = (one) => ({
    who: (one.direction === 'OUT' ? one.dnis : one.ani) || one.interactionId,
    state: one.state,
  });
  showCalls(calls.values(), told, actions);
}

addEventListener('message', ({ source, data }) => {
  if (source !== parent || data?.userAgent !== 'WWE Server') return;
  log(JSON.stringify(data));
  if (!data.event) {
    open.get(data.referenceId)?.(data);
    open.delete(data.referenceId);
  } else if (data.event === 'interaction' && data.data.interaction) {
    const one = data.data.interaction;
    if (data.data.eventType === 'REMOVED') calls.delete(one.interactionId);
    else calls.set(one.interactionId, one);
    show();
  } else if (data.event === 'agent') {
    element('agent').textContent = data.data.displayName ?? data.data.type;
  }
});

element('dial').onsubmit = (event) => {
  event.preventDefault();
  attempt(() => call('voice.dial', /** @type {HTMLInputElement} */ (element('number')).value));
};

const state = /** @type {HTMLSelectElement} */ (element('state'));
state.onchange = () => attempt(() => call('agent.setState', state.value));
await post({ event: 'subscribe', data: ['interaction', 'agent'] });
await attempt(async () => {
  element('agent').textContent = (await call('agent.getState')).displayName;
  for (const one of await call('interaction.getInteractions')) calls.set(one.interactionId, one);
  for (const one of (await call('agent.getStateList')) ?? []) {
    const option = document.createElement('option');
    option.value = one.operationName;
    option.textContent = one.displayName ?? one.operationName;
    state.append(option);
  }
  state.disabled = !state.options.length;
});
show();
