/** A web application as somebody would write it for WWE, by its messages alone: nothing in it is of the gateway. */
(() => {
  'use strict';
  /** @type {Map<string, (reply: any) => void>} */ const open = new Map();
  /** @type {Map<string, any>} */ const calls = new Map();
  const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
  let sent = 0;

  function post(message) {
    const referenceId = String(sent++);
    parent.postMessage({ ...message, referenceId, userAgent: 'WWE Client', protocolVersion: 2 }, '*');
    return new Promise((resolve) => open.set(referenceId, resolve));
  }
  const call = (request, ...parameters) => post(parameters.length ? { request, parameters } : { request });

  const actions = {
    answer: (one) => call('voice.answer', one.interactionId),
    hold: (one) => call('voice.hold', one.interactionId),
    resume: (one) => call('voice.resume', one.interactionId),
    hangUp: (one) => call('voice.hangUp', one.interactionId),
    markdone: (one) => call('interaction.markdone', one.interactionId),
  };

  function show() {
    element('calls').replaceChildren(
      ...[...calls.values()].map((one) => {
        const line = document.createElement('li');
        line.append(`${(one.direction === 'OUT' ? one.dnis : one.ani) || one.interactionId} ${one.state} `);
        for (const [name, act] of Object.entries(actions)) {
          const button = document.createElement('button');
          button.textContent = name;
          button.onclick = () => act(one);
          line.append(button);
        }
        return line;
      }),
    );
  }

  addEventListener('message', ({ source, data }) => {
    if (source !== parent || data?.userAgent !== 'WWE Server') return;
    const log = element('log');
    log.textContent = `${JSON.stringify(data).slice(0, 400)}\n${log.textContent}`.slice(0, 20_000);
    if (!data.event) {
      open.get(data.referenceId)?.(data);
      open.delete(data.referenceId);
    } else if (data.event === 'interaction' && data.data.interaction) {
      const one = data.data.interaction;
      if (data.data.eventType === 'REMOVED') calls.delete(one.interactionId);
      else calls.set(one.interactionId, one);
      show();
    } else if (data.event === 'agent') {
      element('agent').textContent = data.data.displayName ?? data.data.type;
    }
  });

  element('dial').onsubmit = (event) => {
    event.preventDefault();
    call('voice.dial', /** @type {HTMLInputElement} */ (element('number')).value);
  };
  (async () => {
    await post({ event: 'subscribe', data: ['interaction', 'agent'] });
    element('agent').textContent = (await call('agent.getState')).data.displayName;
    for (const one of (await call('interaction.getInteractions')).data) calls.set(one.interactionId, one);
    show();
  })();
})();
