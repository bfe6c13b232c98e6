"""South: what one page has shown of its interactions, as far as a later message needs it.

Neither getState nor any one event says everything: getState no states, an event not all of the data, and an
event whose data are not documented perhaps not even the item.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from adapters.bright_pattern.embedded import tables, wire
from adapters.kit.bounded import keep
from schemas.ids import Ref
from schemas.interaction import InteractionState
from schemas.values import Json

REMEMBERED: Final = 1000


def text(value: wire.Text) -> str:
    """A member as text; empty if it was not said."""
    return "" if value is None else str(value)


class Known(msgspec.Struct):
    """One interaction."""

    ref: Ref
    global_id: str = ""
    durable: bool = False  # its global id names it and nothing else
    call_id: str = ""
    state: InteractionState = InteractionState.UNKNOWN  # as the events told it
    screenpop: Json = None
    attached: Json = None
    transferred: bool = False
    listed: bool = False  # by getState

    def refs(self) -> dict[str, str]:
        """The vendor's ids."""
        said = ((tables.ITEM_ID, self.ref), ("global_id", self.global_id), ("call_id", self.call_id))
        return {name: value for name, value in said if value}

    def happened(self, state: InteractionState | None, *, transferred: bool) -> None:
        """An event of a call. One that goes on is not transferred after all."""
        self.transferred = transferred or (self.transferred and state is InteractionState.WRAP_UP)
        self.state = state or self.state


class Memory:
    """The interactions of one page that are not completed."""

    def __init__(self) -> None:
        self._known: dict[Ref, Known] = {}
        self._closed: dict[str, None] = {}  # global ids and items of completed interactions, the last ones

    def note(self, item: wire.Item, ref: Ref) -> Known:
        """Remember what a message says of an interaction."""
        known = self._known.get(ref)
        if known is None:
            known = self._known[ref] = Known(ref)
        global_id = text(item.global_id)
        if global_id and not known.global_id:
            taken = any(one.global_id == global_id for one in self._known.values())  # as by a consultation
            known.durable = global_id not in self._closed and not taken
            known.global_id = global_id
        if item.screenpop_data is not None:
            known.screenpop = item.screenpop_data
        if item.attached_data is not None:
            known.attached = item.attached_data
        return known

    def is_late(self, ref: Ref, *, begins: bool) -> bool:
        """Whether an event comes after the completion of its interaction; ids may be used again."""
        return ref in self._closed and ref not in self._known and not begins

    def find(self, ref: Ref) -> Known | None:
        """One of them."""
        return self._known.get(ref)

    def of_call(self, call_id: str) -> Known | None:
        """The interaction that a call belongs to, where that was told."""
        return next((one for one in self._known.values() if one.call_id == call_id != ""), None)

    def only(self, states: frozenset[InteractionState]) -> Known | None:
        """The one interaction in any of these states; None if there is none, or several."""
        fitting = [known for known in self._known.values() if known.state in states]
        return fitting[0] if len(fitting) == 1 else None

    def listed(self, refs: Iterable[Ref]) -> tuple[Ref, ...]:
        """Those that are open, now that getState listed these; what it no longer lists is forgotten.

        Nothing says that it lists a call before the agent's screen shows it: what only events have told of so
        far is open for all we know.
        """
        here = frozenset(refs)
        for ref, known in tuple(self._known.items()):
            if ref in here:
                known.listed = True
            elif known.listed:
                self.forget(ref)
        return tuple(self._known)

    def forget(self, ref: Ref) -> None:
        """The interaction is completed."""
        known = self._known.pop(ref, None)
        if known is None:
            return
        for name in (ref, known.global_id) if known.durable else (ref,):
            keep(self._closed, name, None, REMEMBERED)

    def clear(self) -> None:
        """The agent signed out."""
        self._known.clear()
