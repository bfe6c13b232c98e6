"""All 74 methods of the newest client library (2023-06-05), by what the north role does with them.

The library's objects hang under genesys.wwe.service; the wire name is what follows. A method moves from
UNAVAILABLE to a row or an arm of `requests.py` or `reads.py` when it gets one. What is unavailable by itself
is passed on to a platform of the same dialect.
"""

from collections.abc import Mapping
from typing import Final

NORTH: Final = frozenset(
    {
        "interaction.getInteractions",
        "interaction.getByInteractionId",
        "interaction.setUserData",
        "interaction.deleteUserData",
        "interaction.selectCaseByCaseId",
        "interaction.markdone",
        "interaction.blockMarkdone",
        "interaction.unblockMarkdone",
        "interaction.accept",
        "interaction.reject",
        "interaction.consult",
        "interaction.singleStepTransfer",
        "interaction.singleStepConference",
        "interaction.completeTransfer",
        "interaction.completeConference",
        "agent.get",
        "agent.getState",
        "agent.getStateList",
        "agent.setState",
        "media.getMediaList",
        "media.getMediaByName",
        "media.setState",
        "voice.dial",
        "voice.dialEx",
        "voice.answer",
        "voice.hold",
        "voice.resume",
        "voice.hangUp",
        "voice.startCallRecording",
        "voice.stopCallRecording",
        "voice.pauseCallRecording",
        "voice.resumeCallRecording",
        "email.create",
        "sipEndpoint.muteMicrophone",
        "sipEndpoint.unmuteMicrophone",
        "sipEndpoint.isMicrophoneMute",
        "outbound.callPreviewRecord",
        "outbound.rejectPreviewRecord",
        "system.getAllowedServices",
        "system.triggerActivity",
        "system.isFrameLeading",
        "system.isFrameFollowing",
        "system.isFrameNegotiating",
        "system.isFrameLeadingOrNegotiating",
        "system.isLastActiveFrame",
        "configuration.getOption",
        "messenger.broadcastMessage",
    }
)
# Documented for the same protocol, but in no client library, so not of the 74.
BESIDE: Final = frozenset({"configuration.getContextualOption"})

_SPEAKER: Final = "the model has the microphone of a call and no speaker"
_CAMPAIGN: Final = "campaigns and calling lists are not in the model"
_CHAIN: Final = "the records of a calling list are not in the model"
_RESULT: Final = "call results are numbers of a list that only the vendor's platform has"
_SCREEN: Final = "there is no desktop around the page to show it on"
UNAVAILABLE: Final[Mapping[str, str]] = {
    "sipEndpoint.muteSpeaker": _SPEAKER,
    "sipEndpoint.unmuteSpeaker": _SPEAKER,
    "sipEndpoint.isSpeakerMute": _SPEAKER,
    "outbound.getCampaigns": _CAMPAIGN,
    "outbound.getPreviewRecord": _CAMPAIGN,
    "outbound.cancelPreviewRecord": "the model knows refusing a record, not giving it back untouched",
    "outbound.startDirectPushPreview": _CAMPAIGN,
    "outbound.stopDirectPushPreview": _CAMPAIGN,
    "outbound.getChainedRecords": _CHAIN,
    "outbound.getRecordFields": _CHAIN,
    "outbound.updateRecordFields": _CHAIN,
    "outbound.rescheduleRecord": _CHAIN,
    "outbound.cancelReschedule": _CHAIN,
    "outbound.getListOfCallResults": _RESULT,
    "outbound.setCallResult": _RESULT,
    "outbound.getCallResult": _RESULT,
    "outbound.setDoNotCall": _CHAIN,
    "outbound.removeDoNotCall": _CHAIN,
    "system.popupToast": _SCREEN,
    "system.updateToast": _SCREEN,
    "system.closeToast": _SCREEN,
    "system.openDialog": _SCREEN,
    "system.closeDialog": _SCREEN,
    "system.updateViewInApplicationMenuBar": _SCREEN,
    "system.closeViewInApplicationMenuBar": _SCREEN,
    "system.amIVisible": "the gateway does not see the browser's tabs",
    "auth.getJwtToken": "the platform's access token is a secret and not handed out",
}
# What a platform of the same dialect is asked all the same; see `passing`. The page that could say whether it
# is visible is the relay's there, not the client's.
PASSED: Final[Mapping[str, str]] = {
    method: reason
    for method, reason in UNAVAILABLE.items()
    if method not in {"auth.getJwtToken", "system.amIVisible"}
}
# Which frame of several leads. Each connection stands for a desktop with a single frame.
FRAME: Final[Mapping[str, bool]] = {
    "system.isFrameLeading": True,
    "system.isFrameFollowing": False,
    "system.isFrameNegotiating": False,
    "system.isFrameLeadingOrNegotiating": True,
    "system.isLastActiveFrame": True,
}
