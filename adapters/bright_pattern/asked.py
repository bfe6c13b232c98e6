"""South: the nine events that the widget wants answered, as canonical queries, and the answers as its values.

Source: reference/bright-pattern.md section 4 (events), 5.6 (types), 8 row 28 (what nobody answering means).
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from adapters.bright_pattern import codec, params, wire, wire_knowledge
from schemas import queries
from schemas.interaction import Record
from schemas.queries import AnyQuery, AnyQueryAnswer
from schemas.values import Json

Question = tuple[AnyQuery, str | None]  # and the interaction it is about

_of_interaction = msgspec.json.Decoder(params.OfInteraction).decode
_folder = msgspec.json.Decoder(params.Folder).decode
_search = msgspec.json.Decoder(params.Search).decode
_article = msgspec.json.Decoder(params.Article).decode
_record_info = msgspec.json.Decoder(params.RecordInfo).decode
_validate = msgspec.json.Decoder(params.Validate).decode
_activity = msgspec.json.Decoder(params.Activity).decode
_web_pop = msgspec.json.Decoder(params.WebPop).decode


def _transfer_data(raw: msgspec.Raw) -> Question:
    return queries.TransferData(), _of_interaction(raw).interactionId


def _knowledge_folder(raw: msgspec.Raw) -> Question:
    options = _folder(raw).options or wire_knowledge.KBFolderOptions()
    query = queries.KnowledgeFolder(folder_id=options.folderId or "", language=options.language or "")
    return query, None


def _knowledge_search(raw: msgspec.Raw) -> Question:
    asked = _search(raw)
    query = queries.KnowledgeSearch(
        text=asked.query, language=asked.language or "", folder_id=asked.folderId or ""
    )
    return query, None


def _knowledge_article(raw: msgspec.Raw) -> Question:
    return queries.KnowledgeArticle(article_id=_article(raw).articleId), None


def _record(raw: msgspec.Raw) -> Question:
    asked = _record_info(raw).request
    return queries.RecordInfo(record_id=asked.id, record_type=asked.type), None


def _record_on_screen(_raw: msgspec.Raw) -> Question:
    return queries.RecordOnScreen(), None


def _validate_records(raw: msgspec.Raw) -> Question:
    asked = _validate(raw)
    return queries.ValidateRecords(records=codec.records(asked.objects)), asked.interactionId


def _save_activity(raw: msgspec.Raw) -> Question:
    """The core knows the interaction; what the activity says rides along as it came."""
    said = _activity(raw).activity
    ref = msgspec.convert(said.get(codec.INTERACTION_ID), str)
    extras = {key: value for key, value in said.items() if key != codec.INTERACTION_ID}
    return queries.SaveActivity(extras=extras), ref


_POP_FIELDS: Final = ("action", "url", "content", "label")


def _screen_pop(raw: msgspec.Raw) -> Question:
    asked = _web_pop(raw)
    said = {key: asked.pop.get(key) for key in _POP_FIELDS}
    text = {key: value for key, value in said.items() if isinstance(value, str) and value}
    options = {key: value for key, value in asked.pop.items() if key not in text}
    query = queries.ScreenPop(
        action=text.get("action", ""),
        url=text.get("url", ""),
        content=text.get("content", ""),
        label=text.get("label", ""),
        options=options,
    )
    return query, asked.interactionId


READ: Final[Mapping[str, Callable[[msgspec.Raw], Question]]] = {
    "ON_REQUEST_TRANSFER_DATA": _transfer_data,
    "ON_GET_KNOWLEDGE_BASE_FOLDER": _knowledge_folder,
    "ON_SEARCH_KNOWLEDGE_BASE": _knowledge_search,
    "ON_GET_KNOWLEDGE_BASE_ARTICLE": _knowledge_article,
    "ON_REQUEST_RECORD_INFO": _record,
    "ON_REQUEST_RECORD_ON_SCREEN": _record_on_screen,
    "ON_VALIDATE_ASSOCIATED_RECORDS": _validate_records,
    "ON_SAVE_ACTIVITY_RECORD": _save_activity,
    "ON_WEB_SCREEN_POP_CUSTOM": _screen_pop,
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
