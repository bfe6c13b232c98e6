/** A CRM page as somebody would write it against Bright Pattern's documents: nothing in it is of the gateway. */

import { ask, attempt, log, showCalls } from './sample-look.js';

const adApi = new window.brightpattern.AdApi({
  integrationKey: 'sample',
  mountRoot: document.getElementById('widget'),
});
/** @type {Map<string, any>} */ const calls = new Map();
const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {Promise<any>} reply what a method gives: its data, or its error thrown */
async function done(reply) {
  const { status, data, error } = await reply;
  if (status === 'success') return data;
  throw Object.assign(new Error(error?.message ?? error?.name ?? 'failed'), { name: error?.name });
}

/**
 * What a person has to say first: what came of it, and on some platforms which state is next.
 * @type {Record<string, (one: any, why: string) => Promise<boolean>>} by the error; false: it is done, or was given up
 */
const missing = {
  async no_disposition(one) {
    const listed = await done(adApi.getDispositionsList({ interactionId: one.interactionId }));
    const choices = listed.map((/** @type {any} */ each) => ({ id: each.id, label: each.name }));
    const said = await ask('What came of it?', [
      { key: 'disposition', title: 'Disposition', choices },
      { key: 'note', title: 'Note', optional: true },
    ]);
    if (said === null) return false;
    if (said.note) await done(adApi.addNote(said.note, one.interactionId));
    await done(adApi.setDisposition(said.disposition, one.interactionId));
    return true;
  },
  async invalid_args(_one, why) {
    const choices = ['ready', 'not_ready'].map((id) => ({ id, label: id }));
    const said = await ask(why, [{ key: 'state', title: 'State', choices }]);
    if (said) await done(adApi.setAgentState(said.state));
    return false; // the platform completes what waited for it
  },
};

/** @param {any} one */
async function complete(one) {
  try {
    await done(adApi.completeInteraction(one.interactionId));
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    if (!missing[name]) throw error;
    if (await missing[name](one, message)) await complete(one);
  }
}

/** @param {any} one */
async function transfer(one) {
  const said = await ask('Hand the call over', [{ key: 'to', title: 'Number or extension' }]);
  if (said) await done(adApi.blindTransfer(said.to, undefined, one.interactionId));
}

const is = (/** @type {string[]} */ ...states) => (/** @type {any} */ one) => states.includes(one.state);
const voice = (/** @type {any} */ one) => Boolean(one.phoneNumber) && one.type !== 'chat';
const actions = {
  accept: { can: is('delivery_pending'), act: (one) => done(adApi.acceptInteraction(one.interactionId)) },
  reject: { can: is('delivery_pending'), act: (one) => done(adApi.rejectInteraction(one.interactionId)) },
  hold: { can: (one) => voice(one) && is('delivered')(one), act: (one) => done(adApi.setCallHold(true, one.interactionId)) },
  retrieve: { can: (one) => voice(one) && is('hold')(one), act: (one) => done(adApi.setCallHold(false, one.interactionId)) },
  transfer: { can: is('delivered', 'hold'), act: transfer },
  leave: { can: is('delivered', 'hold', 'delivery_pending'), act: (one) => done(adApi.leaveInteraction(one.interactionId)) },
  complete: { can: is('wrap_up', 'wrap_up_hold'), act: complete },
};

function show() {
  const told = (one) => ({ who: one.phoneNumber ?? one.email ?? one.interactionId, state: one.state });
  showCalls(calls.values(), told, actions);
}

/** @param {string} state */
function signedIn(state) {
  element('agent').textContent = state;
  for (const id of ['ready', 'away']) /** @type {HTMLButtonElement} */ (element(id)).disabled = false;
}

const note = (/** @type {any} */ one) => void (calls.set(one.interactionId, one), show());
adApi.on('ON_NEW_INTERACTION', note);
adApi.on('ON_INTERACTION_STATE_CHANGE', note);
adApi.on('ON_INTERACTION_REMOVED', (one) => void (calls.delete(one.interactionId), show()));
adApi.on('ON_AGENT_STATE_CHANGE', signedIn);
adApi.injectMessageLogger((name, data) => log(`${name} ${JSON.stringify(data)}`));
adApi.onCommWidgetReady(async () => {
  const state = await adApi.getAgentState();
  if (state.status === 'success') signedIn(state.data.state);
  const all = await adApi.getInteractionsState();
  if (all.status === 'success') all.data.interactions.forEach(note);
});
element('dial').onsubmit = (event) => {
  event.preventDefault();
  const { value } = /** @type {HTMLInputElement} */ (element('number'));
  attempt(async () => {
    try {
      await done(adApi.startCall(value));
    } catch (error) {
      if (/** @type {Error} */ (error).name !== 'no_service') throw error;
      const listed = await done(adApi.getServicesList());
      const choices = listed.map((/** @type {any} */ each) => ({ id: each.id, label: each.name }));
      const said = await ask('For which service?', [{ key: 'service', title: 'Service', choices }]);
      if (said === null) return;
      await done(adApi.setService(said.service));
      await done(adApi.startCall(value));
    }
  });
};
element('ready').onclick = () => attempt(() => done(adApi.setAgentState('ready')));
element('away').onclick = () =>
  attempt(async () => {
    const reasons = await done(adApi.getAgentNotReadyReasons());
    const choices = (reasons ?? []).map((/** @type {string} */ each) => ({ id: each, label: each }));
    if (!choices.length) return done(adApi.setAgentState('not_ready'));
    const said = await ask('Why?', [{ key: 'reason', title: 'Reason', choices }]);
    return said && done(adApi.setAgentState('not_ready', said.reason));
  });
