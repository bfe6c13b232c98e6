// What a webhook receives: verified by Standard Webhooks 1.0, and read.
//
// Signed are id, timestamp and body, and no other header. So nothing that is told here comes from another one,
// but for the address of an event that was too large to be sent in binary mode.

import { SignatureError } from "./errors.js";

/** @import { AnyEvent } from "./model.d.ts" */

/**
 * @typedef {object} Delivered
 * @property {string} id the event's, and the same however often it comes: drop what you know
 * @property {AnyEvent | null} event null for a test, and where it is too large: then it is to be read at `dataref`
 * @property {string} dataref
 * @property {string} order names what it keeps its order with; empty in binary mode
 * @property {boolean} test it means nothing, and only tries the receiver
 */

const TOLERANCE_S = 300;
const SECRET = "whsec_";
const PUBLIC = "whpk_";

/**
 * Read a delivery, if one of the secrets has signed it and it is of now. Throws SignatureError.
 *
 * Give the old and the new secret while it is being rotated. A key that begins with `whpk_` verifies the
 * signatures of a key pair.
 *
 * @param {Headers | Record<string, string | string[] | undefined>} headers
 * @param {Uint8Array | ArrayBuffer | string} body as it came
 * @param {string | Iterable<string>} secrets
 * @param {{ toleranceS?: number, nowS?: number }} [options]
 * @returns {Promise<Delivered>}
 */
export async function verifyWebhook(headers, body, secrets, { toleranceS = TOLERANCE_S, nowS } = {}) {
  const told = new Headers(headers instanceof Headers ? headers : {});
  if (!(headers instanceof Headers)) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) told.set(name, String(value));
  }
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => {
    const value = told.get(name);
    if (value === null) throw new SignatureError(`there is no header ${name}`);
    return value;
  });
  if (id === undefined || timestamp === undefined || signatures === undefined) throw new SignatureError("no headers");
  requireNow(timestamp, toleranceS, nowS ?? Date.now() / 1000);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const keys = typeof secrets === "string" ? [secrets] : [...secrets];
  // Every key against every signature, whatever fits: how long it takes says nothing.
  const fits = await Promise.all(keys.flatMap((key) => signatures.split(" ").map((one) => verifies(key, one, signed))));
  if (!fits.includes(true)) throw new SignatureError("no signature fits");
  return read(told, id, new TextDecoder().decode(bytes));
}

function requireNow(/** @type {string} */ timestamp, /** @type {number} */ toleranceS, /** @type {number} */ nowS) {
  if (!/^\d+$/.test(timestamp)) throw new SignatureError("the timestamp is no number");
  if (Math.abs(nowS - Number(timestamp)) > toleranceS) throw new SignatureError("the timestamp is not of now");
}

function joined(/** @type {Uint8Array} */ one, /** @type {Uint8Array} */ other) {
  const made = new Uint8Array(one.length + other.length);
  made.set(one);
  made.set(other, one.length);
  return made;
}

/**
 * @param {string} key
 * @param {string} signature
 * @param {Uint8Array<ArrayBuffer>} signed
 */
async function verifies(key, signature, signed) {
  const [version, text = ""] = signature.split(",");
  const given = fromBase64(text);
  const pair = key.startsWith(PUBLIC);
  if (!pair && !key.startsWith(SECRET)) throw new TypeError(`a secret begins with ${SECRET}, a public key with ${PUBLIC}`);
  const bytes = fromBase64(key.slice(pair ? PUBLIC.length : SECRET.length));
  if (bytes === null) throw new TypeError("a key is base64 after its prefix");
  if (given === null || version !== (pair ? "v1a" : "v1")) return false;
  const algorithm = pair ? { name: "Ed25519" } : { name: "HMAC", hash: "SHA-256" };
  const made = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm.name, made, given, signed); // in constant time
}

function fromBase64(/** @type {string} */ text) {
  try {
    return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  } catch {
    return null;
  }
}

function read(/** @type {Headers} */ told, /** @type {string} */ id, /** @type {string} */ text) {
  let data;
  let dataref = "";
  let order = "";
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new SignatureError("signed, and no message of ours", { cause: error });
  }
  if (told.has("ce-specversion")) {
    dataref = data === null ? (told.get("ce-dataref") ?? "") : "";
  } else {
    if (data?.id !== id) throw new SignatureError("the envelope is of another message");
    ({ dataref = "", partitionkey: order = "", data = null } = data);
  }
  const test = data === null ? !dataref : data.type === "webhook.test";
  return { id, event: test ? null : data, dataref, order, test };
}
