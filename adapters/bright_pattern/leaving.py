"""South: which of our calls end which interactions, and by what; no snapshot of this vendor says it.

Source: reference/bright-pattern.md sections 3.5 and 3.6.
"""

from collections.abc import Mapping
from typing import Final

from adapters.bright_pattern.lineage import Family
from adapters.contract.dialect import Call
from schemas.ids import Ref
from schemas.interaction import EndCause

# Which parameter names the interaction (absent: the active one), and what it then ends by.
_NAMED: Final[Mapping[str, tuple[int, EndCause]]] = {
    "rejectInteraction": (0, EndCause.DECLINED),
    "leaveInteraction": (0, EndCause.NORMAL),
    "leaveAndCompleteInteraction": (2, EndCause.NORMAL),
    "destroyCallConference": (0, EndCause.NORMAL),
    "blindTransfer": (2, EndCause.TRANSFERRED),
}


def ends(call: Call, family: Family) -> Mapping[Ref, EndCause]:
    """The interactions that a call ends if it succeeds, and by what."""
    match call.method:
        case "transfer":  # the agent leaves both
            return dict.fromkeys(family.pair(), EndCause.TRANSFERRED)
        case "mergeAllCallsIntoConference":
            return dict.fromkeys(family.pair()[1:], EndCause.CONFERENCED)
        case method if method in _NAMED:
            index, cause = _NAMED[method]
            named = call.params[index] if index < len(call.params) else None
            ref = named or family.active
            return {Ref(ref): cause} if isinstance(ref, str) else {}
        case _:
            return {}
