"""South: what one page has shown of its interactions, as far as a later frame needs it.

A module of its own, beside `page`, which reads it: case events name a case and not its interactions, a
markdone event may name nothing but an id, and no event says for certain that an interaction was removed.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET

from schemas.ids import Ref
from schemas.interaction import InteractionState, Kind, Media
from schemas.observations import NO_FRAME, InteractionObserved
from schemas.values import Json

_OVER: Final = frozenset({InteractionState.WRAP_UP, InteractionState.COMPLETED})


class Known(msgspec.Struct):
    """One interaction."""

    refs: dict[str, str]
    extras: dict[str, Json]
    media: Media
    state: InteractionState = InteractionState.UNKNOWN
    consultation: bool = False
    warning: str = ""  # while marking it done is blocked
    blocked_until: datetime | None = None  # by when the platform's own timer has lifted that
    frame: msgspec.Raw = NO_FRAME  # the last one that held all of it
    final: InteractionObserved | None = None  # what was said last of one that is over

    @property
    def case(self) -> str | None:
        """The id of its case, if that was told."""
        return self.refs.get("case")

    @property
    def on_call(self) -> bool:
        """Whether it is a call that is not over."""
        return self.media is Media.VOICE and self.state not in _OVER


class Memory:
    """All interactions of one page. Bounded by the platform: what is no longer listed is forgotten."""

    def __init__(self) -> None:
        self._known: dict[Ref, Known] = {}
        self.muted = False  # the endpoint's microphone, as far as we closed it
        self._last: dict[tuple[str, Ref], msgspec.Raw] = {}  # frames, by channel and what they are about

    def of(self, ref: Ref) -> Known | None:
        """What has been shown of it; None: nothing."""
        return self._known.get(ref)

    def repeats(self, channel: str, about: Ref, frame: msgspec.Raw) -> bool:
        """Whether a frame is the one before once more; from now on it is the last."""
        before = self._last.get((channel, about))
        self._last[channel, about] = frame
        return before == frame

    def blocks(self) -> list[tuple[Ref, datetime]]:
        """The blocks that end by themselves, and when."""
        return [(ref, one.blocked_until) for ref, one in self._known.items() if one.blocked_until is not None]

    def where(self, holds: Callable[[Known], bool]) -> tuple[Ref, ...]:
        """The interactions of which that is true."""
        return tuple(ref for ref, known in self._known.items() if holds(known))

    def awaits_removal(self) -> bool:
        """Whether an interaction is over that the agent may mark done without our being told."""
        return any(known.state is InteractionState.WRAP_UP for known in self._known.values())

    def note(self, seen: InteractionObserved) -> InteractionObserved | None:
        """Remember what was seen and add what only we know; None: it is over already, nothing new."""
        known = self._known.get(seen.ref)
        new = known is None
        if known is None:
            medium = Media.CHAT if seen.media is UNSET else seen.media
            known = self._known[seen.ref] = Known(refs={}, extras={}, media=medium)
            if self.muted and known.media is Media.VOICE:
                seen = msgspec.structs.replace(seen, muted=True)
        known.frame = seen.vendor
        seen = _consulted(known, seen, new=new)
        # A consultation is listed as IDLE until the case is closed, but it leaves no work: its primary does.
        over = known.consultation and seen.state is InteractionState.WRAP_UP
        if over or (known.state is InteractionState.COMPLETED and seen.state is UNSET):
            seen = msgspec.structs.replace(seen, state=InteractionState.COMPLETED)
        if seen.state is InteractionState.COMPLETED:
            said = msgspec.structs.replace(seen, vendor=NO_FRAME)
            if said == known.final:
                return None  # the page goes on listing what is final
            known.final = said
        known.refs = known.refs if seen.refs is UNSET else seen.refs
        known.extras = known.extras if seen.extras is UNSET else seen.extras
        known.media = known.media if seen.media is UNSET else seen.media
        known.state = known.state if seen.state is UNSET else seen.state
        return seen

    def goes_on(self, seen: InteractionObserved, state: InteractionState) -> None:
        """It was said again, but for its state."""
        known = self._known[seen.ref]
        known.frame, known.state = seen.vendor, state
        known.extras = known.extras if seen.extras is UNSET else seen.extras

    def keep(self, listed: frozenset[Ref]) -> None:
        """Forget what the platform does not list."""
        self._known = {ref: known for ref, known in self._known.items() if ref in listed}
        self._last = {
            about: frame for about, frame in self._last.items() if not about[1] or about[1] in listed
        }


def _consulted(known: Known, seen: InteractionObserved, *, new: bool) -> InteractionObserved:
    """Whether it is a consultation: one that says it is none is a colleague's who has taken the call over.

    That may have been before the page was loaded.
    """
    if seen.kind is Kind.CONSULT:
        known.consultation = True
    elif seen.consult_of_ref is None and seen.kind is UNSET and (new or known.consultation):
        known.consultation = False
        return msgspec.structs.replace(seen, kind=Kind.UNKNOWN)
    return seen
