"""A connector's flow, carried out: each request with its deadline, and what its end means for the CRM.

A request that creates goes over a connection of its own. On one that was used before, a receiver that is gone
cannot be told from one that died over the request, and that request would be sent twice.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeVar

import aiohttp

from adapters.contract.crm import Answer, Flow, Request
from gateway.outbound.client import Client, Unreadable
from gateway.outbound.egress import Egress
from gateway.outbound.post import beginning
from gateway.outbound.schedule import retry_after_s
from gateway.runtime.clock import Clock, time_limit
from schemas.errors import MalformedFrame, RefusedError

T = TypeVar("T")
MAX_ANSWER: Final = 1024 * 1024
READS: Final = "GET"  # a method that changes nothing
_LIMITED: Final = frozenset({429, 503})
_SHUT: Final = frozenset({401, 403})
_UNCERTAIN: Final = frozenset({408, 409, 425})  # of a 4xx: it may be there, or come about yet
_OK: Final = range(200, 300)


class Failure(StrEnum):
    """What a failed attempt says."""

    DOWN = "down"  # of the CRM: no answer, or one that makes no sense
    LIMITED = "limited"  # of the CRM: too much for it
    SHUT = "shut"  # of our credentials: they are not taken
    REFUSED = "refused"  # of this activity alone


class CrmError(Exception):
    """A flow that did not come to its end. Nothing of what was answered is in its text."""

    def __init__(
        self, failure: Failure, text: str, *, unknown: bool = False, retry_after_s: float | None = None
    ) -> None:
        """`unknown`: what was to be written may be, or may be yet; `creating`: so what was to be created."""
        super().__init__(text)
        self.failure = failure
        self.text = text
        self.unknown = unknown
        self.retry_after_s = retry_after_s
        self.creating = False


class Sender(Protocol):
    """Whatever takes a request to a CRM."""

    async def send(self, request: Request) -> tuple[Answer, float | None]:
        """The answer, and after how many seconds it wants to be asked again.

        Raises TimeoutError, RefusedError, aiohttp.ClientError, OSError.
        """
        ...

    async def close(self) -> None:
        """End what is under way."""
        ...


class HttpSender:
    """Over HTTP, within what may be sent to."""

    def __init__(
        self,
        egress: Egress,
        clock: Clock,
        url: str,
        headers: Mapping[str, str],
        *,
        connection: str,
        timeout_s: float,
    ) -> None:
        self._egress = egress
        self._clock = clock
        self._base = url.rstrip("/")
        self._headers = dict(headers)
        self._connection = connection
        self._timeout_s = timeout_s
        self._client = Client(egress, None)

    async def send(self, request: Request) -> tuple[Answer, float | None]:
        """One request."""
        client = Client(self._egress, None) if request.creates else self._client
        try:
            async with time_limit(self._clock, self._timeout_s):
                return await self._sent(client, request)
        finally:
            if client is not self._client:
                await client.close()

    async def _sent(self, client: Client, request: Request) -> tuple[Answer, float | None]:
        headers = {"accept": "application/json", **self._headers}
        if request.body:
            headers["content-type"] = request.content_type
        address = self._base + request.path
        async with client.post(address, headers, request.body, self._connection, request.method) as response:
            after_s = retry_after_s(response.headers.get("Retry-After"), self._clock.now())
            body = await beginning(response, MAX_ANSWER + 1)
            if len(body) > MAX_ANSWER:
                raise MalformedFrame("crm", "answer", f"more than {MAX_ANSWER} bytes")
            return Answer(response.status, body), after_s

    async def close(self) -> None:
        """End what is under way."""
        await self._client.close()


async def _nothing() -> None:
    pass


async def run(flow: Flow[T], sender: Sender, begins: Callable[[], Awaitable[None]] = _nothing) -> T:
    """What a flow comes to. `begins` is awaited before the request that creates. Raises CrmError."""
    creating = created = False  # the request that creates is sent, was answered well
    try:
        request = next(flow)
        while True:
            if request.creates:
                await begins()
                creating = True
            answer = await _asked(request, sender)
            created = creating
            request = flow.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result
    except MalformedFrame as error:
        wrong = CrmError(Failure.DOWN, f"it answers wrongly: {error.what}", unknown=creating)
        wrong.creating = creating
        raise wrong from error
    except CrmError as error:
        error.creating, error.unknown = creating, error.unknown or created
        raise
    finally:
        flow.close()


async def _asked(request: Request, sender: Sender) -> Answer:
    try:
        answer, after_s = await sender.send(request)
    except TimeoutError as error:
        raise CrmError(Failure.DOWN, "no answer in time", unknown=request.method != READS) from error
    except Unreadable as error:
        text = f"answered {error.status}, unreadably"
        raise CrmError(Failure.DOWN, text, unknown=request.method != READS) from error
    except RefusedError as refused:  # our own guard: nothing was sent
        raise CrmError(Failure.DOWN, refused.message) from refused
    except aiohttp.ClientConnectorError as error:  # likewise
        raise CrmError(Failure.DOWN, f"cannot be reached: {type(error).__name__}") from error
    except (aiohttp.ClientError, OSError, UnicodeError) as error:
        raise CrmError(Failure.DOWN, type(error).__name__, unknown=request.method != READS) from error
    if answer.status in _OK or answer.status in request.takes:
        return answer
    raise judged(answer.status, after_s, writes=request.method != READS)


def judged(status: int, after_s: float | None, *, writes: bool) -> CrmError:
    """What a status other than success means."""
    text = f"answered {status}"
    if status in _SHUT:
        return CrmError(Failure.SHUT, text)
    if status in _LIMITED:
        unknown = writes and status != 429  # noqa: PLR2004  # a limit is told before anything is done
        return CrmError(Failure.LIMITED, text, unknown=unknown, retry_after_s=after_s)
    if 400 <= status < 500:  # noqa: PLR2004  # the client's mistakes
        if status in _UNCERTAIN:
            return CrmError(Failure.DOWN, text, unknown=writes)
        return CrmError(Failure.REFUSED, text)
    return CrmError(Failure.DOWN, text, unknown=writes)


def too_late(at: datetime, now: datetime, life_s: float) -> bool:
    """Whether something that was news then is none any more."""
    return (now - at).total_seconds() > life_s
