/**
 * What a page keeps for its tab. Browsers that block third parties' storage give a frame none at all: what it keeps
 * is then gone with the page.
 */

/** @type {Map<string, string>} */ const memory = new Map();

/** @returns {Storage | null} */
function storage() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

/** @param {string} name */
export const recall = (name) => storage()?.getItem(name) ?? memory.get(name) ?? null;

/**
 * @param {string} name
 * @param {string} value
 */
export function keep(name, value) {
  const there = storage();
  if (there) there.setItem(name, value);
  else memory.set(name, value);
}

/** @param {string} name */
export function forget(name) {
  storage()?.removeItem(name);
  memory.delete(name);
}
