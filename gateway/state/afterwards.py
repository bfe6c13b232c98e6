"""What a platform says of what is over: that it was not, that it is, or what nobody knew yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from gateway.state import attachments, moments
from gateway.state.changes import OVER, Changes, ended_at, ending, learn_end
from gateway.state.identity import Names
from gateway.state.snapshots import Snapshots
from schemas import events as ev
from schemas.agent import AgentSession
from schemas.interaction import EndCause, Interaction, InteractionState, Side
from schemas.observations import (
    InteractionObserved,
    InteractionsListed,
    Observation,
)

_BEGINNINGS: Final = frozenset(
    {InteractionState.QUEUED, InteractionState.PREVIEW, InteractionState.DIALING, InteractionState.ALERTING}
)
# What a platform may still say of what is over.
_LATE: Final = ("recording", "notes", "disposition", "records", "extras")
# What went on until the platform's own end, where we had inferred one before.
_UNTIL_THE_END: Final = (*_LATE, "data")


def _begins_anew(seen: InteractionObserved, done: Interaction, *, recovered: bool) -> bool:
    """Whether a platform uses the names of what it ended itself for another one, or is merely late.

    What a new connection begins with is not late. Nor is a beginning under another id, though the durable one
    is the same: the contact was handed on and has come back.
    """
    if seen.state is InteractionState.COMPLETED:
        return False
    if recovered:
        return True
    if seen.durable_ref is None or done.durable_ref is None:
        return seen.state in _BEGINNINGS
    if seen.durable_ref == done.durable_ref:
        return seen.state in _BEGINNINGS and seen.ref != done.ref
    return True


def _is_another(seen: InteractionObserved, done: Interaction) -> bool:
    """Whether a ref of what we took for ended names another one by now."""
    return (
        seen.state in _BEGINNINGS
        and seen.durable_ref is not None
        and done.durable_ref is not None
        and seen.durable_ref != done.durable_ref
        and seen.ref == done.ref
    )


def _had_ended(done: Interaction) -> bool:
    """Whether the platform told the end of the media, and only the completion was inferred."""
    return done.ended_at is not None and done.ended_at != done.completed_at


class Afterwards:
    """What platforms say of what is over."""

    def __init__(self, known: Snapshots, changes: Changes) -> None:
        self._known = known
        self._changes = changes

    def after_the_end(
        self,
        session: AgentSession,
        names: Names,
        done: Interaction,
        seen: InteractionObserved,
        now: datetime,
        *,
        recovered: bool,
    ) -> Sequence[ev.AnyEvent]:
        """A word of what is completed: it goes on after all, it is another one, or this is merely late."""
        if done.end_inferred and not _is_another(seen, done):
            late = seen.state is InteractionState.WRAP_UP and not recovered and _had_ended(done)
            if seen.state not in (UNSET, InteractionState.COMPLETED) and not late:
                return self.reopened(done, seen, now)
            if late or (recovered and seen.state is UNSET):
                self._known.listed_anew[done.id] = seen  # a list that follows may say that it is there
        elif _begins_anew(seen, done, recovered=recovered):
            names.refs.pop(seen.ref, None)
            return self._changes.create(session, names, seen, now, recovered=recovered)
        if isinstance(seen.state, InteractionState) and seen.state not in OVER:
            return ()  # from before the end
        changed: dict[str, object] = {}
        over_now = done.end_inferred and seen.state is InteractionState.COMPLETED
        for name in _UNTIL_THE_END if over_now else _LATE:
            told = getattr(seen, name)
            if told is not UNSET and told and told != getattr(done, name):
                changed[name] = told
        if "recording" in changed:
            attachments.add(done, changed)
        moments.keep_words(done.extras, changed)
        if seen.state is InteractionState.COMPLETED:
            self.confirm(done, changed, ended_at(seen) or seen.time, *ending(seen))
        return self.late(done, changed, now, seen, recovered=recovered)

    @staticmethod
    def confirm(
        done: Interaction, changed: dict[str, object], at: datetime | None, cause: EndCause, side: Side
    ) -> None:
        """The platform says itself that it is over: nothing takes that back."""
        if done.end_inferred:
            changed["end_inferred"] = False
            if at is not None and done.completed_at is not None and at < done.completed_at:
                changed["ended_at"] = at
        learn_end(done, changed, cause, side)

    def late(
        self,
        done: Interaction,
        changed: dict[str, object],
        now: datetime,
        seen: Observation,
        *,
        recovered: bool,
    ) -> Sequence[ev.AnyEvent]:
        """Tell what was learnt of what is over."""
        if not changed:
            return ()
        at, source = moments.of_event(seen.time, done.completed_at, now)
        if "ended_at" in changed:
            moments.in_order(done, changed, now)
        sequence = done.sequence + 1
        new = self._known.over[done.id] = replace(done, **changed, sequence=sequence)
        return [
            ev.InteractionUpdated(
                time=at,
                time_source=source,
                platform_id=new.platform_id,
                session_id=new.session_id,
                agent_id=new.agent_id,
                sequence=sequence,
                recovered=recovered,
                vendor=self._changes.frame_of(new.platform_id, seen),
                interaction=new,
                late=True,
            )
        ]

    def reopened(
        self, done: Interaction, seen: InteractionObserved | InteractionsListed, now: datetime
    ) -> Sequence[ev.AnyEvent]:
        """It was not over: take back what was taken for its end."""
        old = replace(
            done,
            state=InteractionState.UNKNOWN,
            focused=False,
            ended_at=None,
            completed_at=None,
            end_cause=None,
            ended_by=None,
            end_inferred=False,
        )
        # A list says only that it is there: the last that the platform told of its state stands.
        state = InteractionState.WRAP_UP if _had_ended(done) else self._known.left_in.get(done.id, old.state)
        changed: dict[str, object] = {}
        if isinstance(seen, InteractionObserved):
            if bytes(seen.vendor):
                self._known.frames[old.id] = seen.vendor
            changed = self._changes.changed(old, seen)
            state = state if seen.state is UNSET else seen.state
            if seen.ended or state in OVER:
                cause, side = ending(seen)
                at = ended_at(seen) or seen.time or now
                self._changes.end(old, changed, at, cause, side)
        if state is not old.state:
            changed["state"] = state
        if changed.get("state") in OVER and _had_ended(done):
            changed.update(ended_at=done.ended_at, end_cause=done.end_cause, ended_by=done.ended_by)
        self._known.reopen(old)
        return self._changes.apply(old, changed, now, seen, recovered=True, reopened=True)
