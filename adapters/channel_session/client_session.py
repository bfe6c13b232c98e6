"""North: what a client is told of a session on a platform of another kind, in the documented orders.

The encoded frames of a change are shared by all clients. What is added depends on the rest of the session and
on what the client asked for: platforms of another kind tell the parts of one change in orders of their own.
Source: seed 003 (consult, alternate); reference channel-session.md section 4.4 (consult transfer, consult
conference).
"""

from collections.abc import Sequence

from adapters.channel_session import addressing, encode, methods, tables, wire
from adapters.channel_session.client_channels import Channels
from adapters.channel_session.codec import event as frame
from adapters.channel_session.rows import Row
from adapters.contract.change import Frame
from adapters.contract.dialect import View
from schemas import events as e
from schemas.agent import AgentSession
from schemas.ids import AgentId, InteractionId, SessionId
from schemas.interaction import EndCause, Interaction, InteractionState

Frames = Sequence[Frame]


def open_now(view: View, agent_id: AgentId) -> tuple[list[Interaction], list[Interaction]]:
    """The agent's interactions, and the consultations about them."""
    every = view.interactions(agent_id)
    mains = [one for one in every if one.consult_of is None]
    ids = {one.id for one in mains}
    return mains, [one for one in every if one.consult_of in ids]


