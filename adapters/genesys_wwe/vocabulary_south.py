"""South: which canonical word a name of this API is, seen as the platform's client.

What has no word of its own is reached with vendor.call, except for a secret. An event's label is never what
drives the state: `interaction.state` does, and the tag is what follows from it.
"""

from collections.abc import Mapping
from typing import Final

from adapters.capabilities import Support, Word
from adapters.genesys_wwe import methods

_MUTE: Final = "The microphone of the whole endpoint, not of one call"


def _exact(canonical: str) -> Word:
    return Word(Support.EXACT, canonical)


def _nearly(canonical: str, note: str) -> Word:
    return Word(Support.APPROXIMATE, canonical, note)


def _unsupported(note: str) -> Word:
    return Word(Support.UNSUPPORTED, "", note)


_OWN: Final[Mapping[str, Word]] = {
    "interaction.getInteractions": _exact("interaction.created"),
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
    "agent.get": _exact("agent.logged_in"),
    "agent.getState": _exact("agent.state_changed"),
    "agent.getStateList": _exact("agent.updated"),
    "agent.setState": Word(Support.FLOW, "agent.set_state"),
    "media.getMediaList": _exact("agent.updated"),
    "voice.dial": _exact("interaction.dial"),
    "voice.dialEx": _exact("interaction.dial"),
    "voice.hold": _exact("interaction.hold"),
    "voice.resume": _exact("interaction.retrieve"),
    "voice.hangUp": _exact("interaction.release"),
    "voice.startCallRecording": _exact("interaction.start_recording"),
    "voice.stopCallRecording": _exact("interaction.stop_recording"),
    "voice.pauseCallRecording": _exact("interaction.pause_recording"),
    "voice.resumeCallRecording": _exact("interaction.resume_recording"),
    "email.create": _exact("interaction.start_email"),
    "sipEndpoint.muteMicrophone": _nearly("interaction.mute", _MUTE),
    "sipEndpoint.unmuteMicrophone": _nearly("interaction.unmute", _MUTE),
    "outbound.rejectPreviewRecord": _exact("interaction.reject"),
    "auth.getJwtToken": _unsupported("its answer is a secret and would stand in results and journals"),
}
METHODS: Final[Mapping[str, Word]] = {
    name: _OWN.get(name, _exact("vendor.call")) for name in sorted(methods.NORTH | methods.UNAVAILABLE.keys())
}

_ON_INTERACTION: Final[Mapping[str, str]] = {
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
    **{f"interaction/{label}": _exact(tag) for label, tag in _ON_INTERACTION.items()},
    "agent": _exact("agent.state_changed"),
    "media": Word(Support.FLOW, "agent.updated"),
    **{
        name: _exact("platform.notice")
        if name.startswith("outbound/")
        else _nearly("platform.notice", _UNDOCUMENTED)
        for name in _NOTICES
    },
    "markdone/MARKDONE_BLOCKED": _nearly("interaction.completion_block_changed", _UNDOCUMENTED),
    "markdone/MARKDONE_BLOCK_TIMEOUT": _nearly("interaction.completion_block_changed", _UNDOCUMENTED),
    "messenger:<channel>": _unsupported(
        "what other web applications say to each other: passed on as it came, as vendor.unrecognised"
    ),
}

_TEXT: Final = "a refusal is a text without a code"
_SILENCE: Final = "silence: whether it went through is read again"
ERRORS: Final[Mapping[str, Word]] = {
    "origin_not_accepted": _nearly("timeout", _SILENCE),
    "service_not_allowed": _nearly("platform_error", _TEXT),
    "rate_limited": _nearly("timeout", _SILENCE),
    "invalid_parameter": _nearly("platform_error", _TEXT),
    "unknown_interaction_for_command": _nearly("platform_error", _TEXT),
    "unknown_interaction_for_read": _exact("succeeded"),
    "wrong_state": _nearly("platform_error", _TEXT),
    "user_data_key_not_writable": _nearly("platform_error", _TEXT),
    "markdone_blocked": _nearly("completion_blocked", "where the block was seen; else a refusal"),
    "contextual_option_without_interaction": _nearly("platform_error", _TEXT),
}
