"""What a platform asks of the CRM, and the answers. Nobody answering is answered by a documented default.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from datetime import datetime

import msgspec

from trunkline_client.model.ids import AgentId, InteractionId, PlatformId, QueryId, SessionId
from trunkline_client.model.interaction import Interaction, Record
from trunkline_client.tolerance import OpenEnum


class QueryKind(OpenEnum):
    """The kinds of queries there are, by their tags."""

    TRANSFER_DATA = "transfer_data"
    KNOWLEDGE_FOLDER = "knowledge_folder"
    KNOWLEDGE_SEARCH = "knowledge_search"
    KNOWLEDGE_ARTICLE = "knowledge_article"
    RECORD_INFO = "record_info"
    RECORD_ON_SCREEN = "record_on_screen"
    VALIDATE_RECORDS = "validate_records"
    SAVE_ACTIVITY = "save_activity"
    SCREEN_POP = "screen_pop"


class Query(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Common to all. The envelope fields are filled in by the core."""

    id: QueryId = QueryId("")
    platform_id: PlatformId = PlatformId("")
    session_id: SessionId = SessionId("")
    agent_id: AgentId = AgentId("")
    interaction_id: InteractionId | None = None
    expires_at: datetime | None = None


class TransferData(Query, frozen=True, kw_only=True, omit_defaults=True, tag="transfer_data"):
    """What should ride along with a transfer? Default: nothing."""


class KnowledgeFolder(Query, frozen=True, kw_only=True, omit_defaults=True, tag="knowledge_folder"):
    """The contents of a knowledge-base folder. Default: empty."""

    folder_id: str = ""  # empty: the root
    language: str = ""


class KnowledgeSearch(Query, frozen=True, kw_only=True, omit_defaults=True, tag="knowledge_search"):
    """Search the knowledge base. Default: nothing found."""

    text: str
    language: str = ""
    folder_id: str = ""


class KnowledgeArticle(Query, frozen=True, kw_only=True, omit_defaults=True, tag="knowledge_article"):
    """One article. Default: not found."""

    article_id: str


class RecordInfo(Query, frozen=True, kw_only=True, omit_defaults=True, tag="record_info"):
    """How to show a record of which only id and type are known. Default: not found."""

    record_id: str
    record_type: str = ""


class RecordOnScreen(Query, frozen=True, kw_only=True, omit_defaults=True, tag="record_on_screen"):
    """Which CRM record does the agent look at? Default: none."""


class ValidateRecords(Query, frozen=True, kw_only=True, omit_defaults=True, tag="validate_records"):
    """May the interaction be completed with these records? Default: yes."""

    records: tuple[Record, ...] = ()


class SaveActivity(Query, frozen=True, kw_only=True, omit_defaults=True, tag="save_activity"):
    """Save the activity in the CRM. Default: nothing recorded."""

    interaction: Interaction | None = None
    extras: dict[str, object] = {}  # what the platform says of the activity, by its own names


class ScreenPop(Query, frozen=True, kw_only=True, omit_defaults=True, tag="screen_pop"):
    """Will the CRM show this itself? Default: no."""

    action: str = ""
    url: str = ""
    content: str = ""
    label: str = ""
    options: dict[str, object] = {}


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


class UnknownQuery(Query, frozen=True, kw_only=True, omit_defaults=True, tag="UnknownQuery"):
    """One that is newer than this client: `told` is all that was said."""

    told: dict[str, object] = {}


ToldQuery = AnyQuery | UnknownQuery


class KnowledgeItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A folder or an article of the knowledge base; the text only where it was asked for."""

    id: str
    title: str = ""
    folder: bool = False
    text: str = ""
    fields: dict[str, object] = {}


class QueryAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Common to all answers. The id may be left out where the request itself says which query it is."""

    query_id: QueryId = QueryId("")


class DataAnswer(QueryAnswer, frozen=True, kw_only=True, omit_defaults=True, tag="data"):
    """Answers transfer_data."""

    data: dict[str, object] | None = None


class ItemsAnswer(QueryAnswer, frozen=True, kw_only=True, omit_defaults=True, tag="items"):
    """Answers the knowledge queries."""

    items: tuple[KnowledgeItem, ...] = ()


class RecordAnswer(QueryAnswer, frozen=True, kw_only=True, omit_defaults=True, tag="record"):
    """Answers record_info and record_on_screen, and save_activity with what was saved."""

    record: Record | None = None


class VerdictAnswer(QueryAnswer, frozen=True, kw_only=True, omit_defaults=True, tag="verdict"):
    """Answers validate_records and screen_pop."""

    yes: bool
    message: str = ""


AnyQueryAnswer = DataAnswer | ItemsAnswer | RecordAnswer | VerdictAnswer


class NoOpinion(QueryAnswer, frozen=True, kw_only=True, omit_defaults=True, tag="no_opinion"):
    """Leaves it to whoever else is asked, and to the default once nobody is left."""


AnyQueryReply = DataAnswer | ItemsAnswer | RecordAnswer | VerdictAnswer | NoOpinion


class AnsweredBy(OpenEnum):
    """Whose answer a platform got."""

    CLIENT = "client"
    FACADE = "facade"
    WEBHOOK = "webhook"
    GATEWAY = "gateway"
    DEFAULT = "default"
