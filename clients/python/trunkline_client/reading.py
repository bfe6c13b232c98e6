"""What the gateway says, read. What is newer than this library comes as `Unknown...` and breaks nothing."""

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar, get_args

import msgspec

from trunkline_client.errors import MalformedError
from trunkline_client.model import commands, events, queries, results, stream

Told = dict[str, object]
T = TypeVar("T")
Frame = (
    events.ToldEvent
    | stream.Subscribed
    | stream.StreamSnapshot
    | stream.StreamGap
    | stream.Progress
    | stream.CommandChanged
    | stream.StreamProblem
)

_ENVELOPE: Final = frozenset(events.Event.__struct_fields__)


def tag(kind: type[msgspec.Struct]) -> str:
    """What stands in `type`, or `outcome`."""
    return str(kind.__struct_config__.tag)


def _tags(union: object) -> frozenset[str]:
    return frozenset(tag(one) for one in get_args(union))


_EVENTS: Final = _tags(events.AnyEvent)
# Members that are of a union: where their tag stands, those that are known, and what stands for the others.
_MEMBERS: Final[Mapping[str, tuple[str, frozenset[str], type[msgspec.Struct]]]] = {
    "command": ("type", _tags(commands.AnyCommand), commands.UnknownCommand),
    "query": ("type", _tags(queries.AnyQuery), queries.UnknownQuery),
    "result": ("outcome", _tags(results.AnyResult), results.UnknownResult),
}
_event: Final[Callable[[bytes], events.ToldEvent]] = msgspec.json.Decoder(events.ToldEvent).decode
_frame: Final[Callable[[bytes | str], Frame]] = msgspec.json.Decoder(Frame).decode
_told: Final[Callable[[bytes | str], Told]] = msgspec.json.Decoder(Told).decode
_encode: Final = msgspec.json.Encoder().encode


class Reader(Generic[T]):
    """Reads one kind of answer."""

    def __init__(self, kind: type[T]) -> None:
        self._decode = msgspec.json.Decoder(kind).decode

    def __call__(self, body: bytes) -> T:
        """Raises MalformedError for what is no such thing."""
        try:
            return self._decode(body)
        except msgspec.DecodeError as error:
            try:
                return self._decode(_encode(_mended(_told(body))))
            except msgspec.DecodeError:
                raise MalformedError(f"not as the contract has it: {error}") from error


def read_frame(text: str | bytes) -> Frame | None:
    """One frame of the stream; None for one that is no event and newer than this library."""
    try:
        return _frame(text)
    except msgspec.DecodeError:
        pass
    try:
        told = _told(text)
        return read_told(told) if "cursor" in told and "time" in told else _frame(_encode(_mended(told)))
    except msgspec.DecodeError:
        return None


def read_event(body: bytes) -> events.ToldEvent:
    """One event. Raises MalformedError for what is none at all."""
    try:
        return _event(body)
    except msgspec.DecodeError as error:
        try:
            return read_told(_told(body))
        except msgspec.DecodeError:
            raise MalformedError(f"no event: {error}") from error


def read_told(told: Told) -> events.ToldEvent:
    """An event of which this library does not know everything. Raises msgspec.DecodeError."""
    return _event(_encode(_known(told)))


def _mended(told: Told) -> Told:
    """The same, with a stand-in for each tag that is not known."""
    made = {name: _member(name, value) for name, value in told.items()}
    if isinstance(record := told.get("record"), dict):
        made["record"] = _mended(record)
    if isinstance(page := told.get("events"), list):
        made["events"] = [_known(one) for one in page if isinstance(one, dict)]
    return made


def _member(name: str, value: object) -> object:
    if name not in _MEMBERS or not isinstance(value, dict):
        return value
    tag_field, known, stand_in = _MEMBERS[name]
    if value.get(tag_field) in known:
        return value
    common = {one: value[one] for one in stand_in.__struct_fields__ if one in value and one != "told"}
    return {**common, tag_field: tag(stand_in), "told": value}


def _known(told: Told) -> Told:
    """An event as it can be read: as it is, with a stand-in for a part of it, or for all of it."""
    mended = {name: _member(name, value) for name, value in told.items()}
    if told.get("type") in _EVENTS:
        try:
            _event(_encode(mended))
        except msgspec.DecodeError:
            pass  # a webhook may send some members alone, and a newer gateway others: pass on what it says
        else:
            return mended
    envelope = {name: value for name, value in told.items() if name in _ENVELOPE}
    return {"platform_id": "", **envelope, "type": tag(events.UnknownEvent), "told": told}


def type_of(event: events.Event) -> str:
    """Such as `interaction.alerting`; of one that is not known too."""
    return str(event.told.get("type", "")) if isinstance(event, events.UnknownEvent) else tag(type(event))
