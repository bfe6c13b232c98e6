"""The frames of the channel/session protocol, field for field: one JSON object each.

Source: the Session Resource page (seed 003), completed by reference channel-session.md sections 3 and 5.
What carries them beside a WebSocket is in `polling` and `framing`. Left out: the outer wrapper of section
1.4, and the debugging aid `context`, which is passed on but never made. Fields that no document prints follow
the reference's recommendation.
"""

from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from schemas.values import Json

NO_DATA: Final = msgspec.Raw(b"{}")
OBJECT_EVENT: Final = "objectEvent"
PREPARE: Final = "prepareSession"

# --- the envelope


class Failure(msgspec.Struct, frozen=True):
    """Why a request failed."""

    code: str = ""
    message: str = ""
    context: str = ""  # a stack trace; we never send one


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """Any received frame: with `result` a response, with `name` an event, else a request."""

    command: str | UnsetType = UNSET
    target: str = ""  # prepareSession has none
    data: msgspec.Raw = NO_DATA
    result: str | UnsetType = UNSET
    failure: msgspec.Raw | UnsetType = UNSET
    ui_extension: msgspec.Raw | UnsetType = UNSET
    message: str = ""  # of a confirm
    original: msgspec.Raw | UnsetType = UNSET
    message_type: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    request_id: str | int | UnsetType | None = UNSET


class Original(msgspec.Struct, frozen=True, rename="camel"):
    """A request as a failure or a question repeats it, as far as it does."""

    command: str = ""
    target: str = ""
    data: dict[str, Json] = {}
    request_id: str | int | None = None


class Request(msgspec.Struct, frozen=True, rename="camel"):
    """A request as we send it."""

    command: str
    target: str | UnsetType
    data: Json
    request_id: str | UnsetType = UNSET


class Response(msgspec.Struct, frozen=True, rename="camel"):
    """A response as we send it."""

    command: str
    target: str | UnsetType  # prepareSession has none
    request_id: str | int | UnsetType | None
    result: str
    data: Json | UnsetType = UNSET
    failure: Failure | dict[str, Json] | UnsetType = UNSET
    ui_extension: Json | UnsetType = UNSET
    message: str | UnsetType = UNSET
    original: msgspec.Raw | UnsetType = UNSET


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """An event as we send it."""

    target: str
    name: str
    data: Json
    message_type: str = OBJECT_EVENT


class StateUpdated(msgspec.Struct, frozen=True, rename="camel"):
    """A received state.updated; with a result it would be a response."""

    message_type: Literal["objectEvent"]
    name: Literal["state.updated"]
    target: str
    data: dict[str, Json]
    result: msgspec.Raw | UnsetType = UNSET


# --- the data of events


NOTHING: Final[Json] = {}  # data that are stated to be empty


class Group(msgspec.Struct, frozen=True):
    """One channel group; that it has a name is kept as it was said."""

    id: str


class ChannelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One channel; `type` is Telephony, Chat or Email in any case of letters."""

    id: str = ""  # channel.created alone needs it: elsewhere the target says which
    name: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    agentstate: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class InteractionInfo(msgspec.Struct, frozen=True):
    """One interaction; `type` as a channel's, `modeltype` the same in upper case."""

    id: str
    type: str = ""
    modeltype: str = ""


class ConversationInfo(msgspec.Struct, frozen=True):
    """One conversation; `role` is primary or consult."""

    id: str
    role: str | UnsetType = UNSET


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One party of a conversation; one without an id goes by the address."""

    id: str = ""
    address: str = ""
    name: str = ""
    state: str = ""


class ChannelData(msgspec.Struct, frozen=True):
    """Of channel.created and channel.infochanged."""

    channel: ChannelInfo = ChannelInfo()


class FocusData(msgspec.Struct, frozen=True):
    """Of interaction.focuschanged."""

    conversation: ConversationInfo | UnsetType = UNSET


class StateData(msgspec.Struct, frozen=True, kw_only=True):
    """Of state.updated, for all three kinds of object; `type` says which."""

    type: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    agentstate: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    recording: str | UnsetType = UNSET
    muted: bool | UnsetType = UNSET


class LegData(msgspec.Struct, frozen=True):
    """Of session.agentleg.failed; the others have none."""

    failure: Failure | None = None


class DirectoryLine(msgspec.Struct, frozen=True):
    """One entry of the directory."""

    name: str = ""
    number: str = ""


class Category(msgspec.Struct, frozen=True):
    """One category of the directory."""

    name: str = ""
    entries: tuple[DirectoryLine, ...] = ()


class DirectoryData(msgspec.Struct, frozen=True):
    """Of directory.updated."""

    categories: tuple[Category, ...] = ()


class ExternalDisposition(msgspec.Struct, frozen=True):
    """One dynamic disposition of a channel."""

    id: str | int
    name: str = ""


class DispositionsData(msgspec.Struct, frozen=True):
    """Of channel.externaldispositions.updated."""

    dispositions: tuple[ExternalDisposition, ...] = ()


# --- the data of prepareSession, what a needinfo asks. Data of other requests are parameters in `methods`


class AgentCredentials(msgspec.Struct, frozen=True):
    """Who signs in."""

    id: str
    password: str = ""


class PrepareData(msgspec.Struct, frozen=True):
    """Of prepareSession."""

    agent: AgentCredentials
    model: str = "default"
    override: bool = False


class PreparedData(msgspec.Struct, frozen=True, rename="camel"):
    """Of prepareSession's success; the id doubles as the session's."""

    resource_id: str


class ReasonChoice(msgspec.Struct, frozen=True):
    """One logout reason."""

    id: str
    name: str = ""


class Skill(msgspec.Struct, frozen=True, rename="camel"):
    """One outbound skill."""

    id: str | int
    skill_name: str = ""


class SkillDisposition(msgspec.Struct, frozen=True, rename="camel"):
    """One disposition of the interaction's skill."""

    disposition_id: int | str
    disposition_name: str = ""
    priority: int = 0
    is_preview_disposition: bool = False


class UiExtension(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a needinfo asks: for an outbound skill by its `id`, else by its `type`."""

    id: str = ""
    type: str = ""
    reasons: tuple[ReasonChoice, ...] | None = None
    skills: tuple[Skill, ...] | None = None
    disposition_required: bool | None = None  # with the notes
    dispositions: tuple[SkillDisposition, ...] | None = None
