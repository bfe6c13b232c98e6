"""A page that was written for Amazon Connect Streams, with the vendor's own library, unmodified."""

from functools import cache
from pathlib import Path
from typing import Final

import pytest

_MODULES: Final = Path(__file__).parents[2] / "build/axe/node_modules"
RELEASES: Final = ("2.0.0", "2.14.6", "2.28.2")

# `heard`: what the library fired, in order, as [name, contact id or what else it is about]. `call`: a method
# of an object of the library's that takes callbacks, as a promise of what became of it.
PAGE: Final = """
<body><div id="panel" style="width: 400px; height: 500px"></div>
<script src="/streams.js"></script>
<script>
const heard = [];
const contacts = {};
let agent = null;
const start = (more = {}) => connect.core.initCCP(document.getElementById('panel'), {
  ccpUrl: '%(panel)s', loginPopup: false, ccpLoadTimeout: %(patience)d,
  softphone: {allowFramedSoftphone: false}, storageAccess: {canRequest: false}, ...more,
});
start();
connect.core.onInitialized && connect.core.onInitialized(() => heard.push(['initialized', '']));
connect.agent((one) => {
  agent = one;
  heard.push(['agent', one.getState().name]);
  one.onStateChange(({newState}) => heard.push(['state', newState]));
  one.onMuteToggle(({muted}) => heard.push(['muted', muted]));
  one.onEnqueuedNextState && one.onEnqueuedNextState((a) => heard.push(['next', a.getNextState().name]));
});
connect.contact((one) => {
  const id = one.getContactId();
  contacts[id] = one;
  heard.push(['contact', id]);
  const hears = {
    onIncoming: 'incoming', onConnecting: 'connecting', onAccepted: 'accepted', onConnected: 'connected',
    onACW: 'acw', onEnded: 'ended', onMissed: 'missed', onDestroy: 'destroyed', onError: 'error',
  };
  for (const [on, name] of Object.entries(hears)) one[on]?.(() => heard.push([name, id]));
});
const newest = () => agent?.getContacts().at(-1);
const call = (object, method, ...given) => new Promise((resolve, reject) => {
  const failure = (error) => reject(new Error(typeof error === 'string' ? error : JSON.stringify(error)));
  object[method](...given, {success: resolve, failure});
});
const names = () => heard.map(([name]) => name);
const number = (digits) => connect.Endpoint.byPhoneNumber(digits);
const on = () => newest().getConnections().filter((one) => one.isConnected()).length;
const again = () => {
  connect.core.terminate();
  document.querySelector('#panel iframe').remove();
  agent = null;
  start();
  connect.agent((one) => { agent = one; });
};
const said = [];
const signOut = () => {
  const upstream = connect.core.getUpstream();
  for (const one of ['terminated', 'acknowledge']) upstream.onUpstream(one, () => said.push(one));
  upstream.sendUpstream('terminate');
};
</script></body>
"""


@cache
def library(release: str) -> str:
    """The library of that release, as it is published."""
    path = _MODULES / f"amazon-connect-streams-{release}/release/connect-streams-min.js"
    if not path.exists():
        pytest.fail("there is no amazon-connect-streams: make setup gets it with npm")
    return path.read_text(encoding="utf-8")
