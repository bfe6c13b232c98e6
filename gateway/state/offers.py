"""How an offer ended that nobody took: one word for it, on every platform.

| word | what happened |
|---|---|
| `no_answer` | missed: it rang in vain |
| `abandoned` | whoever called left before an answer |
| `declined` | whoever was called refused |

A platform may say only that it ended, and who left; then that is what it comes to.
"""

from collections.abc import Mapping
from typing import Final

from schemas.interaction import EndCause, Interaction, InteractionState, Side

_OFFERED: Final[Mapping[Side, EndCause]] = {
    Side.AGENT: EndCause.DECLINED,
    Side.REMOTE: EndCause.ABANDONED,
    Side.PLATFORM: EndCause.NO_ANSWER,
}
_DIALLED: Final[Mapping[Side, EndCause]] = {
    Side.AGENT: EndCause.ABANDONED,
    Side.REMOTE: EndCause.DECLINED,
    Side.PLATFORM: EndCause.NO_ANSWER,
}
_BY_STATE: Final[Mapping[InteractionState, Mapping[Side, EndCause]]] = {
    InteractionState.QUEUED: _OFFERED,
    InteractionState.ALERTING: _OFFERED,
    InteractionState.DIALING: _DIALLED,
}


def cause_of(old: Interaction, cause: EndCause, side: Side) -> EndCause:
    """The cause as all platforms tell it; what is not known stays so."""
    if cause is not EndCause.NORMAL or old.connected_at is not None:
        return cause
    return _BY_STATE.get(old.state, {}).get(side, cause)
