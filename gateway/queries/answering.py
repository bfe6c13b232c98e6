"""What platforms ask the CRM: put at once to everybody who answers such a query; the first answer counts.

Asked are the agent's clients of a dialect that has such questions, the stream clients that said they answer
the kind and may do so for that agent, and the platform's web hook. The platform gets the documented default
when time is up, and at once when there is nobody to ask, or nobody left: all have passed, failed or gone.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, NamedTuple, Protocol

import structlog
from msgspec.structs import replace

from adapters.contract.dialect import Asked
from gateway.commands.vetoes import Vetoes
from gateway.events.router import Batch, Router
from gateway.links.link import Link
from gateway.runtime.clock import Clock, TimerHandleLike
from gateway.runtime.ids import Minter
from gateway.security.access import Principal
from gateway.state.fold import State
from gateway.store.base import Appended
from gateway.telemetry.metrics import Metrics, QueryOutcome
from schemas import events as ev
from schemas.errors import RefusedError
from schemas.ids import AgentId, Cursor, InteractionId, PlatformId, QueryId
from schemas.queries import (
    ANSWERS,
    AnsweredBy,
    AnyQuery,
    AnyQueryAnswer,
    AnyQueryReply,
    NoOpinion,
    QueryKind,
    SaveActivity,
    ValidateRecords,
    VerdictAnswer,
    kind_of,
)
from schemas.results import ErrorCode

log = structlog.get_logger("trunkline.queries")

ANSWER: Final = "query.answer"  # what it is called among the verbs that are granted
MAX_OPEN: Final = 1_000  # per platform; what is asked beyond is answered by the default
_BY: Final[Mapping[QueryOutcome, AnsweredBy]] = {
    QueryOutcome.CLIENT: AnsweredBy.CLIENT,
    QueryOutcome.FACADE: AnsweredBy.FACADE,
    QueryOutcome.WEBHOOK: AnsweredBy.WEBHOOK,
    QueryOutcome.GATEWAY: AnsweredBy.GATEWAY,
}


class Asker(Protocol):
    """A client of a dialect that has such questions of its own."""

    def ask(self, query: AnyQuery) -> bool:
        """Put it to the client; False if its dialect cannot."""
        ...


class Answerer(Protocol):
    """A client that said which kinds it answers. It is told of a query by the event."""

    def answers(self, query: ev.QueryRequested) -> bool:
        """Whether it answers that kind, will be told of this one, and may answer it."""
        ...


class Hook(Protocol):
    """A platform's web hook."""

    def takes(self, kind: QueryKind) -> bool:
        """Whether it is asked queries of that kind."""
        ...

    def ask(self, event: Appended, query: AnyQuery, on_reply: Callable[[AnyQueryReply], None]) -> None:
        """Send it the event. `on_reply` is called once, unless it is told to forget the query."""
        ...

    def forget(self, query_id: QueryId) -> None:
        """Its reply is of no use any more."""
        ...


class _Open(NamedTuple):
    query: AnyQuery
    link: Link
    token: str
    timer: TimerHandleLike
    asked: set[Asker | Answerer | Hook]  # those who may still answer


