"""Events read lately from the journal, so that to send one need not read it again."""

from collections import OrderedDict
from typing import Final

from gateway.store.base import Appended
from schemas.ids import Cursor

_KEPT_BYTES: Final = 16 * 1024 * 1024


class ReadLately:
    """The newest of them, within a bound."""

    def __init__(self) -> None:
        self._events: OrderedDict[Cursor, Appended] = OrderedDict()
        self._size_bytes = 0

    def keep(self, event: Appended) -> None:
        """It was read just now."""
        if event.cursor not in self._events:
            self._events[event.cursor] = event
            self._size_bytes += len(event.body)
        while self._size_bytes > _KEPT_BYTES:
            _, old = self._events.popitem(last=False)
            self._size_bytes -= len(old.body)

    def forget(self) -> None:
        """Events were erased."""
        self._events.clear()
        self._size_bytes = 0

    def find(self, cursor: Cursor) -> Appended | None:
        """One, if it is still here."""
        return self._events.get(cursor)
