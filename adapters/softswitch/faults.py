"""Faults on demand, on the way out of the switch: what a link and a hurried platform do to frames."""

import heapq
from collections import deque
from datetime import datetime, timedelta

from schemas.results import Failed


class Faults:
    """Each fault but the delay is used up by the frames it meets."""

    def __init__(self) -> None:
        self.drop = 0  # so many observations do not come
        self.duplicate = 0  # so many come twice
        self.reorder = 0  # so many pairs come in the other order
        self.delay_s = 0.0  # every answer comes that late, until changed
        self.failures: deque[Failed] = deque()  # what the next commands are answered with, undone
        self._held: bytes | None = None
        self._late: list[tuple[datetime, int, bytes]] = []
        self._count = 0

    def observation(self, frame: bytes) -> list[bytes]:
        """What is seen of an observation."""
        if self._held is not None:
            held, self._held = self._held, None
            return [frame, held]
        if self.drop:
            self.drop -= 1
            return []
        if self.duplicate:
            self.duplicate -= 1
            return [frame, frame]
        if self.reorder:
            self.reorder -= 1
            self._held = frame
            return []
        return [frame]

    def answer(self, frame: bytes, delay_s: float, now: datetime) -> list[bytes]:
        """An answer at once, or kept for later."""
        if not delay_s:
            return [frame]
        self._count += 1
        heapq.heappush(self._late, (now + timedelta(seconds=delay_s), self._count, frame))
        return []

    def due(self) -> datetime | None:
        """When the next late answer comes."""
        return self._late[0][0] if self._late else None

    def pop(self) -> bytes:
        """The next late answer; there must be one."""
        return heapq.heappop(self._late)[2]
