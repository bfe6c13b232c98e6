"""Vendors' pages, played.

Bright Pattern's script is played by the facade of the simulated platform: what a page loads in its place.
What it cannot be made to do (other ids after a reload, answers that go wrong, events at will) hand-written
pages do.
"""

from typing import Final

# After every load of the page, the vendor calls the same interactions otherwise.
OTHER_IDS: Final = """
<script>
const suffix = '-' + Math.random().toString(36).slice(2, 8);
const theirs = (value) => value === undefined ? value :
  JSON.parse(JSON.stringify(value).replace(/"(int_[a-z0-9]+)"/g, (_, id) => `"${id}${suffix}"`));
const ours = (value) => typeof value === 'string' ? value.replace(suffix, '') : value;
const Real = brightpattern.AdApi;
brightpattern.AdApi = function (options) {
  const real = new Real(options);
  return new Proxy(real, {get: (_, name) => {
    if (name === 'on') return (event, handler) => real.on(event, (...args) => handler(...args.map(theirs)));
    if (typeof real[name] !== 'function') return real[name];
    return (...args) => Promise.resolve(real[name](...args.map(ours))).then(theirs);
  }});
};
</script>
"""

# The vendor's API with nothing behind it: `emit` lets the widget say something, `calls` is what it was asked.
STAND_IN: Final = """
<script>
const handlers = {}, calls = [], now = () => performance.timeOrigin + performance.now();
const emit = (event, ...args) => Promise.all((handlers[event] ?? []).map((one) => one(...args)));
const success = (data = null) => ({status: 'success', data});
const call = (state, data = {}) => ({interactionId: 'i1', globalInteractionId: 'g1', state, type: 'voice',
  callParties: [], chatParties: [], callMuted: false, callRecording: false, attachedData: data,
  internal: false, callDirection: 'inbound'});
const answers = {
  getLoginState: () => success({isLoggedIn: true, agentId: 'a1', username: 'a1', sessionId: 's'}),
  getAgentState: () => success({state: 'busy', reservedForIncomingInteraction: false}),
  getAgentNotReadyReasons: () => success([]),
  getInteractionsState: () => success({activeInteractionId: 'i1', interactions: [call('delivered')]}),
};
window.brightpattern = {AdApi: class {
  constructor() {
    return new Proxy(this, {get: (_, name) => {
      if (name === 'on') return (event, handler) => (handlers[event] ??= []).push(handler);
      return async (...args) => {
        calls.push([name, now(), ...args]);
        return answers[name]?.() ?? success();
      };
    }});
  }
}};
</script>
"""

# The older API with nothing behind it, as known builds have it: of two names of a registrar there is one, and
# only getState has a callback. A recording's status is told without `data` around it, as pages print it.
OLDER_STAND_IN: Final = """
<script>
const calls = [], listeners = {};
const call = {item_id: 'i1', global_id: 'g1', phone_number: '+15550100', service: 'sales', recording_url: '',
  screenpop_data: {case: '7'}, attached_data: {}};
const state = {agent_id: 'a1', status: 'busy', reason: '', interactions: [call]};
const say = (message) => (listeners[message.command] ?? []).forEach((one) => one(message));
const emit = (command, data = call) => say({command, data});
const listen = (command) => (listener) => void (listeners[command] ??= []).push(listener);
const order = (name) => (...args) => void calls.push([name, ...args]);
window.bpspat = {api: {
  init: order('init'),
  getState: (callback) => callback({command: 'GET_STATE', request_id: '0', data: state}),
  startCallRecording: (id) => say({command: 'CALL_RECORDING_STATUS', item_id: id, recording: 1, muted: 0}),
  addAgentLoginHandler: listen('LOGIN_CHANGED'),
  addStatusChangeHandler: listen('STATE_CHANGED'),
  addInteractionCompletedHandler: listen('INTERACTION_COMPLETED'),
  addInboundCallAnsweredHandler: listen('_I_CALL_ANSWERED'),
  addCallHoldedHandler: listen('_CALL_HELD'),
  addCallEndedHandler: listen('_CALL_ENDED'),
  addCallRecordingStatusHandler: listen('CALL_RECORDING_STATUS'),
}};
for (const name of ['setStatus', 'dialNumber', 'setDisposition', 'setNotes', 'terminateInteraction',
  'completeInteraction', 'completeInteractionWithDisp', 'postVariable']) bpspat.api[name] = order(name);
</script>
"""

# A desktop that frames one page and answers it in odd ways.
DESKTOP: Final = """
<body><script>
const asked = [];
const state = {type: 'READY', displayName: 'Ready', operationName: 'Ready'};
const call = {interactionId: '1', caseId: 'c-1', state: 'TALKING', previousState: 'RINGING', callUuid: 'u1',
  interactionUUID: 'u1', direction: 'IN', callType: 'INBOUND', userData: {}, parties: []};
const data = {
  'agent.get': {employeeId: 'a1', username: 'a1'},
  'agent.getState': state,
  'agent.getStateList': [state],
  'interaction.getInteractions': [call],
  'media.getMediaList': [],
  'system.getAllowedServices': ['interaction.getInteractions'],
};
const say = (message) =>
  frames[0].postMessage({...message, userAgent: 'WWE Server', protocolVersion: 2}, '*');
const late = [];
addEventListener('message', ({data: message}) => {
  if (message?.userAgent !== 'WWE Client') return;
  const {referenceId, request, event} = message;
  asked.push(request ?? event);
  if (event === 'subscribe') return say({referenceId, subscriptionId: 's-1'});
  if (request === 'voice.hold') { say({referenceId}); say({referenceId, errorMessage: 'again'}); return; }
  if (request === 'voice.hangUp') { late.push(() => say({referenceId, data: null})); return; }
  say({referenceId, data: data[request] ?? null});
});
</script></body>
"""


def vendor_script(platforms_url: str, agent: str = "a1") -> str:
    """The tag of the vendor's script: the simulated platform's facade."""
    return (
        f'<script src="{platforms_url}/v1/facades/sim/bright_pattern/api.js" data-agent="{agent}"></script>'
    )


def older_script(url: str, agent: str = "a1") -> str:
    """The tag of the older script as that gateway serves it, and `init` with the vendor's origin."""
    return (
        f'<script src="{url}/v1/facades/sim/bright_pattern_embedded/sdk.js" data-agent="{agent}"></script>'
        "<script>bpspat.api.init('https://tenant.example')</script>"
    )


def relay(url: str, **data: str) -> str:
    """The tag of the relay."""
    attributes = "".join(f' data-{name}="{value}"' for name, value in data.items())
    return (
        '<p id="shown"></p><script type="module" '
        f'src="{url}/v1/links/sim/relay.js" data-status="shown"{attributes}></script>'
    )
