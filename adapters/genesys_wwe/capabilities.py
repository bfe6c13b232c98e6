"""What this API can say, in both roles. The notes are the warnings and the reasons that people read."""

from typing import Final

from adapters.capabilities import Ability, Capabilities, approximate, exact, flow, unsupported

NO_RECORDS: Final = "CRM records cannot ride along"
OWN_TIMER: Final = "The platform's own timer ends the block, not the limit that was asked for"
_NO_LOGIN: Final = "signing in and out is done in the desktop"
_NO_CALL: Final = "the API has no such call"

COMMANDS_SOUTH: Final[dict[str, Ability]] = {
    "agent.login": unsupported(_NO_LOGIN),
    "agent.logout": unsupported(_NO_LOGIN),
    "agent.set_state": flow("agent.getStateList, agent.setState"),
    "interaction.dial": exact("voice.dial, voice.dialEx"),
    "interaction.start_chat": unsupported(_NO_CALL),
    "interaction.start_email": exact("email.create"),
    "interaction.accept": exact("interaction.accept"),
    "interaction.reject": exact("interaction.reject, outbound.rejectPreviewRecord"),
    "interaction.release": exact("voice.hangUp"),
    "interaction.complete": flow("interaction.setUserData, interaction.markdone"),
    "interaction.block_completion": exact("interaction.blockMarkdone"),
    "interaction.unblock_completion": exact("interaction.unblockMarkdone"),
    "interaction.hold": exact("voice.hold"),
    "interaction.retrieve": exact("voice.resume"),
    "interaction.mute": approximate(
        "sipEndpoint.muteMicrophone", "The microphone of the whole endpoint is closed, not that of one call"
    ),
    "interaction.unmute": approximate(
        "sipEndpoint.unmuteMicrophone", "The microphone of the whole endpoint is opened, not that of one call"
    ),
    "interaction.send_dtmf": unsupported(_NO_CALL),
    "interaction.focus": exact("interaction.selectCaseByCaseId"),
    "interaction.start_recording": exact("voice.startCallRecording"),
    "interaction.stop_recording": exact("voice.stopCallRecording"),
    "interaction.pause_recording": exact("voice.pauseCallRecording"),
    "interaction.resume_recording": exact("voice.resumeCallRecording"),
    "chat.send": unsupported("chat text does not pass through the API"),
    "interaction.consult": exact("interaction.consult"),
    "interaction.alternate": flow("voice.hold, voice.resume"),
    "interaction.complete_transfer": exact("interaction.completeTransfer"),
    "interaction.complete_conference": exact("interaction.completeConference"),
    "interaction.single_step_transfer": exact("interaction.singleStepTransfer"),
    "interaction.single_step_conference": exact("interaction.singleStepConference"),
    "interaction.drop_party": unsupported(_NO_CALL),
    "interaction.set_data": exact("interaction.setUserData"),
    "interaction.delete_data": exact("interaction.deleteUserData"),
    "interaction.set_disposition": exact("interaction.setUserData"),
    "interaction.set_notes": exact("interaction.setUserData"),
    "interaction.list_dispositions": unsupported("dispositions are attached data here, without a list"),
    "directory.list": unsupported(_NO_CALL),
    "vendor.call": exact("any method but auth.getJwtToken"),
}

_FROM_STATE: Final = exact("interaction")
EVENTS_SOUTH: Final[dict[str, Ability]] = {
    "platform.state_changed": exact("the relay's connection"),
    "platform.notice": approximate("system, outbound", "the payloads of system are not documented"),
    "agent.logged_in": exact("agent.get"),
    "agent.logged_out": exact("agent"),
    "agent.state_changed": exact("agent"),
    "agent.updated": exact("media, agent.getStateList"),
    "interaction.created": _FROM_STATE,
    "interaction.queued": unsupported("an agent does not see the queue"),
    "interaction.previewed": _FROM_STATE,
    "interaction.dialing": _FROM_STATE,
    "interaction.alerting": _FROM_STATE,
    "interaction.connected": _FROM_STATE,
    "interaction.held": _FROM_STATE,
    "interaction.retrieved": _FROM_STATE,
    "interaction.ended": approximate(
        "interaction",
        "the cause is known only for what our own calls ended, "
        "for unanswered offers and for a few words of open media",
    ),
    "interaction.wrap_up_started": _FROM_STATE,
    "interaction.completed": approximate("interaction.getInteractions", "seen by its absence when re-read"),
    "interaction.reopened": exact("interaction, interaction.getInteractions"),
    "interaction.data_changed": approximate("interaction", "only the keys on the platform's read list"),
    "interaction.mute_changed": approximate("sipEndpoint", "only what went through here"),
    "interaction.recording_changed": exact("interaction.recordingState"),
    "interaction.focus_changed": exact("CASE_SELECTED, isCaseSelected"),
    "interaction.disposition_changed": exact("interaction.userData"),
    "interaction.conference_changed": approximate("interaction.parties", "taken from there being two others"),
    "interaction.completion_block_changed": approximate("markdone", "its payload is not documented"),
    "interaction.updated": exact("interaction"),
    "party.added": approximate("interaction.parties", "a party is a name"),
    "party.removed": approximate("interaction.parties", "a party is a name"),
    "party.updated": unsupported("a party is a name: another name is another party"),
    "dispositions.updated": unsupported("dispositions are attached data here, without a list"),
    "directory.updated": unsupported(_NO_CALL),
    "needinfo.requested": unsupported("the platform asks nothing"),
    "needinfo.resolved": unsupported("the platform asks nothing"),
    "command.finished": exact("reply"),
    "command.proved": exact("whatever shows the effect"),
    "query.requested": unsupported("the platform asks nothing"),
    "query.resolved": unsupported("the platform asks nothing"),
    "vendor.unrecognised": exact("any event"),
}

