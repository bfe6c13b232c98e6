"""The frames of `/v1/stream` beside the events, and the filters.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

import msgspec

from trunkline_client.model.agent import AgentSession
from trunkline_client.model.commands import AnyCommand
from trunkline_client.model.grants import FieldClass
from trunkline_client.model.ids import Cursor, Resume
from trunkline_client.model.interaction import Interaction, Media
from trunkline_client.model.needinfo import Answer
from trunkline_client.model.queries import AnyQueryReply, QueryKind
from trunkline_client.model.results import CommandRecord, ErrorCode


class Match(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another way to say what must stand there: how a text begins, or whether there is anything at all."""

    prefix: str | None = None
    exists: bool | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which events a subscriber wants. An empty field asks for all; an event must fit every field.

    Types may end in `.*`. Teams are those of the configuration. With `media`, only events that carry an
    interaction of these media pass. `content` has what must stand at dotted paths of the event: a value, a
    list of which any will do, null for nothing, a prefix, or whether there is anything. Fields of the classes
    in `mask` are replaced by a mark, those in `drop` left out; with any of them the platform's own words go.
    """

    platforms: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    interactions: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    types: tuple[str, ...] = ()
    content: dict[
        str, str | int | float | bool | Match | tuple[str | int | float | bool | Match | None, ...] | None
    ] = {}
    mask: tuple[FieldClass, ...] = ()
    drop: tuple[FieldClass, ...] = ()


class StreamSnapshot(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="stream.snapshot"
):
    """Everything as it was at this cursor."""

    cursor: Cursor
    resume: Resume
    sessions: tuple[AgentSession, ...]
    interactions: tuple[Interaction, ...]


class StreamGap(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="stream.gap"
):
    """Events after `after` and before `first` are no longer kept, or `after` is of another journal.

    What follows are the events after `restart_after`, or `resume`: all that are kept, or those after a
    snapshot.
    """

    after: Cursor
    first: Cursor  # the oldest that is kept
    restart_after: Cursor
    resume: Resume


class Subscribe(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="subscribe"
):
    """The first frame. `after`: everything after that cursor or `resume`; without it, from now on.

    With `snapshot`, all sessions and open interactions come first, unless `after` can be gone on from.
    """

    token: str = ""  # where no Authorization header could be sent
    filter: Filter = Filter()
    after: Cursor | Resume | None = None
    snapshot: bool = False
    answers: tuple[QueryKind, ...] = ()  # kinds of queries this client answers


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="command"):
    """A command. `ref` is the client's own and comes back with what becomes of it."""

    ref: str
    command: AnyCommand
    idempotency_key: str = ""
    interactive: bool = True
    traceparent: str = ""  # W3C Trace Context, of what it is a part of


class Reaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="answer"):
    """An answer to a question."""

    ref: str
    answer: Answer


class Knowledge(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="query_answer"
):
    """An answer to a query, with its id; `no_opinion` leaves it to the others who were asked."""

    ref: str
    answer: AnyQueryReply


class Subscribed(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="stream.subscribed"
):
    """Events after this cursor follow. `resume` is the place, to be given as `after`."""

    cursor: Cursor
    resume: Resume


class Progress(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="stream.progress"
):
    """Everything up to this cursor that fits has been told. From time to time, if there was anything."""

    cursor: Cursor
    resume: Resume


class CommandChanged(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="command.changed"
):
    """A command of this client was accepted, asks something, or is finished."""

    ref: str
    record: CommandRecord


class StreamProblem(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="stream.error"
):
    """A frame that could not be carried out; `ref` if it had one."""

    code: ErrorCode
    message: str
    ref: str = ""


class Ended(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="stream.ended"
):
    """The last event: the key or token is over. `code` is the one that closes a WebSocket then."""

    code: int
    message: str
