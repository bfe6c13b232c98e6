"""North: which interaction a client's request began, where the platform does not say it.

It is known by being new, and by its address.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import msgspec

from schemas import commands as c
from schemas.ids import InteractionId
from schemas.interaction import Direction, Interaction, Media

SHOWN_WITHIN: Final = timedelta(seconds=5)
MAX_AWAITED: Final = 100

RequestT = TypeVar("RequestT")
Beginning = c.Dial | c.StartChat | c.StartEmail
_MEDIA: Final = {c.Dial: Media.VOICE, c.StartChat: Media.CHAT, c.StartEmail: Media.EMAIL}


class _Awaited(msgspec.Struct, Generic[RequestT], frozen=True):
    request: RequestT
    command: Beginning
    before: frozenset[InteractionId]  # those that were there
    until: datetime

    def fits(self, one: Interaction) -> bool:
        """Whether it may be what the request began."""
        return (
            one.id not in self.before
            and one.media is _MEDIA[type(self.command)]
            and one.direction is not Direction.INBOUND
            and one.consult_of is None
        )

    def reaches(self, one: Interaction) -> bool:
        """Whether it is with whom the request named, or nobody says with whom."""
        said = {one.remote_address, one.dnis}
        said.update(name for party in one.parties for name in (party.address, party.user_id))
        wanted = _bare(self.command.destination)
        return not one.remote_address or any(name and _alike(_bare(name), wanted) for name in said)


def _alike(shown: str, wanted: str) -> bool:
    """The same, or the same number with a country's prefix and without: it is dialled in its one form."""
    if shown == wanted:
        return True
    short, long = sorted((shown.lstrip("0"), wanted.lstrip("0")), key=len)
    return len(short) >= _LOCAL and long.isdecimal() and short.isdecimal() and long.endswith(short)


def _bare(address: str) -> str:
    """An address without what people write into numbers."""
    return address.translate(_SEPARATORS).casefold()


_LOCAL: Final = 7  # digits that a number without its country has at least
_SEPARATORS: Final = str.maketrans("", "", " +-()./")


class Awaiting(Generic[RequestT]):
    """The requests of one client whose interaction has yet to appear among those that it sees."""

    def __init__(self, interactions: Callable[[], Iterable[Interaction]]) -> None:
        self._interactions = interactions
        self._awaited: list[_Awaited[RequestT]] = []
        self._taken: dict[InteractionId, None] = {}

    def add(
        self, request: RequestT, command: Beginning, before: frozenset[InteractionId], now: datetime
    ) -> None:
        """The platform took the request. The oldest is waited for no longer where there are too many."""
        if len(self._awaited) >= MAX_AWAITED:
            self._awaited[0] = msgspec.structs.replace(self._awaited[0], until=now)
        self._awaited.append(_Awaited(request, command, before, now + SHOWN_WITHIN))

    def shown(self) -> list[tuple[RequestT, InteractionId | None]]:
        """Those whose interaction is there, with it."""
        found = [(one, there) for one in self._awaited if (there := self._find(one, sure=True)) is not None]
        return [self._over(one, there) for one, there in found]

    def due(self) -> datetime | None:
        """When the first has waited long enough."""
        return min((one.until for one in self._awaited), default=None)

    def late(self, now: datetime) -> list[tuple[RequestT, InteractionId | None]]:
        """Those that have, with the only new one that it can be, or none."""
        late = [one for one in self._awaited if one.until <= now]
        return [self._over(one, self._find(one, sure=False)) for one in late]

    def forget(self, iid: InteractionId) -> None:
        """The interaction is completed."""
        self._taken.pop(iid, None)

    def _find(self, one: _Awaited[RequestT], *, sure: bool) -> InteractionId | None:
        fitting = [there for there in self._interactions() if there.id not in self._taken and one.fits(there)]
        reached = [there for there in fitting if one.reaches(there)]
        found = reached or ([] if sure or len(fitting) > 1 else fitting)
        if not found:
            return None
        self._taken[found[0].id] = None
        return found[0].id

    def _over(
        self, one: _Awaited[RequestT], there: InteractionId | None
    ) -> tuple[RequestT, InteractionId | None]:
        self._awaited.remove(one)
        return one.request, there
