"""What platforms ask the CRM: told to clients that said they answer it, answered by the default otherwise."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from msgspec.structs import replace

from adapters.dialect import Asked
from gateway.clock import Clock, TimerHandleLike
from gateway.ids import Minter
from gateway.links.link import Link
from gateway.router import Router
from gateway.state import State
from gateway.vetoes import veto
from schemas import events as ev
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId, PlatformId, QueryId
from schemas.queries import (
    AnyQuery,
    AnyQueryAnswer,
    DataAnswer,
    ItemsAnswer,
    KnowledgeArticle,
    KnowledgeFolder,
    KnowledgeSearch,
    RecordAnswer,
    RecordInfo,
    RecordOnScreen,
    SaveActivity,
    ScreenPop,
    TransferData,
    ValidateRecords,
    VerdictAnswer,
)
from schemas.results import ErrorCode

TIMEOUT_S: Final = 5.0
_ANSWERS: Final[dict[type[AnyQuery], type[AnyQueryAnswer]]] = {
    TransferData: DataAnswer,
    KnowledgeFolder: ItemsAnswer,
    KnowledgeSearch: ItemsAnswer,
    KnowledgeArticle: ItemsAnswer,
    RecordInfo: RecordAnswer,
    RecordOnScreen: RecordAnswer,
    SaveActivity: RecordAnswer,
    ValidateRecords: VerdictAnswer,
    ScreenPop: VerdictAnswer,
}


class Asker(Protocol):
    """A client of a dialect that has such questions of its own."""

    def ask(self, query: AnyQuery) -> bool:
        """Put it to the client; False if its dialect cannot."""
        ...


class Queries:
    """The open queries of this node."""

    def __init__(self, state: State, router: Router, clock: Clock, minter: Minter) -> None:
        self._state = state
        self._router = router
        self._clock = clock
        self._minter = minter
        self._open: dict[QueryId, tuple[AnyQuery, Link, str, TimerHandleLike]] = {}
        self._declared: Counter[str] = Counter()
        self._askers: dict[Asker, AgentId] = {}

    def declare(self, kinds: Sequence[str]) -> None:
        """A client says that it answers these kinds, from now on."""
        self._declared.update(kinds)

    def withdraw(self, kinds: Sequence[str]) -> None:
        """It does no longer."""
        self._declared.subtract(kinds)

    def add_asker(self, asker: Asker, agent_id: AgentId) -> None:
        """A client of a dialect is there for an agent."""
        self._askers[asker] = agent_id

    def remove_asker(self, asker: Asker) -> None:
        """It is gone."""
        self._askers.pop(asker, None)

    def asked(self, link: Link, asked: Asked) -> None:
        """A platform asks. Nobody to ask: the default, at once."""
        session_id = self._state.session_of(link.platform.id, asked.agent)
        interaction_id: InteractionId | None = None
        if asked.interaction_ref is not None:
            interaction_id = self._state.identify(session_id, asked.interaction_ref)
        now = self._clock.now()
        query = replace(
            asked.query,
            id=self._minter.query(),
            platform_id=link.platform.id,
            session_id=session_id,
            agent_id=AgentId(asked.agent),
            interaction_id=interaction_id,
            expires_at=now + timedelta(seconds=TIMEOUT_S),
        )
        if isinstance(query, ValidateRecords) and (veto := self._veto(interaction_id)):
            link.answer(asked.token, VerdictAnswer(query_id=query.id, yes=False, message=veto))
            return
        kind = str(query.__struct_config__.tag)
        heard = [one for one, agent in self._askers.items() if agent == query.agent_id and one.ask(query)]
        if not heard and self._declared[kind] <= 0:
            link.answer(asked.token, None)
            return
        timer = self._clock.call_later(TIMEOUT_S, lambda: self._expire(query.id))
        self._open[query.id] = (query, link, asked.token, timer)
        self._tell(ev.QueryRequested(time=now, platform_id=query.platform_id, query=query), query)

    def about(self, query_id: QueryId) -> tuple[PlatformId, AgentId]:
        """Whom an open query concerns. Raises RefusedError for an unknown or late one."""
        found = self._open.get(query_id)
        if found is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"there is no open query {query_id}")
        return found[0].platform_id, found[0].agent_id

    def answer(self, answer: AnyQueryAnswer) -> None:
        """Pass an answer on. Raises RefusedError for an unknown or late one, or of the wrong kind."""
        self.about(answer.query_id)
        query, link, token, timer = self._open[answer.query_id]
        if type(answer) is not _ANSWERS[type(query)]:
            wanted = str(_ANSWERS[type(query)].__struct_config__.tag)
            raise RefusedError(
                ErrorCode.INVALID_COMMAND, f"type: this query takes an answer of type {wanted}"
            )
        del self._open[answer.query_id]
        timer.cancel()
        link.answer(token, answer)
        self._resolved(query, answered=True)

    def _expire(self, query_id: QueryId) -> None:
        query, link, token, _ = self._open.pop(query_id)
        link.answer(token, None)
        self._resolved(query, answered=False)

    def _resolved(self, query: AnyQuery, *, answered: bool) -> None:
        now = self._clock.now()
        event = ev.QueryResolved(time=now, platform_id=query.platform_id, query=query, answered=answered)
        self._tell(event, query)

    def _tell(self, event: ev.AnyEvent, query: AnyQuery) -> None:
        self._router.publish([replace(event, session_id=query.session_id, agent_id=query.agent_id)])

    def _veto(self, interaction_id: InteractionId | None) -> str:
        interaction = self._state.interaction(interaction_id) if interaction_id is not None else None
        return veto(interaction, self._clock.now())