COMMANDS_NORTH: Final[dict[str, Ability]] = {
    **COMMANDS_SOUTH,
    "agent.logout": approximate("agent.setState", "the operation that logs off, where the list has it"),
    "agent.set_state": exact("agent.setState"),
    "interaction.complete": exact("interaction.markdone"),
    "interaction.mute": approximate("sipEndpoint.muteMicrophone", "every connected call of the agent"),
    "interaction.unmute": approximate("sipEndpoint.unmuteMicrophone", "every muted call of the agent"),
    "interaction.alternate": unsupported("a client holds one call and resumes the other"),
    "vendor.call": approximate(
        "outbound, system, sipEndpoint", "what the model has no word for, over a platform of the same vendor"
    ),
}

_NO_WORD: Final = "there is no such event"
EVENTS_NORTH: Final[dict[str, Ability]] = {
    "platform.state_changed": unsupported(_NO_WORD),
    "platform.notice": approximate("system, outbound", "the payload is not documented"),
    "agent.logged_in": exact("agent"),
    "agent.logged_out": exact("agent"),
    "agent.state_changed": approximate("agent", "reserved and busy show as ready, supervising as unknown"),
    "agent.updated": exact("media"),
    "interaction.created": exact("interaction"),
    "interaction.queued": unsupported("an agent does not see the queue"),
    "interaction.previewed": exact("interaction"),
    "interaction.dialing": approximate(
        "DIALING", "calls only; open media are unknown until they are accepted"
    ),
    "interaction.alerting": exact("RINGING, INVITED"),
    "interaction.connected": exact("ESTABLISHED, ACCEPTED"),
    "interaction.held": approximate("HELD", "calls only; open media stay accepted"),
    "interaction.retrieved": exact("ESTABLISHED"),
    "interaction.ended": approximate("RELEASED", "of the causes only the unanswered offer has a word"),
    "interaction.wrap_up_started": exact("RELEASED"),
    "interaction.completed": exact("REMOVED, COMPLETED"),
    "interaction.reopened": exact("interaction"),
    "interaction.data_changed": exact("ATTACHED_DATA_CHANGED, USER_DATA_UPDATED"),
    "interaction.mute_changed": unsupported("the client asks sipEndpoint.isMicrophoneMute"),
    "interaction.recording_changed": exact("interaction.recordingState"),
    "interaction.focus_changed": exact("CASE_SELECTED"),
    "interaction.disposition_changed": exact("interaction.userData"),
    "interaction.conference_changed": approximate("interaction.parties", "shown by the number of parties"),
    "interaction.completion_block_changed": approximate("markdone", "the payload is not documented"),
    "interaction.updated": exact("interaction"),
    "party.added": exact("interaction.parties"),
    "party.removed": exact("interaction.parties"),
    "party.updated": approximate("interaction.parties", "names only"),
    "dispositions.updated": unsupported(_NO_WORD),
    "directory.updated": unsupported(_NO_WORD),
    "needinfo.requested": unsupported("what is missing stands in the errorMessage of the request"),
    "needinfo.resolved": unsupported("what is missing stands in the errorMessage of the request"),
    "command.finished": exact("reply"),
    "command.proved": unsupported(_NO_WORD),
    "query.requested": unsupported(_NO_WORD),
    "query.resolved": unsupported(_NO_WORD),
    "vendor.unrecognised": approximate("any channel", "as the same vendor's platform sent it"),
}

CAPABILITIES: Final = Capabilities(
    commands_south=COMMANDS_SOUTH,
    events_south=EVENTS_SOUTH,
    commands_north=COMMANDS_NORTH,
    events_north=EVENTS_NORTH,
    voice_only=frozenset({"interaction.release"}),
)
