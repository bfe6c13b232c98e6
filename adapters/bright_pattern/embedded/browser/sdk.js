/**
 * The script that a page loads in place of Bright Pattern's older one: it defines `window.bpspat.api`.
 *
 * A page needs no change but the host's name. All work is done in the frame that `init` adds (frame.html, of the
 * gateway's origin), which signs in and holds the connection; the two post messages to each other, each to the
 * other's exact origin. Attributes of the script tag: `data-token` (a link token), `data-agent` (on a gateway
 * without keys). The vendor's API has no errors: what is refused, or comes to nothing, is a warning on the console.
 */
(() => {
  'use strict';

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const address = new URL(script.src);
  const VENDORS = '/agentdesktop/'; // at its own paths the script's frame has one too; ours stands beside the script
  const frameAddress = new URL(
    address.pathname.startsWith(VENDORS) ? `${VENDORS}AgentDesktopSdkProxy.jsp` : 'frame.html',
    address,
  );

  const REQUEST_MS = 20_000; // a command may be several calls of the platform's, of 10 s each
  const SHOWN =
    'border: 0; position: fixed; right: 0; bottom: 0; width: 24rem; height: 15rem; background: Canvas; ' +
    'z-index: 2147483647';

  const METHODS = (
    'getState setStatus logout dialNumber selectService singleStepTransfer singleStepConference setDisposition ' +
    'setDispositionByName setNotes terminateInteraction completeInteraction completeInteractionWithDisp ' +
    'completeInteractionWithDispByName postVariable setRescheduleWindow getCallRecordingStatus ' +
    'startCallRecording stopCallRecording muteCallRecording unmuteCallRecording muteCallRecordings ' +
    'unmuteCallRecordings getScreenRecordingStatus muteScreenRecording unmuteScreenRecording ' +
    'stopScreenRecording muteScreenRecordings unmuteScreenRecordings mergeAllCallsIntoConference'
  ).split(' ');
  // Commands that are not the method's name in upper snake case.
  const COMMANDS = {
    setStatus: 'CHANGE_STATE',
    terminateInteraction: 'TERMINATE_INTERACTION_FROM_API',
    completeInteraction: 'COMPLETE_INTERACTION_FROM_API',
    completeInteractionWithDisp: 'COMPLETE_INTERACTION_WITH_DISPOSITION',
    completeInteractionWithDispByName: 'COMPLETE_INTERACTION_WITH_DISPOSITION_BY_NAME',
  };
  const REGISTRARS = {
    onAgentLogin: 'LOGIN_CHANGED',
    addAgentLoginHandler: 'LOGIN_CHANGED',
    onStatusChange: 'STATE_CHANGED',
    addStatusChangeHandler: 'STATE_CHANGED',
    addInteractionRenderedHandler: 'INTERACTION_RENDERED',
    addInteractionCompletedHandler: 'INTERACTION_COMPLETED',
    addInboundCallOfferedHandler: '_I_CALL_OFFERED',
    addInboundCallAnsweredHandler: '_I_CALL_ANSWERED',
    addOutboundCallDialingHandler: '_O_CALL_DIALING',
    addOutboundCallConnectedHandler: '_O_CALL_CONNECTED',
    addCallHeldHandler: '_CALL_HELD',
    addCallHoldedHandler: '_CALL_HELD',
    addCallResumedHandler: '_CALL_RESUMED',
    addCallEndedHandler: '_CALL_ENDED',
    addBlindTransferHandler: '_BLIND_TRANSFER',
    addConsultTransferHandler: '_CONSULT_TRANSFER',
    addCallRecordingStatusHandler: 'CALL_RECORDING_STATUS',
    addScreenRecordingStatusHandler: 'SCREEN_RECORDING_STATUS',
  };
  // Whose answer the listeners of an event are told, where the caller gives no callback.
  const TOLD_AS = {
    getCallRecordingStatus: 'CALL_RECORDING_STATUS',
    getScreenRecordingStatus: 'SCREEN_RECORDING_STATUS',
  };

  // A frame of another site has no storage of its own in many browsers, so that we keep who it was for this tab. Only
  // pages of this origin can read it, as they could ask the frame anything.
  const KEPT = `trunkline ${frameAddress.href}`;

  function kept() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
    } catch {
      return null; // there is no storage, or somebody else wrote there
    }
  }

  /** @param {object | null} who null: nobody any more */
  function keep(who) {
    try {
      if (who) sessionStorage.setItem(KEPT, JSON.stringify(who));
      else sessionStorage.removeItem(KEPT);
    } catch {
      // then a reload asks who it is
    }
  }

  /** @type {Map<string, Function[]>} */ const listeners = new Map();
  /**
   * @typedef {object} Request
   * @property {string} name of the method
   * @property {object} packet
   * @property {number} until when it has come to nothing
   * @property {(data: unknown) => void} answered
   * @property {boolean} [said] to the frame
   */
  /** @type {Map<string, Request>} */ const pending = new Map();
  /** @type {HTMLIFrameElement | null} */ let frame = null;
  let ready = false; // the frame is connected; what is asked before waits for that
  let sent = 0;

  function init() {
    // It takes the vendor's origin, but where the frame is, the script's own address says.
    if (frame?.isConnected) return;
    if (!document.body) return void addEventListener('DOMContentLoaded', init);
    ready = false;
    frame = document.createElement('iframe');
    frame.title = 'Agent desktop';
    frame.src = frameAddress.href;
    frame.style.cssText = SHOWN;
    frame.hidden = true;
    document.body.append(frame);
  }

  /** @param {object} packet */
  const post = (packet) => frame?.contentWindow?.postMessage({ trunkline: 1, ...packet }, frameAddress.origin);

  /**
   * @param {string} name of the method
   * @param {unknown[]} given its arguments, a callback among them
   */
  function request(name, given) {
    const command = COMMANDS[name] ?? name.replace(/[A-Z]/g, '_$&').toUpperCase();
    const callback = /** @type {Function | undefined} */ (given.find((one) => typeof one === 'function'));
    const params = given.filter((one) => typeof one !== 'function').map((one) => one ?? null);
    const uid = String((sent += 1));
    const answered = (/** @type {unknown} */ data) => {
      if (callback) callback({ command, request_id: uid, data });
      else if (TOLD_AS[name]) tell(TOLD_AS[name], data);
    };
    const one = { name, packet: { uid, method: command, params }, until: performance.now() + REQUEST_MS, answered };
    pending.set(uid, one);
    setTimeout(() => settled(uid) && warn(name, `nothing came of it within ${REQUEST_MS / 1000} s`), REQUEST_MS);
    if (ready) say(one);
  }

  /** @param {Request} one */
  function say(one) {
    one.said = true; // once: if the frame is loaded again, nobody knows what became of it
    post({ ...one.packet, within: one.until - performance.now() });
  }

  /** @param {string} uid */
  function settled(uid) {
    const one = pending.get(uid);
    pending.delete(uid);
    return one;
  }

  /**
   * @param {string} name
   * @param {string} why
   */
  const warn = (name, why) => console.warn(`bpspat.api.${name}: ${why}`);

  /**
   * @param {string} command
   * @param {unknown} data
   */
  function tell(command, data) {
    // each by itself: one that throws does not keep the message from the others
    for (const listener of listeners.get(command) ?? []) queueMicrotask(() => listener({ command, data }));
  }

  addEventListener('message', ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== frameAddress.origin || data?.trunkline !== 1) return;
    if (data.ready === 'frame') {
      ready = false; // it is loaded, perhaps again
      const { token, agent } = script.dataset;
      post({ hello: { token, agent, kept: kept() } });
    } else if (data.ready === 'channel') {
      ready = true;
      for (const one of pending.values()) if (!one.said) say(one);
    } else if (data.keep !== undefined) {
      keep(data.keep);
    } else if (data.asking !== undefined) {
      frame.hidden = !data.asking;
    } else if (data.uid !== undefined) {
      const one = settled(data.uid);
      if (!one) return;
      if (data.refused === undefined) one.answered(data.result);
      else warn(one.name, data.refused);
    } else if (typeof data.event === 'string') {
      tell(data.event, data.params[0]);
    }
  });

  const api = { init };
  for (const name of METHODS) api[name] = (/** @type {unknown[]} */ ...given) => request(name, given);
  for (const [name, command] of Object.entries(REGISTRARS)) {
    api[name] = (/** @type {Function} */ listener) => {
      listeners.set(command, [...(listeners.get(command) ?? []), listener]);
    };
  }
  window.bpspat = { ...window.bpspat, api };
})();