class ClientSession:
    """One started session as its client knows it."""

    def __init__(self, view: View, session: AgentSession) -> None:
        self.agent_id: AgentId = session.agent_id
        self.session_id: SessionId = session.id
        self.channels = Channels(view, session)
        self._view = view
        self._known: set[InteractionId] = set()  # announced and not disposed of
        self._consults: dict[InteractionId, InteractionId] = {}  # open, by what they are consultations of
        # What the client asked for, and what of it was told before its own event.
        self._asked: dict[InteractionId, Row] = {}
        self._parented: set[InteractionId] = set()  # whose states a consultation put first
        self._alternated: dict[InteractionId, InteractionState] = {}
        self._merged: set[InteractionId] = set()  # a consultation became part of it
        self._over: set[InteractionId] = set()  # ended by a consult transfer
        self._held: dict[InteractionId, Frames] = {}  # by consultation: what its end lets go

    def start(self) -> list[Frame]:
        """Announce the session as it is; session.initialized is last."""
        mains, consults = open_now(self._view, self.agent_id)
        self._known = {one.id for one in (*mains, *consults)}
        self._consults = {one.consult_of: one.id for one in consults if one.consult_of is not None}
        return [
            *self.channels.start(one.media for one in mains),
            *(told for one in (*mains, *consults) for told in encode.created(one)),
            frame(tables.INITIALIZED, self.session_id, wire.NOTHING),
        ]

    def signed_out(self) -> Frames:
        """Channels and group are disposed of."""
        return self.channels.disposed()

    def event(self, event: e.AnyEvent, frames: Frames, *, first: bool) -> Frames:
        """What the client gets of an event of this session."""
        del first  # the frames are so already
        match event:
            case e.InteractionEvent():
                if told := self._interaction(event, event.interaction, frames):
                    self.channels.interaction_told()
                return told
            case e.AgentLoggedOut():
                return self.channels.disposed(event.agent)
            case e.AgentEvent():
                return self.channels.changed(event.agent)
            case _:
                return frames

    def resolve(self, target: str, kind: str) -> addressing.Found | None:
        """What a client's target names; of no kind in particular, for none is like another here."""
        del kind
        found = addressing.resolve(target, self.session_id, self.agent_id, self._view)
        if found is None or (found.kind == tables.GROUP and not self.channels.grouped):
            return None
        return None if found.media is not None and found.media not in self.channels.media else found

    def asked(self, row: Row | None, interaction_id: InteractionId) -> None:
        """The platform has done that for the client: what it tells of it is put in the documented order."""
        self._asked.pop(interaction_id, None)
        if row is not None and (row.consults or row.consulting):
            self._asked[interaction_id] = row

    # --- interactions

    def _interaction(self, event: e.InteractionEvent, now: Interaction, frames: Frames) -> Frames:  # noqa: PLR0911  # one arm an event
        if now.consult_of is not None and now.consult_of not in self._known:
            return ()  # what it is a consultation of is gone: it has no place any more
        if now.id not in self._known:
            return self._first(event, now, frames)
        match event:
            case e.InteractionCreated():
                return ()  # announced when the session started
            case e.InteractionEnded():
                return self._ended(now, frames)
            case e.InteractionCompleted():
                return self._completed(now, frames)
            case e.InteractionHeld() if self._asked.get(now.id) is methods.CONSULT:
                return self._parent(now)
            case e.InteractionHeld() | e.InteractionRetrieved():
                return self._turned(now, frames)
            case e.ConferenceChanged() if now.id in self._consults or now.id in self._merged:
                self._merged.discard(now.id)
                self._asked.pop(now.id, None)
                return [*frames, *encode.focus(now)]
            case _:
                return frames

    def _first(self, event: e.InteractionEvent, now: Interaction, frames: Frames) -> Frames:
        """The first that this client hears of it: its creation, or whatever came after that was missed."""
        if not isinstance(event, e.InteractionCreated):
            if now.state is InteractionState.COMPLETED:
                return ()
            frames = encode.created(now)
        self._known.add(now.id)
        if now.consult_of is None:
            return [*self.channels.before_interaction(now.media), *frames]
        self._consults[now.consult_of] = now.id
        parent = self._view.interaction(now.consult_of)
        before = () if parent is None else self._parent(parent)
        self._asked.pop(now.consult_of, None)
        self._parented.discard(now.consult_of)
        return [*before, *frames]

    def _parent(self, now: Interaction) -> Frames:
        """What a consultation puts first: the states of what it is about; told once for each."""
        if now.id in self._parented:
            return ()
        self._parented.add(now.id)
        return (*encode.interaction_state(now), *encode.conversation_state(now))

    def _turned(self, now: Interaction, frames: Frames) -> Frames:
        """Held, or back from hold: after an alternate the original, the consult, then the focus."""
        main, consult = self._pair(now)
        asked = self._asked.get(main.id) if main is not None else None
        if asked is methods.CONSULT_CONFERENCE and now.conference:
            return ()  # told when it has become a conference, a part of the same change
        if asked is not methods.ALTERNATE or main is None or consult is None:
            return () if self._alternated.pop(now.id, None) is now.state else frames
        del self._asked[main.id]
        talking = main if consult.state is InteractionState.HELD else consult
        self._alternated = {one.id: one.state for one in (main, consult) if one.id != now.id}
        return [
            *encode.conversation_state(main),
            *encode.conversation_state(consult),
            *encode.focus(main, talking.id),
        ]

    def _pair(self, now: Interaction) -> tuple[Interaction | None, Interaction | None]:
        """An interaction and its consultation, as they are, whichever of the two is meant."""
        main_id = now.consult_of or now.id
        consult_id = self._consults.get(main_id)
        return self._view.interaction(main_id), self._view.interaction(consult_id) if consult_id else None

    def _ended(self, now: Interaction, frames: Frames) -> Frames:
        """Over; by a consult transfer the original, the focus, the consult, and the interaction last."""
        if now.id in self._over:
            return ()
        main, consult = self._pair(now)
        causes = {one.end_cause for one in (main, consult) if one is not None}
        if main is not None and consult is not None and causes == {EndCause.TRANSFERRED}:
            del self._consults[main.id]
            self._over |= {main.id, consult.id}
            return [
                *encode.leg_ended(main),
                *encode.focus(main, consult.id),
                *encode.leg_ended(consult),
                *encode.over(main),
            ]
        if now.consult_of is None:
            asked = self._consults.get(now.id)
            if asked is None or not self._goes_too(now, consult):
                return frames
            self._held[asked] = encode.over(now)  # it comes after the consultation's end
            return [*encode.leg_ended(now), *encode.focus(now, asked)]
        self._consults.pop(now.consult_of, None)
        if now.end_cause is EndCause.CONFERENCED:
            self._merged.add(now.consult_of)
        held = self._held.pop(now.id, None)
        return frames if held is None else [*encode.leg_ended(now), *held]

    def _goes_too(self, main: Interaction, consult: Interaction | None) -> bool:
        """Whether a transfer ends the consultation too; a single-step one leaves it as it is."""
        if main.end_cause is not EndCause.TRANSFERRED:
            return False
        over = consult is None or consult.ended_at is not None or consult.state is InteractionState.COMPLETED
        return over or self._asked.get(main.id) is methods.CONSULT_TRANSFER

    def _completed(self, now: Interaction, frames: Frames) -> Frames:
        consult = self._consults.pop(now.id, None)
        held = self._held.pop(consult, ()) if consult is not None else ()
        for one in (self._known, self._over, self._parented, self._merged):
            one.discard(now.id)
        self._asked.pop(now.id, None)
        self._alternated.pop(now.id, None)
        return [*held, *frames]
