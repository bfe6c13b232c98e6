// Questions (needinfo): answers to them, and who gives them in time.

/** @import { Connection } from "./connection.js" */
/** @import { Answer, Json, NeedInfo } from "./model.d.ts" */

/**
 * @callback Handler Given a question, its answer; null leaves it to somebody else.
 * @param {NeedInfo} question
 * @param {AbortSignal} signal aborted when somebody else was first, or its time is up
 * @returns {Promise<Answer | null> | Answer | null}
 */

/**
 * Fill it in: a value for each key of its fields.
 *
 * @param {NeedInfo} question
 * @param {Record<string, Json>} values
 * @returns {Answer}
 */
export function submit(question, values) {
  return { needinfo_id: question.id, action: "submit", values };
}

/**
 * Go on without, where the question is `skippable`.
 *
 * @returns {Answer}
 */
export function skip(/** @type {NeedInfo} */ question) {
  return { needinfo_id: question.id, action: "skip" };
}

/**
 * Give up the command.
 *
 * @returns {Answer}
 */
export function cancel(/** @type {NeedInfo} */ question) {
  return { needinfo_id: question.id, action: "cancel" };
}

/**
 * What the handler says, as long as the question is open; null once its time is up, or somebody was first. The
 * time is the human's, not that of a request: as a rule two minutes, by the gateway's clock.
 *
 * @param {Handler} handler
 * @param {NeedInfo} question
 * @param {Connection} at
 * @param {AbortController} over
 * @returns {Promise<Answer | null>}
 */
export async function asked(handler, question, at, over = new AbortController()) {
  const limit = setTimeout(() => over.abort(), Math.max(0, Date.parse(question.expires_at) - at.now()));
  try {
    const ended = new Promise((resolve) => over.signal.addEventListener("abort", () => resolve(null), { once: true }));
    return /** @type {Answer | null} */ (await Promise.race([handler(question, over.signal), ended]));
  } finally {
    clearTimeout(limit);
  }
}
