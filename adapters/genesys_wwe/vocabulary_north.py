"""North: what becomes of a name of this API when we stand in for the desktop."""

from collections.abc import Mapping
from typing import Final

from adapters.capabilities import Word, word, word_nearly, word_unsaid
from adapters.genesys_wwe import methods, vocabulary_south

_FRAME: Final = word_nearly("", "each connection stands for a desktop with one frame, which leads")
METHODS: Final[Mapping[str, Word]] = {
    "interaction.getInteractions": word_nearly(
        "interaction snapshots", "what is over for good is not listed, though a desktop may go on listing it"
    ),
    "interaction.getByInteractionId": word("interaction snapshot"),
    "interaction.setUserData": word("interaction.set_data"),
    "interaction.deleteUserData": word("interaction.delete_data"),
    "interaction.selectCaseByCaseId": word("interaction.focus"),
    "interaction.markdone": word("interaction.complete"),
    "interaction.blockMarkdone": word("interaction.block_completion"),
    "interaction.unblockMarkdone": word("interaction.unblock_completion"),
    "interaction.accept": word("interaction.accept"),
    "interaction.reject": word("interaction.reject"),
    "interaction.consult": word("interaction.consult"),
    "interaction.singleStepTransfer": word("interaction.single_step_transfer"),
    "interaction.singleStepConference": word("interaction.single_step_conference"),
    "interaction.completeTransfer": word("interaction.complete_transfer"),
    "interaction.completeConference": word("interaction.complete_conference"),
    "agent.get": word_nearly("agent snapshot", "rights are not in the model: everybody is an agent"),
    "agent.getState": word_nearly(
        "agent snapshot", "reserved and busy show as ready, supervising as unknown"
    ),
    "agent.getStateList": word("agent snapshot"),
    "agent.setState": word("agent.set_state"),
    "media.getMediaList": word("agent snapshot"),
    "media.getMediaByName": word("agent snapshot"),
    "media.setState": word_nearly(
        "agent.set_state",
        "passed on to a platform of the same vendor; else only for an agent with one medium",
    ),
    "voice.dial": word("interaction.dial"),
    "voice.dialEx": word("interaction.dial"),
    "voice.answer": word("interaction.accept"),
    "voice.hold": word("interaction.hold"),
    "voice.resume": word("interaction.retrieve"),
    "voice.hangUp": word("interaction.release"),
    "voice.startCallRecording": word("interaction.start_recording"),
    "voice.stopCallRecording": word("interaction.stop_recording"),
    "voice.pauseCallRecording": word("interaction.pause_recording"),
    "voice.resumeCallRecording": word("interaction.resume_recording"),
    "email.create": word("interaction.start_email"),
    "sipEndpoint.muteMicrophone": word_nearly("interaction.mute", "every connected call of the agent"),
    "sipEndpoint.unmuteMicrophone": word_nearly("interaction.unmute", "every muted call of the agent"),
    "sipEndpoint.isMicrophoneMute": word_nearly("interaction snapshots", "whether any call is muted"),
    "outbound.callPreviewRecord": word_nearly(
        "interaction.accept",
        "which record of a chain is dialled is known to a platform of the same vendor only",
    ),
    "outbound.rejectPreviewRecord": word("interaction.reject"),
    "system.getAllowedServices": word("settings"),
    "system.triggerActivity": word_nearly(
        "", "passed on to a platform of the same vendor; else there is no inactivity timer to put back"
    ),
    "configuration.getOption": word_nearly(
        "settings", "what the gateway is given to show; without any, a platform of the same vendor is asked"
    ),
    **dict.fromkeys(methods.FRAME, _FRAME),
    "messenger.broadcastMessage": word_nearly(
        "", "to the gateway's clients of the agent; none other is reached"
    ),
    "system.amIVisible": word_unsaid(methods.UNAVAILABLE["system.amIVisible"]),
    "auth.getJwtToken": word_unsaid(methods.UNAVAILABLE["auth.getJwtToken"]),
    **{
        method: word_nearly("vendor.call", f"passed on to a platform of the same vendor; else {reason}")
        for method, reason in methods.PASSED.items()
    },
}

