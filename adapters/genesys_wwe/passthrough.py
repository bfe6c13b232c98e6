"""North: requests that a platform of the same dialect knows better, passed on to it as vendor.call.

A module of its own, because it decides before the rows of `methods` read anything. The interaction is named
by the platform's own handle; what the platform answers is the answer. Source: reference 3.3 and 3.6 to 3.9.
"""

from typing import Final

import msgspec

from adapters.genesys_wwe import methods, requests, tables, wire
from adapters.genesys_wwe.scope import Scope
from adapters.kit import reading
from schemas.commands import VendorCall
from schemas.interaction import Interaction
from schemas.values import Json

_ON_TARGET: Final = frozenset(
    {methods.CONSULT.name, methods.SINGLE_STEP_TRANSFER.name, methods.SINGLE_STEP_CONFERENCE.name}
)
# The first parameter is an interaction's id.
_ON_INTERACTION: Final = frozenset({*methods.OF_A_RECORD, methods.CALL_PREVIEW.name, *_ON_TARGET})
# Also what the model has a word for, and the platform knows better: a record of a chain, whether the agent
# has muted himself elsewhere.
_ALWAYS: Final = methods.PASSED.keys() | {
    methods.CALL_PREVIEW.name,
    methods.TRIGGER_ACTIVITY.name,
    methods.IS_MICROPHONE_MUTE.name,
}
_MICROPHONE: Final = frozenset({methods.MUTE_MICROPHONE.name, methods.UNMUTE_MICROPHONE.name})

_params = msgspec.json.Decoder(list[Json])
_on_target = msgspec.json.Decoder(wire.OnTarget)


def command(scope: Scope, method: str, params: msgspec.Raw) -> VendorCall | None:
    """The call that a request comes to; None: it is served here, or not at all.

    Raises RefusedError, and msgspec.DecodeError for wrong parameters.
    """
    if not scope.same_dialect or not _passes(scope, method, params):
        return None
    given = _params.decode(params)
    session_id = scope.session_id()
    one: Interaction | None = None
    if method in _ON_INTERACTION:
        one = scope.preview(None if not given or given[0] is None else str(given[0]))
        given[:1] = [one.ref]
    elif method == methods.GET_CONTEXTUAL_OPTION.name and len(given) > 1:
        one = scope.interaction(str(given[1]))
        given[1] = one.ref
    about = None if one is None else one.id
    return VendorCall(session_id=session_id, method=method, params=tuple(given), interaction_id=about)


def _passes(scope: Scope, method: str, params: msgspec.Raw) -> bool:
    if method in _ON_TARGET:  # a kind of target that our model has not got
        word = requests.target_word(reading.request(_on_target, params).targetQuery)
        return bool(word) and word not in tables.TARGET_IN
    if method in {methods.GET_OPTION.name, methods.GET_CONTEXTUAL_OPTION.name}:
        return not scope.settings.options  # those of the desktop, unless this gateway is given some to show
    if method == methods.SET_MEDIUM_STATE.name:  # the model has one state for all media
        session = scope.session()
        return session is not None and len(session.channels) > 1
    if method in _MICROPHONE:
        return not requests.calls(scope)  # a command wants a call to be about
    return method in _ALWAYS
