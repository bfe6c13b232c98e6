"""Requests to one gateway: who asks, when to ask again, and what an answer that is a refusal becomes.

Asked again is only what may be: what reads, what changes nothing if it comes twice, and what has a key. The
key of a request is chosen before the first try and is the same in all of them.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, NamedTuple, TypeVar

import msgspec
from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, hdrs

from trunkline_client.errors import ProblemError, UnansweredError, UnreachableError, problem

Credential = str | Callable[[], Awaitable[str]]
Query = Mapping[str, str] | list[tuple[str, str]]
T = TypeVar("T")

FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 15.0
CONNECT_S: Final = 10.0
ANSWER_S: Final = 30.0  # beside what the gateway was asked to wait for
_AGAIN: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_encode: Final = msgspec.json.Encoder().encode


class Reply(NamedTuple):
    """An answer that is no refusal."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Pauses:
    """How long to wait before another try: longer and longer, and never all at the same time."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def next(self, told_s: float | None = None) -> float:
        """Seconds; at least as long as we were told."""
        pause_s = random.uniform(self._next_s / 2, self._next_s)  # noqa: S311  # to spread, not to hide
        self._next_s = min(2 * self._next_s, LONGEST_PAUSE_S)
        return max(pause_s, told_s or 0.0)

    def reset(self) -> None:
        """It went well."""
        self._next_s = FIRST_PAUSE_S


class Connection:
    """One gateway, and who we are to it."""

    def __init__(
        self,
        url: str,
        credential: Credential,
        session: ClientSession,
        *,
        patience_s: float,
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self.url = url.rstrip("/")
        self.session = session
        self.pause = pause
        self.renewable = not isinstance(credential, str)
        self._credential = credential
        self._shown: str | None = credential if isinstance(credential, str) else None
        self._patience_s = patience_s
        self._ahead = timedelta()  # of the gateway's clock

    async def authorization(self) -> dict[str, str]:
        """The header that says who we are; none without a key."""
        if self._shown is None and not isinstance(self._credential, str):
            self._shown = await self._credential()
        return {hdrs.AUTHORIZATION: f"Bearer {self._shown}"} if self._shown else {}

    def refused(self) -> bool:
        """What we showed is over. Whether there may be another one."""
        if self.renewable:
            self._shown = None
        return self.renewable

    def now(self) -> datetime:
        """The time by the gateway's clock, to a second."""
        return datetime.now(UTC) + self._ahead

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        again: bool | None = None,
        wait_s: float = 0.0,
        key: str = "",
    ) -> Reply:
        """Ask, and again where that is safe and may help.

        `again`: whether it may be done twice; by default if it reads, or has a `key`. Raises ProblemError,
        UnreachableError, UnansweredError.
        """
        safe = method in {hdrs.METH_GET, hdrs.METH_HEAD} or bool(key) if again is None else again
        named = {"Idempotency-Key": key} if key else {}
        data = None if body is None else body if isinstance(body, bytes) else _encode(body)
        until_s = time.monotonic() + self._patience_s
        pauses, renewed, went_out = Pauses(), False, False
        while True:
            told_s: float | None = None
            failure: UnreachableError | UnansweredError | ProblemError
            try:
                reply = await self._once(method, path, query, data, {**(headers or {}), **named}, wait_s)
                if reply.status < HTTPStatus.MULTIPLE_CHOICES or reply.status == HTTPStatus.NOT_MODIFIED:
                    return reply
                told_s = retry_after_s(reply.headers)
                failure = problem(reply.status, reply.body, told_s)
                if reply.status == HTTPStatus.UNAUTHORIZED and not renewed and self.refused():
                    renewed = True
                    continue
                if reply.status not in _AGAIN or not safe:
                    raise failure
            except ClientConnectorError as error:
                failure = UnreachableError(f"{self.url}: {error.strerror or error}")
                failure.__cause__ = error
            except (ClientError, TimeoutError, OSError) as error:
                went_out = True
                failure = UnansweredError(f"{method} {path}", key)
                failure.__cause__ = error
                if not safe:
                    raise failure from error
            pause_s = pauses.next(told_s)
            if time.monotonic() + pause_s > until_s:
                if went_out and not isinstance(failure, UnansweredError):
                    raise UnansweredError(f"{method} {path}", key) from failure
                raise failure
            await self.pause(pause_s)

    async def _once(
        self,
        method: str,
        path: str,
        query: Query | None,
        data: bytes | None,
        headers: Mapping[str, str],
        wait_s: float,
    ) -> Reply:
        sent = {**headers, **await self.authorization()}
        if data is not None:
            sent.setdefault(hdrs.CONTENT_TYPE, "application/json")
        async with self.session.request(
            method,
            self.url + path,
            params=query,
            data=data,
            headers=sent,
            timeout=ClientTimeout(total=ANSWER_S + wait_s, sock_connect=CONNECT_S),
            allow_redirects=False,  # a key is shown to nobody else
        ) as response:
            self.heard(response.headers)
            return Reply(response.status, response.headers, await response.read())

    def heard(self, headers: Mapping[str, str]) -> None:
        """What time it is there."""
        with suppress(KeyError, ValueError, TypeError):
            self._ahead = parsedate_to_datetime(headers[hdrs.DATE]) - datetime.now(UTC)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds, where they are told."""
    with suppress(KeyError, ValueError):
        return max(0.0, float(headers[hdrs.RETRY_AFTER]))
    return None


async def rest(pause_s: float) -> None:
    """The pause before another try."""
    await asyncio.sleep(pause_s)
