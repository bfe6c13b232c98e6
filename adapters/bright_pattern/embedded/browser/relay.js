/**
 * Joins a page with Bright Pattern's older script to the gateway: put it beside that script, in one tag.
 *
 *   <script type="module" src="https://GATEWAY/v1/links/PLATFORM/relay.js" data-token="..."></script>
 *
 * It forwards commands and events, and knows no meaning. Where the page does not call `bpspat.api.init` itself,
 * name the desktop's origin and the relay does: `data-origin="https://TENANT"`. Of several tabs of an agent one
 * leads; another takes over when it is closed. `data-status` names an element that shows how the connection stands.
 * What names tokens: credentials.js.
 */

import { Channel, METHOD_NOT_FOUND, electLeader } from './channel.js';
import { Credentials } from './credentials.js';

// Commands that are not the method's name in upper snake case.
const METHODS = {
  CHANGE_STATE: 'setStatus',
  TERMINATE_INTERACTION_FROM_API: 'terminateInteraction',
  COMPLETE_INTERACTION_FROM_API: 'completeInteraction',
  COMPLETE_INTERACTION_WITH_DISPOSITION: 'completeInteractionWithDisp',
  COMPLETE_INTERACTION_WITH_DISPOSITION_BY_NAME: 'completeInteractionWithDispByName',
};
// Every event, and its registrars: pages and builds of the script call some otherwise.
const EVENTS = {
  LOGIN_CHANGED: ['addAgentLoginHandler', 'onAgentLogin'],
  STATE_CHANGED: ['addStatusChangeHandler', 'onStatusChange'],
  INTERACTION_RENDERED: ['addInteractionRenderedHandler'],
  INTERACTION_COMPLETED: ['addInteractionCompletedHandler'],
  _I_CALL_OFFERED: ['addInboundCallOfferedHandler'],
  _I_CALL_ANSWERED: ['addInboundCallAnsweredHandler'],
  _O_CALL_DIALING: ['addOutboundCallDialingHandler'],
  _O_CALL_CONNECTED: ['addOutboundCallConnectedHandler'],
  _CALL_HELD: ['addCallHeldHandler', 'addCallHoldedHandler'],
  _CALL_RESUMED: ['addCallResumedHandler'],
  _CALL_ENDED: ['addCallEndedHandler'],
  _BLIND_TRANSFER: ['addBlindTransferHandler'],
  _CONSULT_TRANSFER: ['addConsultTransferHandler'],
  CALL_RECORDING_STATUS: ['addCallRecordingStatusHandler'],
  SCREEN_RECORDING_STATUS: ['addScreenRecordingStatusHandler'],
};
const PERHAPS_ANSWERED = /CallRecording$|RecordingStatus$/; // pages show a callback; not every build takes one
const ANSWER_MS = 1_000;
const PROBE_MS = 2_000;
const LOOK_MS = 200;

const script = /** @type {HTMLScriptElement} */ (
  [...document.scripts].find((one) => one.src === import.meta.url) ?? document.createElement('script')
);
const { agent, origin, status } = script.dataset;
const place = new URL('.', import.meta.url).href;
const credentials = new Credentials(script.dataset, place);
/** @type {any} */ let vendor; // once its script is there

/** What a message says: for recordings the pages print it without `data` around it. */
const payload = (/** @type {any} */ { command, request_id, data, ...flat } = {}) => data ?? flat;

/**
 * The answer's data; null for what was handed over and is not answered.
 * @param {string} command
 * @param {unknown[]} params
 */
function ask(command, params) {
  const method =
    METHODS[command] ?? command.toLowerCase().replace(/_([a-z])/g, (_all, letter) => letter.toUpperCase());
  if (method === 'init' || typeof vendor[method] !== 'function') {
    throw Object.assign(new Error(`the page's API has no ${method}`), { code: METHOD_NOT_FOUND });
  }
  return new Promise((resolve) => {
    const answered = (/** @type {unknown} */ message) => resolve(payload(message));
    if (method === 'getState') {
      vendor.getState(answered); // for how long it is waited, the gateway knows
    } else if (PERHAPS_ANSWERED.test(method)) {
      vendor[method](...params, answered);
      setTimeout(() => resolve(null), ANSWER_MS);
    } else {
      vendor[method](...params);
      resolve(null);
    }
  });
}

/** Returns when the desktop answers: its frame may not be there yet, nor the agent signed in. */
async function ready() {
  for (;;) {
    const answered = await new Promise((resolve) => {
      setTimeout(() => resolve(false), PROBE_MS);
      vendor.getState(() => resolve(true));
    });
    if (answered) return;
  }
}

/**
 * @param {string} state
 * @param {string} why
 */
function show(state, why) {
  const shown = status && document.getElementById(status);
  if (!shown) return;
  shown.dataset.state = state;
  shown.textContent = why || state;
}

async function lead() {
  while (!(vendor = window.bpspat?.api)) {
    show('connecting', 'waiting for window.bpspat.api');
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if (origin) vendor.init(origin);
  const channel = new Channel(place, {
    ...credentials.options,
    asked: ask,
    changed: show,
  });
  for (const [command, names] of Object.entries(EVENTS)) {
    const registrar = names.find((name) => typeof vendor[name] === 'function');
    if (registrar) vendor[registrar]((/** @type {unknown} */ message) => channel.notify(command, [payload(message)]));
  }
  show('connecting', 'waiting for the desktop');
  await ready();
  channel.open(); // subscribed first: nothing falls between that and the gateway's snapshot
}

electLeader(`trunkline ${new URL(place).pathname} ${agent ?? ''}`, lead);
