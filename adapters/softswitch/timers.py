"""What is due when. Sans-IO: whoever owns it asks for `due` and pops when that time has come."""

import heapq
from datetime import datetime

Key = tuple[str, str]  # what for, and whose: ("ring", ref)


class Timers:
    """At most one timer a key. Equal times go off in the order they were started."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Key]] = []
        self._live: dict[Key, int] = {}
        self._count = 0

    def start(self, key: Key, at: datetime) -> None:
        """Start, or start again."""
        self._count += 1
        self._live[key] = self._count
        heapq.heappush(self._heap, (at, self._count, key))

    def cancel(self, key: Key) -> None:
        """Stop it; nothing happens if it does not run."""
        self._live.pop(key, None)

    def due(self) -> datetime | None:
        """When the next one goes off."""
        while self._heap and self._live.get(self._heap[0][2]) != self._heap[0][1]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self) -> tuple[datetime, Key] | None:
        """Take the next one out, due or not."""
        if self.due() is None:
            return None
        at, _, key = heapq.heappop(self._heap)
        del self._live[key]
        return at, key
