"""North: what becomes of a name of this API when we stand in for the desktop."""

from collections.abc import Mapping
from typing import Final

from adapters.capabilities import Support, Word
from adapters.genesys_wwe import methods


def _exact(canonical: str) -> Word:
    return Word(Support.EXACT, canonical)


def _nearly(canonical: str, note: str) -> Word:
    return Word(Support.APPROXIMATE, canonical, note)


def _unsupported(note: str) -> Word:
    return Word(Support.UNSUPPORTED, "", note)


_FRAME: Final = _nearly("", "each connection stands for a desktop with one frame, which leads")
METHODS: Final[Mapping[str, Word]] = {
    "interaction.getInteractions": _exact("interaction snapshots"),
    "interaction.getByInteractionId": _exact("interaction snapshot"),
    "interaction.setUserData": _exact("interaction.set_data"),
    "interaction.deleteUserData": _exact("interaction.delete_data"),
    "interaction.selectCaseByCaseId": _exact("interaction.focus"),
    "interaction.markdone": _exact("interaction.complete"),
    "interaction.blockMarkdone": _exact("interaction.block_completion"),
    "interaction.unblockMarkdone": _exact("interaction.unblock_completion"),
    "interaction.accept": _exact("interaction.accept"),
    "interaction.reject": _exact("interaction.reject"),
    "interaction.consult": _exact("interaction.consult"),
    "interaction.singleStepTransfer": _exact("interaction.single_step_transfer"),
    "interaction.singleStepConference": _exact("interaction.single_step_conference"),
    "interaction.completeTransfer": _exact("interaction.complete_transfer"),
    "interaction.completeConference": _exact("interaction.complete_conference"),
    "agent.get": _nearly("agent snapshot", "rights are not in the model: everybody is an agent"),
    "agent.getState": _nearly("agent snapshot", "reserved and busy show as ready, supervising as unknown"),
    "agent.getStateList": _exact("agent snapshot"),
    "agent.setState": _exact("agent.set_state"),
    "media.getMediaList": _exact("agent snapshot"),
    "media.getMediaByName": _exact("agent snapshot"),
    "media.setState": _nearly("agent.set_state", "only for an agent with one medium; else it is refused"),
    "voice.dial": _exact("interaction.dial"),
    "voice.dialEx": _exact("interaction.dial"),
    "voice.answer": _exact("interaction.accept"),
    "voice.hold": _exact("interaction.hold"),
    "voice.resume": _exact("interaction.retrieve"),
    "voice.hangUp": _exact("interaction.release"),
    "voice.startCallRecording": _exact("interaction.start_recording"),
    "voice.stopCallRecording": _exact("interaction.stop_recording"),
    "voice.pauseCallRecording": _exact("interaction.pause_recording"),
    "voice.resumeCallRecording": _exact("interaction.resume_recording"),
    "email.create": _exact("interaction.start_email"),
    "sipEndpoint.muteMicrophone": _nearly("interaction.mute", "every connected call of the agent"),
    "sipEndpoint.unmuteMicrophone": _nearly("interaction.unmute", "every muted call of the agent"),
    "sipEndpoint.isMicrophoneMute": _nearly("interaction snapshots", "whether any call is muted"),
    "outbound.callPreviewRecord": _nearly(
        "interaction.accept", "which record of a chain is dialled is the platform's choice"
    ),
    "outbound.rejectPreviewRecord": _exact("interaction.reject"),
    "system.getAllowedServices": _exact("settings"),
    "system.triggerActivity": _nearly("", "succeeds: there is no inactivity timer to put back"),
    "configuration.getOption": _exact("settings"),
    **dict.fromkeys(methods.FRAME, _FRAME),
    **{method: _unsupported(reason) for method, reason in methods.UNAVAILABLE.items()},
}

