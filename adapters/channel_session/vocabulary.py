"""What becomes of every name of the protocol, in both roles.

Source: reference channel-session.md, the tables of sections 4, 5, 7 (methods, events) and 8.2 (failure
codes). A command with and without `.request.` is one name, in the spelling of its table.
"""

from collections.abc import Mapping
from typing import Final

from adapters.channel_session import tables, vocabulary_enums, vocabulary_fields
from adapters.contract.capabilities import Vocabulary, Word, word, word_by_flow, word_nearly, word_unsaid

_BOTH: Final[Mapping[str, Word]] = {  # methods that are the same canonical command in both roles
    "session.request.logout": word("agent.logout"),
    "session.request.getdirectory": word("directory.list"),
    "session.request.incontact.addressbook": word("directory.list"),
    "channelgroup.request.setagentstate": word("agent.set_state"),
    "channel.request.setagentstate": word("agent.set_state"),
    "channel.dial": word("interaction.dial"),
    "channel.request.externaldispositions": word("interaction.list_dispositions"),
    "interaction.accept": word("interaction.accept"),
    "interaction.reject": word("interaction.reject"),
    "interaction.setinteractiondata": word("interaction.set_data"),
    "interaction.setdisposition": word("interaction.set_disposition"),
    "interaction.complete": word("interaction.complete"),
    "interaction.consult": word("interaction.consult"),
    "interaction.alternate": word("interaction.alternate"),
    "interaction.consulttransfer": word("interaction.complete_transfer"),
    "interaction.consultconference": word("interaction.complete_conference"),
    "interaction.request.recording.start": word("interaction.start_recording"),
    "interaction.request.recording.stop": word("interaction.stop_recording"),
    "interaction.request.recording.pause": word("interaction.pause_recording"),
    "interaction.request.recording.resume": word("interaction.resume_recording"),
    "conversation.answer": word("interaction.accept"),
    "conversation.release": word("interaction.release"),
    "conversation.hold": word("interaction.hold"),
    "conversation.retrieve": word("interaction.retrieve"),
    "conversation.request.mute": word("interaction.mute"),
    "conversation.request.unmute": word("interaction.unmute"),
    "conversation.senddtmf": word("interaction.send_dtmf"),
    "conversation.blindtransfer": word("interaction.single_step_transfer"),
    "conversation.blindconference": word("interaction.single_step_conference"),
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
    **dict.fromkeys(_LOCAL, word("vendor.call")),
    "session.start": word_by_flow("agent.login"),
}
_OWN: Final = "the client's own channels"
# A platform of this protocol gets these itself, by vendor.call: the client then needs the scope for that.
_OPTIONS: Final = (
    "for this client only, unless the platform is of this protocol; channel options have no effect"
)
_ADDED: Final = "the channel stands in the one group, one of each type; its endpoint has no effect"
_REMOVED: Final = "for this client only, unless the platform is of this protocol"
METHODS_NORTH: Final[Mapping[str, Word]] = {
    **_BOTH,
    "session.request.addchannel": word_nearly(_OWN, _ADDED),
    "session.addchannelgroup": word_nearly(_OWN, "a session has one group: only after it was removed"),
    "session.request.removechannel": word_nearly(_OWN, _REMOVED),
    "session.request.removechannelgroup": word_nearly(_OWN, _REMOVED),
    "session.request.incontact.agentleg.connect": word_nearly("the client's own leg", _REMOVED),
    "session.request.incontact.agentleg.disconnect": word_nearly("the client's own leg", _REMOVED),
    "channelgroup.request.activate": word_nearly(_OWN, _OPTIONS),
    "channelgroup.request.activateall": word_nearly(_OWN, _OPTIONS),
    "channelgroup.request.deactivate": word_nearly(f"{_OWN}, agent.set_state", _OPTIONS),
    "channelgroup.request.deactivateall": word_nearly(f"{_OWN}, agent.set_state", _OPTIONS),
    "channelgroup.request.addchannel": word_nearly(_OWN, _ADDED),
    "channelgroup.request.removechannel": word_nearly(_OWN, _REMOVED),
    "channel.request.incontact.getscripts": word_nearly(
        "an empty list", "the canonical model has no scripts: the list is empty"
    ),
    "channel.activate": word_nearly(_OWN, _OPTIONS),
    "channel.deactivate": word_nearly(f"{_OWN}, agent.set_state", _OPTIONS),
    "interaction.request.incontact.signal": word_unsaid(
        "no script is ever active here: refused as bad-state, unless the platform is of this protocol"
    ),
    "session.start": word("the session's snapshot"),
}

