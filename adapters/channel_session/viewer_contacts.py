"""A client's interactions as it has been told of them: each once, and in the documented orders.

What is added to the shared frames of an event depends on the rest of the session, and on what the client
asked for: platforms of another kind tell the parts of one change in orders of their own. Source: seed 003
(consult, alternate); reference channel-session.md section 4.4 (consult transfer, consult conference).
"""

from collections.abc import Sequence
from typing import Final

from adapters.channel_session import announce, tables
from adapters.channel_session.viewer_channels import ViewedChannels
from adapters.contract.change import Frame
from adapters.contract.dialect import View
from schemas.events import (
    ConferenceChanged,
    InteractionCompleted,
    InteractionCreated,
    InteractionEnded,
    InteractionEvent,
    InteractionHeld,
    InteractionRetrieved,
)
from schemas.ids import InteractionId
from schemas.interaction import EndCause, Interaction, InteractionState

# Requests, by bare name, whose events have an order over several interactions.
ORDERED: Final = frozenset(
    {
        tables.INTERACTION_CONSULT,
        tables.ALTERNATE,
        tables.CONSULT_TRANSFER,
        tables.CONSULT_CONFERENCE,
    }
)


class ViewedContacts:
    """The interactions of one started session."""

    def __init__(self, view: View, channels: ViewedChannels) -> None:
        self._view = view
        self._channels = channels
        self._known: set[InteractionId] = set()  # announced and not disposed of
        self._consults: dict[InteractionId, InteractionId] = {}  # open, by what they are consultations of
        # What the client asked for, and what of it was told before its own event.
        self._asked: dict[InteractionId, str] = {}
        self._parented: set[InteractionId] = set()  # whose states a consultation put first
        self._alternated: dict[InteractionId, InteractionState] = {}
        self._merged: set[InteractionId] = set()  # a consultation became part of it
        self._over: set[InteractionId] = set()  # ended by a consult transfer
        self._held: dict[InteractionId, tuple[Frame, ...]] = {}  # by consultation: what its end lets go

    def start(self, mains: Sequence[Interaction], consults: Sequence[Interaction]) -> tuple[Frame, ...]:
        """Announce what is open."""
        self._known = {one.id for one in (*mains, *consults)}
        self._consults = {one.consult_of: one.id for one in consults if one.consult_of is not None}
        return tuple(frame for one in (*mains, *consults) for frame in announce.created(one))

    def event(self, event: InteractionEvent, frames: Sequence[Frame]) -> Sequence[Frame]:  # noqa: PLR0911  # one arm an event
        """What the client gets of an event."""
        now = event.interaction
        if now.consult_of is not None and now.consult_of not in self._known:
            return ()  # what it is a consultation of is gone: it has no place any more
        if now.id not in self._known:
            return self._first(event, now, frames)
        match event:
            case InteractionCreated():
                return ()  # announced when the session started
            case InteractionEnded():
                return self._ended(now, frames)
            case InteractionCompleted():
                return self._completed(now, frames)
            case InteractionHeld() if self._asked.get(now.id) == tables.INTERACTION_CONSULT:
                return self._parent(now)
            case InteractionHeld() | InteractionRetrieved():
                return self._turned(now, frames)
            case ConferenceChanged() if now.id in self._consults or now.id in self._merged:
                self._merged.discard(now.id)
                self._asked.pop(now.id, None)
                return [*frames, *announce.focus(now)]
            case _:
                return frames

    def asked(self, command: str, interaction_id: InteractionId) -> None:
        """The platform has done that for the client: what it tells of it is put in the documented order."""
        self._asked.pop(interaction_id, None)
        if command in ORDERED:
            self._asked[interaction_id] = command

    def _first(self, event: InteractionEvent, now: Interaction, frames: Sequence[Frame]) -> Sequence[Frame]:
        """The first that this client hears of it: its creation, or whatever came after that was missed."""
        if isinstance(event, InteractionCreated):
            return self._created(now, frames)
        if now.state is InteractionState.COMPLETED:
            return ()
        return self._created(now, announce.created(now))

    def _created(self, now: Interaction, frames: Sequence[Frame]) -> Sequence[Frame]:
        self._known.add(now.id)
        if now.consult_of is not None:
            self._consults[now.consult_of] = now.id
            parent = self._view.interaction(now.consult_of)
            before = () if parent is None else self._parent(parent)
            self._asked.pop(now.consult_of, None)
            self._parented.discard(now.consult_of)
            return [*before, *frames]
        return [*self._channels.before_contact(now.media), *frames]

    def _parent(self, now: Interaction) -> tuple[Frame, ...]:
        """What a consultation puts first: the states of what it is about; told once for each."""
        if now.id in self._parented:
            return ()
        self._parented.add(now.id)
        return (*announce.interaction_state(now), *announce.conversation_state(now))

    def _turned(self, now: Interaction, frames: Sequence[Frame]) -> Sequence[Frame]:
        """Held, or back from hold: after an alternate the original, the consult, then the focus."""
        main, consult = self._pair(now)
        asked = self._asked.get(main.id) if main is not None else None
        if asked == tables.CONSULT_CONFERENCE and now.conference:
            return ()  # told when it has become a conference, a part of the same change
        if asked != tables.ALTERNATE or main is None or consult is None:
            return () if self._alternated.pop(now.id, None) is now.state else frames
        del self._asked[main.id]
        talking = main if consult.state is InteractionState.HELD else consult
        self._alternated = {one.id: one.state for one in (main, consult) if one.id != now.id}
        return [
            *announce.conversation_state(main),
            *announce.conversation_state(consult),
            *announce.focus(main, talking.id),
        ]

    def _pair(self, now: Interaction) -> tuple[Interaction | None, Interaction | None]:
        """An interaction and its consultation, as they are, whichever of the two is meant."""
        main_id = now.consult_of or now.id
        consult_id = self._consults.get(main_id)
        return self._view.interaction(main_id), self._view.interaction(consult_id) if consult_id else None

    def _ended(self, now: Interaction, frames: Sequence[Frame]) -> Sequence[Frame]:
        """Over; by a consult transfer the original, the focus, the consult, and the interaction last."""
        if now.id in self._over:
            return ()
        main, consult = self._pair(now)
        causes = {one.end_cause for one in (main, consult) if one is not None}
        if main is not None and consult is not None and causes == {EndCause.TRANSFERRED}:
            del self._consults[main.id]
            self._over |= {main.id, consult.id}
            return [
                *announce.leg_ended(main),
                *announce.focus(main, consult.id),
                *announce.leg_ended(consult),
                *announce.over(main),
            ]
        if now.consult_of is None:
            asked = self._consults.get(now.id)
            if asked is None or not self._goes_too(now, consult):
                return frames
            self._held[asked] = announce.over(now)  # it comes after the consultation's end
            return [*announce.leg_ended(now), *announce.focus(now, asked)]
        self._consults.pop(now.consult_of, None)
        if now.end_cause is EndCause.CONFERENCED:
            self._merged.add(now.consult_of)
        held = self._held.pop(now.id, None)
        return frames if held is None else [*announce.leg_ended(now), *held]

    def _goes_too(self, main: Interaction, consult: Interaction | None) -> bool:
        """Whether a transfer ends the consultation too; a single-step one leaves it as it is."""
        if main.end_cause is not EndCause.TRANSFERRED:
            return False
        over = consult is None or consult.ended_at is not None or consult.state is InteractionState.COMPLETED
        return over or self._asked.get(main.id) == tables.CONSULT_TRANSFER

    def _completed(self, now: Interaction, frames: Sequence[Frame]) -> Sequence[Frame]:
        self._known.discard(now.id)
        self._over.discard(now.id)
        consult = self._consults.pop(now.id, None)
        held = self._held.pop(consult, ()) if consult is not None else ()
        self._asked.pop(now.id, None)
        self._alternated.pop(now.id, None)
        self._parented.discard(now.id)
        self._merged.discard(now.id)
        return [*held, *frames]
