/**
 * Joins a page with Bright Pattern's own script to the gateway: put it beside that script, in one tag.
 *
 *   <script type="module" src="https://GATEWAY/v1/links/PLATFORM/relay.js" data-token="..."></script>
 *
 * It forwards calls and events, and knows no meaning. Where the page has an instance of the API, name it:
 * `data-instance="adApi"`, else one is made. Of several tabs of an agent one leads; another takes over when it is
 * closed. `data-status` names an element that shows how the connection stands. What names tokens: credentials.js.
 */

import { Channel, METHOD_NOT_FOUND, electLeader } from './channel.js';
import { Credentials } from './credentials.js';

const ASKED = new Set(
  // the widget waits for the answers to these
  (
    'ON_REQUEST_TRANSFER_DATA ON_GET_KNOWLEDGE_BASE_FOLDER ON_SEARCH_KNOWLEDGE_BASE ' +
    'ON_GET_KNOWLEDGE_BASE_ARTICLE ON_REQUEST_RECORD_INFO ON_REQUEST_RECORD_ON_SCREEN ' +
    'ON_VALIDATE_ASSOCIATED_RECORDS ON_SAVE_ACTIVITY_RECORD ON_WEB_SCREEN_POP_CUSTOM'
  ).split(' '),
);
const EVENTS = [
  ...ASKED,
  ...(
    'ON_LOGIN ON_LOGOUT ON_AGENT_STATE_CHANGE ON_NEW_INTERACTION ON_INTERACTION_STATE_CHANGE ' +
    'ON_INTERACTION_REMOVED ON_ACTIVE_INTERACTION_SWITCHED ON_LOAD_TRANSFER_DATA ON_OPEN_RECORD ' +
    'ON_SEARCH_RECORDS ON_SHOW_SCREEN ON_SCREEN_RECORDING_STATE_CHANGE ON_WIDGET_MINIMIZED_CHANGE ' +
    'ON_SERVER_ERROR ON_SOFTPHONE_STATUS_CHANGE ON_AUDIO_DEVICE_CHANGE ON_PHONE_CAPABILITIES_CHANGE ' +
    'ON_CALL_AUDIO_QUALITY_ALERT ON_SUMMARY_GENERATION_STARTED ON_SUMMARY_GENERATION_COMPLETED'
  ).split(' '),
];
const PRIVATE = new Set(['constructor', 'on', 'remove', 'injectMessageLogger', 'onCommWidgetReady']);
// What the documents give for a handler that has no answer; null for all others.
const DEFAULTS = {
  ON_GET_KNOWLEDGE_BASE_FOLDER: [],
  ON_SEARCH_KNOWLEDGE_BASE: [],
  ON_VALIDATE_ASSOCIATED_RECORDS: { valid: true },
  ON_WEB_SCREEN_POP_CUSTOM: false,
};
const ANSWER_MS = 65_000; // the gateway's own deadline, which the operator sets, is never longer than 60 s
const LOOK_MS = 200;

const script = /** @type {HTMLScriptElement} */ (
  [...document.scripts].find((one) => one.src === import.meta.url) ?? document.createElement('script')
);
const { agent, instance, status } = script.dataset;
const place = new URL('.', import.meta.url).href;
const credentials = new Credentials(script.dataset, place);

/** The vendor's API, once its script is there: the page's own instance, else one of ours. */
async function api() {
  for (;;) {
    const named = instance && window[instance];
    if (named) return { vendor: named }; // in an object: what a promise is to give must not look like one
    const AdApi = window.brightpattern?.AdApi ?? window.AgentDesktopClientAPIImpl;
    const expected = instance && document.readyState !== 'complete'; // of the page that is still being loaded
    if (AdApi && !expected) return { vendor: new AdApi({ integrationKey: 'trunkline', standalone: true }) };
    show('connecting', 'waiting for window.brightpattern.AdApi');
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
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
  const { vendor } = await api();
  const channel = new Channel(place, {
    ...credentials.options,
    asked: (method, params) => {
      if (PRIVATE.has(method) || typeof vendor[method] !== 'function') {
        throw Object.assign(new Error(`the page's API has no ${method}`), { code: METHOD_NOT_FOUND });
      }
      return vendor[method](...params);
    },
    changed: show,
  });
  for (const event of EVENTS) {
    vendor.on(event, (/** @type {unknown[]} */ ...params) => {
      if (!ASKED.has(event)) return void channel.notify(event, params);
      const otherwise = DEFAULTS[event] ?? null;
      if (channel.state !== 'open') return otherwise; // the widget is not to wait for somebody who is not there
      return channel.call(event, params, ANSWER_MS).catch(() => otherwise);
    });
  }
  channel.open(); // subscribed first: nothing falls between that and the gateway's snapshot
}

electLeader(`trunkline ${new URL(place).pathname} ${agent ?? ''}`, lead);
