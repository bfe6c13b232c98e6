"""The nine events that the widget wants answered, as canonical queries, and the answers as its values.

Both roles, as one is the mirror of the other: `read` and `written_answer` are south, `written` and
`read_answer` north. Source: reference/bright-pattern.md sections 4 (events), 5.6 (types), 8 row 28 (what
nobody answering means). null is an answer: nothing, or no objection.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET

from adapters.bright_pattern import decode, encode, tables, wire
from adapters.bright_pattern import wire_events as w
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.kit import reading
from schemas import queries as q
from schemas.interaction import Record
from schemas.values import Json

T = TypeVar("T")
Question = tuple[q.AnyQuery, str | None]  # and the interaction that it is about
Read = Callable[[msgspec.Raw, reading.Mended], Question]

# --- south: the event as a query


def _by(kind: type[T], make: Callable[[T], Question]) -> Read:
    """The reader of an event with those parameters. It raises msgspec.DecodeError."""
    decoder = msgspec.json.Decoder(kind)
    return lambda raw, mended: make(reading.decode(decoder, raw, mended))


def _folder(said: w.Folder) -> Question:
    options = said.options or w.KBFolderOptions()
    return q.KnowledgeFolder(folder_id=options.folderId or "", language=options.language or ""), None


def _search(said: w.Search) -> Question:
    folder, language = said.folderId or "", said.language or ""
    return q.KnowledgeSearch(text=said.query, language=language, folder_id=folder), None


def _record_info(said: w.RecordInfo) -> Question:
    return q.RecordInfo(record_id=said.request.id, record_type=said.request.type), None


def _save_activity(said: w.Activity) -> Question:
    """The core knows the interaction; what the activity says goes along as it came."""
    ref = msgspec.convert(said.activity.get(tables.INTERACTION_ID), str)
    extras = {key: value for key, value in said.activity.items() if key != tables.INTERACTION_ID}
    return q.SaveActivity(extras=extras), ref


def _screen_pop(said: w.WebPop) -> Question:
    text = {key: one for key, one in said.pop.items() if key in _POP and isinstance(one, str) and one}
    query = q.ScreenPop(
        action=text.get("action", ""),
        url=text.get("url", ""),
        content=text.get("content", ""),
        label=text.get("label", ""),
        options={key: value for key, value in said.pop.items() if key not in text},
    )
    return query, said.interactionId


_POP: Final = ("action", "url", "content", "label")
READ: Final[Mapping[str, Read]] = {
    "ON_REQUEST_TRANSFER_DATA": _by(w.OfInteraction, lambda said: (q.TransferData(), said.interactionId)),
    "ON_GET_KNOWLEDGE_BASE_FOLDER": _by(w.Folder, _folder),
    "ON_SEARCH_KNOWLEDGE_BASE": _by(w.Search, _search),
    "ON_GET_KNOWLEDGE_BASE_ARTICLE": _by(
        w.Article, lambda said: (q.KnowledgeArticle(article_id=said.articleId), None)
    ),
    "ON_REQUEST_RECORD_INFO": _by(w.RecordInfo, _record_info),
    "ON_REQUEST_RECORD_ON_SCREEN": _by(list[msgspec.Raw], lambda _: (q.RecordOnScreen(), None)),
    "ON_VALIDATE_ASSOCIATED_RECORDS": _by(
        w.Validate, lambda said: (q.ValidateRecords(records=decode.records(said.objects)), said.interactionId)
    ),
    "ON_SAVE_ACTIVITY_RECORD": _by(w.Activity, _save_activity),  # until 2026-02 nobody waited
    "ON_WEB_SCREEN_POP_CUSTOM": _by(w.WebPop, _screen_pop),
}

# --- south: the answer as the value that the event's handler would return

# When nobody answers, or with an answer to another question; else null.
_DEFAULT: Final[Mapping[str, Json]] = {
    "ON_GET_KNOWLEDGE_BASE_FOLDER": (),
    "ON_SEARCH_KNOWLEDGE_BASE": (),
    "ON_VALIDATE_ASSOCIATED_RECORDS": w.RecordsValidationResult(valid=True),
    "ON_WEB_SCREEN_POP_CUSTOM": False,
}
_TEXTS: Final = ("keywords", "notes", "language", "createdByUser", "lastEditedByUser")


def _item_out(item: q.KnowledgeItem) -> w.ExternalKBItemData:
    kind, text = ("folder", UNSET) if item.folder else ("article", item.text)
    return w.ExternalKBItemData(id=item.id, type=kind, title=item.title, text=text)


def _article_out(item: q.KnowledgeItem) -> w.ExternalKBArticleData:
    kinds = {**dict.fromkeys(_TEXTS, str), "customFields": dict}
    said = {key: one for key, one in item.fields.items() if isinstance(one, kinds.get(key, ()))}
    article = {**said, "id": item.id, "title": item.title, "answer": item.text}
    return msgspec.convert(article, w.ExternalKBArticleData)


def _saved_out(record: Record) -> w.ActivityRecordInfo:
    case, contact = record.fields.get("caseId"), record.fields.get("contactId")
    return w.ActivityRecordInfo(id=record.id or None, caseId=case, contactId=contact)


def written_answer(event: str, answer: q.AnyQueryAnswer | None) -> Json:  # noqa: PLR0911  # one arm an event
    """The answer, or the documented default."""
    match event, answer:
        case "ON_REQUEST_TRANSFER_DATA", q.DataAnswer(data=data):
            return data
        case "ON_GET_KNOWLEDGE_BASE_FOLDER", q.ItemsAnswer(items=items):
            return tuple(_item_out(item) for item in items)
        case "ON_SEARCH_KNOWLEDGE_BASE", q.ItemsAnswer(items=items):
            return tuple(_item_out(item) for item in items if not item.folder)
        case "ON_GET_KNOWLEDGE_BASE_ARTICLE", q.ItemsAnswer(items=(item, *_)):
            return _article_out(item)
        case "ON_SAVE_ACTIVITY_RECORD", q.RecordAnswer(record=Record() as record):
            return _saved_out(record)
        case (
            ("ON_REQUEST_RECORD_INFO" | "ON_REQUEST_RECORD_ON_SCREEN"),
            q.RecordAnswer(record=Record() as one),
        ):
            return decode.associated(one)
        case "ON_VALIDATE_ASSOCIATED_RECORDS", q.VerdictAnswer(yes=yes, message=message):
            return w.RecordsValidationResult(valid=yes, message=message or None)
        case "ON_WEB_SCREEN_POP_CUSTOM", q.VerdictAnswer(yes=yes):
            return yes
        case _:
            return _DEFAULT.get(event)


# --- north: the query as an event


def written(  # noqa: C901, PLR0911  # one arm a query
    query: q.AnyQuery, settings: BrightPatternSettings, *, same_dialect: bool
) -> tuple[str, tuple[Json, ...]] | None:
    """The event that asks it, and its parameters; None if there is nothing to ask about.

    `same_dialect`: the platform that asks is of this dialect: what it said of an activity is told as it came.
    """
    iid = query.interaction_id
    match query:
        case q.TransferData():
            return "ON_REQUEST_TRANSFER_DATA", (iid,)
        case q.KnowledgeFolder(folder_id=folder, language=language):
            options = w.KBFolderOptions(language=language or None, folderId=folder or None)
            return "ON_GET_KNOWLEDGE_BASE_FOLDER", (options,)
        case q.KnowledgeSearch(text=text, language=language, folder_id=folder):
            return "ON_SEARCH_KNOWLEDGE_BASE", (text, language or None, folder or None)
        case q.KnowledgeArticle(article_id=article):
            return "ON_GET_KNOWLEDGE_BASE_ARTICLE", (article,)
        case q.RecordInfo(record_id=record, record_type=kind):
            return "ON_REQUEST_RECORD_INFO", (w.RecordInfoRequest(record, kind),)
        case q.RecordOnScreen():
            return "ON_REQUEST_RECORD_ON_SCREEN", ()
        case q.ValidateRecords(records=records):
            objects = encode.associated_objects(records, settings, same_dialect=same_dialect)
            return "ON_VALIDATE_ASSOCIATED_RECORDS", (iid, objects)
        case q.SaveActivity(interaction=one, extras=said):
            if one is None or not encode.visible(one):
                return None
            as_it_came = {tables.INTERACTION_ID: one.id, **said} if same_dialect and said else None
            return "ON_SAVE_ACTIVITY_RECORD", (
                as_it_came or encode.activity(one, settings, same_dialect=same_dialect),
            )
        case q.ScreenPop(options=options):
            texts = {key: value for key in _POP if (value := getattr(query, key))}
            return "ON_WEB_SCREEN_POP_CUSTOM", (iid, {**options, **texts})


# --- north: the client's answer


def _given(raw: msgspec.Raw, kind: type[T]) -> T | None:
    """What the handler gave; None for null. Raises msgspec.DecodeError."""
    return None if bytes(raw) == b"null" else reading.decode(msgspec.json.Decoder(kind), raw)


def read_answer(query: q.AnyQuery, raw: msgspec.Raw) -> q.AnyQueryAnswer:  # noqa: PLR0911  # one arm a query
    """The client's answer. Raises msgspec.DecodeError if it is of another type."""
    match query:
        case q.TransferData():
            return q.DataAnswer(query_id=query.id, data=_given(raw, dict[str, Json]))
        case q.KnowledgeFolder() | q.KnowledgeSearch():
            items = tuple(_item_in(one) for one in _given(raw, tuple[w.ExternalKBItemData, ...]) or ())
            return q.ItemsAnswer(query_id=query.id, items=items)
        case q.KnowledgeArticle():
            article = _given(raw, w.ExternalKBArticleData)
            return q.ItemsAnswer(query_id=query.id, items=(_article_in(article),) if article else ())
        case q.RecordInfo() | q.RecordOnScreen():
            shown = _given(raw, wire.InteractionAssociatedObject)
            return q.RecordAnswer(query_id=query.id, record=decode.record(shown) if shown else None)
        case q.ValidateRecords():
            verdict = _given(raw, w.RecordsValidationResult) or w.RecordsValidationResult(valid=True)
            return q.VerdictAnswer(query_id=query.id, yes=verdict.valid, message=verdict.message or "")
        case q.SaveActivity():
            return q.RecordAnswer(query_id=query.id, record=_saved_in(_given(raw, w.ActivityRecordInfo)))
        case q.ScreenPop():
            return q.VerdictAnswer(query_id=query.id, yes=_given(raw, bool) or False)


def _item_in(one: w.ExternalKBItemData) -> q.KnowledgeItem:
    text = one.text if isinstance(one.text, str) else ""
    return q.KnowledgeItem(id=one.id, title=one.title, folder=one.type == "folder", text=text)


def _article_in(one: w.ExternalKBArticleData) -> q.KnowledgeItem:
    names = (*_TEXTS, "customFields")
    fields: dict[str, Json] = {name: value for name in names if (value := getattr(one, name))}
    return q.KnowledgeItem(id=one.id, title=one.title, text=one.answer, fields=fields)


def _saved_in(saved: w.ActivityRecordInfo | None) -> Record | None:
    if saved is None:
        return None
    fields = {k: v for k, v in (("caseId", saved.caseId), ("contactId", saved.contactId)) if v}
    return Record(id=saved.id or "", type="activity", fields=fields) if saved.id or fields else None
