// Webhooks: subscriptions, their deliveries, replay. All of it needs a key with the scope `admin`.

import { pages } from "./paging.js";

/** @import { Connection } from "./connection.js" */
/** @import { Attempt, Delivery, DeliveryState, Replay, Replayed, WebhookSpec, WebhookView, WebhookWithSecret } from "./model.d.ts" */

const ALL = "/v1/webhooks";

/** As `Trunkline.webhooks`. An `etag` of `get` guards a change: it fails if somebody else was first. */
export class Webhooks {
  #at;

  constructor(/** @type {Connection} */ at) {
    this.#at = at;
  }

  /**
   * Subscribe. Keep the `secret`: it is told this once.
   *
   * @returns {Promise<WebhookWithSecret>}
   */
  create(/** @type {WebhookSpec} */ spec, key = crypto.randomUUID()) {
    return this.#at.request("POST", ALL, { body: spec, key });
  }

  /**
   * All of them, oldest first.
   *
   * @returns {AsyncGenerator<WebhookView, void>}
   */
  list() {
    return pages(this.#at, ALL, "webhooks");
  }

  /**
   * One of them, and its ETag.
   *
   * @returns {Promise<{ webhook: WebhookView, etag: string }>}
   */
  async get(/** @type {string} */ id) {
    const { headers, body } = await this.#at.respond("GET", `${ALL}/${id}`, {});
    return { webhook: body, etag: headers.get("ETag") ?? "" };
  }

  /**
   * Set everything anew: what is left out gets its default.
   *
   * @returns {Promise<WebhookView>}
   */
  replace(/** @type {string} */ id, /** @type {WebhookSpec} */ spec, etag = "") {
    return this.#at.request("PUT", `${ALL}/${id}`, { body: spec, headers: ifMatch(etag), again: !etag });
  }

  /**
   * Set what is named, and leave the rest; null gives a member its default back.
   *
   * @returns {Promise<WebhookView>}
   */
  patch(/** @type {string} */ id, /** @type {Record<string, unknown>} */ changes, etag = "") {
    return this.#at.request("PATCH", `${ALL}/${id}`, { body: changes, headers: ifMatch(etag), again: !etag });
  }

  /**
   * Unsubscribe.
   *
   * @returns {Promise<void>}
   */
  delete(/** @type {string} */ id, etag = "") {
    return this.#at.request("DELETE", `${ALL}/${id}`, { headers: ifMatch(etag) });
  }

  /**
   * Hold deliveries back.
   *
   * @returns {Promise<WebhookView>}
   */
  pause(/** @type {string} */ id) {
    return this.#at.request("POST", `${ALL}/${id}/pause`, { again: true });
  }

  /**
   * Let them go.
   *
   * @returns {Promise<WebhookView>}
   */
  resume(/** @type {string} */ id) {
    return this.#at.request("POST", `${ALL}/${id}/resume`, { again: true });
  }

  /**
   * Send a `webhook.test`, and tell what came of it.
   *
   * @returns {Promise<Attempt>}
   */
  test(/** @type {string} */ id) {
    return this.#at.request("POST", `${ALL}/${id}/test`);
  }

  /**
   * A new secret, ours or that one. Both sign for a day; take the new one into use within it.
   *
   * @returns {Promise<WebhookWithSecret>}
   */
  rotate(/** @type {string} */ id, secret = "") {
    return this.#at.request("POST", `${ALL}/${id}/rotate`, secret ? { body: { secret } } : {});
  }

  /**
   * From now on the newest secret alone signs.
   *
   * @returns {Promise<WebhookView>}
   */
  endRotation(/** @type {string} */ id) {
    return this.#at.request("POST", `${ALL}/${id}/end-rotation`, { again: true });
  }

  /**
   * All deliveries, or those in a state.
   *
   * @param {string} id
   * @param {DeliveryState} [state]
   * @returns {AsyncGenerator<Delivery, void>}
   */
  deliveries(id, state) {
    return pages(this.#at, `${ALL}/${id}/deliveries`, "deliveries", state ? [["state", state]] : [], "after");
  }

  /**
   * Every attempt at a delivery.
   *
   * @returns {AsyncGenerator<Attempt, void>}
   */
  attempts(/** @type {string} */ id, /** @type {string} */ delivery) {
    return pages(this.#at, `${ALL}/${id}/deliveries/${delivery}/attempts`, "attempts");
  }

  /**
   * Send a delivery again.
   *
   * @returns {Promise<void>}
   */
  replayOne(/** @type {string} */ id, /** @type {string} */ delivery) {
    return this.#at.request("POST", `${ALL}/${id}/deliveries/${delivery}/replay`);
  }

  /**
   * Send many again: the dead ones, or as chosen. With `next` in the answer there may be more.
   *
   * @returns {Promise<Replayed>}
   */
  replay(/** @type {string} */ id, /** @type {Replay | undefined} */ chosen = undefined) {
    return this.#at.request("POST", `${ALL}/${id}/replay`, chosen ? { body: chosen } : {});
  }
}

/** @returns {Record<string, string>} */
function ifMatch(/** @type {string} */ etag) {
  return etag ? { "If-Match": etag } : {};
}
