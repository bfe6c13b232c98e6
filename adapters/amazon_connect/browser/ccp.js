/**
 * The page that `amazon-connect-streams` loads in place of the vendor's contact control panel, unmodified, over any
 * platform. It knows no meaning: what the library asks goes to the gateway, what the gateway tells goes to the
 * library. It answers by itself what concerns the browser alone.
 *
 * Who the agent is, the address says after its `#` (`token=` a link token, `agent=` on a gateway without keys), or
 * the form here. While nobody is signed in the page is silent: the library takes any word for a sign-in.
 */

import { Channel } from './channel.js';
import { Conduit, Updates, withDates } from './conduit.js';
import { forget, keep, read, recall } from './kept.js';
import { PhoneBeside } from './phone.js';
import { offerSdk } from './sdk-channel.js';
import { SignIn } from './sign-in.js';
import { offerWays } from './ways.js';

const HERE = new URL('.', import.meta.url).href;
const LEFT = 'trunkline.signed-out'; // with what the address says: that counts no more
const WHO = 'trunkline.who';
// What pages of one agent are told by each other; and what nobody is to be told, for it holds what customers said.
const SHARED = /^contact::(accepted(::.*)?|view)$/;
const DROPPED = /^(log|server_bound_internal_log|client_metric|click_stream_data|softphone_stats|softphone_report)$/;

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const form = /** @type {HTMLFormElement} */ (element('sign-in'));
/** @type {any} */ let last = null; // the newest update
let signedIn = false;
let lost = false;

const conduit = new Conduit(met, (event, data) => heard[event]?.(data));
const updates = new Updates((update) => conduit.post('agent::update', update));
const signIn = new SignIn(form, (asking) => asking && phone.signedOut());
const phone = new PhoneBeside(element('phone'), signIn);
const windows = 'BroadcastChannel' in window ? new BroadcastChannel(`trunkline.sign-in ${HERE}`) : null;

// --- the gateway

/** @type {Channel} */ let channel = connected();

function connected() {
  return new Channel(HERE, {
    who: () => signIn.who(),
    fresh: (token, keeps) => signIn.fresh(token, keeps),
    over: (who) => {
      signedIn = false;
      conduit.post('auth_fail');
      signIn.refused(who);
    },
    told: (event, [data]) => (event === 'agent::update' ? update(data) : conduit.post(event, data ?? null)),
    changed,
  });
}

/**
 * @param {string} state
 * @param {string} why
 */
function changed(state, why) {
  element('status').dataset.state = state;
  element('status').textContent = state === 'open' ? `Signed in as ${channel.agent}` : why || state;
  if (state === 'open') {
    phone.signedIn(channel.agent ?? '');
    if (!signedIn) conduit.announce();
    else if (lost) conduit.post('agent::websocket_connection_gained');
    signedIn = true;
    lost = false;
    if (parent === window) signIn.who().then((who) => windows?.postMessage(who));
  } else if (signedIn && !lost && state === 'lost') {
    lost = true;
    conduit.post('agent::websocket_connection_lost');
  }
}

/** @param {any} data */
function update(data) {
  const { snapshot } = withDates(data);
  const now = Date.now(); // the library reckons with this browser's clock
  snapshot.localTimestamp = now;
  snapshot.skew = snapshot.snapshotTimestamp - now;
  last = data;
  updates.take(data);
}

async function met() {
  if (signedIn) conduit.announce();
  if (signedIn && last) conduit.post('agent::update', last);
  const { region } = await (await fetch(new URL('ccp.json', HERE))).json();
  offerSdk(conduit.origin, { origin: location.origin, region });
}

// --- the page around us

/** @type {Record<string, (data: any) => unknown>} */
const heard = {
  synchronize: () => signedIn && conduit.post('acknowledge'),
  api_request: ask,
  master_request: master,
  broadcast,
  reload_agent_configuration: () => last && conduit.post('agent::update', last),
  media_device_request: () => conduit.post('media_device_response', []), // there is no audio here
  terminate,
};

/** @param {{requestId: string, method: string, params: unknown}} request */
async function ask({ requestId, method, params }) {
  updates.begin();
  /** @type {{data?: unknown, err?: unknown}} */ let answer;
  try {
    answer = await channel.call(method, [params ?? {}]);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    answer = { err: { type: 'InternalServiceError', message, stack: [], retryStatus: 'none', statusCode: 500, status: 500 } };
  }
  const { data = null, err } = answer;
  conduit.post('api_response', {
    event: 'api_response',
    requestId,
    data: err ? null : withDates(data),
    err: err ? JSON.stringify(err) : null,
  });
  updates.answered();
}

/** @param {{event: string, data: any}} said to all pages of the agent */
function broadcast({ event, data }) {
  if (typeof event !== 'string' || DROPPED.test(event)) return;
  if (event === 'mute') return void channel.call('mute', [{ mute: data?.mute === true }]).catch(() => {});
  conduit.post(event, data);
  if (!SHARED.test(event)) return;
  channel.call('broadcast', [{ event, data: { contactId: data?.contactId ?? null } }]).catch(() => {});
  if (event === 'contact::view') channel.call('viewContact', [{ contactId: data?.contactId ?? null }]).catch(() => {});
}

async function terminate() {
  const leaving = channel;
  if (signedIn) await leaving.call('signOut', [{}]).catch((error) => console.warn(`trunkline: ${error.message}`));
  keep(LEFT, location.hash);
  leaving.close();
  conduit.post('terminated');
  signedIn = lost = false;
  last = null;
  signIn.again();
  channel = connected().open();
}

// --- which of the agent's pages in this browser does what only one is to do

const mine = new Set(); // topics
const pages = 'BroadcastChannel' in window ? new BroadcastChannel(`trunkline.master ${HERE}`) : null;
const page = crypto.randomUUID?.() ?? String(Math.random());
let leading = !navigator.locks; // without locks there is no way to know of others
navigator.locks?.request(`trunkline.master ${HERE}`, () => {
  leading = true;
  return new Promise(() => {});
});
/** @type {Map<string, string>} */ const taken = new Map(); // topics, and the page that has taken one over
pages?.addEventListener('message', ({ data: { topic, by } }) => {
  taken.set(topic, by);
  if (mine.delete(topic) || leading) conduit.post('master_response', { event: 'master_response', data: { masterId: by, takeOver: true, topic }, err: null });
});

/** @param {{requestId: string, method: string, params: {topic: string}}} request */
function master({ requestId, method, params: { topic } }) {
  if (method === 'becomeMaster') {
    mine.add(topic);
    taken.delete(topic);
    pages?.postMessage({ topic, by: page });
  }
  const isMaster = mine.has(topic) || (leading && !taken.has(topic));
  const masterId = isMaster ? page : taken.get(topic) ?? '';
  const data = method === 'becomeMaster' ? { masterId, takeOver: true, topic } : { masterId, isMaster, topic };
  conduit.post('master_response', { event: 'master_response', requestId, data, err: null });
}

// --- who it is

const said = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
if ((said.token || said.agent) && recall(LEFT) !== location.hash) {
  signIn.given({ token: said.token, agent: said.agent }, read(recall(WHO)));
} else if (!location.hash) {
  forget(LEFT);
}
windows?.addEventListener('message', ({ data }) => signIn.asking && signIn.accept(data));
channel.open();
offerWays(signIn);
