"""North: methods for which the model has no word, passed on to a platform of the same dialect as vendor.call.

Source: reference 3.3, 3.6 to 3.8. Any other platform does not know them, so there they fail by name. The
interaction is named by the platform's own handle. vendor.call wants a scope of its own, so a client may be
refused for want of it. What the platform answers is the answer.
"""

from typing import Final

import msgspec

from adapters.genesys_wwe import methods, tables, wire
from adapters.genesys_wwe.scope import Scope, read
from schemas import commands as c
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

_params: Final = msgspec.json.Decoder[list[Json]](list[Json])
_on_target = msgspec.json.Decoder(wire.OnTarget)


def command(scope: Scope, method: str, params: msgspec.Raw) -> c.VendorCall | None:
    """The call that a request comes to; None: it is served here, or not at all. Raises RefusedError."""
    if not scope.theirs() or not _passes(method, params):
        return None
    given = read(_params, params)
    session_id = scope.session_id()
    if method not in ON_INTERACTION and method not in _ON_TARGET:
        return c.VendorCall(session_id=session_id, method=method, params=tuple(given))
    one = scope.interaction(str(given[0])) if given and given[0] is not None else scope.only_preview()
    rest = tuple(given[1:])
    return c.VendorCall(session_id=session_id, method=method, params=(one.ref, *rest), interaction_id=one.id)


def _passes(method: str, params: msgspec.Raw) -> bool:
    """Also a medium's own state, the record of a chain, and a kind of target that our model has not got."""
    if method in _ON_TARGET:
        query = read(_on_target, params).targetQuery
        word = "" if isinstance(query, str) else query.type or query.target or ""
        return bool(word) and word not in tables.TARGET_IN
    return method in methods.PASSED or method in {"media.setState", "outbound.callPreviewRecord"}
