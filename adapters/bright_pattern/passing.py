"""North: methods for which the canonical model has no word, passed on as vendor.call.

Source: reference/bright-pattern.md sections 3.2, 3.4 and 3.7. Only a platform of this dialect knows them;
any other answers that it has no such method. Arguments are read first, and the interaction is named by the
platform's own id. vendor.call wants a scope of its own, so a client may be refused for want of it.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.bright_pattern import codec, wire, wire_agent, wire_dialing
from adapters.bright_pattern.methods import Args, Plan, Scope
from schemas import commands as c
from schemas.values import Json


class _Shape(msgspec.Struct, frozen=True):
    kinds: tuple[type[object], ...] = ()
    interaction: bool = False  # an optional id follows


PASSED: Final[Mapping[str, _Shape]] = {
    "getDIDNumbersList": _Shape(),
    "getPhoneDevicesList": _Shape(),
    "getPhoneDevice": _Shape(),
    "setPhoneDevice": _Shape((wire_agent.PhoneDeviceData,)),
    "getConfig": _Shape(),
    "suggestChatMessage": _Shape((str, bool), interaction=True),
    "addInteractionAssociatedObject": _Shape((wire.InteractionAssociatedObject,), interaction=True),
    "setRescheduleWindow": _Shape((wire_dialing.RescheduleData,), interaction=True),
    "setDialCandidates": _Shape((tuple[wire_dialing.DialCandidate, ...],)),
    "getScreenRecordingState": _Shape(),
    "setScreenRecordingMute": _Shape((bool,)),
}
_NAMES: Final = {"suggestChatMessage": ("message", "allowOverwrite")}


def plan(method: str, args: Args, scope: Scope) -> Plan:
    """The call that a method of PASSED comes to. Raises OperationError."""
    shape = PASSED[method]
    params: list[Json] = []
    for index, kind in enumerate(shape.kinds):
        if method == "suggestChatMessage" and index == 1:
            params.append(args.given(index) is not None and args.flag(index, "allowOverwrite"))
        else:
            args.shaped(index, _NAMES.get(method, ("first argument",))[0], kind)
            params.append(args.given(index))
    iid = None
    if shape.interaction:
        one = scope.interaction(args.maybe(len(shape.kinds), "interactionId"))
        iid = one.id
        params.append(one.refs.get(codec.INTERACTION_ID, one.id))
    call = c.VendorCall(session_id=scope.session.id, method=method, params=tuple(params), interaction_id=iid)
    return Plan((call,), lambda done: done.data)