_EVENTS: Final[Mapping[str, Word]] = {  # the same in both roles
    "directory.updated": word("directory.updated"),
    "channelgroup.created": word("agent.updated"),
    "channelgroup.initialized": word("agent.updated"),
    "channel.created": word("agent.updated"),
    "channel.initialized": word("agent.updated"),
    "channel.infochanged": word("agent.state_changed"),
    "channel.externaldispositions.updated": word("dispositions.updated"),
    "channelgroup.disposed": word("agent.logged_out"),
    "channel.disposed": word("agent.logged_out"),
    "state.updated": word("agent.state_changed, interaction.connected and its like"),
    "interaction.created": word("interaction.created"),
    "interaction.initialized": word("interaction.created"),
    "interaction.preview": word("interaction.alerting"),
    "interaction.screenpop": word("interaction.connected"),
    "interaction.datachanged": word("interaction.data_changed"),
    "interaction.focuschanged": word("interaction.focus_changed"),
    "interaction.ended": word("interaction.ended"),
    "interaction.complete": word("interaction.completed"),
    "interaction.disposed": word("interaction.completed"),
    "conversation.created": word("interaction.created"),
    "conversation.initialized": word("interaction.created"),
    "conversation.disposed": word("interaction.ended"),
    "conversation.member.added": word("party.added"),
    "conversation.member.removed": word("party.removed"),
}
EVENTS_SOUTH: Final[Mapping[str, Word]] = {
    **_EVENTS,
    "session.initialized": word("agent.logged_in"),
    "interaction.complete": word("interaction.updated"),  # completed when it is disposed of
    "session.agentleg.connected": word("platform.notice"),
    "session.agentleg.disconnected": word("platform.notice"),
    "session.agentleg.failed": word("platform.notice"),
}
EVENTS_NORTH: Final[Mapping[str, Word]] = {
    **_EVENTS,
    "session.initialized": word("the session's snapshot"),
    "session.agentleg.connected": word_nearly("the client's own leg", _REMOVED),
    "session.agentleg.disconnected": word_nearly("the client's own leg", _REMOVED),
    "session.agentleg.failed": word_unsaid(
        "a leg that is only remembered does not fail; that of a platform of this protocol is passed on"
    ),
}
ERRORS_SOUTH: Final[Mapping[str, Word]] = {
    code: word(str(canonical)) for code, canonical in tables.ERROR_IN.items()
}
ERRORS_NORTH: Final[Mapping[str, Word]] = {
    **ERRORS_SOUTH,
    "deactivation-failed": word_nearly(
        str(tables.ERROR_IN["deactivation-failed"]),
        "passed on from a platform of this dialect; another's refusal is cti-error",
    ),
}

VOCABULARY: Final[Mapping[str, Vocabulary]] = {
    "south": Vocabulary(
        METHODS_SOUTH, EVENTS_SOUTH, ERRORS_SOUTH, vocabulary_fields.SOUTH, vocabulary_enums.SOUTH
    ),
    "north": Vocabulary(
        METHODS_NORTH, EVENTS_NORTH, ERRORS_NORTH, vocabulary_fields.NORTH, vocabulary_enums.NORTH
    ),
}
