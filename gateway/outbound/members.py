"""An event with fewer members: only those that a receiver asked for, or all but some.

A member is named by a dotted path into the event's JSON, such as `vendor` or `interaction.data.account`; it
goes through every member of a list, and a key with dots in it is found at a path's end. What stays is sent as
the journal has it, byte for byte, unless some classes of fields are masked.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Final

import msgspec

from gateway.runtime.masking import masked_event
from gateway.store.base import Appended
from gateway.store.deliveries import Members
from schemas.events import TAGS
from schemas.ids import Cursor
from schemas.privacy import NO_MASK, Mask

MAX_PATHS: Final = 100
MAX_PATH: Final = 200
ALWAYS: Final = ("type", "id", "cursor", "time", "sequence")  # they say which event it is
_NAMES: Final = frozenset(
    {"type", *(one.encode_name for kind in TAGS for one in msgspec.structs.fields(kind))}
)
_KEPT_BYTES: Final = 4 * 1024 * 1024
_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode: Final = msgspec.json.Encoder().encode


def checked(paths: Iterable[str], *, omit: bool) -> None:
    """Raises ValueError for what is in no event, or may not be left out."""
    for path in paths:
        name = path.partition(".")[0]
        if name not in _NAMES:
            near = get_close_matches(name, _NAMES, 1)
            raise ValueError(f"no event has a member {name!r}" + (f"; is it {near[0]}?" if near else ""))
        if omit and name in ALWAYS:
            raise ValueError(f"{name} says which event it is, and is always sent")


def chosen(body: bytes, wanted: Members) -> bytes:
    """The event's JSON with these members."""
    if wanted.only:
        body = _only(body, (*ALWAYS, *wanted.only)) or b"{}"
    return _without(body, wanted.omit) if wanted.omit else body


class Slimmed:
    """Events with fewer members: each choice is made once, for all who share it and for the next attempt."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[Cursor, Mask, tuple[str, ...], tuple[str, ...]], bytes] = OrderedDict()
        self._size_bytes = 0

    def forget(self) -> None:
        """Events were erased."""
        self._made.clear()
        self._size_bytes = 0

    def body(self, event: Appended, wanted: Members, mask: Mask = NO_MASK) -> bytes:
        """The event as it is sent."""
        if not event.cursor or not (wanted.only or wanted.omit or mask):  # a test event is whole
            return event.body
        key = (event.cursor, mask, wanted.only, wanted.omit)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = chosen(masked_event(event.body, mask), wanted)
            self._size_bytes += len(made)
            while self._size_bytes > _KEPT_BYTES:
                _, old = self._made.popitem(last=False)
                self._size_bytes -= len(old)
        return made


def of(choices: Sequence[Members], cursor: Cursor) -> Members:
    """The choice that holds for an event: an id has one content, whatever is chosen later."""
    if len(choices) == 1:
        return choices[0]
    return next((one for one in choices if cursor > one.after), choices[-1])


def _below(name: str, paths: Sequence[str]) -> list[str]:
    """The rest of the paths that lead through a member."""
    begin = f"{name}."
    return [path[len(begin) :] for path in paths if path.startswith(begin)]


def _only(raw: bytes, paths: Sequence[str]) -> bytes | None:
    """None: a path leads deeper than there is anything."""
    made: dict[str, msgspec.Raw] = {}
    match raw[:1]:
        case b"{":
            for name, value in _object(raw).items():
                if name in paths:
                    made[name] = value
                elif below := _below(name, paths):
                    inner = _only(bytes(value), below)
                    if inner is not None:
                        made[name] = msgspec.Raw(inner)
            return _encode(made)
        case b"[":
            return _each(raw, lambda one: _only(one, paths))
        case _:
            return None


def _without(raw: bytes, paths: Sequence[str]) -> bytes:
    match raw[:1]:
        case b"{":
            made = _object(raw)
            for name in [name for name in made if name in paths]:
                del made[name]
            for name, value in made.items():
                if below := _below(name, paths):
                    made[name] = msgspec.Raw(_without(bytes(value), below))
            return _encode(made)
        case b"[":
            return _each(raw, lambda one: _without(one, paths))
        case _:
            return raw


def _each(raw: bytes, change: Callable[[bytes], bytes | None]) -> bytes:
    changed = (change(bytes(one)) for one in _list(raw))
    return _encode([msgspec.Raw(one) for one in changed if one is not None])
