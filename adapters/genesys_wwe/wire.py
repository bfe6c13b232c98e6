"""The vendor's objects, member for member, in the vendor's spelling.

Source: Service Client API, Interaction namespace page (seed 002); the other namespaces as the vendor's public
client library shows them (reference sections 2, 3 and 5). Every member but the id may be missing, null or
empty. Enumerations are plain text: an unknown word has to pass through.
"""
# ruff: noqa: N815  # the vendor's spelling

from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from schemas.values import Json

# --- types of section 5


class Party(Struct, frozen=True, omit_defaults=True):
    """interaction.Party."""

    name: str | None = None


class Contact(Struct, frozen=True, omit_defaults=True):
    """interaction.Contact. `firstNname` is the documented spelling; `firstName` what one would expect."""

    displayName: str | None = None
    firstNname: str | None = None
    lastName: str | None = None
    firstName: str | None = None


class Interaction(Struct, frozen=True, omit_defaults=True):
    """interaction.Interaction. interactionUUID is the attr_itx_id of open media, the callUuid of a call."""

    interactionId: str
    parentInteractionId: str | None = None
    caseId: str | None = None
    userData: dict[str, Json] | None = None
    state: str | None = None
    previousState: str | None = None
    parties: tuple[Party, ...] | None = None
    isConsultation: bool | None = None
    isMainCaseInteraction: bool | None = None
    callUuid: str | None = None
    direction: str | None = None
    callType: str | None = None
    ani: str | None = None
    dnis: str | None = None
    recordingState: str | None = None
    isCaseSelected: bool | None = None
    ronaCallState: str | None = None
    isCaseExpanded: bool | None = None
    interactionUUID: str | None = None
    connId: str | None = None
    contact: Contact | UnsetType | None = UNSET
    media: str | None = None
    startDate: int | None = None  # ms since 1970; old drafts only


class Agent(Struct, frozen=True, omit_defaults=True):
    """The answer to agent.get. Both spellings of the user name are in use."""

    employeeId: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    username: str | None = None
    userName: str | None = None
    roles: tuple[str, ...] | None = None


class State(Struct, frozen=True, omit_defaults=True):
    """media.State: the state of an agent or of one of its media."""

    type: str | None = None
    displayName: str | None = None
    operationName: str | None = None


class Media(Struct, frozen=True, omit_defaults=True):
    """One medium of the agent; its name stands under either member."""

    media: str | None = None
    name: str | None = None
    state: State | None = None


# --- `data` of the events of section 4


class InteractionEvent(Struct, frozen=True, omit_defaults=True):
    """The `interaction` channel: about a case, or an interaction with all its members, known or not."""

    eventType: str | None = None
    selectedCaseId: str | None = None
    interaction: dict[str, Json] | None = None
    interactionId: str | None = None  # `data` itself is the interaction


class Posted(InteractionEvent, frozen=True, omit_defaults=True):
    """The same where it may stand in the envelope of section 2."""

    userAgent: Raw | UnsetType = UNSET


class InteractionFrame(Struct, frozen=True):
    """A whole frame of the `interaction` channel; with an id it would be a request."""

    method: Literal["interaction"]
    params: tuple[Posted, ...]
    id: int | str | UnsetType | None = UNSET


class MarkdoneEvent(Struct, frozen=True, omit_defaults=True):
    """The `markdone` channel. The vendor documents no payload; it may hold an interaction."""

    eventType: str | None = None
    interactionId: str | None = None
    warningMessage: str | None = None
    interaction: dict[str, Json] | None = None


class AgentEvent(Struct, frozen=True, omit_defaults=True):
    """The `agent` channel: like a State, or holding one."""

    eventType: str | None = None
    type: str | None = None
    displayName: str | None = None
    operationName: str | None = None
    state: State | None = None


class MediaEvent(Struct, frozen=True, omit_defaults=True):
    """The `media` channel. Only a hint that a list has changed."""

    eventType: str | None = None
    media: str | None = None
    name: str | None = None
    state: State | None = None


class OtherEvent(Struct, frozen=True, omit_defaults=True):
    """The `system` and `outbound` channels and whatever else there may be."""

    eventType: str | None = None
    message: str | None = None
    campaign: str | None = None
    mode: str | None = None


class Section(Struct, frozen=True):
    """One section of the answer to configuration.getOption; its members are not documented."""

    name: str
    options: dict[str, str]


# --- answers and envelopes of section 2


class Answer(Struct, frozen=True):
    """A reply as the client library hands it over: what is set tells what it is."""

    data: Raw | UnsetType = UNSET
    errorMessage: Raw | UnsetType = UNSET  # there at all, it means failure
    request: Raw | UnsetType = UNSET  # the page heard its own request
    subscriptionId: Raw | UnsetType = UNSET


class Envelope(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is posted between the two windows."""

    userAgent: str
    protocolVersion: int | UnsetType = UNSET
    referenceId: str | UnsetType = UNSET
    request: str | UnsetType = UNSET
    parameters: Raw | UnsetType = UNSET
    event: str | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    subscriptionId: Raw | UnsetType = UNSET
    errorMessage: Raw | UnsetType = UNSET
    frameId: Raw | UnsetType = UNSET


# --- parameters of requests, north; where they are positional, they are those of a function in `requests`


class Target(Struct, frozen=True, omit_defaults=True):
    """The object form of targetQuery. The consult page names the first member `target`."""

    destination: str
    type: str | None = None
    target: str | None = None
    media: str | None = None
