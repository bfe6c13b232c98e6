"""South: the most frequent frame, read in one go: an interaction as it was told last, but for its state.

What that frame came to is used again, so nothing is looked up or translated anew. It holds for as long as
nothing else happens on the connection: any other frame or call may change what a frame means, so it
`clear`s, and the next frame of each interaction is read the long way. So is what differs in more than the
state and in time that counts on, and what ends, or begins.
"""

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from adapters.kit.end_causes import Endings
from schemas.interaction import InteractionState
from schemas.observations import InteractionObserved
from schemas.values import Json

FrameT = TypeVar("FrameT")
MethodT = TypeVar("MethodT", bound=str)
ParamsT = TypeVar("ParamsT")
SaidT = TypeVar("SaidT")

_HEAD: Final = 200  # bytes in which the name stands, as everybody writes it
_NOTHING: Final[Mapping[str, Json]] = {}


class Event(msgspec.Struct, Generic[MethodT, ParamsT], frozen=True):
    """A JSON-RPC frame, whole; with an id it would be a request."""

    method: MethodT
    params: ParamsT
    id: int | str | UnsetType | None = UNSET


class Frequent(Generic[FrameT]):
    """Whole frames of these names, typed: None for any other, and for what does not fit."""

    def __init__(self, kind: type[FrameT], *names: str) -> None:
        self._names = [f'"{name}"'.encode() for name in names]
        self._decode = msgspec.json.Decoder(kind).decode

    def read(self, frame: bytes) -> FrameT | None:
        """One frame, which is UTF-8."""
        for name in self._names:
            if frame.find(name, 0, _HEAD) >= 0:
                try:
                    return self._decode(frame)
                except msgspec.DecodeError:
                    return None  # the long way says what is wrong with it, or mends it
        return None


class Repeated(Generic[SaidT]):
    """What a connection's frames said last of each interaction, and what that came to.

    `same` says whether two of them differ in nothing but the state and time that counts on.
    """

    def __init__(self, same: Callable[[SaidT, SaidT], bool], endings: Endings | None = None) -> None:
        self._same = same
        self._endings = endings
        self._last: dict[str, tuple[SaidT, InteractionObserved]] = {}

    def keep(self, said: SaidT, seen: InteractionObserved, *, goes_on: bool) -> None:
        """A frame was read the long way, and came to this."""
        if goes_on:
            self._last[seen.ref] = (said, seen)
        else:
            self._last.pop(seen.ref, None)

    def clear(self) -> None:
        """Something else happened."""
        if self._last:
            self._last.clear()

    def again(
        self,
        said: SaidT,
        ref: str,
        vendor: msgspec.Raw,
        state: InteractionState,
        word: str | UnsetType = UNSET,
        counting: Mapping[str, Json] = _NOTHING,  # of its extras, by their names
    ) -> InteractionObserved | None:
        """What the frame comes to, if it is the last of that interaction but for the state."""
        last = self._last.get(ref)
        if last is None:
            return None
        was, before = last
        if not self._same(was, said) or not (
            self._endings is None or self._endings.goes_on(before.ref, state)
        ):
            del self._last[ref]
            return None
        extras = before.extras
        if counting:
            extras = {**(extras or {}), **counting}
        seen = replace(before, vendor=vendor, state=state, vendor_state=word, extras=extras)
        self._last[ref] = (said, seen)
        return seen
