"""What the protocol can say, by canonical tag, in both roles.

Source: seed 003; reference channel-session.md sections 4 and 5.
"""

from typing import Final

from adapters.contract.capabilities import (
    Ability,
    Capabilities,
    approximate,
    by_gateway,
    exact,
    flow,
    unsupported,
)

_RECORDING: Final = {
    "interaction.start_recording": exact("interaction.request.recording.start"),
    "interaction.stop_recording": exact("interaction.request.recording.stop"),
    "interaction.pause_recording": exact("interaction.request.recording.pause"),
    "interaction.resume_recording": exact("interaction.request.recording.resume"),
}
_SAME: Final[dict[str, Ability]] = {  # alike in both roles
    "agent.logout": exact("session.request.logout"),
    "agent.set_state": exact("channelgroup.request.setagentstate, channel.request.setagentstate"),
    "interaction.dial": exact("channel.dial"),
    "interaction.start_chat": unsupported("no request begins a chat"),
    "interaction.start_email": unsupported("no request begins an e-mail"),
    "interaction.accept": exact("conversation.answer, interaction.accept"),
    "interaction.reject": exact("interaction.reject"),
    "interaction.release": exact("conversation.release"),
    "interaction.hold": exact("conversation.hold"),
    "interaction.retrieve": exact("conversation.retrieve"),
    "interaction.mute": exact("conversation.request.mute"),
    "interaction.unmute": exact("conversation.request.unmute"),
    "interaction.send_dtmf": exact("conversation.senddtmf"),
    "interaction.focus": unsupported("the focus follows the talking conversation"),
    "chat.send": unsupported("no request carries the text of a chat"),
    "interaction.consult": exact("interaction.consult"),
    "interaction.alternate": exact("interaction.alternate"),
    "interaction.complete_transfer": exact("interaction.consulttransfer"),
    "interaction.complete_conference": exact("interaction.consultconference"),
    "interaction.single_step_transfer": exact("conversation.blindtransfer"),
    "interaction.single_step_conference": exact("conversation.blindconference"),
    "interaction.drop_party": unsupported("no request removes one party"),
    "interaction.delete_data": unsupported("no request removes a key"),
    "interaction.set_disposition": exact("interaction.setdisposition"),
    "interaction.set_notes": unsupported("notes ride in interaction.complete"),
    "interaction.list_dispositions": exact("channel.request.externaldispositions"),
    "directory.list": exact("session.request.getdirectory, session.request.incontact.addressbook"),
    **_RECORDING,
}
COMMANDS_SOUTH: Final[dict[str, Ability]] = {
    **_SAME,
    "agent.login": flow("prepareSession, session.start"),
    "interaction.complete": flow(
        "interaction.complete, channelgroup.request.setagentstate, channel.request.setagentstate"
    ),
    "interaction.set_data": flow("interaction.setinteractiondata"),
    "interaction.block_completion": by_gateway("the gateway holds the veto"),
    "interaction.unblock_completion": by_gateway("the gateway lifts the veto"),
    "vendor.call": exact("any command"),
}
COMMANDS_NORTH: Final[dict[str, Ability]] = {
    **_SAME,
    "agent.login": exact("prepareSession"),
    "interaction.complete": exact("interaction.complete"),
    "interaction.set_data": exact("interaction.setinteractiondata"),
    "interaction.block_completion": unsupported("no request vetoes completion"),
    "interaction.unblock_completion": unsupported("no request lifts a veto"),
    "vendor.call": approximate("any other command", "to a platform of this protocol, which judges it"),
}
_GATEWAY: Final = "an affair between the gateway and its own clients"
_SAME_EVENTS: Final[dict[str, Ability]] = {
    "agent.state_changed": exact("channel.infochanged, state.updated"),
    "agent.updated": exact("channel.infochanged"),
    "interaction.created": exact("interaction.created"),
    "interaction.dialing": exact("state.updated"),
    "interaction.alerting": exact("state.updated"),
    "interaction.connected": exact("state.updated"),
    "interaction.held": exact("state.updated"),
    "interaction.retrieved": exact("state.updated"),
    "interaction.ended": exact("interaction.ended"),
    "interaction.wrap_up_started": exact("interaction.ended"),
    "interaction.completed": exact("interaction.disposed"),
    "interaction.reopened": exact("interaction.created"),
    "interaction.data_changed": exact("interaction.datachanged"),
    "interaction.mute_changed": exact("state.updated"),
    "interaction.recording_changed": exact("state.updated"),
    "interaction.focus_changed": exact("interaction.focuschanged"),
    "interaction.disposition_changed": unsupported("setting a disposition raises no event"),
    "interaction.completion_block_changed": unsupported("completion knows no veto"),
    "party.added": exact("conversation.member.added"),
    "party.removed": exact("conversation.member.removed"),
    "dispositions.updated": exact("channel.externaldispositions.updated"),
    "directory.updated": exact("directory.updated"),
    "needinfo.requested": unsupported("asked in the response to whoever asked"),
    "needinfo.resolved": unsupported(_GATEWAY),
    "command.finished": unsupported("told in the response to whoever asked"),
    "query.requested": unsupported("the platform asks the client nothing"),
    "query.resolved": unsupported("the platform asks the client nothing"),
}
EVENTS_SOUTH: Final[dict[str, Ability]] = {
    **_SAME_EVENTS,
    "command.proved": exact("whatever shows the effect"),
    "platform.state_changed": exact("the socket"),
    "platform.notice": exact("failure of prepareSession or session.start"),
    "agent.logged_in": exact("session.initialized"),
    "agent.logged_out": exact("the response to session.request.logout, channelgroup.disposed"),
    "interaction.queued": unsupported("an agent never sees the queue"),
    "interaction.previewed": unsupported("what it calls preview is the offer itself: alerting"),
    "interaction.conference_changed": approximate(
        "conversation.member.added", "a conversation with two or more others is a conference"
    ),
    "interaction.updated": exact("any event that changes nothing else"),
    "party.updated": approximate("conversation.member.added", "a member added again replaces the old one"),
    "vendor.unrecognised": exact("any other event"),
}
EVENTS_NORTH: Final[dict[str, Ability]] = {
    **_SAME_EVENTS,
    "command.proved": unsupported(_GATEWAY),
    "platform.state_changed": unsupported("no event tells the state of a link"),
    "platform.notice": approximate(
        "session.agentleg.connected, .disconnected, .failed",
        "what a platform of this protocol says of the leg; no event carries any other notice",
    ),
    "agent.logged_in": exact("channel.infochanged, state.updated"),
    "agent.logged_out": exact("channel.disposed, channelgroup.disposed"),
    "interaction.queued": unsupported("an agent never sees the queue"),
    "interaction.previewed": approximate("state.updated", "shown as an offer: ALERTING"),
    "interaction.conference_changed": approximate(
        "state.updated, interaction.focuschanged", "seen by the number of members"
    ),
    "interaction.updated": approximate(
        "any event of an interaction",
        "from a platform of this protocol, as it came; only the documented changes have an event",
    ),
    "party.updated": approximate("conversation.member.added", "the member is added again, as it is now"),
    "vendor.unrecognised": approximate("any other event", "from a platform of this protocol, as it came"),
}

CAPABILITIES: Final = Capabilities(
    commands_south=COMMANDS_SOUTH,
    events_south=EVENTS_SOUTH,
    commands_north=COMMANDS_NORTH,
    events_north=EVENTS_NORTH,
    voice_only=frozenset({"interaction.consult", "interaction.release"}),
)
