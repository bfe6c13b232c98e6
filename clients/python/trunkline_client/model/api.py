"""Bodies of requests and answers.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

from datetime import datetime
from typing import Literal

import msgspec

from trunkline_client.model.agent import AgentSession
from trunkline_client.model.events import LinkState, ToldEvent
from trunkline_client.model.grants import Grant, Role
from trunkline_client.model.ids import AgentId, Cursor, DeliveryId, PlatformId, Resume, WebhookId
from trunkline_client.model.interaction import Interaction, Media
from trunkline_client.model.needinfo import NeedInfo
from trunkline_client.model.stream import Match, StreamGap, StreamSnapshot
from trunkline_client.tolerance import OpenEnum


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str = ""


class StreamTicket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A ticket, for the parameter `ticket`."""

    ticket: str
    expires_at: datetime


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom a link token is for."""

    agent_id: AgentId
    platform_id: PlatformId
    role: Role
    ttl_s: int = 600
    grant: Grant = Grant()  # narrower than the key's; what is left empty is as the key has it


class MintedToken(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A link token."""

    token: str
    expires_at: datetime


class RemarkKind(OpenEnum):
    """What there was to remark."""

    MENDED = "mended"
    UNAWAITED = "unawaited"


class BadFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A frame that could not be read: what was wrong and how large it was, never what it said."""

    at: datetime
    what: str
    size_bytes: int


class Remarked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something about a frame that was taken all the same: where, never what it said."""

    at: datetime
    kind: RemarkKind
    what: str


class WebhookStatus(OpenEnum):
    """Whether a webhook is sent to."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class WebhookMode(OpenEnum):
    """Where the attributes of CloudEvents stand."""

    STRUCTURED = "structured"
    BINARY = "binary"


class ContentType(OpenEnum):
    """What a structured body is said to be. A binary one is JSON anyway."""

    CLOUD_EVENT = "application/cloudevents+json"
    JSON = "application/json"


class DeliveryOrder(OpenEnum):
    """What waits for what."""

    INTERACTION = "interaction"
    STRICT = "strict"
    NONE = "none"


class Rate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many deliveries an endpoint gets at most."""

    per_second: float
    burst: int = 1  # after a time without any


