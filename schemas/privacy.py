"""What each field of the model tells of people: its class, field for field, for masks, retention and erasure.

The table is complete: a field that has no class fails a test. What may hold anything, as a platform says it,
is of the class `vendor`, and goes with any mask.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Final

import msgspec

from schemas import commands as c
from schemas import events as e
from schemas import queries as q
from schemas.agent import AgentSession, Channel, StateChoice
from schemas.grants import FieldClass
from schemas.interaction import Contact, Disposition, Interaction, Party, Record, Recording
from schemas.messages import Attachment, Message
from schemas.needinfo import Choice, Field, NeedInfo, Question
from schemas.numbers import Number
from schemas.observations import DirectoryEntry
from schemas.results import CommandRecord, Failed, NeedsInfo, Result, Succeeded


class FieldKind(StrEnum):
    """What a field may tell of somebody."""

    PLAIN = "plain"  # nothing: ids of ours, states, times, counts, an agent's id
    IDENTIFIER = "identifier"  # who it is: numbers, addresses, ids in the CRM or at the platform
    PERSONAL = "personal"  # names
    CONTENT = "content"  # what was said, noted or attached
    SECRET = "secret"  # noqa: S105  # passwords; tones, which may be a card's number
    VENDOR = "vendor"  # the platform's own words, or a client's: any of these may stand there


class Mask(msgspec.Struct, frozen=True):
    """Which classes are replaced by a mark, and which are left out. What is in both is left out."""

    masked: frozenset[FieldClass] = frozenset()
    dropped: frozenset[FieldClass] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.masked or self.dropped)

    def __or__(self, other: "Mask") -> "Mask":
        """The stricter of both in each class."""
        return Mask(self.masked | other.masked, self.dropped | other.dropped)

    def hides(self, kind: FieldKind) -> bool:
        """Whether a field of that class is concealed in some way."""
        if kind is FieldKind.PLAIN:
            return False
        return (
            bool(self) if kind is FieldKind.VENDOR else FieldClass(kind.value) in self.masked | self.dropped
        )


NO_MASK: Final = Mask()
EVERYTHING: Final = Mask(dropped=frozenset(FieldClass))


def _are(  # a class each
    *,
    plain: str = "",
    identifier: str = "",
    personal: str = "",
    content: str = "",
    hidden: str = "",
    vendor: str = "",
) -> Mapping[str, FieldKind]:
    named = {
        FieldKind.PLAIN: plain,
        FieldKind.IDENTIFIER: identifier,
        FieldKind.PERSONAL: personal,
        FieldKind.CONTENT: content,
        FieldKind.SECRET: hidden,
        FieldKind.VENDOR: vendor,
    }
    return {name: kind for kind, names in named.items() for name in names.split()}


# By the struct that declares the field; those that inherit it need not say it again. A field that holds
# structs is plain: what is in them counts.
CLASSES: Final[Mapping[type[msgspec.Struct], Mapping[str, FieldKind]]] = {
    Interaction: _are(
        plain="id root_id platform_id session_id agent_id state media channel_type direction"
        " kind sequence parent_id consult_of service origination internal parties contact"
        " records disposition muted focused expanded conference transferring"
        " wrap_up_paused wrap_up_until wrap_up_set_by attachments"
        " recording_state recording completion_blocked_until created_at"
        " connected_at ended_at completed_at end_cause ended_by end_inferred allowed"
        " vendor_state vendor_event remote_number ani_number dnis_number",
        identifier="remote_address ani dnis",
        content="subject data notes completion_blocked",
        vendor="ref durable_ref refs extras",
    ),
    Number: _are(plain="kind withheld mended", identifier="e164 extension"),
    Party: _are(
        plain="role user_id held muted typing number",
        identifier="id address email contact_id",
        personal="name",
    ),
    Contact: _are(plain="number", identifier="id phone email", personal="display_name first_name last_name"),
    Disposition: _are(plain="id code name category priority preview_only"),
    Record: _are(
        plain="type display_type source selected", identifier="id", personal="display_name", content="fields"
    ),
    Recording: _are(content="url playback_url"),
    Attachment: _are(plain="kind media_type size_bytes", content="name url text data", vendor="id"),
    Message: _are(
        plain="author time attachments",
        identifier="party_id",
        personal="name",
        content="text subject body_url",
        vendor="id",
    ),
    AgentSession: _are(
        plain="id platform_id agent_id state reason pending_state since choices channels"
        " focused_interaction_id sequence allowed vendor_state vendor_event",
        personal="name",
        vendor="refs extras",
    ),
    StateChoice: _are(plain="id state label"),
    Channel: _are(plain="id name media state agent_state reason"),
    DirectoryEntry: _are(plain="category kind state", identifier="address id", personal="name"),
    # questions and results
    NeedInfo: _are(
        plain="id command_id platform_id session_id agent_id interaction_id kind fields"
        " skippable round asked_at expires_at",
        content="title",
    ),
    Question: _are(plain="kind fields skippable", content="title", vendor="extras"),
    Field: _are(plain="key type required choices", content="title default"),
    Choice: _are(plain="id label"),
    Result: {},
    Succeeded: _are(plain="interaction_id warnings", identifier="dialled", vendor="data extras"),
    NeedsInfo: _are(plain="needinfo"),
    Failed: _are(
        plain="code effect vendor_code missing", identifier="dialled", content="message", vendor="extras"
    ),
    CommandRecord: _are(
        plain="id command platform_id session_id agent_id status accepted_at attempts"
        " interactive principal sent_at steps finished_at result proof traceparent",
        vendor="idempotency_key",
    ),
    # events
    e.VendorFrame: _are(plain="dialect", vendor="frame earlier"),
    e.Event: _are(
        plain="id cursor time time_source platform_id session_id agent_id sequence part"
        " recovered command_id erased",
        vendor="vendor",
    ),
    e.PlatformStateChanged: _are(plain="state reason"),
    e.PlatformNotice: _are(plain="code error", content="message"),
    e.AgentEvent: _are(plain="agent"),
    e.InteractionEvent: _are(plain="interaction"),
    e.InteractionUpdated: _are(plain="late"),
    e.PartyAdded: _are(plain="party"),
    e.PartyRemoved: _are(plain="party"),
    e.PartyUpdated: _are(plain="party"),
    e.MessageAdded: _are(plain="interaction_id media message"),
    e.DispositionsUpdated: _are(plain="dispositions interaction_id"),
    e.DirectoryUpdated: _are(plain="entries"),
    e.NeedInfoRequested: _are(plain="needinfo"),
    e.NeedInfoResolved: _are(plain="needinfo resolution"),
    e.CommandFinished: _are(plain="verb interaction_id result"),
    e.CommandProved: _are(plain="verb effect interaction_id"),
    e.QueryRequested: _are(plain="query"),
    e.QueryResolved: _are(plain="query answered by"),
    e.VendorUnrecognised: _are(plain="name interaction_id"),
    e.WebhookFailing: _are(plain="webhook_id name percent since error"),
    e.WebhookExhausted: _are(plain="webhook_id name delivery_id of_type of_cursor attempts error"),
    e.WebhookDisabled: _are(plain="webhook_id name reason"),
    e.ClockLeapt: _are(plain="seconds while_stopped kept_until"),
    # queries
    q.Query: _are(plain="id platform_id session_id agent_id interaction_id expires_at"),
    q.KnowledgeFolder: _are(plain="folder_id language"),
    q.KnowledgeSearch: _are(plain="language folder_id", content="text"),
    q.KnowledgeArticle: _are(plain="article_id"),
    q.RecordInfo: _are(plain="record_type", identifier="record_id"),
    q.ValidateRecords: _are(plain="records"),
    q.SaveActivity: _are(plain="interaction", vendor="extras"),
    q.ScreenPop: _are(plain="action", content="url content label", vendor="options"),
    # commands
    c.Command: _are(content="answers"),
    c.SessionCommand: _are(plain="session_id"),
    c.InteractionCommand: _are(plain="interaction_id"),
    c.Login: _are(plain="platform_id agent_id tenant extension force", hidden="password"),
    c.Logout: _are(plain="reason"),
    c.SetState: _are(plain="state reason"),
    c.Dial: _are(
        plain="destination_kind records",
        identifier="destination caller_id",
        content="data",
        vendor="extensions",
    ),
    c.StartChat: _are(plain="channel_type records", identifier="destination"),
    c.StartEmail: _are(plain="records", identifier="destination", content="data"),
    c.BlockCompletion: _are(plain="limit_s", content="message"),
    c.ExtendWrapUp: _are(plain="by_s"),
    c.SendDtmf: _are(hidden="tones"),
    c.SendChat: _are(content="text"),
    c.ReplyEmail: _are(plain="to_all", content="text"),
    c.ForwardEmail: _are(identifier="destination", content="text"),
    c.Consult: _are(
        plain="destination_kind media", identifier="destination", content="data", vendor="extensions"
    ),
    c.SingleStepTransfer: _are(
        plain="destination_kind", identifier="destination", content="data", vendor="extensions"
    ),
    c.SingleStepConference: _are(
        plain="destination_kind", identifier="destination", content="data", vendor="extensions"
    ),
    c.DropParty: _are(identifier="party_id"),
    c.SetData: _are(content="data"),
    c.DeleteData: _are(content="key"),
    c.SetDisposition: _are(plain="disposition"),
    c.SetNotes: _are(content="notes"),
    c.ListDispositions: _are(plain="interaction_id service"),
    c.ListDirectory: _are(content="query"),
    c.VendorCall: _are(plain="method interaction_id", vendor="params"),
}


@cache
def classes_of(kind: type[msgspec.Struct]) -> Mapping[str, FieldKind]:
    """The class of each field, by its name in Python. Raises KeyError for one that has none."""
    told = [CLASSES.get(one, {}) for one in kind.__mro__ if issubclass(one, msgspec.Struct)]
    known = {name: which for fields in reversed(told) for name, which in fields.items()}
    return {one.name: known[one.name] for one in msgspec.structs.fields(kind)}
