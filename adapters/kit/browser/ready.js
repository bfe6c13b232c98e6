/**
 * What a ready relay page is given, as nobody writes its script's tag. `page.json` says whether a token is needed.
 *
 * - The address's fragment, `#token=...`, which no server sees; it is taken away at once and kept for the tab.
 * - The CRM's address that the operator names, asked with `who`, of the query or the fragment.
 * - Else the page that opened it, or that has it in a frame, is asked: `{trunkline: 1, asking: 'token', who}`. It
 *   answers `{trunkline: 1, hello: {token}}`, whenever it likes; it must be of an origin that the platform lists.
 *
 * On a gateway without keys, `agent` in the query or the fragment says whose page it is.
 */

import { keep, recall } from './kept.js';

const GIVEN = `trunkline.given ${new URL('.', import.meta.url).href}`;
const around = [opener, parent].filter((one) => one && one !== window);

/** @returns {Promise<Record<string, string>>} attributes for the relay's tag */
export async function given() {
  const said = { ...Object.fromEntries(new URLSearchParams(location.search)), ...fragment() };
  const { keys, origins, token_url: tokenUrl } = await (await fetch(new URL('page.json', import.meta.url))).json();
  const attributes = { 'data-status': 'status', ...named(said, ['agent', 'who']) };
  if (!keys) return attributes;
  const token = recall(GIVEN);
  if (token) attributes['data-token'] = token;
  if (tokenUrl) attributes['data-token-url'] = tokenUrl;
  else if (around.length) {
    window.trunklineToken = asking(origins);
    attributes['data-token-function'] = 'trunklineToken';
  } else if (!token) throw new Error('this page was given no token: see README, "A Bright Pattern or WWE platform"');
  return attributes;
}

/** What stands in the fragment; the token is not among it any more. */
function fragment() {
  const { token, ...said } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (token) {
    keep(GIVEN, token);
    history.replaceState(history.state, '', location.pathname + location.search);
  }
  return said;
}

/**
 * @param {Record<string, string>} said
 * @param {string[]} names
 */
const named = (said, names) =>
  Object.fromEntries(names.filter((name) => said[name]).map((name) => [`data-${name}`, said[name]]));

/**
 * A function that promises what the page around us says next.
 * @param {string[]} origins
 */
function asking(origins) {
  /** @type {(token: string) => void} */ let answer = () => {};
  addEventListener('message', ({ source, origin, data }) => {
    const listed = [location.origin, ...origins].includes(origin) || origins.includes('*');
    if (!listed || !around.includes(/** @type {Window} */ (source)) || data?.trunkline !== 1) return;
    if (typeof data.hello?.token === 'string') answer(data.hello.token);
  });
  return (/** @type {string | undefined} */ who) =>
    new Promise((resolve) => {
      answer = resolve;
      for (const one of around) one.postMessage({ trunkline: 1, asking: 'token', who }, '*'); // says nothing of us
    });
}

/**
 * @param {string} src
 * @param {Record<string, string>} [attributes]
 */
export function load(src, attributes = {}) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src, onload: resolve });
    script.onerror = () => reject(new Error(`${src} cannot be loaded`));
    for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
    document.body.append(script);
  });
}

/** @param {unknown} error that keeps the page from beginning */
export function failed(error) {
  const shown = /** @type {HTMLElement} */ (document.getElementById('status'));
  shown.dataset.state = 'refused';
  shown.textContent = /** @type {Error} */ (error).message;
}
