/**
 * The public API, as any other client asks it. What it refuses is a problem document (RFC 9457), thrown as
 * `Problem`.
 */

import { credential, signOut } from './session.js';

/** Where the gateway is, with any prefix that a proxy gives it. */
export const BASE = new URL('..', import.meta.url);

/** What the gateway refused, and why. */
export class Problem extends Error {
  /** @param {number} status @param {{title?: string, detail?: string, type?: string}} told */
  constructor(status, told) {
    super(told.detail || told.title || `HTTP ${status}`);
    this.status = status;
    this.told = told;
    this.code = (told.type ?? '').replace('urn:trunkline:', '');
  }
}

/** Everything that a request may say beside its address. */
function headersOf(body, more) {
  const headers = { ...more };
  if (credential()) headers.Authorization = `Bearer ${credential()}`;
  if (body !== undefined) headers['Content-Type'] ??= 'application/json';
  return headers;
}

/** The address of a path, with a query. Lists are repeated; what is empty is left out. */
export function address(path, query = {}) {
  const url = new URL(path.replace(/^\//, ''), BASE);
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== '' && one != null) url.searchParams.append(name, one);
  }
  return url;
}

/**
 * One request; the answer itself. Throws Problem, also where the gateway is not reached (status 0).
 * @returns {Promise<Response>}
 */
async function ask(method, path, { query, body, headers, signal } = {}) {
  const shown = credential();
  let answer;
  try {
    answer = await fetch(address(path, query), {
      method,
      headers: headersOf(body, headers),
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal,
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, { title: 'The gateway is not reached' });
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  const problem = new Problem(answer.status, told);
  if (answer.status === 401 && shown && shown === credential()) signOut(problem.message);
  throw problem;
}

/** The answer as JSON; null where it has no body. */
export async function call(method, path, more) {
  const answer = await ask(method, path, more);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path, query, more = {}) => call('GET', path, { query, ...more });
export const post = (path, body, more = {}) => call('POST', path, { body, ...more });

/** The answer as text. */
export const getText = async (path) => (await ask('GET', path)).text();

/** All of a list, page by page. `name` is where the entries stand; no more than `most`. */
export async function all(path, name, query = {}, most = 5000) {
  const found = [];
  let page = '';
  do {
    const told = await get(path, { ...query, page });
    found.push(...told[name]);
    page = told.next ?? '';
  } while (page && found.length < most);
  return found;
}

/** Why something is not shown, in words for who may ask his operator for more. */
export function refusal(error) {
  if (!(error instanceof Problem)) return String(error);
  if (error.status === 403) return `Your key may not see this: ${error.message}.`;
  if (error.status === 401) return `Sign in to see this: ${error.message}.`;
  return error.message;
}
