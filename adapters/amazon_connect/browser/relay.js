/**
 * The script that joins a page with `amazon-connect-streams` to the gateway, loaded after that library:
 *
 *   <script src="https://PAGE/connect-streams-min.js"></script>
 *   <script type="module" src="https://GATEWAY/v1/links/PLATFORM/relay.js" data-token="..."></script>
 *
 * It carries what the library hears and what it can be asked, and knows no meaning. It does not use the library's
 * own callbacks about the agent, which do not come again after a new sign-in, but its bus. What names tokens:
 * credentials.js.
 */

import { Channel, electLeader } from './channel.js';
import { Credentials } from './credentials.js';

const ANSWER_MS = 10_000; // the library waits for ever
const PROBE_MS = 500;
const EVENTS = [
  'agent::mute_toggle', 'agent::softphone_error', 'agent::websocket_connection_lost', 'agent::websocket_connection_gained',
  'contact::accepted', 'contact::view', 'auth_fail', 'access_denied', 'terminated', 'ack_timeout', 'iframe_retries_exhausted',
];
const SECRET = new Set(['softphoneMediaInfo', 'connectionData', 'mediaLegContextToken', 'callContextToken']);

const script = /** @type {HTMLScriptElement} */ (
  [...document.scripts].find((one) => one.src === import.meta.url) ?? document.createElement('script')
);
const place = new URL('.', import.meta.url).href;
const credentials = new Credentials(script.dataset, place);
/** @type {any} */ let bus = null; // the library's, which a new start makes anew
/** @type {Channel | null} */ let channel = null;
let told = ''; // the last update: the platform says each many times

const streams = () => /** @type {any} */ (window).connect;

/**
 * Without what opens audio and chats: that is nobody's beside the page.
 * @param {unknown} update
 */
const text = (update) => JSON.stringify(update, (name, value) => (SECRET.has(name) ? null : value));

/** @param {unknown} update */
function hear(update) {
  const said = text(update);
  const same = said.replace(/"(snapshotTimestamp|localTimestamp|skew|contentLength)":("[^"]*"|-?[\d.]+),?/g, '');
  if (same === told) return;
  told = same;
  channel?.notify('agent::update', [JSON.parse(said)]);
}

/** @returns {unknown} the newest update; null before the first */
function newest() {
  try {
    return JSON.parse(text(streams().core.getAgentDataProvider().getAgentData()));
  } catch {
    return null;
  }
}

/**
 * @param {any} params
 * @returns {any} the library's object of a contact
 */
const contact = ({ contactId }) => new (streams().Contact)(contactId);

/** What is asked otherwise than by the library's client. @type {Record<string, (params: any, callbacks: object) => unknown>} */
const OTHERS = {
  acceptContact: (params, callbacks) => contact(params).accept(callbacks), // it tells the other listeners of the page
  viewContact: ({ contactId }) => streams().core.viewContact(contactId),
  mute: ({ mute }) => streams().core.getUpstream().sendUpstream('broadcast', { event: 'mute', data: { mute } }),
  signOut: () => streams().core.getUpstream().sendUpstream('terminate'),
};

/**
 * @param {string} method
 * @param {unknown[]} given
 */
function ask(method, [params = {}]) {
  if (method === 'getAgentData') return { data: newest() };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the library gave no answer in time')), ANSWER_MS);
    const settle = (/** @type {object} */ answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const callbacks = {
      success: (/** @type {unknown} */ data) => settle({ data: data ?? {} }),
      failure: (/** @type {unknown} */ err) => settle({ err: err ?? 'error' }),
    };
    const other = OTHERS[method];
    try {
      if (!other) streams().core.getClient().call(method, params, callbacks);
      else if (other(params, callbacks) === undefined && method !== 'acceptContact') settle({ data: {} });
    } catch (error) {
      settle({ err: /** @type {Error} */ (error).message });
    }
  });
}

/** Listens to the library's bus, and to the next one after a new start. */
function attach() {
  const current = streams()?.core?.getUpstream?.() && streams().core.getEventBus?.();
  if (!current || current === bus) return;
  bus = current;
  bus.subscribe('agent::update', hear);
  for (const name of EVENTS) bus.subscribe(name, (/** @type {unknown} */ data) => channel?.notify(name, [JSON.parse(text(data ?? null))]));
  if (!channel) channel = new Channel(place, { ...credentials.options, asked: ask }).open();
  const update = newest();
  if (update) hear(update);
}

electLeader(`trunkline ${new URL(place).pathname} ${script.dataset.agent ?? ''}`, () => {
  attach();
  setInterval(attach, PROBE_MS);
});
