"""South: which canonical word a name of this API is, seen as the platform's client.

What has no word of its own is reached with vendor.call, except for a secret. An event's label is never what
drives the state: `interaction.state` does, and the tag is what follows from it.
"""

from collections.abc import Mapping
from typing import Final

from adapters.contract.capabilities import Word, word, word_by_flow, word_nearly, word_unsaid
from adapters.genesys_wwe import methods

_MUTE: Final = "The microphone of the whole endpoint, not of one call"


_OWN: Final[Mapping[str, Word]] = {
    "interaction.getInteractions": word("interaction.created"),
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
    "agent.get": word("agent.logged_in"),
    "agent.getState": word("agent.state_changed"),
    "agent.getStateList": word("agent.updated"),
    "agent.setState": word_by_flow("agent.set_state"),
    "media.getMediaList": word("agent.updated"),
    "voice.dial": word("interaction.dial"),
    "voice.dialEx": word("interaction.dial"),
    "voice.hold": word("interaction.hold"),
    "voice.resume": word("interaction.retrieve"),
    "voice.hangUp": word("interaction.release"),
    "voice.startCallRecording": word("interaction.start_recording"),
    "voice.stopCallRecording": word("interaction.stop_recording"),
    "voice.pauseCallRecording": word("interaction.pause_recording"),
    "voice.resumeCallRecording": word("interaction.resume_recording"),
    "email.create": word("interaction.start_email"),
    "sipEndpoint.muteMicrophone": word_nearly("interaction.mute", _MUTE),
    "sipEndpoint.unmuteMicrophone": word_nearly("interaction.unmute", _MUTE),
    "outbound.rejectPreviewRecord": word("interaction.reject"),
    "auth.getJwtToken": word_unsaid("its answer is a secret and would stand in results and journals"),
}
METHODS: Final[Mapping[str, Word]] = {
    name: _OWN.get(name, word("vendor.call")) for name in sorted(methods.NORTH | methods.UNAVAILABLE.keys())
}

ON_INTERACTION: Final[Mapping[str, str]] = {
    "CASE_SELECTED": "interaction.focus_changed",
    "CASE_EXPANDED": "interaction.updated",
    "CASE_COLLAPSED": "interaction.updated",
    "RELEASED": "interaction.ended",
    "RINGING": "interaction.alerting",
    "DIALING": "interaction.dialing",
    "ESTABLISHED": "interaction.connected",
    "HELD": "interaction.held",
    "INVITED": "interaction.alerting",
    "ACCEPTED": "interaction.connected",
    "SENT": "interaction.completed",
    "MARK_DONE": "interaction.completed",
    "ADDED": "interaction.created",
    "REMOVED": "interaction.completed",
    "BUNDLE_CLOSE": "interaction.completed",
    "ATTACHED_DATA_CHANGED": "interaction.data_changed",
    "USER_DATA_ATTACHED": "interaction.data_changed",
    "USER_DATA_UPDATED": "interaction.data_changed",
    "REVOKED": "interaction.completed",
    "COMPLETED": "interaction.completed",
    "CANCELLED": "interaction.completed",
    "SAVED": "interaction.updated",
    "TRANSFERRING": "interaction.updated",
    "TRANSFER_COMPLETED": "interaction.completed",
    "INVITED_CONFERENCE": "interaction.alerting",
    "LEFT_CONFERENCE": "interaction.completed",
    "PULLED": "interaction.connected",
    "CREATED": "interaction.connected",
    "ERROR": "interaction.updated",
    "JOIN_PENDING": "interaction.connected",
    "JOIN_FAILED": "interaction.updated",
    "HISTORY_IN_PROGRESS": "interaction.connected",
    "HISTORY_DONE": "interaction.connected",
    "READY": "interaction.previewed",
    "CANCELED": "interaction.completed",
    "REJECTED": "interaction.completed",
    "ParticipantsUpdated": "party.added",
    "CallRecordingStateChange": "interaction.recording_changed",
}
_UNDOCUMENTED: Final = "the payload is not documented"
_NOTICES: Final = (
    "outbound/CampaignLoaded",
    "outbound/CampaignUnloaded",
    "outbound/CampaignStarted",
    "outbound/CampaignStopped",
    "system/error",
    "system/serviceAvailability",
    "system/realtimeConnection",
    "system/outboundNotification",
)
EVENTS: Final[Mapping[str, Word]] = {
    **{f"interaction/{label}": word(tag) for label, tag in ON_INTERACTION.items()},
    "agent": word("agent.state_changed"),
    "media": word_by_flow("agent.updated"),
    **{
        name: word("platform.notice")
        if name.startswith("outbound/")
        else word_nearly("platform.notice", _UNDOCUMENTED)
        for name in _NOTICES
    },
    "markdone/MARKDONE_BLOCKED": word_nearly("interaction.completion_block_changed", _UNDOCUMENTED),
    "markdone/MARKDONE_BLOCK_TIMEOUT": word_nearly("interaction.completion_block_changed", _UNDOCUMENTED),
    "messenger:<channel>": word_unsaid(
        "what other web applications say to each other: passed on as it came, as vendor.unrecognised"
    ),
}

_TEXT: Final = "a refusal is a text without a code"
_SILENCE: Final = "silence: whether it went through is read again"
ERRORS: Final[Mapping[str, Word]] = {
    "origin_not_accepted": word_nearly("timeout", _SILENCE),
    "service_not_allowed": word_nearly("platform_error", _TEXT),
    "rate_limited": word_nearly("timeout", _SILENCE),
    "invalid_parameter": word_nearly("platform_error", _TEXT),
    "unknown_interaction_for_command": word_nearly("platform_error", _TEXT),
    "unknown_interaction_for_read": word("succeeded"),
    "wrong_state": word_nearly("platform_error", _TEXT),
    "user_data_key_not_writable": word_nearly("platform_error", _TEXT),
    "markdone_blocked": word_nearly("completion_blocked", "where the block was seen; else a refusal"),
    "contextual_option_without_interaction": word_nearly("platform_error", _TEXT),
}
