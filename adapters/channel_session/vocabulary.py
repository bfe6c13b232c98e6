"""What becomes of every name of the protocol, in both roles.

Source: reference channel-session.md, the tables of sections 4, 5, 7 (methods, events) and 8.2 (failure
codes). A command with and without `.request.` is one name, in the spelling of its table.
"""

from collections.abc import Mapping
from typing import Final

from adapters.capabilities import Support, Vocabulary, Word
from adapters.channel_session import tables


def _exact(canonical: str) -> Word:
    return Word(Support.EXACT, canonical)


def _nearly(canonical: str, note: str) -> Word:
    return Word(Support.APPROXIMATE, canonical, note)


def _not(reason: str) -> Word:
    return Word(Support.UNSUPPORTED, "", reason)


_BOTH: Final[Mapping[str, Word]] = {  # methods that are the same canonical command in both roles
    "session.request.logout": _exact("agent.logout"),
    "session.request.getdirectory": _exact("directory.list"),
    "session.request.incontact.addressbook": _exact("directory.list"),
    "channelgroup.request.setagentstate": _exact("agent.set_state"),
    "channel.request.setagentstate": _exact("agent.set_state"),
    "channel.dial": _exact("interaction.dial"),
    "channel.request.externaldispositions": _exact("interaction.list_dispositions"),
    "interaction.accept": _exact("interaction.accept"),
    "interaction.reject": _exact("interaction.reject"),
    "interaction.setinteractiondata": _exact("interaction.set_data"),
    "interaction.setdisposition": _exact("interaction.set_disposition"),
    "interaction.complete": _exact("interaction.complete"),
    "interaction.consult": _exact("interaction.consult"),
    "interaction.alternate": _exact("interaction.alternate"),
    "interaction.consulttransfer": _exact("interaction.complete_transfer"),
    "interaction.consultconference": _exact("interaction.complete_conference"),
    "interaction.request.recording.start": _exact("interaction.start_recording"),
    "interaction.request.recording.stop": _exact("interaction.stop_recording"),
    "interaction.request.recording.pause": _exact("interaction.pause_recording"),
    "interaction.request.recording.resume": _exact("interaction.resume_recording"),
    "conversation.answer": _exact("interaction.accept"),
    "conversation.release": _exact("interaction.release"),
    "conversation.hold": _exact("interaction.hold"),
    "conversation.retrieve": _exact("interaction.retrieve"),
    "conversation.request.mute": _exact("interaction.mute"),
    "conversation.request.unmute": _exact("interaction.unmute"),
    "conversation.senddtmf": _exact("interaction.send_dtmf"),
    "conversation.blindtransfer": _exact("interaction.single_step_transfer"),
    "conversation.blindconference": _exact("interaction.single_step_conference"),
}
_LOCAL: Final = (  # methods without a canonical command
    "session.request.addchannel",
    "session.addchannelgroup",
    "session.request.removechannel",
    "session.request.removechannelgroup",
    "session.request.incontact.agentleg.connect",
    "session.request.incontact.agentleg.disconnect",
    "channelgroup.request.activate",
    "channelgroup.request.activateall",
    "channelgroup.request.deactivate",
    "channelgroup.request.deactivateall",
    "channelgroup.request.addchannel",
    "channelgroup.request.removechannel",
    "channel.request.incontact.getscripts",
    "channel.activate",
    "channel.deactivate",
    "interaction.request.incontact.signal",
)
METHODS_SOUTH: Final[Mapping[str, Word]] = {
    **_BOTH,
    **dict.fromkeys(_LOCAL, _exact("vendor.call")),
    "session.start": Word(Support.FLOW, "agent.login"),
}
_OWN: Final = "the client's own channels"
_OPTIONS: Final = "for this client only; channel options have no effect"
_ADDED: Final = "the channel stands in the one group, one of each type; its endpoint has no effect"
_REMOVED: Final = "for this client only"
METHODS_NORTH: Final[Mapping[str, Word]] = {
    **_BOTH,
    "session.request.addchannel": _nearly(_OWN, _ADDED),
    "session.addchannelgroup": _nearly(_OWN, "a session has one group: only after it was removed"),
    "session.request.removechannel": _nearly(_OWN, _REMOVED),
    "session.request.removechannelgroup": _nearly(_OWN, _REMOVED),
    "session.request.incontact.agentleg.connect": _nearly("the client's own leg", _REMOVED),
    "session.request.incontact.agentleg.disconnect": _nearly("the client's own leg", _REMOVED),
    "channelgroup.request.activate": _nearly(_OWN, _OPTIONS),
    "channelgroup.request.activateall": _nearly(_OWN, _OPTIONS),
    "channelgroup.request.deactivate": _nearly(f"{_OWN}, agent.set_state", _OPTIONS),
    "channelgroup.request.deactivateall": _nearly(f"{_OWN}, agent.set_state", _OPTIONS),
    "channelgroup.request.addchannel": _nearly(_OWN, _ADDED),
    "channelgroup.request.removechannel": _nearly(_OWN, _REMOVED),
    "channel.request.incontact.getscripts": _nearly(
        "an empty list", "the canonical model has no scripts: the list is empty"
    ),
    "channel.activate": _nearly(_OWN, _OPTIONS),
    "channel.deactivate": _nearly(f"{_OWN}, agent.set_state", _OPTIONS),
    "interaction.request.incontact.signal": _not("no script is ever active here: refused as bad-state"),
    "session.start": _exact("the session's snapshot"),
}

