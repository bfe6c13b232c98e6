/** A CRM page as somebody would write it against Bright Pattern's documents: nothing in it is of the gateway. */
(() => {
  'use strict';
  const adApi = new window.brightpattern.AdApi({
    integrationKey: 'sample',
    mountRoot: document.getElementById('widget'),
  });
  /** @type {Map<string, any>} */ const calls = new Map();
  const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

  const actions = {
    accept: (one) => one.state === 'delivery_pending' && adApi.acceptInteraction(one.interactionId),
    hold: (one) => one.state === 'delivered' && adApi.setCallHold(true, one.interactionId),
    retrieve: (one) => one.state === 'hold' && adApi.setCallHold(false, one.interactionId),
    leave: (one) => adApi.leaveInteraction(one.interactionId),
    complete: (one) => adApi.completeInteraction(one.interactionId),
  };

  function show() {
    element('calls').replaceChildren(
      ...[...calls.values()].map((one) => {
        const line = document.createElement('li');
        line.append(`${one.phoneNumber ?? one.email ?? one.interactionId} ${one.state} `);
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

  const note = (/** @type {any} */ one) => void (calls.set(one.interactionId, one), show());
  adApi.on('ON_NEW_INTERACTION', note);
  adApi.on('ON_INTERACTION_STATE_CHANGE', note);
  adApi.on('ON_INTERACTION_REMOVED', (one) => void (calls.delete(one.interactionId), show()));
  adApi.on('ON_AGENT_STATE_CHANGE', (state) => void (element('agent').textContent = state));
  adApi.injectMessageLogger((name, data) => {
    const log = element('log');
    const text = `${name} ${JSON.stringify(data)}`;
    log.textContent = `${text.slice(0, 400)}\n${log.textContent}`.slice(0, 20_000);
  });
  adApi.onCommWidgetReady(async () => {
    const state = await adApi.getAgentState();
    if (state.status === 'success') element('agent').textContent = state.data.state;
    const all = await adApi.getInteractionsState();
    if (all.status === 'success') all.data.interactions.forEach(note);
  });
  element('dial').onsubmit = (event) => {
    event.preventDefault();
    adApi.startCall(/** @type {HTMLInputElement} */ (element('number')).value);
  };
})();
