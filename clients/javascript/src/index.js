// A client of Trunkline, the gateway between CRMs and contact-centre platforms.

export { Trunkline } from "./client.js";
export { verifyWebhook } from "./deliveries.js";
export {
  CommandFailedError,
  ProblemError,
  SignatureError,
  StreamEndedError,
  TrunklineError,
  UnansweredError,
} from "./errors.js";
export { cancel, skip, submit } from "./questions.js";
export { Events } from "./stream.js";
/** @typedef {import("./client.js").Options} Options */
/** @typedef {import("./client.js").Sending} Sending */
/** @typedef {import("./deliveries.js").Delivered} Delivered */
/** @typedef {import("./questions.js").Handler} Handler */
/** @typedef {import("./stream.js").Told} Told */
/** @typedef {import("./stream.js").Wanted} Wanted */
