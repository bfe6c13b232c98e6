"""The positional parameters of the vendor's events, as arrays: what is missing at the end was not given.

Source: reference/bright-pattern.md section 4 (handler parameters). More parameters than we know are ignored.
"""
# ruff: noqa: N815  # the spelling is the vendor's

import msgspec

from adapters.bright_pattern import wire, wire_agent, wire_knowledge
from schemas.values import Json


class OneInteraction(msgspec.Struct, frozen=True, array_like=True):
    """ON_NEW_INTERACTION, ON_INTERACTION_STATE_CHANGE, ON_INTERACTION_REMOVED."""

    interaction: wire.InteractionData


class LoggedIn(msgspec.Struct, frozen=True, array_like=True):
    """ON_LOGIN."""

    state: wire_agent.LoginStateData


class StateChange(msgspec.Struct, frozen=True, array_like=True):
    """ON_AGENT_STATE_CHANGE; the reason comes only with not_ready."""

    state: str
    notReadyReason: str | None = None


class Switched(msgspec.Struct, frozen=True, array_like=True):
    """ON_ACTIVE_INTERACTION_SWITCHED."""

    activatedInteractionId: str | None


class ServerError(msgspec.Struct, frozen=True, array_like=True):
    """ON_SERVER_ERROR."""

    error: wire_agent.ServerErrorData


class SoftphoneStatus(msgspec.Struct, frozen=True, array_like=True):
    """ON_SOFTPHONE_STATUS_CHANGE."""

    ready: bool
    error: str | None = None


class AudioDevice(msgspec.Struct, frozen=True, array_like=True):
    """ON_AUDIO_DEVICE_CHANGE."""

    inputDevice: str | None = None
    outputDevice: str | None = None


class AudioQuality(msgspec.Struct, frozen=True, array_like=True):
    """ON_CALL_AUDIO_QUALITY_ALERT."""

    callId: str
    alert: bool


class Flags(msgspec.Struct, frozen=True, array_like=True):
    """ON_PHONE_CAPABILITIES_CHANGE, ON_SCREEN_RECORDING_STATE_CHANGE: booleans by name."""

    flags: dict[str, Json]


class LoadTransferData(msgspec.Struct, frozen=True, array_like=True):
    """ON_LOAD_TRANSFER_DATA."""

    interactionId: str
    data: dict[str, Json] | None = None


class OpenRecord(msgspec.Struct, frozen=True, array_like=True):
    """ON_OPEN_RECORD."""

    record: wire.InteractionAssociatedObject
    interactionId: str | None = None
    options: wire_knowledge.OpenRecordOptions | None = None


class SearchRecords(msgspec.Struct, frozen=True, array_like=True):
    """ON_SEARCH_RECORDS."""

    query: wire_knowledge.SearchRecordsQuery
    interactionId: str | None = None
    inNewTab: bool | None = None


class ShowScreen(msgspec.Struct, frozen=True, array_like=True):
    """ON_SHOW_SCREEN."""

    screen: dict[str, Json]
    interactionId: str | None = None


class WidgetMinimized(msgspec.Struct, frozen=True, array_like=True):
    """ON_WIDGET_MINIMIZED_CHANGE."""

    minimized: bool


class SummaryStarted(msgspec.Struct, frozen=True, array_like=True):
    """ON_SUMMARY_GENERATION_STARTED."""

    interactionId: str


class SummaryCompleted(msgspec.Struct, frozen=True, array_like=True):
    """ON_SUMMARY_GENERATION_COMPLETED."""

    result: wire_knowledge.InteractionSummaryResult


class OfInteraction(msgspec.Struct, frozen=True, array_like=True):
    """ON_REQUEST_TRANSFER_DATA."""

    interactionId: str | None = None


class Folder(msgspec.Struct, frozen=True, array_like=True):
    """ON_GET_KNOWLEDGE_BASE_FOLDER."""

    options: wire_knowledge.KBFolderOptions | None = None


class Search(msgspec.Struct, frozen=True, array_like=True):
    """ON_SEARCH_KNOWLEDGE_BASE."""

    query: str
    language: str | None = None
    folderId: str | None = None


class Article(msgspec.Struct, frozen=True, array_like=True):
    """ON_GET_KNOWLEDGE_BASE_ARTICLE."""

    articleId: str


class RecordInfo(msgspec.Struct, frozen=True, array_like=True):
    """ON_REQUEST_RECORD_INFO."""

    request: wire_knowledge.RecordInfoRequest


class Validate(msgspec.Struct, frozen=True, array_like=True):
    """ON_VALIDATE_ASSOCIATED_RECORDS."""

    interactionId: str | None
    objects: wire.InteractionAssociatedObjectsData | None = None


class Activity(msgspec.Struct, frozen=True, array_like=True):
    """ON_SAVE_ACTIVITY_RECORD."""

    activity: dict[str, Json]  # an InteractionActivityData; an InteractionData until 5.24


class WebPop(msgspec.Struct, frozen=True, array_like=True):
    """ON_WEB_SCREEN_POP_CUSTOM; the pop's own fields are read where they are used."""

    interactionId: str | None
    pop: dict[str, Json]
