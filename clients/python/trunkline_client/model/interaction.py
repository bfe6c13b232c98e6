"""One agent's view of one contact: the snapshot that interaction events carry.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from datetime import datetime

import msgspec

from trunkline_client.model.ids import AgentId, InteractionId, PlatformId, Ref, RootId, SessionId
from trunkline_client.model.messages import Attachment
from trunkline_client.model.numbers import Number
from trunkline_client.tolerance import OpenEnum


class Media(OpenEnum):
    """The medium of an interaction."""

    VOICE = "voice"
    CHAT = "chat"
    EMAIL = "email"
    WORK_ITEM = "work_item"


class InteractionState(OpenEnum):
    """Where the contact stands for this agent. `ended` is an event and a time, not a state."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    PREVIEW = "preview"
    DIALING = "dialing"
    ALERTING = "alerting"
    CONNECTED = "connected"
    HELD = "held"
    WRAP_UP = "wrap_up"
    COMPLETED = "completed"


class Direction(OpenEnum):
    """Who began the contact."""

    UNKNOWN = "unknown"
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Kind(OpenEnum):
    """Why the interaction exists."""

    UNKNOWN = "unknown"
    DIRECT = "direct"
    QUEUE = "queue"
    CALLBACK = "callback"
    CONSULT = "consult"
    TRANSFER = "transfer"
    CONFERENCE = "conference"
    CAMPAIGN = "campaign"


class RecordingState(OpenEnum):
    """The recording of the interaction; not the microphone."""

    STOPPED = "stopped"
    RECORDING = "recording"
    PAUSED = "paused"


class EndCause(OpenEnum):
    """Why the media is over. `unknown` when the platform gave no cause: never inferred from silence."""

    UNKNOWN = "unknown"
    NORMAL = "normal"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    BUSY = "busy"
    BAD_DESTINATION = "bad_destination"
    DEVICE_UNAVAILABLE = "device_unavailable"
    CONGESTION = "congestion"
    ABANDONED = "abandoned"
    TRANSFERRED = "transferred"
    CONFERENCED = "conferenced"
    MACHINE = "machine"
    TIMEOUT = "timeout"
    AGENT_FORCED = "agent_forced"
    SUPERVISOR_FORCED = "supervisor_forced"
    PLATFORM_FAILURE = "platform_failure"
    LOST = "lost"


class Side(OpenEnum):
    """Who left first."""

    UNKNOWN = "unknown"
    AGENT = "agent"
    REMOTE = "remote"
    PLATFORM = "platform"


class WrapUpSetBy(OpenEnum):
    """Who set the time by which the after-call work is to be done."""

    PLATFORM = "platform"
    GATEWAY = "gateway"
    AGENT = "agent"


class PartyRole(OpenEnum):
    """What a party is to this interaction."""

    UNKNOWN = "unknown"
    CUSTOMER = "customer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another participant. The agent whose view this is does not list itself."""

    id: str
    role: PartyRole = PartyRole.UNKNOWN
    name: str = ""
    address: str = ""  # telephone number or chat address, as the platform spells it
    number: Number | None = None  # what that means, where it is a telephone number
    email: str = ""
    user_id: str = ""  # set for colleagues
    contact_id: str = ""  # set for customers the platform knows
    held: bool = False
    muted: bool = False
    typing: bool = False


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The customer, as the platform knows them."""

    id: str = ""
    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    number: Number | None = None  # what `phone` means
    email: str = ""


class Disposition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome a person chose; not the cause the media ended for."""

    id: str = ""
    code: str = ""
    name: str = ""
    category: str = ""  # success, failure, continue, spam, do_not_call, or the platform's own word
    priority: int = 0
    preview_only: bool = False


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A CRM record tied to the interaction (contact, case, task, ...)."""

    id: str
    type: str = ""
    display_name: str = ""
    display_type: str = ""
    fields: dict[str, str] = {}
    source: str = ""
    selected: bool = False


class Recording(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a finished or running recording can be fetched and played."""

    url: str = ""
    playback_url: str = ""


class Interaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole of one interaction at one moment; every event carries the one after its change."""

    id: InteractionId
    root_id: RootId
    platform_id: PlatformId
    session_id: SessionId
    agent_id: AgentId
    state: InteractionState
    ref: Ref = Ref("")  # the platform's id of it now; may change when the platform's page is reloaded
    durable_ref: Ref | None = None  # the platform's id of it that does not
    media: Media = Media.VOICE
    channel_type: str = ""  # sms, web, whatsapp, ...: narrower than the medium
    direction: Direction = Direction.UNKNOWN
    kind: Kind = Kind.UNKNOWN
    sequence: int = 0  # counts this interaction's own events
    parent_id: InteractionId | None = None
    consult_of: InteractionId | None = None
    remote_address: str = ""  # the other party's number or address, as the platform spells it
    ani: str = ""
    dnis: str = ""
    # What these mean by the platform's dial plan, where they are telephone numbers. None: not known.
    remote_number: Number | None = None
    ani_number: Number | None = None
    dnis_number: Number | None = None
    service: str = ""  # queue, service or skill that the contact came by
    subject: str = ""
    origination: str = ""  # how it was begun, in the platform's word
    internal: bool = False
    parties: tuple[Party, ...] = ()
    contact: Contact | None = None
    data: dict[str, object] = {}
    records: tuple[Record, ...] = ()
    disposition: Disposition | None = None
    notes: str = ""
    muted: bool = False
    focused: bool = False
    expanded: bool = False  # its case is unfolded on the agent's screen
    conference: bool = False
    transferring: bool = False
    wrap_up_paused: bool = False
    # When the after-call work ends by itself, or did, and who set that. None: it has no limit that is known.
    wrap_up_until: datetime | None = None
    wrap_up_set_by: WrapUpSetBy | None = None
    recording_state: RecordingState = RecordingState.STOPPED
    recording: Recording | None = None
    attachments: tuple[Attachment, ...] = ()  # recording, transcript, summary, survey: mostly when it is over
    completion_blocked: str = ""  # the warning shown while completion is vetoed
    # When the veto ends by itself, or did. None: it has no limit, or was lifted.
    completion_blocked_until: datetime | None = None
    created_at: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    completed_at: datetime | None = None
    end_cause: EndCause | None = None  # set with ended_at
    ended_by: Side | None = None
    # The platform did not say that it is over: that was taken from a logout, a list without it, or long
    # silence. Its next word may take it back (interaction.reopened).
    end_inferred: bool = False
    refs: dict[str, str] = {}
    allowed: tuple[str, ...] = ()  # commands the platform takes in this state
    vendor_state: str = ""  # the platform's own word for the state
    vendor_event: str = ""  # what the platform said last of it, by its own name; unset where it says no such
    # What else the platform says of it, by its own names; and its word for a time that we did not take.
    extras: dict[str, object] = {}
