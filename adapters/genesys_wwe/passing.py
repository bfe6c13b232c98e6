"""North: methods for which the model has no word, passed on to a platform of the same dialect as vendor.call.

Source: reference 3.3 and 3.6 to 3.9. Over any other platform they fail by name, or are answered as well as we
can. The interaction is named by the platform's own handle. What the platform answers is the answer.
"""

from typing import Final

import msgspec

from adapters.genesys_wwe import methods, requests, tables, wire
from adapters.genesys_wwe.scope import Scope, read
from schemas import commands as c
from schemas.interaction import Interaction
from schemas.values import Json

# The first parameter is an interaction's id.
ON_INTERACTION: Final = frozenset(
    {
        "outbound.callPreviewRecord",
        "outbound.cancelPreviewRecord",
        "outbound.getChainedRecords",
        "outbound.getRecordFields",
        "outbound.updateRecordFields",
        "outbound.rescheduleRecord",
        "outbound.cancelReschedule",
        "outbound.setCallResult",
        "outbound.getCallResult",
        "outbound.setDoNotCall",
        "outbound.removeDoNotCall",
    }
)
_ON_TARGET: Final = frozenset(
    {"interaction.consult", "interaction.singleStepTransfer", "interaction.singleStepConference"}
)

# What the model has a word for, and the platform knows better: a record of a chain, whether the agent has
# muted himself elsewhere.
_ALWAYS: Final = frozenset(
    {"outbound.callPreviewRecord", "system.triggerActivity", "sipEndpoint.isMicrophoneMute"}
)
# Its own options are those of the desktop, unless this gateway is given some to show.
_OPTIONS: Final = frozenset({"configuration.getOption", "configuration.getContextualOption"})

_params: Final = msgspec.json.Decoder[list[Json]](list[Json])
_on_target = msgspec.json.Decoder(wire.OnTarget)


def command(scope: Scope, method: str, params: msgspec.Raw) -> c.VendorCall | None:
    """The call that a request comes to; None: it is served here, or not at all. Raises RefusedError."""
    if not scope.theirs() or not _passes(scope, method, params):
        return None
    given = read(_params, params)
    session_id = scope.session_id()
    one: Interaction | None = None
    if method in ON_INTERACTION or method in _ON_TARGET:
        one = scope.only_preview() if not given or given[0] is None else scope.interaction(str(given[0]))
        given[:1] = [one.ref]
    elif method == "configuration.getContextualOption" and len(given) > 1:
        one = scope.interaction(str(given[1]))
        given[1] = one.ref
    about = None if one is None else one.id
    return c.VendorCall(session_id=session_id, method=method, params=tuple(given), interaction_id=about)


def _passes(scope: Scope, method: str, params: msgspec.Raw) -> bool:
    """Also one medium's own state, the record of a chain, and a kind of target that our model has not got."""
    if method in _ON_TARGET:
        query = read(_on_target, params).targetQuery
        word = "" if isinstance(query, str) else query.type or query.target or ""
        return bool(word) and word not in tables.TARGET_IN
    if method in _OPTIONS:
        return not scope.settings.options
    if method == "media.setState":
        session = scope.session()
        return session is not None and len(session.channels) > 1
    if method in {"sipEndpoint.muteMicrophone", "sipEndpoint.unmuteMicrophone"}:
        return not requests.calls(scope)  # a command wants a call to be about
    return method in methods.PASSED or method in _ALWAYS
