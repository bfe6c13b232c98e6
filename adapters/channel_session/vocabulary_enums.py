"""What becomes of every value of the protocol's enumerations, in both roles.

Source: reference channel-session.md sections 1.4, 1.5, 3.1, 4.1, 5, 6 and 7. All are open: a value that
stands in none is kept and shown, see `tables` and `telling`.
"""

from collections.abc import Mapping
from typing import Final

from adapters.contract.capabilities import Word, word, word_nearly, word_unsaid

_DIRECT: Final = (
    "of the direct client protocol, whose wrapper is not visible: sessions are spoken to directly"
)
_CLASSES: Final = tuple(
    f"messageType.{of}{what}"
    for of in ("core", "service", "resource")
    for what in ("Request", "Response", "Event", "Error")
)


def _same(kind: str, *names: str, as_: str = "") -> dict[str, Word]:
    """Values that mean a canonical one: by the same name in lower case, or the one given."""
    return {f"{kind}.{name}": word(as_ or name.lower()) for name in names}


_SAME: Final[Mapping[str, Word]] = {
    **_same("channel", "INACTIVE", "UNAVAILABLE", "ACTIVE"),
    **_same("agent state", "LOGGED_OUT", "READY", "NOT_READY"),
    "agent state.ACW": word("after_call_work"),
    **_same("interaction", "ALERTING", "DIALING", "COMPLETED"),
    "interaction.STARTED": word("connected"),
    "interaction.ENDED": word("wrap_up"),
    **_same("conversation", "ALERTING", "DIALING", "HELD"),
    "conversation.TALKING": word("connected"),
    "conversation.ENDED": word("interaction.ended"),
    **_same("recording", "STOPPED", "RECORDING", "PAUSED"),
    "member.HELD": word("party held"),
    **_same("channel.type", "Telephony", as_="voice"),
    **_same("channel.type", "Chat", "Email"),
    **_same("interaction.type", "Telephony", as_="voice"),
    **_same("interaction.type", "Chat", "Email"),
    **_same("extensions.type", "external", "agent", "skill"),
    **_same("conversation.role", "primary", as_="the interaction itself"),
    **_same("conversation.role", "consult", as_="consult_of"),
    **_same("state.updated.type", "channel", "interaction", "conversation", as_="which object it is"),
    **_same("result", "success", as_="succeeded"),
    **_same("result", "failure", as_="failed"),
    **_same("result", "needinfo", as_="needinfo"),
    **_same("result", "confirm", as_="needinfo confirm"),
    **_same("uiExtension", "inContact.outboundskill", as_="outbound_skill"),
    **_same("uiExtension", "agentstate", as_="agent_state"),
    **_same("uiExtension", "disposition", as_="disposition"),
    **_same("uiExtension", "logoutreason", as_="logout_reason"),
    **_same("messageType", "objectEvent", as_="an event"),
    **dict.fromkeys(_CLASSES, word_unsaid(_DIRECT)),
    "service status.OutOfService": word_unsaid(_DIRECT),
}
_PHASE: Final = "a phase of ours that the protocol does not print: known by what was sent and answered"
SOUTH: Final[Mapping[str, Word]] = {
    **_SAME,
    "agent state.LOGGED_IN": word_nearly("not_ready", "signed in, on a switch that sets neither"),
    "agent state.BUSY": word("busy"),
    **{
        f"member.{name}": word_nearly("a party", "the word is in extras")
        for name in ("INVITED", "CONNECTED", "LEFT")
    },
    **_same("modeltype", "TELEPHONY", "CHAT", "EMAIL", as_="extras"),
    **{
        f"session phase.{name}": word_nearly("what was sent and answered", _PHASE)
        for name in ("PREPARED", "BOUND", "INITIALIZING", "LOGGED_IN", "LOGGING_OUT", "DISPOSED")
    },
}
NORTH: Final[Mapping[str, Word]] = {
    **_SAME,
    "agent state.LOGGED_IN": word_unsaid("every state of the model is one of the others"),
    "agent state.BUSY": word_nearly("busy", "also for reserved and supervising"),
    "member.CONNECTED": word("a party"),
    **{
        f"member.{name}": word_unsaid("a party of the model is there, held or not")
        for name in ("INVITED", "LEFT")
    },
    **_same("modeltype", "TELEPHONY", as_="voice"),
    **_same("modeltype", "CHAT", "EMAIL"),
    **{
        f"session phase.{name}": word_nearly("what was asked and answered", _PHASE)
        for name in ("PREPARED", "BOUND", "INITIALIZING", "LOGGED_IN", "LOGGING_OUT", "DISPOSED")
    },
}