_EVENTS: Final[Mapping[str, Word]] = {  # the same in both roles
    "directory.updated": _exact("directory.updated"),
    "channelgroup.created": _exact("agent.updated"),
    "channelgroup.initialized": _exact("agent.updated"),
    "channel.created": _exact("agent.updated"),
    "channel.initialized": _exact("agent.updated"),
    "channel.infochanged": _exact("agent.state_changed"),
    "channel.externaldispositions.updated": _exact("dispositions.updated"),
    "channelgroup.disposed": _exact("agent.logged_out"),
    "channel.disposed": _exact("agent.logged_out"),
    "state.updated": _exact("agent.state_changed, interaction.connected and its like"),
    "interaction.created": _exact("interaction.created"),
    "interaction.initialized": _exact("interaction.created"),
    "interaction.preview": _exact("interaction.alerting"),
    "interaction.screenpop": _exact("interaction.connected"),
    "interaction.datachanged": _exact("interaction.data_changed"),
    "interaction.focuschanged": _exact("interaction.focus_changed"),
    "interaction.ended": _exact("interaction.ended"),
    "interaction.complete": _exact("interaction.completed"),
    "interaction.disposed": _exact("interaction.completed"),
    "conversation.created": _exact("interaction.created"),
    "conversation.initialized": _exact("interaction.created"),
    "conversation.disposed": _exact("interaction.ended"),
    "conversation.member.added": _exact("party.added"),
    "conversation.member.removed": _exact("party.removed"),
}
EVENTS_SOUTH: Final[Mapping[str, Word]] = {
    **_EVENTS,
    "session.initialized": _exact("agent.logged_in"),
    "session.agentleg.connected": _exact("platform.notice"),
    "session.agentleg.disconnected": _exact("platform.notice"),
    "session.agentleg.failed": _exact("platform.notice"),
}
EVENTS_NORTH: Final[Mapping[str, Word]] = {
    **_EVENTS,
    "session.initialized": _exact("the session's snapshot"),
    "session.agentleg.connected": _nearly("the client's own leg", _REMOVED),
    "session.agentleg.disconnected": _nearly("the client's own leg", _REMOVED),
    "session.agentleg.failed": _not("a leg that is only remembered does not fail"),
}
ERRORS_SOUTH: Final[Mapping[str, Word]] = {
    code: _exact(str(canonical)) for code, canonical in tables.ERROR_IN.items()
}
ERRORS_NORTH: Final[Mapping[str, Word]] = {
    **ERRORS_SOUTH,
    "deactivation-failed": _nearly(
        str(tables.ERROR_IN["deactivation-failed"]),
        "passed on from a platform of this dialect; another's refusal is cti-error",
    ),
}

VOCABULARY: Final[Mapping[str, Vocabulary]] = {
    "south": Vocabulary(METHODS_SOUTH, EVENTS_SOUTH, ERRORS_SOUTH),
    "north": Vocabulary(METHODS_NORTH, EVENTS_NORTH, ERRORS_NORTH),
}
