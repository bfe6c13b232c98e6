"""Bodies of requests and answers that the canonical model has no struct for."""

from datetime import datetime

import msgspec

from gateway.api.history import Gap, Snapshot
from gateway.outbound.payload import TEST_TYPE, Envelope
from gateway.platforms.platform import BadFrame, Remarked
from gateway.store.deliveries import Attempt, Delivery
from gateway.webhooks.view import WebhookView
from schemas.agent import AgentSession
from schemas.events import AnyEvent, LinkState
from schemas.ids import Cursor, PlatformId, Resume
from schemas.interaction import Interaction
from schemas.needinfo import NeedInfo

# --- /v1


class FailedLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that is tried again and again."""

    agent_id: str  # empty: whose page it is, is not known, or it is the platform's own link
    reason: str
    since: datetime
    last: datetime
    times: int


class PlatformInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A platform, for clients and operators."""

    id: PlatformId
    dialect: str
    state: LinkState
    reason: str  # why there is no link; empty if there is one, or never was
    links: int
    failing: list[FailedLink]  # links that did not become usable when last tried
    commands: dict[str, str]  # verb: exact, flow, approximate, gateway or unsupported
    malformed: int
    bad_frames: list[BadFrame]
    mended: int  # members of frames that were not as documented, and were left out or put right
    unawaited: int  # replies that nobody waited for
    remarks: list[Remarked]  # the last of both


class Platforms(msgspec.Struct, frozen=True, omit_defaults=True):
    """The platforms in sight."""

    platforms: list[PlatformInfo]
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class Sessions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Agent sessions as they were at a cursor."""

    sessions: list[AgentSession]
    cursor: Cursor
    resume: Resume  # of several pages, the first one's: go on from there
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class Interactions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Open interactions as they were at a cursor."""

    interactions: list[Interaction]
    cursor: Cursor
    resume: Resume  # of several pages, the first one's: go on from there
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class Questions(msgspec.Struct, frozen=True, omit_defaults=True):
    """Open questions."""

    needinfo: list[NeedInfo]
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class EventPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of the journal. The next begins at `cursor`, or `resume`; `first` is the oldest still kept.

    A snapshot comes alone: the events after it are on the next page.
    """

    events: list[AnyEvent]
    cursor: Cursor
    resume: Resume
    first: Cursor
    more: bool  # there are events after `cursor` already, which may fit
    gap: Gap | None = None  # before these events
    snapshot: Snapshot | None = None


# --- webhooks


class Webhooks(msgspec.Struct, frozen=True, omit_defaults=True):
    """All webhooks."""

    webhooks: list[WebhookView]
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class Deliveries(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page of deliveries."""

    deliveries: list[Delivery]
    next: str = ""  # the parameter `after` of the next page; left out: this is the last


class Attempts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every attempt at a delivery."""

    attempts: list[Attempt]
    next: str = ""  # the parameter `page` of the next page; left out: this is the last


class WebhookTest(msgspec.Struct, frozen=True, kw_only=True, tag=TEST_TYPE, tag_field="type"):
    """An event that means nothing, to try a receiver with."""

    id: str
    time: datetime
    message: str


class CloudEvent(Envelope, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a webhook gets: an event in the envelope of CloudEvents 1.0, structured JSON.

    With `dataref` the event is not inside: it is to be read there, with a key.
    """

    data: AnyEvent | WebhookTest | msgspec.UnsetType = msgspec.UNSET


# --- beside /v1


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class Readiness(msgspec.Struct, frozen=True):
    """Whether it is fit to serve, and each check: `ok`, or what is wrong. Notes make it no less fit."""

    ready: bool
    checks: dict[str, str]
    notes: dict[str, str] = {}
