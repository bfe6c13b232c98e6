"""The vendor's objects, member for member, in the vendor's spelling; the same in both roles.

The relay hears what the facade says (`agent::update`) and says what the facade hears (the client's methods).
Times are text on our links; in the browser they are dates, which is the page's affair. Every member but those
without a default may be missing or null. Enumerations are plain text: an unknown word has to pass through.
Source: docs/sources/amazon-connect.md, sections 6 and 10.
"""
# ruff: noqa: N815  # the vendor's spelling

from datetime import datetime

from msgspec import Struct

from schemas.values import Json


class AgentState(Struct, frozen=True):
    """What the agent may be set to, and is; `startTimestamp` is null in the list."""

    agentStateARN: str | None
    type: str | None
    name: str | None
    startTimestamp: datetime | None = None


class AvailabilityState(Struct, frozen=True):
    """What the agent chose, whatever hides it. The documents spell the time in both ways."""

    state: str | None = None
    timeStamp: datetime | None = None
    timestamp: datetime | None = None


class Queue(Struct, frozen=True):
    """Where a contact waited. An agent's own queue has no name."""

    name: str | None = None
    queueARN: str | None = None
    queueId: str | None = None


class Endpoint(Struct, frozen=True, omit_defaults=True):
    """Whom a leg reaches, and an entry of the quick connects."""

    type: str | None = None
    endpointARN: str | None = None
    name: str | None = None
    displayName: str | None = None
    phoneNumber: str | None = None
    agentLogin: str | None = None
    queue: Queue | None = None
    emailAddress: dict[str, Json] | str | None = None


class State(Struct, frozen=True):
    """Of a contact or a connection."""

    type: str
    timestamp: datetime | None = None


class Connection(Struct, frozen=True):
    """One leg of a contact. No media information is a desk phone: then the page starts no audio."""

    connectionId: str
    state: State
    type: str | None = None
    initial: bool | None = False
    endpoint: Endpoint | None = None
    mute: bool | None = False
    forcedMute: bool | None = False
    quickConnectName: str | None = None
    softphoneMediaInfo: dict[str, Json] | None = None
    chatMediaInfo: dict[str, Json] | None = None
    monitoringInfo: dict[str, Json] | None = None
    monitorCapabilities: tuple[str, ...] | None = None
    monitorStatus: str | None = None


class Attribute(Struct, frozen=True):
    """One entry of the attached data."""

    name: str | None = None
    value: str | None = None


class Segment(Struct, frozen=True, omit_defaults=True):
    """One of the platform's own attributes."""

    ValueString: str | None = None
    ValueMap: dict[str, Json] | None = None


class Features(Struct, frozen=True, omit_defaults=True):
    """What can be done with the contact."""

    multiPartyConferenceEnabled: bool | None = None
    attachmentsEnabled: bool | None = None


class Contact(Struct, frozen=True):
    """One contact of the agent, with all of its legs."""

    contactId: str
    state: State
    connections: tuple[Connection, ...]
    type: str | None = None
    initialContactId: str | None = None
    relatedContactId: str | None = None
    contactAssociationId: str | None = None
    queue: Queue | None = None
    queueTimestamp: datetime | None = None
    contactDuration: str | None = None
    attributes: dict[str, Attribute] | None = None
    name: str | None = None
    description: str | None = None
    references: dict[str, Json] | None = None
    channelContext: dict[str, Json] | None = None
    initiationMethod: str | None = None
    contactFeatures: Features | None = None
    segmentAttributes: dict[str, Segment] | None = None
    customerEndpoint: Endpoint | None = None
    connectSystemEndpoint: Endpoint | None = None


class RoutingProfile(Struct, frozen=True):
    """What the agent is given."""

    name: str | None = None
    routingProfileARN: str | None = None
    routingProfileId: str | None = None
    defaultOutboundQueue: Queue | None = None
    queues: tuple[Queue, ...] | None = ()
    channelConcurrencyMap: dict[str, int] | None = None


class Configuration(Struct, frozen=True):
    """Who the agent is, and what he may be set to."""

    name: str | None = None
    username: str | None = None
    agentARN: str | None = None
    extension: str | None = None
    softphoneEnabled: bool | None = False
    softphoneAutoAccept: bool | None = False
    softphonePersistentConnection: bool | None = False
    permissions: tuple[str, ...] | None = ()
    agentStates: tuple[AgentState, ...] | None = ()
    dialableCountries: tuple[str, ...] | None = ()
    routingProfile: RoutingProfile | None = None
    agentPreferences: dict[str, Json] | None = None


class Snapshot(Struct, frozen=True):
    """How everything stands. `skew` and `localTimestamp` are the page's own, by the browser's clock."""

    state: AgentState
    contacts: tuple[Contact, ...]
    nextState: AgentState | None = None
    agentAvailabilityState: AvailabilityState | None = None
    snapshotTimestamp: datetime | None = None


class Update(Struct, frozen=True):
    """The data of `agent::update`: the whole truth, each time."""

    snapshot: Snapshot
    configuration: Configuration


class Error(Struct, frozen=True):
    """Why a method failed; text in JSON when it reaches a page. `status` is what the Voice ID calls read."""

    type: str
    message: str = ""
    stack: tuple[str, ...] = ()
    retryStatus: str = "none"
    statusCode: int = 400
    status: int = 400


class Broadcast(Struct, frozen=True):
    """What a page says to all pages of the agent."""

    event: str
    data: Json = None
