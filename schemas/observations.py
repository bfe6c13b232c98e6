"""What an adapter saw: a full snapshot or a delta, before the core gave it an identity.

A field left UNSET was not said. A dialect that always sends whole snapshots sets every field; one that
sends changes sets few. Both fold alike (gateway.state).
"""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from schemas.agent import AgentState, Channel, StateChoice
from schemas.ids import Ref
from schemas.interaction import (
    Contact,
    Direction,
    Disposition,
    EndCause,
    InteractionState,
    Kind,
    Media,
    Party,
    Record,
    Recording,
    RecordingState,
    Side,
    WrapUpSetBy,
)
from schemas.messages import Attachment, Message
from schemas.values import Json

NO_FRAME = msgspec.Raw(b"")


class Observation(msgspec.Struct, frozen=True, kw_only=True, tag_field="seen"):
    """Common to all. `agent` is the platform's name for the agent it concerns."""

    agent: Ref
    time: datetime | None = None  # the platform's, when it gives one
    vendor: msgspec.Raw = NO_FRAME  # the frame it came from, as received
    whole: bool = True  # False: the platform tells it in pieces, and more of it is on its way
    earlier: tuple[msgspec.Raw, ...] = ()  # frames of the pieces before, where several were made one


class AgentObserved(Observation, frozen=True, kw_only=True, tag="agent"):
    """The agent's session. LOGGED_OUT ends it and everything of it that is still open."""

    state: AgentState | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    pending_state: AgentState | UnsetType | None = UNSET
    name: str | UnsetType = UNSET
    choices: tuple[StateChoice, ...] | UnsetType = UNSET
    channels: tuple[Channel, ...] | UnsetType = UNSET
    focused: Ref | UnsetType | None = UNSET  # the active interaction; None: nothing is active
    refs: dict[str, str] | UnsetType = UNSET
    vendor_state: str | UnsetType = UNSET
    vendor_event: str | UnsetType = UNSET
    extras: dict[str, Json] | UnsetType = UNSET
    private: dict[str, str] | UnsetType = (
        UNSET  # for its adapter to remember, by name, and nobody else to see
    )


class InteractionObserved(Observation, frozen=True, kw_only=True, tag="interaction"):
    """One interaction of the agent.

    `ref` names it within this connection, or for good (adapters.dialect.Naming). `durable_ref` names it
    across reloads of the vendor's page, and `root_ref` names the customer's whole contact; both where the
    vendor has them. The `*_ref` of other interactions are their `ref`.
    """

    ref: Ref
    durable_ref: Ref | None = None
    root_ref: Ref | None = None
    consult_of_ref: Ref | UnsetType | None = UNSET
    parent_ref: Ref | UnsetType | None = UNSET
    state: InteractionState | UnsetType = UNSET
    media: Media | UnsetType = UNSET
    channel_type: str | UnsetType = UNSET
    direction: Direction | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    remote_address: str | UnsetType = UNSET
    ani: str | UnsetType = UNSET
    dnis: str | UnsetType = UNSET
    service: str | UnsetType = UNSET
    subject: str | UnsetType = UNSET
    origination: str | UnsetType = UNSET
    internal: bool | UnsetType = UNSET
    parties: tuple[Party, ...] | UnsetType = UNSET
    contact: Contact | UnsetType | None = UNSET
    data: dict[str, Json] | UnsetType = UNSET
    records: tuple[Record, ...] | UnsetType = UNSET
    disposition: Disposition | UnsetType | None = UNSET
    notes: str | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    focused: bool | UnsetType = UNSET
    expanded: bool | UnsetType = UNSET
    conference: bool | UnsetType = UNSET
    transferring: bool | UnsetType = UNSET
    wrap_up_paused: bool | UnsetType = UNSET
    wrap_up_until: datetime | UnsetType | None = UNSET
    wrap_up_set_by: WrapUpSetBy | UnsetType | None = UNSET
    recording_state: RecordingState | UnsetType = UNSET
    recording: Recording | UnsetType | None = UNSET
    completion_blocked: str | UnsetType = UNSET
    completion_blocked_until: datetime | UnsetType | None = UNSET
    created_at: datetime | UnsetType | None = UNSET
    ended: bool = False  # the media is over; with `state` WRAP_UP or COMPLETED it goes without saying
    ended_at: datetime | UnsetType | None = UNSET
    end_cause: EndCause | UnsetType = UNSET
    ended_by: Side | UnsetType = UNSET
    refs: dict[str, str] | UnsetType = UNSET
    vendor_state: str | UnsetType = UNSET
    vendor_event: str | UnsetType = UNSET
    extras: dict[str, Json] | UnsetType = UNSET


class MessageObserved(Observation, frozen=True, kw_only=True, tag="message"):
    """Somebody wrote. The same message told again is no news."""

    ref: Ref
    message: Message


class AttachmentsObserved(Observation, frozen=True, kw_only=True, tag="attachments"):
    """What became known of an interaction, mostly when it is over; of one that nobody knows it is nothing."""

    ref: Ref
    attachments: tuple[Attachment, ...]


class InteractionGone(Observation, frozen=True, kw_only=True, tag="gone"):
    """The platform withdrew the interaction: it is completed, and the last word about it."""

    ref: Ref
    end_cause: EndCause | UnsetType = UNSET
    ended_by: Side | UnsetType = UNSET


class InteractionsListed(Observation, frozen=True, kw_only=True, tag="listed"):
    """All interactions the agent has. One that we know and that is not listed is gone, for all we know."""

    refs: tuple[Ref, ...]


class DispositionsListed(Observation, frozen=True, kw_only=True, tag="dispositions"):
    """The dispositions to choose from, told by an event."""

    dispositions: tuple[Disposition, ...]
    interaction_ref: Ref | None = None


class DirectoryEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody or something that can be dialled."""

    name: str
    address: str
    id: str = ""
    category: str = ""  # team, group or address book
    kind: str = "external"  # external, agent, skill
    state: str = ""


class DirectoryListed(Observation, frozen=True, kw_only=True, tag="directory"):
    """The directory, told by an event."""

    entries: tuple[DirectoryEntry, ...]


class Noticed(Observation, frozen=True, kw_only=True, tag="notice"):
    """Something the platform says about itself or the agent's device: an error, a warning, a status."""

    code: str
    message: str = ""
    error: bool = False


class Unrecognised(Observation, frozen=True, kw_only=True, tag="unrecognised"):
    """A well-formed frame that our tables do not know. It travels on raw: never guess.

    Or one that says nothing new to us, and perhaps to clients of the same dialect: that is `spare`, and is
    told if nothing else of the same frame was.
    """

    name: str  # the vendor's name of it
    interaction_ref: Ref | None = None
    spare: bool = False


AnyObservation = (
    AgentObserved
    | InteractionObserved
    | InteractionGone
    | MessageObserved
    | AttachmentsObserved
    | InteractionsListed
    | DispositionsListed
    | DirectoryListed
    | Noticed
    | Unrecognised
)
