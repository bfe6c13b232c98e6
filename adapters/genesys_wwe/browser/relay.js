/**
 * The page that joins an agent's Workspace Web Edition to the gateway. WWE loads it as web content of the
 * workspace (`workspace.web-content`); it needs no file of the vendor's.
 *
 *   <script type="module" src="https://GATEWAY/v1/links/PLATFORM/relay.js"
 *           data-wwe-origin="https://wwe.example" data-token="..."></script>
 *
 * It carries the vendor's messages and knows no meaning. Hardened where the vendor's own library is not: the exact
 * origin, the exact window, `WWE Server` only; what a page outside a desktop says to itself is told as an echo.
 * What names tokens: credentials.js.
 */

import { Channel, electLeader } from './channel.js';
import { Credentials } from './credentials.js';

const CLIENT = 'WWE Client';
const SERVER = 'WWE Server';
const VERSION = 2;
const ANSWER_MS = 10_000;
const PROBE_MS = 2_000;
const SUBSCRIPTION = new Set(['subscribe', 'unsubscribe']);

const script = /** @type {HTMLScriptElement} */ (
  [...document.scripts].find((one) => one.src === import.meta.url) ?? document.createElement('script')
);
const { agent, status } = script.dataset;
const place = new URL('.', import.meta.url).href;
const credentials = new Credentials(script.dataset, place);
const query = new URLSearchParams(location.search); // the page may be ours, with nobody to write attributes
const origin = script.dataset.wweOrigin ?? query.get('wwe') ?? '';
const desktop = /** @type {Window} */ (window.opener ?? window.parent);

/** @type {Map<string, (reply: object) => void>} */ const open = new Map();
/** @type {((event: string, data: unknown) => void) | null} */ let told = null;
/** @type {unknown} */ let frameId;
let sent = 0;

addEventListener('message', ({ source, origin: from, data }) => {
  if (source !== desktop || from !== origin || typeof data !== 'object' || data?.userAgent !== SERVER) return;
  const { event, referenceId, userAgent, protocolVersion, ...reply } = data;
  if (event) told?.(event, data.data ?? null);
  else if (typeof referenceId === 'string') open.get(referenceId)?.(reply);
  else if ('frameId' in data) ({ frameId } = data);
});

/**
 * The vendor's reply without its reference; as for the vendor's library, a bare text if none comes in time.
 * @param {string} method a service, or subscribe, unsubscribe
 * @param {unknown[]} params
 * @returns {Promise<object | string>}
 */
function ask(method, params) {
  const referenceId = `trunkline-${(sent += 1)}`;
  const what = SUBSCRIPTION.has(method)
    ? { event: method, data: params[0] }
    : { request: method, ...(params.length ? { parameters: params } : {}) };
  return new Promise((resolve) => {
    const settle = (/** @type {object | string} */ reply) => {
      clearTimeout(timer);
      open.delete(referenceId);
      resolve(reply);
    };
    const timer = setTimeout(() => settle('Request timeout'), ANSWER_MS);
    open.set(referenceId, settle);
    const naming = frameId === undefined ? {} : { frameId };
    desktop.postMessage({ ...what, referenceId, userAgent: CLIENT, protocolVersion: VERSION, ...naming }, origin);
  });
}

/** Returns when the desktop answers: it may be loaded after this page. */
async function ready() {
  for (;;) {
    const reply = await ask('system.getAllowedServices', []);
    if (typeof reply === 'object' && !('errorMessage' in reply)) return;
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
  }
}

/**
 * @param {string} state
 * @param {string} why
 */
function show(state, why) {
  const shown = document.getElementById(status ?? 'status');
  if (!shown) return;
  shown.dataset.state = state;
  shown.textContent = why || state;
}

async function lead() {
  if (desktop === window) return show('refused', 'this page works inside a desktop only');
  if (!origin) return show('refused', 'data-wwe-origin is missing: the origin of the desktop');
  show('connecting', 'waiting for the desktop');
  await ready();
  const channel = new Channel(place, {
    ...credentials.options,
    asked: ask,
    changed: show,
  });
  told = (event, data) => channel.notify(event, [data]);
  channel.open();
}

electLeader(`trunkline ${new URL(place).pathname} ${agent ?? ''}`, lead);
