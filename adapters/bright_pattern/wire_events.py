"""The positional parameters of the vendor's events, as arrays: what is missing at the end was not given.

More parameters than we know are ignored. Before them, the values that only events have: of the knowledge
base, records of the CRM, and summaries. Apart from wire.py for its length. Source:
reference/bright-pattern.md sections 4 (handler parameters) and 5.6. How a member is required: see wire.py.
"""
# ruff: noqa: N815  # the spelling is the vendor's

import msgspec
from msgspec import UNSET, UnsetType

from adapters.bright_pattern import wire
from schemas.values import Json


class KBFolderOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which folder of the knowledge base; none means the root."""

    language: str | None = None
    folderId: str | None = None


class ExternalKBItemData(msgspec.Struct, frozen=True, omit_defaults=True):
    """An article with a preview, or a folder. Older search results have neither title nor type."""

    id: str
    type: str = msgspec.field(default_factory=lambda: "article")
    title: str = msgspec.field(default_factory=str)
    text: str | UnsetType = UNSET


class ExternalKBArticleData(msgspec.Struct, frozen=True, kw_only=True):
    """A whole article; the answer may contain HTML."""

    id: str
    title: str = ""
    keywords: str = ""
    answer: str = ""
    notes: str = ""
    language: str = ""
    createdByUser: str = ""
    lastEditedByUser: str = ""
    customFields: dict[str, Json] | tuple[str, ...] | None = msgspec.field(default_factory=dict[str, Json])


class SearchRecordsQuery(msgspec.Struct, frozen=True):
    """What to look for in the CRM."""

    text: str
    types: tuple[str, ...]


class RecordInfoRequest(msgspec.Struct, frozen=True):
    """A record of which only this is known."""

    id: str
    type: str


class RecordsValidationResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether an interaction may be completed with its records."""

    valid: bool
    message: str | None = None


class OpenRecordOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to open a record; `source` is user or scenario."""

    inNewTab: bool = False
    source: str | None = None


class ActivityRecordInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the CRM saved."""

    id: str | None
    caseId: str | None = None
    contactId: str | None = None


class SummaryTopic(msgspec.Struct, frozen=True):
    """One part of a summary."""

    name: str
    value: str


class InteractionSummaryResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """A summary: topics with success, an errorCode without."""

    interactionId: str
    success: bool
    topics: tuple[SummaryTopic, ...] | None = None
    errorCode: str | None = None


# --- parameters


class OneInteraction(msgspec.Struct, frozen=True, array_like=True):
    """ON_NEW_INTERACTION, ON_INTERACTION_STATE_CHANGE, ON_INTERACTION_REMOVED.

    On pages the last two are onInteractionStateChange and onInteractionEnd, whose handler is
    OnInteractionEndHandler(removedInteraction).
    """

    interaction: wire.InteractionData


class LoggedIn(msgspec.Struct, frozen=True, array_like=True):
    """ON_LOGIN."""

    state: wire.LoginStateData


class StateChange(msgspec.Struct, frozen=True, array_like=True):
    """ON_AGENT_STATE_CHANGE; the reason comes only with not_ready."""

    state: str
    notReadyReason: str | None = None


class Switched(msgspec.Struct, frozen=True, array_like=True):
    """ON_ACTIVE_INTERACTION_SWITCHED."""

    activatedInteractionId: str | None


class ServerError(msgspec.Struct, frozen=True, array_like=True):
    """ON_SERVER_ERROR."""

    error: wire.ServerErrorData


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


def _in_full(event: str, *params: tuple[str, object] | tuple[str, object, None]) -> type[msgspec.Struct]:
    """The parameters of an event that is told as it is: of each the name, the type, and None if optional."""
    name = "".join(word.capitalize() for word in event.removeprefix("ON_").split("_"))
    return msgspec.defstruct(name, params, frozen=True, array_like=True, namespace={"__doc__": f"{event}."})


LoadTransferData = _in_full(
    "ON_LOAD_TRANSFER_DATA", ("interactionId", str), ("data", dict[str, Json] | None, None)
)
OpenRecord = _in_full(
    "ON_OPEN_RECORD",
    ("record", wire.InteractionAssociatedObject),
    ("interactionId", str | None, None),
    ("options", OpenRecordOptions | None, None),
)
SearchRecords = _in_full(
    "ON_SEARCH_RECORDS",
    ("query", SearchRecordsQuery),
    ("interactionId", str | None, None),
    ("inNewTab", bool | None, None),
)
ShowScreen = _in_full("ON_SHOW_SCREEN", ("screen", dict[str, Json]), ("interactionId", str | None, None))
WidgetMinimized = _in_full("ON_WIDGET_MINIMIZED_CHANGE", ("minimized", bool))
SummaryStarted = _in_full("ON_SUMMARY_GENERATION_STARTED", ("interactionId", str))
SummaryCompleted = _in_full("ON_SUMMARY_GENERATION_COMPLETED", ("result", InteractionSummaryResult))


class OfInteraction(msgspec.Struct, frozen=True, array_like=True):
    """ON_REQUEST_TRANSFER_DATA."""

    interactionId: str | None = None


class Folder(msgspec.Struct, frozen=True, array_like=True):
    """ON_GET_KNOWLEDGE_BASE_FOLDER."""

    options: KBFolderOptions | None = None


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

    request: RecordInfoRequest


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