class DeliveryState(OpenEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    EXPIRED = "expired"


class Delivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event for one webhook."""

    id: DeliveryId
    webhook_id: WebhookId
    cursor: Cursor
    type: str  # of the event
    key: str  # deliveries of one webhook with the same key keep their order
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    created_at: datetime
    next_attempt_at: datetime
    expires_at: datetime | None = None  # live events only
    error: str = ""  # of the last attempt
    step: int = 0  # how much of its schedule it has used up; attempts beside that do not count
    aside: bool = False  # nothing waits for it


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt at a delivery. `status` is None where there was no answer."""

    delivery_id: DeliveryId
    number: int  # from 1
    at: datetime
    duration_ms: int
    status: int | None = None
    error: str = ""
    response: str = ""  # at most 16 KiB of the answer's body


class RateSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many deliveries it gets at most."""

    per_second: float
    burst: int = 1


class WebhookSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a subscriber asks for when he makes one."""

    url: str
    name: str = ""
    events: tuple[str, ...] = ()  # `interaction.held`, `interaction.*`, `*`
    platform_ids: tuple[str, ...] = ()
    agent_ids: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    content: dict[
        str, str | int | float | bool | Match | tuple[str | int | float | bool | Match | None, ...] | None
    ] = {}
    headers: dict[str, str] | None = None  # of its own; never shown again. Left out: as they are
    mode: Literal["structured", "binary"] = "structured"  # of CloudEvents
    ed25519: bool = False  # sign for a public key too (v1a)
    order: Literal["interaction", "strict", "none"] = "interaction"  # what waits for what
    rate: RateSpec | None = None
    final_statuses: tuple[int, ...] = ()  # not tried again after these
    # What a structured body is said to be. Some frameworks parse `application/json` alone, and take any other
    # body for an empty one, without an error.
    content_type: Literal["application/cloudevents+json", "application/json"] = "application/cloudevents+json"
    # Only these members of an event, such as `interaction.state`, beside those that say which event it is.
    # Empty: all.
    members: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()  # All but these members, such as `vendor`, the platform's own frame.
    # Fields of these classes are masked in every event that is sent from now on, older ones too, and the
    # platform's own words are left out.
    mask: tuple[Literal["identifier", "personal", "content", "secret"], ...] = ()
    # The same, but such fields are left out.
    drop: tuple[Literal["identifier", "personal", "content", "secret"], ...] = ()
    connection: str = ""  # How it is connected to, by a name that the operator configured.
    # Ask the receiver for leave first, by `OPTIONS` with `WebHook-Request-Origin`; without its
    # `WebHook-Allowed-Origin` nothing is sent. Its `WebHook-Allowed-Rate` is kept to.
    handshake: bool = False
    id: str | None = None  # Yours, so that a deployment can declare its webhooks. Left out: one of ours.
    # Yours, to sign with: `whsec_` and 24 to 64 random bytes in base64. Else one of ours.
    secret: str | None = None


class WebhookView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A webhook as its owner sees it."""

    id: WebhookId
    url: str
    name: str
    events: tuple[str, ...]
    platform_ids: tuple[str, ...]
    agent_ids: tuple[str, ...]
    teams: tuple[str, ...]
    media: tuple[Media, ...]
    content: dict[
        str, str | int | float | bool | Match | tuple[str | int | float | bool | Match | None, ...] | None
    ]
    headers: tuple[str, ...]  # their names
    mode: WebhookMode
    public_keys: tuple[str, ...]  # whpk_..., newest first; each verifies a v1a signature
    status: WebhookStatus
    reason: str
    created_at: datetime
    failing_since: datetime | None
    secrets: int  # how many sign at present
    order: DeliveryOrder
    rate: Rate | None
    final_statuses: tuple[int, ...]
    content_type: ContentType
    members: tuple[str, ...]
    omit: tuple[str, ...]
    connection: str
    handshake: bool
    allowed_per_minute: int  # what the receiver gave leave for; 0: it named no limit
    ed25519: bool


class WebhookWithSecret(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to creating one, and to rotating its secret: the one time the secret is told.

    It is empty for a webhook that was there already.
    """

    webhook: WebhookView
    secret: str


class Replayable(OpenEnum):
    """What can be sent again."""

    DEAD = "dead"
    EXPIRED = "expired"
    DELIVERED = "delivered"
    PENDING = "pending"
    MISSED = "missed"


class Replay(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to send again. An empty filter lets everything through; times are those of the events."""

    states: tuple[Replayable, ...] = (Replayable.DEAD,)
    types: tuple[str, ...] = ()  # `interaction.held`, `interaction.*`, `*`
    platform_ids: tuple[str, ...] = ()
    agent_ids: tuple[str, ...] = ()
    interaction_ids: tuple[str, ...] = ()
    since: datetime | None = msgspec.field(default=None, name="from")
    until: datetime | None = None  # and not at that time
    # where the last call said to go on, or whatever a client goes on after
    after: Cursor | Resume = Cursor(0)


class Replayed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many are sent again. With `next` there may be more: ask again, with that as `after`."""

    replayed: int
    next: Cursor | None = None


class FailedLink(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A link that is tried again and again."""

    agent_id: str  # empty: whose page it is, is not known, or it is the platform's own link
    reason: str
    since: datetime
    last: datetime
    times: int


class PlatformInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A platform, for clients and operators."""

    id: PlatformId
    dialect: str
    state: LinkState
    reason: str  # why there is no link; empty if there is one, or never was
    links: int
    failing: tuple[FailedLink, ...]  # links that did not become usable when last tried
    commands: dict[str, str]  # verb: exact, flow, approximate, gateway or unsupported
    malformed: int
    bad_frames: tuple[BadFrame, ...]
    mended: int  # members of frames that were not as documented, and were left out or put right
    unawaited: int  # replies that nobody waited for
    remarks: tuple[Remarked, ...]  # the last of both


class Platforms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The platforms in sight."""

    platforms: tuple[PlatformInfo, ...]
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class Sessions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Agent sessions as they were at a cursor."""

    sessions: tuple[AgentSession, ...]
    cursor: Cursor
    resume: Resume  # of several pages, the first one's: go on from there
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class Interactions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Open interactions as they were at a cursor."""

    interactions: tuple[Interaction, ...]
    cursor: Cursor
    resume: Resume  # of several pages, the first one's: go on from there
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class Questions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Open questions."""

    needinfo: tuple[NeedInfo, ...]
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class EventPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of the journal. The next begins at `cursor`, or `resume`; `first` is the oldest still kept.

    A snapshot comes alone: the events after it are on the next page.
    """

    events: tuple[ToldEvent, ...]
    cursor: Cursor
    resume: Resume
    first: Cursor
    more: bool  # there are events after `cursor` already, which may fit
    gap: StreamGap | None = None  # before these events
    snapshot: StreamSnapshot | None = None


class Webhooks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All webhooks."""

    webhooks: tuple[WebhookView, ...]
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class Deliveries(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of deliveries."""

    deliveries: tuple[Delivery, ...]
    next: str = ""  # the parameter `after` of the next page; left out: this is the last


class Attempts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every attempt at a delivery."""

    attempts: tuple[Attempt, ...]
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class WebhookTest(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="webhook.test"
):
    """An event that means nothing, to try a receiver with."""

    id: str
    time: datetime
    message: str
