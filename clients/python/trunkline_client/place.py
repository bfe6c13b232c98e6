"""Where to go on: the `resume` that the gateway told last, and the event that was told after it, if any."""

from typing import NamedTuple, Self

from trunkline_client.model.ids import Cursor, Resume


class Place(NamedTuple):
    """As text it can be kept, and given as `after` another time. Nobody needs to look inside."""

    resume: str = ""
    cursor: int = 0
    event_id: str = ""

    @classmethod
    def read(cls, text: str | int | None) -> Self:
        """A place that was kept, or whatever else the gateway takes as `after`. Raises ValueError."""
        if text is None:
            return cls()
        resume, _, rest = str(text).partition(" ")
        cursor, _, event_id = rest.partition(" ")
        return cls(resume, int(cursor or 0), event_id)

    def __str__(self) -> str:
        return f"{self.resume} {self.cursor} {self.event_id}" if self.event_id else self.resume

    def told(self, cursor: int, event_id: str) -> Self:
        """After that event."""
        return self._replace(cursor=cursor, event_id=event_id)

    @property
    def after(self) -> Cursor | Resume | None:
        """For the gateway, which has our event still."""
        return Cursor(self.cursor) if self.event_id else self.before

    @property
    def before(self) -> Cursor | Resume | None:
        """For the gateway, which has lost our event; None: there is nothing to go on from."""
        if self.resume.isascii() and self.resume.isdigit():
            return Cursor(int(self.resume))
        return Resume(self.resume) if self.resume else None