_BY_STATE: Final = "the interaction's state is said instead, under the label of that state"
_UPDATE: Final = "a member of the interaction in an update, without an event of its own"
_CHAT: Final = "steps inside a chat are not in the model: it is accepted"
_MAIL: Final = "the model does not say what became of an e-mail's text"
_CAMPAIGN: Final = "as the same vendor's platform sent it; no other one has campaigns in the model"
_NOTICE: Final = "as the same vendor's platform sent it; the payload is not documented"
_LABELS: Final[Mapping[str, Word]] = {
    "CASE_SELECTED": _exact("interaction.focus_changed"),
    "CASE_EXPANDED": _unsupported(_UPDATE),
    "CASE_COLLAPSED": _unsupported(_UPDATE),
    "RELEASED": _exact("interaction.ended"),
    "RINGING": _exact("interaction.alerting"),
    "DIALING": _exact("interaction.dialing"),
    "ESTABLISHED": _exact("interaction.connected"),
    "HELD": _exact("interaction.held"),
    "INVITED": _exact("interaction.alerting"),
    "ACCEPTED": _exact("interaction.connected"),
    "SENT": _unsupported(_MAIL),
    "MARK_DONE": _unsupported(_BY_STATE),
    "ADDED": _unsupported(_BY_STATE),
    "REMOVED": _exact("interaction.completed"),
    "BUNDLE_CLOSE": _unsupported("the interactions of a case are removed one by one"),
    "ATTACHED_DATA_CHANGED": _exact("interaction.data_changed"),
    "USER_DATA_ATTACHED": _unsupported("the model does not tell new data from changed: USER_DATA_UPDATED"),
    "USER_DATA_UPDATED": _exact("interaction.data_changed"),
    "REVOKED": _exact("interaction.completed"),
    "COMPLETED": _exact("interaction.completed"),
    "CANCELLED": _unsupported(_MAIL),
    "SAVED": _unsupported(_MAIL),
    "TRANSFERRING": _nearly("interaction.updated", "the label of every update until it is transferred"),
    "TRANSFER_COMPLETED": _exact("interaction.completed"),
    "INVITED_CONFERENCE": _exact("interaction.alerting"),
    "LEFT_CONFERENCE": _unsupported("the model does not say that a conference goes on without the agent"),
    "PULLED": _unsupported("the model has no workbins: it is accepted"),
    "CREATED": _exact("interaction.dialing"),
    "ERROR": _unsupported("the model keeps such a state as unknown"),
    "JOIN_PENDING": _unsupported(_CHAT),
    "JOIN_FAILED": _unsupported(_CHAT),
    "HISTORY_IN_PROGRESS": _unsupported(_CHAT),
    "HISTORY_DONE": _unsupported(_CHAT),
    "READY": _unsupported("a preview has one state here: PREVIEW"),
    "CANCELED": _unsupported("a preview that is over is removed"),
    "REJECTED": _unsupported("a preview that is over is removed"),
    "ParticipantsUpdated": _nearly("party.added", "PARTICIPANTS_UPDATED: the vendor's label is not known"),
    "CallRecordingStateChange": _nearly(
        "interaction.recording_changed", "CALL_RECORDING_STATE_CHANGE: the vendor's label is not known"
    ),
}
EVENTS: Final[Mapping[str, Word]] = {
    **{f"interaction/{label}": word for label, word in _LABELS.items()},
    "agent": _nearly("agent.state_changed", "reserved and busy show as ready, supervising as unknown"),
    "media": _nearly("agent.updated", "each medium is told again, changed or not"),
    "markdone/MARKDONE_BLOCKED": _exact("interaction.completion_block_changed"),
    "markdone/MARKDONE_BLOCK_TIMEOUT": _unsupported(
        "an ended block is MARKDONE_UNBLOCKED, whatever ended it"
    ),
    "outbound/CampaignLoaded": _nearly("platform.notice", _CAMPAIGN),
    "outbound/CampaignUnloaded": _nearly("platform.notice", _CAMPAIGN),
    "outbound/CampaignStarted": _nearly("platform.notice", _CAMPAIGN),
    "outbound/CampaignStopped": _nearly("platform.notice", _CAMPAIGN),
    "system/error": _nearly("platform.notice", "the payload is not documented"),
    "system/serviceAvailability": _nearly("platform.notice", _NOTICE),
    "system/realtimeConnection": _nearly("platform.notice", _NOTICE),
    "system/outboundNotification": _nearly("platform.notice", _NOTICE),
    "messenger:<channel>": _nearly("vendor.unrecognised", "as the same vendor's platform sent it"),
}

ERRORS: Final[Mapping[str, Word]] = {
    "origin_not_accepted": _unsupported("a client is admitted by its token: without one there is no socket"),
    "service_not_allowed": _exact("not_allowed"),
    "rate_limited": _exact("rate_limited"),
    "invalid_parameter": _exact("invalid_command"),
    "unknown_interaction_for_command": _exact("unknown_interaction"),
    "unknown_interaction_for_read": _exact("succeeded"),
    "wrong_state": _exact("wrong_state"),
    "user_data_key_not_writable": _exact("not_allowed"),
    "markdone_blocked": _exact("completion_blocked"),
    "contextual_option_without_interaction": _exact("unknown_interaction"),
}
