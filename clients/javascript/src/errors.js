// Everything that this library throws.

/** @import { CommandRecord, Failed, ProblemDetails } from "./model.d.ts" */

/** The root. */
export class TrunklineError extends Error {
  constructor(/** @type {string} */ message, /** @type {ErrorOptions} */ options = {}) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The gateway refused (RFC 9457). `code` is the word that a program goes by, `detail` is for people. */
export class ProblemError extends TrunklineError {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} detail
   * @param {number | null} retryAfterS seconds, where they are told
   */
  constructor(status, code, detail, retryAfterS = null) {
    super(`${status} ${code}: ${detail}`);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.retryAfterS = retryAfterS;
  }
}

/** No answer came: it may have been done. With `key` it may be sent again, for 24 hours. */
export class UnansweredError extends TrunklineError {
  constructor(/** @type {string} */ what, key = "", /** @type {unknown} */ cause = undefined) {
    super(`${what}: no answer came, and it may have been done`, { cause });
    this.key = key;
  }
}

/** The stream was closed for good, with that close code. */
export class StreamEndedError extends TrunklineError {
  constructor(/** @type {number} */ code, /** @type {string} */ reason) {
    super(reason ? `${code}: ${reason}` : `${code}`);
    this.code = code;
    this.reason = reason;
  }
}

/** A command was carried out and failed. `failed.effect` says whether anything may have happened. */
export class CommandFailedError extends TrunklineError {
  constructor(/** @type {CommandRecord} */ record, /** @type {Failed} */ failed) {
    super(`${failed.code}: ${failed.message ?? ""}`);
    this.record = record;
    this.failed = failed;
  }
}

/** A webhook that is not signed by whom it should be, or not of now. Answer 400. */
export class SignatureError extends TrunklineError {}

const PREFIX = "urn:trunkline:";

/**
 * The error that an answer stands for, also if it is none of the gateway's.
 *
 * @param {number} status
 * @param {string} body
 * @param {number | null} retryAfterS
 */
export function problem(status, body, retryAfterS) {
  try {
    const told = /** @type {ProblemDetails} */ (JSON.parse(body));
    const code = String(told.type).replace(PREFIX, "");
    return new ProblemError(status, code, told.detail ?? "", retryAfterS);
  } catch (error) {
    if (error instanceof SyntaxError) return new ProblemError(status, "", "", retryAfterS);
    throw error;
  }
}
