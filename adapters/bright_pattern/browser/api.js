/**
 * The script that a page loads in place of Bright Pattern's: it defines `window.brightpattern.AdApi`.
 *
 * A page needs no change but the host's name. All work is done in the frame beside it (frame.html, of the
 * gateway's origin), which signs in and holds the connection; the two post messages to each other, each to the
 * other's exact origin. Attributes of the script tag: `data-token` (a link token), `data-agent` (on a gateway
 * without keys). A classic script, since the vendor's is one.
 */
(() => {
  'use strict';

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const address = new URL(script.src);
  // The vendor's paths end in /adapters/api.js and its frame is one folder up; ours stands beside the script.
  const frameAddress = new URL(/\/adapters\/[^/]*$/.test(address.pathname) ? '..' : 'frame.html', address);

  const WITHOUT_AGENT = new Set(['login', 'openLogin']); // what the frame answers before anybody is signed in
  const REQUEST_MS = 20_000; // a command may be several calls of the platform's, of 10 s each
  const READY_MS = 10_000;
  const METHOD_NOT_FOUND = -32601; // of JSON-RPC
  const NOT_ANSWER = { code: 6, name: 'api_not_answer' };
  const INVALID = { code: 7, name: 'invalid_request' };
  const TIMEOUT = { code: 8, name: 'timeout' };
  const NOT_SERVED = { code: 14, name: 'api_method_not_implemented' };

  const METHODS = (
    'getLoginState login openLogin logout getAgentState setAgentState getAgentNotReadyReasons getTeams ' +
    'getTeamMembers getServicesList getService setService getDIDNumbersList getDIDNumber setDIDNumber ' +
    'getPhoneDevicesList getPhoneDevice setPhoneDevice getConfig startCall startChat startEmail ' +
    'getInteractionsState acceptInteraction rejectInteraction switchActiveInteraction sendChatMessage ' +
    'suggestChatMessage setVariable getVariables addInteractionAssociatedObject setInteractionActiveScreen ' +
    'getDispositionsList setDisposition setRescheduleWindow addNote updateNote replaceNote setDialCandidates ' +
    'activatePage setCallHold setCallMute sendDtmf consultCall transfer blindTransfer inviteToCallConference ' +
    'removeFromCallConference destroyCallConference mergeAllCallsIntoConference inviteToChatConference ' +
    'removeFromChatConference leaveInteraction completeInteraction leaveAndCompleteInteraction ' +
    'setCallRecording setCallRecordingMute getScreenRecordingState setScreenRecordingMute setWidgetMinimized'
  ).split(' ');
  // Names of the messages between page and widget, where they are not the method's in upper case.
  const MESSAGES = {
    getDIDNumbersList: 'GET_DID_LIST',
    getDIDNumber: 'GET_DID',
    setDIDNumber: 'SET_DID',
    setRescheduleWindow: 'SET_RESCHEDULE',
  };

  /** @param {string} method */
  const message = (method) => MESSAGES[method] ?? method.replace(/[A-Z]/g, '_$&').toUpperCase();

  /** @param {{refused: string, code: number}} answer a JSON-RPC error, as an OperationResult */
  const refusal = ({ refused, code }) => ({
    status: 'error',
    error: code === METHOD_NOT_FOUND ? NOT_SERVED : { ...INVALID, message: refused },
  });

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

  let instances = 0;

  class AdApi {
    /** @type {Map<string, Function[]>} */ #handlers = new Map();
    /** @type {Function[]} */ #loggers = [];
    /** @type {Map<string, (result: object) => void>} */ #pending = new Map();
    /** @type {{packet: any, until?: number}[]} */ #waiting = [];
    #loaded = false; // the frame
    #ready = false; // and its connection
    #asking = false; // a person has to say who the agent is; until then the frame answers
    #standalone = false;
    #sent = 0;

    /**
     * @param {object | string} [options] InitOptions, or the integration key as the preview had it
     * @param {Element} [mountRoot] as the preview had it
     */
    constructor(options, mountRoot) {
      const given = typeof options === 'string' ? { integrationKey: options, mountRoot } : options ?? {};
      this.instanceId = `${Date.now().toString(36)}-${(instances += 1)}`;
      this.#standalone = Boolean(given.standalone && !given.adcFrame);
      this.adcFrame = given.adcFrame ?? this.#frame(given);
      addEventListener('message', (event) => this.#heard(event));
      if (given.adcFrame) this.#greet(); // it may have been there before us
      this.key = given.integrationKey ?? this.instanceId;
    }

    /** @param {any} options */
    #frame({ mountRoot, adaptiveWidth }) {
      const frame = document.createElement('iframe');
      frame.id = 'adc_frame';
      frame.title = 'Agent Desktop Communicator';
      frame.allow = 'microphone; camera; geolocation';
      frame.src = frameAddress.href;
      frame.style.cssText = 'border: 0; height: 100%';
      frame.style.width = adaptiveWidth ? '100%' : '500px';
      frame.hidden = this.#standalone;
      const put = () => (mountRoot ?? document.body).append(frame);
      if (mountRoot || document.body) put();
      else addEventListener('DOMContentLoaded', put);
      return frame;
    }

    /**
     * @param {string} eventName
     * @param {Function} handler
     */
    on(eventName, handler) {
      this.#handlers.set(eventName, [...(this.#handlers.get(eventName) ?? []), handler]);
    }

    /**
     * @param {string} eventName
     * @param {Function} handler
     */
    remove(eventName, handler) {
      const left = (this.#handlers.get(eventName) ?? []).filter((one) => one !== handler);
      this.#handlers.set(eventName, left);
    }

    /** @param {(messageName: string, data: unknown) => void} callback sees what goes out and what comes in */
    injectMessageLogger(callback) {
      this.#loggers.push(callback);
    }

    /** @param {() => void} callback when the frame can be talked to */
    onCommWidgetReady(callback) {
      if (this.#ready) callback();
      else this.on('comm-widget-ready', callback);
    }

    /**
     * @param {string} method
     * @param {unknown[]} params
     */
    #request(method, params) {
      const uid = `${this.instanceId}-${(this.#sent += 1)}`;
      const served = this.#served(method);
      const limit = served ? REQUEST_MS : READY_MS;
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          this.#waiting = this.#waiting.filter(({ packet }) => packet.uid !== uid); // it is not carried out later
          settle({ status: 'error', error: served ? TIMEOUT : NOT_ANSWER });
        }, limit);
        const settle = (/** @type {object} */ result) => {
          clearTimeout(timer);
          this.#pending.delete(uid);
          this.#log(`${message(method)}_RESPONSE`, result);
          resolve(result);
        };
        this.#pending.set(uid, settle);
        this.#log(message(method), params);
        this.#post({ uid, method, params: params.map((one) => one ?? null) }, performance.now() + limit);
      });
    }

    /** @param {string} [method] none: an answer */
    #served(method) {
      return this.#ready || (this.#loaded && (this.#asking || WITHOUT_AGENT.has(method ?? '')));
    }

    /**
     * @param {any} packet
     * @param {number} [until] when nobody waits for its answer any more
     */
    #post(packet, until) {
      if (!this.#served(packet.method)) return void this.#waiting.push({ packet, until });
      const within = until === undefined ? undefined : until - performance.now();
      this.adcFrame.contentWindow?.postMessage({ trunkline: 1, ...packet, within }, frameAddress.origin);
    }

    #sayKept() {
      for (const { packet, until } of this.#waiting.splice(0)) this.#post(packet, until);
    }

    #greet() {
      const { token, agent } = script.dataset;
      const hello = { trunkline: 1, hello: { token, agent, key: this.key, kept: kept() } };
      this.adcFrame.contentWindow?.postMessage(hello, frameAddress.origin);
    }

    /** @param {MessageEvent} event */
    async #heard({ source, origin, data }) {
      if (source !== this.adcFrame.contentWindow || origin !== frameAddress.origin || data?.trunkline !== 1) return;
      if (data.ready === 'frame') {
        this.#greet(); // the frame is loaded, perhaps again
        this.#loaded = true;
        this.#sayKept();
      } else if (data.ready === 'channel') {
        if (this.#ready) return;
        this.#ready = true;
        this.#sayKept();
        this.#run('comm-widget-ready', []);
      } else if (data.uid !== undefined) {
        this.#pending.get(data.uid)?.(data.refused === undefined ? data.result : refusal(data));
      } else if (data.keep !== undefined) {
        keep(data.keep);
      } else if (data.asking !== undefined) {
        this.#asking = data.asking;
        if (this.#standalone) this.adcFrame.hidden = !data.asking;
        this.#sayKept();
      } else if (typeof data.event === 'string') {
        this.#log(data.event, data.params);
        const answers = await Promise.allSettled(this.#run(data.event, data.params));
        if (data.asked === undefined) return;
        const said = answers.flatMap((one) => (one.status === 'fulfilled' && one.value != null ? [one.value] : []));
        this.#log(`${data.event}_RESPONSE`, said.at(-1) ?? null);
        this.#post({ answers: data.asked, answer: said.at(-1) ?? null, nobody: answers.length === 0 });
      }
    }

    /**
     * @param {string} name
     * @param {unknown[]} params
     */
    #run(name, params) {
      return (this.#handlers.get(name) ?? []).map(async (handler) => handler(...params));
    }

    /**
     * @param {string} name
     * @param {unknown} data
     */
    #log(name, data) {
      for (const logger of this.#loggers) logger(name, data);
    }

    static {
      for (const method of METHODS) {
        this.prototype[method] = function (/** @type {unknown[]} */ ...params) {
          return this.#request(method, params);
        };
      }
    }
  }

  // The documents show a plain call, running code uses `new`; the samples use the class's own name.
  const Callable = new Proxy(AdApi, { apply: (target, _this, args) => new target(...args) });
  window.brightpattern = { AdApi: Callable };
  window.AgentDesktopClientAPI = window.AgentDesktopClientAPIImpl = Callable;
})();