_BY_STATE: Final = "the interaction's state is said instead, under the label of that state"
_UPDATE: Final = "a member of the interaction in an update, without an event of its own"
_CHAT: Final = "steps inside a chat are not in the model: it is accepted"
_MAIL: Final = "the model does not say what became of an e-mail's text"
_CAMPAIGN: Final = "as the same vendor's platform sent it; no other one has campaigns in the model"
_NOTICE: Final = "as the same vendor's platform sent it; the payload is not documented"
_LABELS: Final[Mapping[str, Word]] = {
    "CASE_SELECTED": word("interaction.focus_changed"),
    "RELEASED": word("interaction.ended"),
    "RINGING": word("interaction.alerting"),
    "DIALING": word("interaction.dialing"),
    "ESTABLISHED": word("interaction.connected"),
    "HELD": word("interaction.held"),
    "INVITED": word("interaction.alerting"),
    "ACCEPTED": word("interaction.connected"),
    "REMOVED": word("interaction.completed"),
    "ATTACHED_DATA_CHANGED": word("interaction.data_changed"),
    "USER_DATA_UPDATED": word("interaction.data_changed"),
    "REVOKED": word("interaction.completed"),
    "COMPLETED": word("interaction.completed"),
    "TRANSFERRING": word_nearly("interaction.updated", "the label of every update until it is transferred"),
    "TRANSFER_COMPLETED": word("interaction.completed"),
    "INVITED_CONFERENCE": word("interaction.alerting"),
    "ParticipantsUpdated": word_nearly(
        "party.added", "PARTICIPANTS_UPDATED: the vendor's label is not known"
    ),
    "CallRecordingStateChange": word_nearly(
        "interaction.recording_changed", "CALL_RECORDING_STATE_CHANGE: the vendor's label is not known"
    ),
}
_THEIRS: Final = "as the same vendor's platform sent it, if the interaction shows a change"
# Never said of another vendor's interactions: why.
_ONLY_THEIRS: Final[Mapping[str, str]] = {
    "CASE_EXPANDED": _UPDATE,
    "CASE_COLLAPSED": _UPDATE,
    "SENT": _MAIL,
    "MARK_DONE": _BY_STATE,
    "ADDED": _BY_STATE,
    "BUNDLE_CLOSE": "the interactions of a case are removed one by one",
    "USER_DATA_ATTACHED": "the model does not tell new data from changed: USER_DATA_UPDATED",
    "CANCELLED": _MAIL,
    "SAVED": _MAIL,
    "LEFT_CONFERENCE": "the model does not say that a conference goes on without the agent",
    "PULLED": "the model has no workbins: it is accepted",
    "CREATED": "what nobody has taken yet is UNKNOWN, and ACCEPTED from then on",
    "ERROR": "the model keeps such a state as unknown",
    "JOIN_PENDING": _CHAT,
    "JOIN_FAILED": _CHAT,
    "HISTORY_IN_PROGRESS": _CHAT,
    "HISTORY_DONE": _CHAT,
    "READY": "a preview has one state here: PREVIEW",
    "CANCELED": "a preview that is over is removed",
    "REJECTED": "a preview that is over is removed",
}
EVENTS: Final[Mapping[str, Word]] = {
    **{f"interaction/{label}": word for label, word in _LABELS.items()},
    **{
        f"interaction/{label}": word_nearly(
            vocabulary_south.ON_INTERACTION[label], f"{_THEIRS}; else {reason}"
        )
        for label, reason in _ONLY_THEIRS.items()
    },
    "agent": word_nearly("agent.state_changed", "reserved and busy show as ready, supervising as unknown"),
    "media": word("agent.updated"),
    "markdone/MARKDONE_BLOCKED": word("interaction.completion_block_changed"),
    "markdone/MARKDONE_BLOCK_TIMEOUT": word("interaction.completion_block_changed"),
    "outbound/CampaignLoaded": word_nearly("platform.notice", _CAMPAIGN),
    "outbound/CampaignUnloaded": word_nearly("platform.notice", _CAMPAIGN),
    "outbound/CampaignStarted": word_nearly("platform.notice", _CAMPAIGN),
    "outbound/CampaignStopped": word_nearly("platform.notice", _CAMPAIGN),
    "system/error": word_nearly("platform.notice", "the payload is not documented"),
    "system/serviceAvailability": word_nearly("platform.notice", _NOTICE),
    "system/realtimeConnection": word_nearly("platform.notice", _NOTICE),
    "system/outboundNotification": word_nearly("platform.notice", _NOTICE),
    "messenger:<channel>": word_nearly(
        "vendor.unrecognised", "as the same vendor's platform sent it, or another client of the agent"
    ),
}

ERRORS: Final[Mapping[str, Word]] = {
    "origin_not_accepted": word_unsaid("a client is admitted by its token: without one there is no socket"),
    "service_not_allowed": word("not_allowed"),
    "rate_limited": word("rate_limited"),
    "invalid_parameter": word("invalid_command"),
    "unknown_interaction_for_command": word("unknown_interaction"),
    "unknown_interaction_for_read": word("succeeded"),
    "wrong_state": word("wrong_state"),
    "user_data_key_not_writable": word("not_allowed"),
    "markdone_blocked": word("completion_blocked"),
    "contextual_option_without_interaction": word("unknown_interaction"),
}
