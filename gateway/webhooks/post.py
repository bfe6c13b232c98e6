"""One attempt: a signed POST, and what came of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, NamedTuple

import aiohttp

from gateway.runtime.age import RunningTime
from gateway.security.redaction import clean
from gateway.store.deliveries import Attempt, Webhook
from gateway.webhooks import signature
from gateway.webhooks.egress import Egress
from gateway.webhooks.headers import hidden
from gateway.webhooks.payload import Message
from gateway.webhooks.schedule import retry_after_s
from schemas.errors import RefusedError
from schemas.ids import DeliveryId

MAX_RESPONSE: Final = 16 * 1024
GONE: Final = 410
_SUCCESS: Final = range(200, 300)
_REDIRECTS: Final = range(300, 400)


class Posted(NamedTuple):
    """What came of an attempt. `status` is None where there was no answer."""

    at: datetime
    duration_ms: int
    status: int | None
    error: str  # empty: delivered
    response: str
    retry_after_s: float | None

    def attempt(self, delivery_id: DeliveryId, number: int) -> Attempt:
        """For the log."""
        return Attempt(
            delivery_id=delivery_id,
            number=number,
            at=self.at,
            duration_ms=self.duration_ms,
            status=self.status,
            error=self.error,
            response=self.response,
        )


class Poster:
    """Sends with one client session."""

    def __init__(self, session: aiohttp.ClientSession, egress: Egress, time: RunningTime) -> None:
        self._session = session
        self._egress = egress
        self._time = time

    async def post(self, webhook: Webhook, message_id: str, message: Message) -> Posted:
        """Send once. Whatever goes wrong on the way is in what is returned."""
        now, begun = self._time.now(), self._time.monotonic()
        at = self._time.shown(now)
        signed = signature.headers(signature.signers(webhook, now), message_id, at, message.body)
        headers = {**webhook.headers, **message.headers, **signed}
        status, wait_s, response = None, None, ""
        try:
            status, wait_s, answer = await self._send(webhook.url, headers, message.body, at)
            response = clean(hidden(answer, webhook.headers.values()), MAX_RESPONSE)
            error = _judge(status)
        except TimeoutError:
            error = "no answer in time"
        except RefusedError as refused:
            error = refused.message
        except (aiohttp.ClientError, OSError, UnicodeError) as failure:
            error = clean(f"{type(failure).__name__}: {failure}", 500)
        duration_ms = round((self._time.monotonic() - begun) * 1000)
        return Posted(at, duration_ms, status, error, response, wait_s)

    async def _send(
        self, address: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[int, float | None, str]:
        async with posted(self._session, self._egress, address, headers, body) as response:
            answer = (await beginning(response, MAX_RESPONSE)).decode("utf-8", "replace")
            return response.status, retry_after_s(response.headers.get("Retry-After"), now), answer


def _judge(status: int) -> str:
    if status in _SUCCESS:
        return ""
    if status in _REDIRECTS:
        return f"answered {status}: redirects are not followed"
    return f"answered {status}"


@asynccontextmanager
async def posted(
    session: aiohttp.ClientSession, egress: Egress, address: str, headers: Mapping[str, str], body: bytes
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer to a POST, to an address that is checked first. Raises RefusedError."""
    url = egress.check(address)
    if url.scheme != "https":  # a name may have moved out of the private network since
        await egress.check_resolved(address)
    async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
        yield response


async def beginning(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    """The beginning of the answer; a longer one costs us the connection, not memory."""
    kept = b""
    while len(kept) < limit_bytes and (chunk := await response.content.read(limit_bytes - len(kept))):
        kept += chunk
    if not response.content.at_eof():
        response.close()
    return kept
