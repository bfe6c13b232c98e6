"""One attempt: a signed POST, and what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

import aiohttp

from gateway.clock import Clock
from gateway.outbound import signature
from gateway.outbound.client import Client
from gateway.outbound.headers import hidden
from gateway.outbound.payload import Message
from gateway.outbound.schedule import retry_after_s
from gateway.security.redaction import clean
from gateway.store.deliveries import Attempt, Webhook
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
    """Sends to one receiver."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def post(self, webhook: Webhook, message_id: str, message: Message) -> Posted:
        """Send once. Whatever goes wrong on the way is in what is returned."""
        at, begun = self._clock.now(), self._clock.monotonic()
        signed = signature.headers(signature.signers(webhook, at), message_id, at, message.body)
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
        duration_ms = round((self._clock.monotonic() - begun) * 1000)
        return Posted(at, duration_ms, status, error, response, wait_s)

    async def _send(
        self, address: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> tuple[int, float | None, str]:
        async with self._client.post(address, headers, body) as response:
            answer = (await beginning(response, MAX_RESPONSE)).decode("utf-8", "replace")
            return response.status, retry_after_s(response.headers.get("Retry-After"), now), answer


def _judge(status: int) -> str:
    if status in _SUCCESS:
        return ""
    if status in _REDIRECTS:
        return f"answered {status}: redirects are not followed"
    return f"answered {status}"


async def beginning(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    """The beginning of the answer; a longer one costs us the connection, not memory."""
    kept = b""
    while len(kept) < limit_bytes and (chunk := await response.content.read(limit_bytes - len(kept))):
        kept += chunk
    if not response.content.at_eof():
        response.close()
    return kept
