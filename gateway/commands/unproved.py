"""Commands whose effect nobody knew when they ended, watched until something shows it (see proof.py).

A command ends with its effect unknown when the link went down under it, when the platform did not answer, or
when we were killed. It is never repeated; but what the platform says afterwards may well show what became of
it. Then its record gets the proof and everybody is told, once, by `command.proved`. What is watched is found
in the store again after a restart. At most MOST are watched, the newest, each for LIFE.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

import structlog
from msgspec.structs import replace

from gateway.commands.proof import BEGINNINGS, UNSEEN, begun, of_agent, of_interaction
from gateway.events.router import Batch, Router
from gateway.links.link import Link
from gateway.links.registry import Links
from gateway.runtime.age import RunningTime
from gateway.runtime.tasks import Tasks
from gateway.state.fold import State
from gateway.store.base import Store
from schemas import events as ev
from schemas.commands import AnyCommand, InteractionCommand, verb
from schemas.ids import CommandId, InteractionId, SessionId
from schemas.interaction import Interaction, InteractionState
from schemas.results import CommandRecord, Proof

log = structlog.get_logger("trunkline.dispatch")

MOST: Final = 1_000
LIFE: Final = timedelta(hours=24)


class Before(NamedTuple):
    """How things stood when a command was sent."""

    there: frozenset[InteractionId]  # the agent's interactions: it began none of them
    so: bool  # as the command asked, already: then its being so proves nothing


@dataclass(frozen=True)
class _Watched:
    record: CommandRecord
    there: frozenset[InteractionId]
    until_s: float  # steady time


def _named(command: AnyCommand) -> InteractionId | None:
    """The interaction that shows what became of a command, if that was there before."""
    if isinstance(command, InteractionCommand) and not isinstance(command, BEGINNINGS):
        return command.interaction_id
    return None


class Unproved:
    """All that are watched."""

    def __init__(
        self, state: State, links: Links, store: Store, router: Router, time: RunningTime, tasks: Tasks
    ) -> None:
        self._state = state
        self._store = store
        self._router = router
        self._time = time
        self._tasks = tasks
        self._watched: dict[CommandId, _Watched] = {}  # oldest first
        self._of_session: dict[SessionId, dict[CommandId, _Watched]] = {}
        links.on_ready(self._ready)
        router.on_commit(self._committed)

    async def start(self) -> None:
        """Watch what was watched before the restart."""
        for record in reversed(await self._store.unproved(self._time.before(LIFE), MOST)):
            self.watch(record, None)

    def before(self, command: AnyCommand, session_id: SessionId) -> Before:
        """How things stand now, before the command is sent."""
        there = frozenset(one.id for one in self._state.snapshots.interactions(session_id))
        return Before(there, self._shown(command, session_id) is Proof.DONE)

    def watch(self, record: CommandRecord, before: Before | None) -> None:
        """One more. `before` of None: a former life sent it, and what is so may have been so before."""
        command = record.command
        if before is None:
            sent = record.sent_at or record.accepted_at
            there = self._state.snapshots.interactions(record.session_id)
            old = frozenset(one.id for one in there if one.created_at and one.created_at < sent)
            before = Before(old, self._shown(command, record.session_id) is Proof.DONE)
        if type(command) in UNSEEN or before.so or record.id in self._watched:
            return
        watched = self._watched[record.id] = _Watched(
            record, before.there, self._time.monotonic() + LIFE.total_seconds()
        )
        self._of_session.setdefault(record.session_id, {})[record.id] = watched
        while len(self._watched) > MOST:
            self._drop(next(iter(self._watched.values())))
        self._look(watched, fresh=False)  # what shows it may have come before the command was given up

    # --- what shows something

    def _ready(self, link: Link) -> None:
        """A new link has told how things stand with its agents."""
        for session_id in link.sessions:
            for watched in tuple(self._of_session.get(session_id, {}).values()):
                self._look(watched, fresh=True)

    def _committed(self, batch: Batch) -> None:
        if not self._watched:
            return
        for event in batch.events:
            if isinstance(event, ev.InteractionEvent | ev.AgentEvent) and event.session_id is not None:
                for watched in tuple(self._of_session.get(event.session_id, {}).values()):
                    self._judge(watched, event)

    def _judge(self, watched: _Watched, event: ev.InteractionEvent | ev.AgentEvent) -> None:
        command = watched.record.command
        if watched.until_s < self._time.monotonic():
            self._drop(watched)
        elif isinstance(event, ev.AgentEvent):
            self._conclude(watched, of_agent(command, event.agent), None, fresh=False)
        elif isinstance(command, BEGINNINGS):
            self._begun(watched, event.interaction)
        elif event.interaction.id == _named(command):
            one = event.interaction
            self._conclude(watched, of_interaction(command, one), one.id, fresh=False)
            if one.state is InteractionState.COMPLETED and not one.end_inferred:  # no more will be shown
                self._drop(watched)

    def _look(self, watched: _Watched, *, fresh: bool) -> None:
        """See whether the snapshots show it. `fresh`: the platform has just told how things stand."""
        command, session_id = watched.record.command, watched.record.session_id
        if isinstance(command, BEGINNINGS):
            for one in self._state.snapshots.interactions(session_id):
                self._begun(watched, one)
        else:
            self._conclude(watched, self._shown(command, session_id), _named(command), fresh=fresh)

    def _shown(self, command: AnyCommand, session_id: SessionId) -> Proof | None:
        named = _named(command)
        if named is not None:
            one = self._state.snapshots.interaction(named)
            return of_interaction(command, one) if one is not None else None
        session = self._state.snapshots.sessions.get(session_id)
        return of_agent(command, session) if session is not None else None

    def _begun(self, watched: _Watched, one: Interaction) -> None:
        plan = self._state.plans.get(one.platform_id)
        if one.id not in watched.there and begun(watched.record.command, one, plan):
            self._conclude(watched, Proof.DONE, one.id, fresh=False)

    def _conclude(
        self, watched: _Watched, proof: Proof | None, shown_by: InteractionId | None, *, fresh: bool
    ) -> None:
        if watched.record.id not in self._watched or proof is None or (proof is Proof.NONE and not fresh):
            return
        self._drop(watched)
        self._tasks.start(self._prove(watched.record, proof, shown_by), "command proof")

    async def _prove(self, record: CommandRecord, proof: Proof, shown_by: InteractionId | None) -> None:
        self._router.publish(
            [
                ev.CommandProved(
                    time=self._time.shown(self._time.now()),
                    platform_id=record.platform_id,
                    session_id=record.session_id,
                    agent_id=record.agent_id,
                    command_id=record.id,
                    verb=verb(record.command),
                    effect=proof,
                    interaction_id=shown_by,
                )
            ]
        )
        await self._store.put_command(replace(record, proof=proof))  # in the commit of the event
        log.info(
            "command proved",
            command=record.id,
            verb=verb(record.command),
            principal=record.principal,
            effect=proof,
        )

    def _drop(self, watched: _Watched) -> None:
        if self._watched.pop(watched.record.id, None) is not None:
            of_session = self._of_session[watched.record.session_id]
            del of_session[watched.record.id]
            if not of_session:
                del self._of_session[watched.record.session_id]
