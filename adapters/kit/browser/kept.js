/**
 * What a page keeps for its tab. Browsers that block third parties' storage give a frame none at all, and a full one
 * takes nothing: what is kept then is gone with the page.
 */

/** @type {Map<string, string>} */ const memory = new Map();

/**
 * @param {(there: Storage) => string | null | void} use
 * @returns {string | null | void}
 */
function stored(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}

/** @param {string} name */
export const recall = (name) => stored((there) => there.getItem(name)) ?? memory.get(name) ?? null;

/**
 * @param {string} name
 * @param {string} value
 */
export function keep(name, value) {
  memory.set(name, value);
  stored((there) => there.setItem(name, value));
}

/** @param {string} name */
export function forget(name) {
  memory.delete(name);
  stored((there) => there.removeItem(name));
}

/**
 * What JSON says that somebody kept; null for what is none.
 * @param {string | null} text
 */
export function read(text) {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
