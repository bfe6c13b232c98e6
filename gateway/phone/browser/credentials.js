/**
 * Where a phone's token comes from: a function of the page, an address of the page's server, or the tag itself.
 */

const NEVER = Infinity;

/**
 * @typedef {{token: string, left_ms: number}} Credential `token` empty: a gateway without keys; `left_ms`: how long it
 *   is good for, as far as it says so itself
 * @typedef {(refused: boolean) => unknown} TokenSource a token, `{token}`, or a promise of one; `refused`: the last
 *   one is accepted no more
 */

/**
 * @param {{source: TokenSource | null, url: string, token: string}} from in this order
 * @param {boolean} refused
 * @returns {Promise<Credential>} rejects if it cannot be had
 */
export async function credential({ source, url, token }, refused) {
  const told = source ? await source(refused) : url ? await asked(url) : token;
  const text = typeof told === 'string' ? told : /** @type {any} */ (told)?.token;
  if (typeof text !== 'string') throw new Error('no token was given');
  return { token: text.trim(), left_ms: leftOf(text.trim()) };
}

/**
 * With the page's own cookies, as its server has to know who asks.
 * @param {string} url
 */
async function asked(url) {
  const answer = await fetch(url, { credentials: 'include', cache: 'no-store' });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return text; // a token alone
  }
}

/**
 * What a link token says: whose it is, and until when. Nothing is proved by it; the gateway checks.
 * @param {string} token
 * @returns {{agent: string, platform: string, exp: number, iat: number} | null} null: it is a key
 */
export function claims(token) {
  try {
    const body = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(body), (one) => one.charCodeAt(0));
    const { sub, platform, exp, iat } = JSON.parse(new TextDecoder().decode(bytes));
    return { agent: String(sub ?? ''), platform: String(platform ?? ''), exp: Number(exp), iat: Number(iat) };
  } catch {
    return null;
  }
}

/**
 * A clock here that is wrong makes it neither older than it is nor good for longer than it was made for.
 * @param {string} token
 */
function leftOf(token) {
  const said = claims(token);
  if (!said || !Number.isFinite(said.exp)) return NEVER;
  const whole = Number.isFinite(said.iat) ? (said.exp - said.iat) * 1000 : NEVER;
  const left = said.exp * 1000 - Date.now();
  return left > 0 ? Math.min(left, whole) : whole;
}
