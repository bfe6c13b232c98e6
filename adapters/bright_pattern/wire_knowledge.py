"""The vendor's values about the knowledge base, records of the CRM, and summaries.

Source: reference/bright-pattern.md section 5.6. How a field is required: see wire.py.
"""
# ruff: noqa: N815  # the spelling is the vendor's

import msgspec
from msgspec import UNSET, UnsetType

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
