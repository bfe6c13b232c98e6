"""What a platform asks of the CRM, and the answers. Nobody answering is answered by a documented default."""

from datetime import datetime

import msgspec

from schemas.ids import AgentId, InteractionId, PlatformId, QueryId, SessionId
from schemas.interaction import Interaction, Record
from schemas.values import Json


class Query(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Common to all. The envelope fields are filled in by the core."""

    id: QueryId = QueryId("")
    platform_id: PlatformId = PlatformId("")
    session_id: SessionId = SessionId("")
    agent_id: AgentId = AgentId("")
    interaction_id: InteractionId | None = None
    expires_at: datetime | None = None


class TransferData(Query, frozen=True, kw_only=True, tag="transfer_data"):
    """What should ride along with a transfer? Default: nothing."""


class KnowledgeFolder(Query, frozen=True, kw_only=True, tag="knowledge_folder"):
    """The contents of a knowledge-base folder. Default: empty."""

    folder_id: str = ""  # empty: the root
    language: str = ""


class KnowledgeSearch(Query, frozen=True, kw_only=True, tag="knowledge_search"):
    """Search the knowledge base. Default: nothing found."""

    text: str
    language: str = ""
    folder_id: str = ""


class KnowledgeArticle(Query, frozen=True, kw_only=True, tag="knowledge_article"):
    """One article. Default: not found."""

    article_id: str


class RecordInfo(Query, frozen=True, kw_only=True, tag="record_info"):
    """How to show a record of which only id and type are known. Default: not found."""

    record_id: str
    record_type: str = ""


class RecordOnScreen(Query, frozen=True, kw_only=True, tag="record_on_screen"):
    """Which CRM record does the agent look at? Default: none."""


class ValidateRecords(Query, frozen=True, kw_only=True, tag="validate_records"):
    """May the interaction be completed with these records? Default: yes."""

    records: tuple[Record, ...] = ()


class SaveActivity(Query, frozen=True, kw_only=True, tag="save_activity"):
    """Save the activity in the CRM. Default: nothing recorded."""

    interaction: Interaction | None = None
    extras: dict[str, Json] = {}  # what the platform says of the activity, by its own names


class ScreenPop(Query, frozen=True, kw_only=True, tag="screen_pop"):
    """Will the CRM show this itself? Default: no."""

    action: str = ""
    url: str = ""
    content: str = ""
    label: str = ""
    options: dict[str, Json] = {}


AnyQuery = (
    TransferData
    | KnowledgeFolder
    | KnowledgeSearch
    | KnowledgeArticle
    | RecordInfo
    | RecordOnScreen
    | ValidateRecords
    | SaveActivity
    | ScreenPop
)


class KnowledgeItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A folder or an article of the knowledge base; the text only where it was asked for."""

    id: str
    title: str = ""
    folder: bool = False
    text: str = ""
    fields: dict[str, Json] = {}


class QueryAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Common to all answers."""

    query_id: QueryId


class DataAnswer(QueryAnswer, frozen=True, kw_only=True, tag="data"):
    """Answers transfer_data."""

    data: dict[str, Json] | None = None


class ItemsAnswer(QueryAnswer, frozen=True, kw_only=True, tag="items"):
    """Answers the knowledge queries."""

    items: tuple[KnowledgeItem, ...] = ()


class RecordAnswer(QueryAnswer, frozen=True, kw_only=True, tag="record"):
    """Answers record_info and record_on_screen, and save_activity with what was saved."""

    record: Record | None = None


class VerdictAnswer(QueryAnswer, frozen=True, kw_only=True, tag="verdict"):
    """Answers validate_records and screen_pop."""

    yes: bool
    message: str = ""


AnyQueryAnswer = DataAnswer | ItemsAnswer | RecordAnswer | VerdictAnswer
