"""South: what connections have in common over which several agents are signed in. Sans-IO.

Signing in has deadlines and pauses (adapters.kit.sign_ins); a request is remembered until it is answered
(adapters.kit.replies), and may end interactions (adapters.kit.end_causes). Ready comes when no agent is
waited for any more. What each frame means, the dialect says. With pages, `relayed` is the like of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar

from adapters.contract.dialect import PlatformOutput, Ready, Send
from adapters.kit.end_causes import Endings
from adapters.kit.handshake import earliest
from adapters.kit.reading import Mended, Remarks
from adapters.kit.replies import Requests
from adapters.kit.sign_ins import SignIns
from schemas.ids import AgentId, Ref
from schemas.observations import Noticed
from schemas.queries import AnyQueryAnswer

OURS: Final = 0  # the call id of what nobody but the connection waits for
NOT_ANSWERED: Final = "not-answered"


@dataclass(slots=True)
class Waiting:
    """What a connection keeps of a request."""

    call_id: int
    agent: Ref


WaitingT = TypeVar("WaitingT", bound=Waiting)


class Dialled(ABC, Generic[WaitingT]):
    """PlatformConnection but for the dialect's own. Nothing is asked of the CRM, or can be asked anew.

    `agents` are signed in at once. One that is given up is tried again after a pause.
    """

    def __init__(self, agents: Iterable[AgentId], first_pause: timedelta, longest_pause: timedelta) -> None:
        self._agents = [Ref(agent) for agent in agents]
        self._had: set[Ref] = set()  # agents that had a session by us: theirs may be taken over
        self._sign_ins = SignIns(first_pause, longest_pause)
        self._ready = False
        self._requests: Requests[WaitingT] = Requests()
        self._sent = 0
        self._endings = Endings()
        self._mended = Mended()  # in the frame that is being read
        self._remarks = Remarks()
        self.remarks = self._remarks.take
        self._now = datetime.min.replace(tzinfo=UTC)  # when something last happened

    @abstractmethod
    def _ask_for_session(self, agent: Ref, now: datetime, *, take_over: bool) -> Send:
        """Begin to sign the agent in, and say what he waits for."""

    @abstractmethod
    def _let_go(self, agent: Ref) -> None:
        """Forget the agent's session, if there is one that did not get ready."""

    def opened(self, now: datetime) -> Sequence[PlatformOutput]:
        """Sign the agents in."""
        self._now = now
        overdue = self._endings.clear()
        self._requests.clear()
        self._ready = False
        self._sign_ins.begin(self._agents, now)
        return [*overdue, *self._sign_in(now), *self._whether_ready()]

    def refresh(self, now: datetime) -> Sequence[PlatformOutput]:
        """Nothing: only a session that starts is told what there is."""
        del now
        return ()

    def forget(self, call_id: int) -> None:
        """Drop the answer of a call, should it still come."""
        self._endings.forget(call_id)
        for request in self._requests:
            if request.about.call_id == call_id:
                self._requests.forget(request, self._now)

    def answer(self, token: str, answer: AnyQueryAnswer | None) -> Sequence[PlatformOutput]:  # noqa: ARG002
        """Such a platform asks nothing, so there is nothing to answer."""
        return ()

    def due(self) -> datetime | None:
        """When an agent or an end has waited long enough, or an agent is to be tried again."""
        return earliest(self._sign_ins.due(), self._endings.due())

    def advance(self, now: datetime) -> Sequence[PlatformOutput]:
        """Give up who has waited long enough, try those again who have rested, tell what was held back."""
        self._now = now
        out: list[PlatformOutput] = [*self._endings.advance(now), *self._sign_in(now)]
        for agent, waited_for in self._sign_ins.overdue(now):  # until the next try a late answer is welcome
            message = f"{waited_for} did not come in time"
            out.append(Noticed(agent=agent, code=NOT_ANSWERED, message=message, error=True))
        return [*out, *self._whether_ready()]

    def _sign_in(self, now: datetime) -> Iterator[Send]:
        """Those whose time it is; what is left of an earlier attempt is forgotten."""
        for agent in self._sign_ins.rested(now):
            for request in self._requests:
                if request.about.call_id == OURS and request.about.agent == agent:
                    self._requests.forget(request, now)
            self._let_go(agent)
            yield self._ask_for_session(agent, now, take_over=agent in self._had)

    def _whether_ready(self) -> list[PlatformOutput]:
        if self._ready or not self._sign_ins.over:
            return []
        self._ready = True
        return [Ready()]
