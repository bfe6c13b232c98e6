"""North: a platform's queries as the vendor's answer-needing events, and the client's answers.

Source: reference/bright-pattern.md sections 4 and 8 (row 28). null is an answer: nothing, or no objection.
"""

from collections.abc import Mapping

import msgspec

from adapters.bright_pattern import codec, north_codec, wire, wire_knowledge
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.kit import reading
from schemas import queries as q
from schemas.interaction import Record
from schemas.values import Json

_data = msgspec.json.Decoder(dict[str, Json] | None)
_items = msgspec.json.Decoder(tuple[wire_knowledge.ExternalKBItemData, ...] | None)
_article = msgspec.json.Decoder(wire_knowledge.ExternalKBArticleData | None)
_object = msgspec.json.Decoder(wire.InteractionAssociatedObject | None)
_verdict = msgspec.json.Decoder(wire_knowledge.RecordsValidationResult | None)
_saved = msgspec.json.Decoder(wire_knowledge.ActivityRecordInfo | None)
_shown = msgspec.json.Decoder(bool | None)

Asked = tuple[str, tuple[Json, ...]]  # the event and its parameters


def written(  # noqa: C901, PLR0911  # one arm a query
    query: q.AnyQuery, settings: BrightPatternSettings, *, own: bool
) -> Asked | None:
    """The event that asks it; None if there is nothing to ask about.

    `own`: the platform that asks is of this dialect, so that what it said of an activity is told as it came.
    """
    iid = query.interaction_id
    match query:
        case q.TransferData():
            return "ON_REQUEST_TRANSFER_DATA", (iid,)
        case q.KnowledgeFolder(folder_id=folder, language=language):
            options = wire_knowledge.KBFolderOptions(language=language or None, folderId=folder or None)
            return "ON_GET_KNOWLEDGE_BASE_FOLDER", (options,)
        case q.KnowledgeSearch(text=text, language=language, folder_id=folder):
            return "ON_SEARCH_KNOWLEDGE_BASE", (text, language or None, folder or None)
        case q.KnowledgeArticle(article_id=article):
            return "ON_GET_KNOWLEDGE_BASE_ARTICLE", (article,)
        case q.RecordInfo(record_id=record, record_type=kind):
            return "ON_REQUEST_RECORD_INFO", (wire_knowledge.RecordInfoRequest(record, kind),)
        case q.RecordOnScreen():
            return "ON_REQUEST_RECORD_ON_SCREEN", ()
        case q.ValidateRecords(records=records):
            objects = north_codec.associated_objects(records, settings, own=own)
            return "ON_VALIDATE_ASSOCIATED_RECORDS", (iid, objects)
        case q.SaveActivity(interaction=one, extras=said):
            if one is None or not north_codec.visible(one):
                return None
            if own and said:
                return "ON_SAVE_ACTIVITY_RECORD", ({codec.INTERACTION_ID: one.id, **said},)
            return "ON_SAVE_ACTIVITY_RECORD", (north_codec.activity(one, settings),)
        case q.ScreenPop(action=action, url=url, content=content, label=label, options=options):
            said = {"action": action, "url": url, "content": content, "label": label}
            pop = {**options, **{key: value for key, value in said.items() if value}}
            return "ON_WEB_SCREEN_POP_CUSTOM", (iid, pop)


def read(query: q.AnyQuery, raw: msgspec.Raw) -> q.AnyQueryAnswer:  # noqa: PLR0911  # one arm a query
    """The client's answer. Raises msgspec.DecodeError if it is of another type."""
    match query:
        case q.TransferData():
            return q.DataAnswer(query_id=query.id, data=reading.decode(_data, raw))
        case q.KnowledgeFolder() | q.KnowledgeSearch():
            return q.ItemsAnswer(
                query_id=query.id, items=tuple(_item(one) for one in reading.decode(_items, raw) or ())
            )
        case q.KnowledgeArticle():
            article = reading.decode(_article, raw)
            return q.ItemsAnswer(query_id=query.id, items=(_whole(article),) if article else ())
        case q.RecordInfo() | q.RecordOnScreen():
            shown = reading.decode(_object, raw)
            return q.RecordAnswer(query_id=query.id, record=codec.record(shown) if shown else None)
        case q.ValidateRecords():
            verdict = reading.decode(_verdict, raw) or wire_knowledge.RecordsValidationResult(valid=True)
            return q.VerdictAnswer(query_id=query.id, yes=verdict.valid, message=verdict.message or "")
        case q.SaveActivity():
            return q.RecordAnswer(query_id=query.id, record=_record_of(reading.decode(_saved, raw)))
        case q.ScreenPop():
            return q.VerdictAnswer(query_id=query.id, yes=reading.decode(_shown, raw) or False)


def _item(one: wire_knowledge.ExternalKBItemData) -> q.KnowledgeItem:
    text = one.text if isinstance(one.text, str) else ""
    return q.KnowledgeItem(id=one.id, title=one.title, folder=one.type == "folder", text=text)


def _whole(one: wire_knowledge.ExternalKBArticleData) -> q.KnowledgeItem:
    said = {
        "keywords": one.keywords,
        "notes": one.notes,
        "language": one.language,
        "createdByUser": one.createdByUser,
        "lastEditedByUser": one.lastEditedByUser,
    }
    fields: Mapping[str, Json] = {
        **{key: value for key, value in said.items() if value},
        **({"customFields": one.customFields} if one.customFields else {}),
    }
    return q.KnowledgeItem(id=one.id, title=one.title, text=one.answer, fields=dict(fields))


def _record_of(saved: wire_knowledge.ActivityRecordInfo | None) -> Record | None:
    if saved is None:
        return None
    fields = {k: v for k, v in (("caseId", saved.caseId), ("contactId", saved.contactId)) if v}
    if not saved.id and not fields:
        return None
    return Record(id=saved.id or "", type="activity", fields=fields)
