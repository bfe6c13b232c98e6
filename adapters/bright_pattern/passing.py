"""North: methods that are passed on to the platform as vendor.call.

For some the canonical model has no word, so that only a platform of this dialect knows them and any other
answers that it has no such method. Others come to something canonical, or are remembered here; but a platform
of this dialect knows more, and is asked itself. These are methods of the page's own API: it needs no leave
for them. Arguments are read first, and an interaction is named by the platform's own id.

Source: reference/bright-pattern.md sections 3.2, 3.4 and 3.7.
"""

from collections.abc import Mapping
from typing import Final

from adapters.bright_pattern import codec, wire, wire_agent, wire_dialing
from adapters.bright_pattern.methods import Args, Scope
from adapters.bright_pattern.tables import OPTIONAL_ID
from schemas import commands as c
from schemas.interaction import Interaction
from schemas.values import Json

_Kind = type[object]
_TEXT: Final[_Kind] = str | None  # type: ignore[assignment]  # a union

# The parameters before the optional id, by name and type; one that may be left out allows None.
ONLY_THERE: Final[Mapping[str, tuple[tuple[str, _Kind], ...]]] = {
    "getDIDNumbersList": (),
    "getPhoneDevicesList": (),
    "getPhoneDevice": (),
    "setPhoneDevice": (("device", wire_agent.PhoneDeviceData),),
    "getConfig": (),
    "suggestChatMessage": (("message", str), ("allowOverwrite", bool | None)),  # type: ignore[dict-item]  # likewise
    "addInteractionAssociatedObject": (("object", wire.InteractionAssociatedObject),),
    "setRescheduleWindow": (("data", wire_dialing.RescheduleData),),
    "setDialCandidates": (("candidates", tuple[wire_dialing.DialCandidate, ...]),),
    "getScreenRecordingState": (),
    "setScreenRecordingMute": (("state", bool),),
}
BETTER_THERE: Final[Mapping[str, tuple[tuple[str, _Kind], ...]]] = {
    "getTeams": (),
    "getTeamMembers": (("teamId", str),),
    "getServicesList": (),
    "getService": (),
    "setService": (("service", _TEXT),),
    "getDIDNumber": (),
    "setDIDNumber": (("did", _TEXT),),
    "getVariables": (("keys", tuple[str, ...]),),
    "setInteractionActiveScreen": (("screenData", dict[str, Json]),),
    "getDispositionsList": (("target", wire_dialing.DispositionTarget),),
    "setWidgetMinimized": (("state", bool),),
}
_SHAPES: Final = {**ONLY_THERE, **BETTER_THERE}


def call(method: str, args: Args, scope: Scope) -> c.VendorCall:
    """The call that a method comes to. Raises OperationError."""
    params: list[Json] = []
    for index, (name, kind) in enumerate(_SHAPES[method]):
        args.shaped(index, name, kind)
        params.append(args.given(index))
    about: Interaction | None = None
    if method == "getDispositionsList":
        target, about = _target(args, scope)
        params = [target]
    elif method in OPTIONAL_ID:
        about = scope.interaction(args.maybe(len(params), codec.INTERACTION_ID))
        params.append(_ref(about))
    return c.VendorCall(
        session_id=scope.session.id,
        method=method,
        params=tuple(params),
        interaction_id=about.id if about else None,
    )


def _target(args: Args, scope: Scope) -> tuple[Json, Interaction | None]:
    """A target that names no service is of an interaction, by default of the active one."""
    given = args.data(0, "target")
    named = given.get(codec.INTERACTION_ID)
    if given.get("service") and not named:
        return given, None
    about = scope.interaction(str(named or ""))
    return {**given, codec.INTERACTION_ID: _ref(about)}, about


def _ref(one: Interaction) -> str:
    return one.refs.get(codec.INTERACTION_ID, one.id)