class Queries:
    """The open queries of this node."""

    def __init__(
        self,
        state: State,
        router: Router,
        clock: Clock,
        minter: Minter,
        metrics: Metrics,
        *,
        hooks: Mapping[PlatformId, Hook],
        vetoes: Vetoes,
    ) -> None:
        self._state = state
        self._router = router
        self._clock = clock
        self._minter = minter
        self._metrics = metrics
        self._hooks = hooks
        self._open: dict[QueryId, _Open] = {}
        self._for_hooks: dict[Cursor, QueryId] = {}  # not durable yet
        self._answerers: dict[Answerer, None] = {}
        self._askers: dict[Asker, set[tuple[PlatformId, AgentId]]] = {}
        self._stopped = False
        self._vetoes = vetoes

    # --- who answers

    def add_answerer(self, client: Answerer) -> None:
        """A client said that it answers some kinds."""
        self._answerers[client] = None

    def remove_answerer(self, client: Answerer) -> None:
        """It does no longer; unknown ones do no harm."""
        self._answerers.pop(client, None)
        self._leave(client)

    def add_asker(self, asker: Asker, platform_id: PlatformId, agent_id: AgentId) -> None:
        """A client of a dialect is there for an agent."""
        self._askers.setdefault(asker, set()).add((platform_id, agent_id))

    def remove_asker(self, asker: Asker) -> None:
        """It is gone; unknown ones do no harm."""
        self._askers.pop(asker, None)
        self._leave(asker)

    def _leave(self, party: Asker | Answerer) -> None:
        for one in tuple(self._open.values()):
            self._passed(one, party)

    # --- from the platform

    def asked(self, link: Link, asked: Asked) -> None:
        """A platform asks."""
        query = self._complete(link, asked)
        if isinstance(query, ValidateRecords) and (veto := self._veto(query.interaction_id)):
            link.answer(asked.token, VerdictAnswer(query_id=query.id, yes=False, message=veto))
            self._resolved(query, QueryOutcome.GATEWAY)
            return
        full = sum(one.query.platform_id == query.platform_id for one in self._open.values()) >= MAX_OPEN
        event = ev.QueryRequested(
            time=self._clock.now(),
            platform_id=query.platform_id,
            session_id=query.session_id,
            agent_id=query.agent_id,
            query=query,
        )
        parties = set() if full or self._stopped else self._ask(event)
        if not parties:
            link.answer(asked.token, None)
            self._metrics.query(kind_of(query), QueryOutcome.FULL if full else QueryOutcome.NOBODY)
            return
        within_s = link.platform.config.queries.within_s(kind_of(query))
        timer = self._clock.call_later(within_s, lambda: self._expire(query.id))
        self._open[query.id] = _Open(query, link, asked.token, timer, parties)
        self._router.publish([event])
        if self._hooks.get(query.platform_id) in parties:
            self._for_hooks[event.cursor] = query.id

    def _complete(self, link: Link, asked: Asked) -> AnyQuery:
        """The query with all that the core knows of it."""
        platform_id = link.platform.id
        session_id = self._state.snapshots.session_of(platform_id, asked.agent)
        interaction_id: InteractionId | None = None
        if asked.interaction_ref is not None:
            interaction_id = self._state.snapshots.identify(session_id, asked.interaction_ref, link.number)
        within_s = link.platform.config.queries.within_s(kind_of(asked.query))
        query = replace(
            asked.query,
            id=self._minter.query(),
            platform_id=platform_id,
            session_id=session_id,
            agent_id=AgentId(asked.agent),
            interaction_id=interaction_id,
            expires_at=self._clock.now() + timedelta(seconds=within_s),
        )
        if isinstance(query, SaveActivity) and interaction_id is not None:
            return replace(query, interaction=self._state.snapshots.interaction(interaction_id))
        return query

    def _ask(self, event: ev.QueryRequested) -> set[Asker | Answerer | Hook]:
        """Everybody who is asked it; the web hook is as soon as the event is durable."""
        query = event.query
        whose = (query.platform_id, query.agent_id)
        parties: set[Asker | Answerer | Hook] = {
            one for one, agents in tuple(self._askers.items()) if whose in agents and one.ask(query)
        }
        parties |= {one for one in self._answerers if one.answers(event)}
        hook = self._hooks.get(query.platform_id)
        if hook is not None and hook.takes(kind_of(query)):
            parties.add(hook)
        return parties

    def _veto(self, interaction_id: InteractionId | None) -> str:
        interaction = (
            self._state.snapshots.interaction(interaction_id) if interaction_id is not None else None
        )
        return self._vetoes.warning(interaction)

    def committed(self, batch: Batch) -> None:
        """Ask the web hooks what is durable now."""
        if not self._for_hooks:
            return
        for record in batch.records:
            one = self._open.get(self._for_hooks.pop(record.cursor, QueryId("")))
            if one is not None:
                self._ask_hook(self._hooks[one.query.platform_id], record, one.query)

    def _ask_hook(self, hook: Hook, event: Appended, query: AnyQuery) -> None:
        hook.ask(event, query, lambda reply: self.answer(reply, AnsweredBy.WEBHOOK, hook))

    # --- from those who answer

    def require_sight(self, query_id: QueryId, principal: Principal) -> None:
        """Raises RefusedError for a query that is unknown, late, or about somebody out of sight."""
        query = self._find(query_id).query
        if not principal.sees(query.platform_id, query.agent_id):
            raise _unknown(query_id)

    def answer(
        self, reply: AnyQueryReply, by: AnsweredBy, party: Asker | Answerer | Hook | None = None
    ) -> None:
        """Pass an answer on, or let one of those who were asked pass.

        Raises RefusedError for an unknown or late one, or of the wrong kind.
        """
        one = self._find(reply.query_id)
        if isinstance(reply, NoOpinion):
            self._passed(one, party)
            return
        wanted = ANSWERS[type(one.query)]
        if type(reply) is not wanted:
            kind = str(wanted.__struct_config__.tag)
            raise RefusedError(ErrorCode.INVALID_COMMAND, f"type: this query takes an answer of type {kind}")
        self._close(one, reply, QueryOutcome(by.value))

    def _find(self, query_id: QueryId) -> _Open:
        if not query_id:
            raise RefusedError(ErrorCode.INVALID_COMMAND, "query_id: is needed")
        found = self._open.get(query_id)
        if found is None:
            raise _unknown(query_id)
        return found

    def _passed(self, one: _Open, party: Asker | Answerer | Hook | None) -> None:
        """Somebody will not answer; with nobody left the default is the answer."""
        if party in one.asked:
            one.asked.remove(party)
            if not one.asked:
                self._close(one, None, QueryOutcome.DECLINED)

    # --- the end of a query

    def link_closed(self, link: Link) -> None:
        """The platform does not wait any more."""
        self._abandon([one for one in self._open.values() if one.link is link])

    def stop(self) -> None:
        """Answer everything by the default, now and from now on."""
        self._stopped = True
        self._abandon(list(self._open.values()))

    def _abandon(self, some: list[_Open]) -> None:
        for one in some:
            self._close(one, None, QueryOutcome.ABANDONED)

    def _expire(self, query_id: QueryId) -> None:
        self._close(self._open[query_id], None, QueryOutcome.EXPIRED)

    def _close(self, one: _Open, answer: AnyQueryAnswer | None, outcome: QueryOutcome) -> None:
        if self._open.pop(one.query.id, None) is None:
            return  # the link that it was for closed while others were being answered
        one.timer.cancel()
        if (hook := self._hooks.get(one.query.platform_id)) is not None:
            hook.forget(one.query.id)
        one.link.answer(one.token, answer)
        self._resolved(one.query, outcome)

    def _resolved(self, query: AnyQuery, outcome: QueryOutcome) -> None:
        by = _BY.get(outcome, AnsweredBy.DEFAULT)
        self._metrics.query(kind_of(query), outcome)
        log.info(
            "query resolved",
            platform=query.platform_id,
            agent=query.agent_id,
            query_id=query.id,
            kind=kind_of(query),
            outcome=outcome,
        )
        event = ev.QueryResolved(
            time=self._clock.now(),
            platform_id=query.platform_id,
            session_id=query.session_id,
            agent_id=query.agent_id,
            query=query,
            answered=by is not AnsweredBy.DEFAULT,
            by=by,
        )
        self._router.publish([event])


def _unknown(query_id: QueryId) -> RefusedError:
    return RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no open query {query_id}")
