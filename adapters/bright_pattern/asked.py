"""South: the nine events that the widget wants answered, as canonical queries, and the answers as its values.

Source: reference/bright-pattern.md section 4 (events), 5.6 (types), 8 row 28 (what nobody answering means).
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from adapters.bright_pattern import codec, params, wire, wire_knowledge
from adapters.kit import reading
from schemas import queries
from schemas.interaction import Record
from schemas.queries import AnyQuery, AnyQueryAnswer
from schemas.values import Json

T = TypeVar("T")
Question = tuple[AnyQuery, str | None]  # and the interaction it is about

Read = Callable[[msgspec.Raw, reading.Mended], Question]


def _by(kind: type[T], make: Callable[[T], Question]) -> Read:
    """The reader of an event with those parameters. It raises msgspec.DecodeError."""
    decoder = msgspec.json.Decoder(kind)
    return lambda raw, mended: make(reading.decode(decoder, raw, mended))


def _transfer_data(said: params.OfInteraction) -> Question:
    return queries.TransferData(), said.interactionId


def _knowledge_folder(said: params.Folder) -> Question:
    options = said.options or wire_knowledge.KBFolderOptions()
    query = queries.KnowledgeFolder(folder_id=options.folderId or "", language=options.language or "")
    return query, None


def _knowledge_search(said: params.Search) -> Question:
    query = queries.KnowledgeSearch(
        text=said.query, language=said.language or "", folder_id=said.folderId or ""
    )
    return query, None


def _knowledge_article(said: params.Article) -> Question:
    return queries.KnowledgeArticle(article_id=said.articleId), None


def _record(said: params.RecordInfo) -> Question:
    return queries.RecordInfo(record_id=said.request.id, record_type=said.request.type), None


def _record_on_screen(_said: list[msgspec.Raw]) -> Question:
    return queries.RecordOnScreen(), None


def _validate_records(said: params.Validate) -> Question:
    return queries.ValidateRecords(records=codec.records(said.objects)), said.interactionId


def _save_activity(said: params.Activity) -> Question:
    """The core knows the interaction; what the activity says rides along as it came."""
    ref = msgspec.convert(said.activity.get(codec.INTERACTION_ID), str)
    extras = {key: value for key, value in said.activity.items() if key != codec.INTERACTION_ID}
    return queries.SaveActivity(extras=extras), ref


_POP_FIELDS: Final = ("action", "url", "content", "label")


def _screen_pop(said: params.WebPop) -> Question:
    known = {key: said.pop.get(key) for key in _POP_FIELDS}
    text = {key: value for key, value in known.items() if isinstance(value, str) and value}
    options = {key: value for key, value in said.pop.items() if key not in text}
    query = queries.ScreenPop(
        action=text.get("action", ""),
        url=text.get("url", ""),
        content=text.get("content", ""),
        label=text.get("label", ""),
        options=options,
    )
    return query, said.interactionId


READ: Final[Mapping[str, Read]] = {
    "ON_REQUEST_TRANSFER_DATA": _by(params.OfInteraction, _transfer_data),
    "ON_GET_KNOWLEDGE_BASE_FOLDER": _by(params.Folder, _knowledge_folder),
    "ON_SEARCH_KNOWLEDGE_BASE": _by(params.Search, _knowledge_search),
    "ON_GET_KNOWLEDGE_BASE_ARTICLE": _by(params.Article, _knowledge_article),
    "ON_REQUEST_RECORD_INFO": _by(params.RecordInfo, _record),
    "ON_REQUEST_RECORD_ON_SCREEN": _by(list[msgspec.Raw], _record_on_screen),
    "ON_VALIDATE_ASSOCIATED_RECORDS": _by(params.Validate, _validate_records),
    "ON_SAVE_ACTIVITY_RECORD": _by(params.Activity, _save_activity),
    "ON_WEB_SCREEN_POP_CUSTOM": _by(params.WebPop, _screen_pop),
}

_YES: Final = wire_knowledge.RecordsValidationResult(valid=True)
_NO_ITEMS: Final[tuple[Json, ...]] = ()
# When nobody answers, or with an answer to another question.
DEFAULT: Final[Mapping[str, Json]] = {
    "ON_REQUEST_TRANSFER_DATA": None,
    "ON_GET_KNOWLEDGE_BASE_FOLDER": _NO_ITEMS,
    "ON_SEARCH_KNOWLEDGE_BASE": _NO_ITEMS,
    "ON_GET_KNOWLEDGE_BASE_ARTICLE": None,
    "ON_REQUEST_RECORD_INFO": None,
    "ON_REQUEST_RECORD_ON_SCREEN": None,
    "ON_VALIDATE_ASSOCIATED_RECORDS": _YES,
    "ON_SAVE_ACTIVITY_RECORD": None,
    "ON_WEB_SCREEN_POP_CUSTOM": False,
}


def _item(item: queries.KnowledgeItem) -> wire_knowledge.ExternalKBItemData:
    if item.folder:
        return wire_knowledge.ExternalKBItemData(id=item.id, type="folder", title=item.title)
    return wire_knowledge.ExternalKBItemData(id=item.id, type="article", title=item.title, text=item.text)


def _whole_article(item: queries.KnowledgeItem) -> wire_knowledge.ExternalKBArticleData:
    said = {key: value for key, value in item.fields.items() if isinstance(value, str)}
    custom = item.fields.get("customFields")
    return wire_knowledge.ExternalKBArticleData(
        id=item.id,
        title=item.title,
        answer=item.text,
        keywords=said.get("keywords", ""),
        notes=said.get("notes", ""),
        language=said.get("language", ""),
        createdByUser=said.get("createdByUser", ""),
        lastEditedByUser=said.get("lastEditedByUser", ""),
        customFields=custom if isinstance(custom, dict) else {},
    )


def _shown(record: Record) -> wire.InteractionAssociatedObject:
    return wire.InteractionAssociatedObject(
        id=record.id,
        type=record.type,
        displayName=record.display_name,
        displayType=record.display_type,
        customFields=record.fields,
    )


def _saved(record: Record) -> wire_knowledge.ActivityRecordInfo:
    return wire_knowledge.ActivityRecordInfo(
        id=record.id or None,
        caseId=record.fields.get("caseId"),
        contactId=record.fields.get("contactId"),
    )


def written(event: str, answer: AnyQueryAnswer | None) -> Json:  # noqa: PLR0911  # one arm an event
    """The value that the event's handler would return: the answer, or the documented default."""
    match event, answer:
        case "ON_REQUEST_TRANSFER_DATA", queries.DataAnswer(data=data):
            return data
        case "ON_GET_KNOWLEDGE_BASE_FOLDER", queries.ItemsAnswer(items=items):
            return tuple(_item(item) for item in items)
        case "ON_SEARCH_KNOWLEDGE_BASE", queries.ItemsAnswer(items=items):
            return tuple(_item(item) for item in items if not item.folder)
        case "ON_GET_KNOWLEDGE_BASE_ARTICLE", queries.ItemsAnswer(items=(item, *_)):
            return _whole_article(item)
        case "ON_REQUEST_RECORD_INFO" | "ON_REQUEST_RECORD_ON_SCREEN", queries.RecordAnswer(
            record=Record() as r
        ):
            return _shown(r)
        case "ON_SAVE_ACTIVITY_RECORD", queries.RecordAnswer(record=Record() as r):
            return _saved(r)
        case "ON_VALIDATE_ASSOCIATED_RECORDS", queries.VerdictAnswer(yes=yes, message=message):
            return wire_knowledge.RecordsValidationResult(valid=yes, message=message or None)
        case "ON_WEB_SCREEN_POP_CUSTOM", queries.VerdictAnswer(yes=yes):
            return yes
        case _:
            return DEFAULT[event]
