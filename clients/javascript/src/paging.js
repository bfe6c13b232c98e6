// Lists, page after page, and filters as parameters of a query.

/** @import { Connection } from "./connection.js" */
/** @import { Filter, Match } from "./model.d.ts" */

/** The fields of a filter, and what they are called in a query. @type {[keyof Filter, string][]} */
const NAMES = [
  ["platforms", "platform"],
  ["agents", "agent"],
  ["sessions", "session"],
  ["interactions", "interaction"],
  ["teams", "team"],
  ["media", "media"],
  ["types", "type"],
  ["mask", "mask"],
  ["drop", "drop"],
];

/**
 * Each entry of a list. What is there all the time comes once, whatever is added meanwhile.
 *
 * @template T
 * @param {Connection} at
 * @param {string} path
 * @param {string} member
 * @param {[string, string][]} query
 * @param {string} by
 * @returns {AsyncGenerator<T, void>}
 */
export async function* pages(at, path, member, query = [], by = "page") {
  let next = "";
  do {
    const asked = next ? [...query, /** @type {[string, string]} */ ([by, next])] : query;
    /** @type {any} */
    const page = await at.request("GET", path, { query: asked });
    yield* page[member];
    next = page.next ?? "";
  } while (next);
}

/**
 * A filter, as lists take it.
 *
 * @param {Filter} filter
 * @returns {[string, string][]}
 */
export function asQuery(filter) {
  const named = NAMES.flatMap(([field, name]) =>
    /** @type {string[]} */ (filter[field] ?? []).map((value) => /** @type {[string, string]} */ ([name, value])),
  );
  const conditions = Object.entries(filter.content ?? {}).flatMap(([path, value]) =>
    (Array.isArray(value) ? value : [value]).map(
      (one) => /** @type {[string, string]} */ (["content", `${path}:${asText(one)}`]),
    ),
  );
  return [...named, ...conditions];
}

function asText(/** @type {unknown} */ value) {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const { prefix, exists } = /** @type {Match} */ (value);
  return typeof prefix === "string" ? `${prefix}*` : exists ? "*" : "null";
}
