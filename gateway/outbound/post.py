"""One attempt: a signed POST, and what came of it."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Final, NamedTuple, Self

import aiohttp
import structlog

from gateway.outbound import signature
from gateway.outbound.client import Client, Unreadable, in_words
from gateway.outbound.headers import hidden
from gateway.outbound.payload import Message
from gateway.outbound.schedule import retry_after_s
from gateway.runtime.age import RunningTime
from gateway.store.deliveries import Attempt, Webhook
from gateway.telemetry.redaction import clean
from schemas.errors import RefusedError, StoreError
from schemas.ids import DeliveryId

MAX_RESPONSE: Final = 16 * 1024
GONE: Final = 410
RETRY: Final = "Webhook-Retry"  # of an answer: whether there is to be a further attempt
_NOT_AGAIN: Final = frozenset({"no", "false", "0"})
NO_ANSWER: Final = "no answer in time"
_BODY_S: Final = 2.0  # for the body, once there is a status
_log = structlog.get_logger("trunkline.webhooks")
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
    final: bool = False  # the receiver wants no further attempt at this one

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


class Unexpected:
    """Takes whatever goes wrong within it, and keeps it: an attempt ends no more than itself."""

    error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        return True

    @property
    def of_store(self) -> bool:
        """Whether only the store took or gave nothing, which passes and is told by the store itself."""
        error = self.error
        return isinstance(error, StoreError) or (
            isinstance(error, ExceptionGroup) and error.split(StoreError)[1] is None
        )

    def tell(self, event: str, **about: str) -> None:
        """Log it: an error of ours with where it was, trouble of the store in one line."""
        if self.of_store:
            _log.warning(event, **about, why=str(self.error))
        else:
            _log.error(event, **about, exc_info=self.error)


class Poster:
    """Sends to one receiver."""

    def __init__(self, client: Client, time: RunningTime) -> None:
        self._client = client
        self._time = time
        self._signing = signature.Signing()

    async def post(self, webhook: Webhook, message_id: str, message: Message) -> Posted:
        """Send once. Whatever goes wrong on the way is in what is returned."""
        at, begun = self._time.clock.now(), self._time.monotonic()
        answer = Answer()
        with Unexpected() as unexpected:
            signers = self._signing.at(webhook, self._time.now)
            await self._send(webhook, message_id, message, signers, at, answer)
        if unexpected.error is not None and answer.status is None:
            answer.error = f"unexpected: {type(unexpected.error).__name__}"
            _log.error("attempt failed unexpectedly", webhook_id=webhook.id, exc_info=unexpected.error)
        duration_ms = round((self._time.monotonic() - begun) * 1000)
        error = answer.error if answer.status is None else _judge(answer.status)
        return Posted(at, duration_ms, answer.status, error, answer.text, answer.retry_after_s, answer.final)

    async def _send(
        self,
        webhook: Webhook,
        message_id: str,
        message: Message,
        signers: Iterable[signature.Signer],
        at: datetime,
        answer: "Answer",
    ) -> None:
        signed = signature.headers(signers, message_id, at, message.body)
        headers = {**webhook.headers, **message.headers, **signed, **message.trace}
        try:
            async with self._client.post(webhook.url, headers, message.body, webhook.connection) as response:
                answer.status = response.status
                if answer.status not in _SUCCESS:
                    answer.retry_after_s = retry_after_s(response.headers.get("Retry-After"), at)
                    answer.final = response.headers.get(RETRY, "").strip().lower() in _NOT_AGAIN
                if body := await told(response, MAX_RESPONSE):
                    text = hidden(body.decode("utf-8", "replace"), webhook.headers.values())
                    answer.text = clean(text, MAX_RESPONSE)
        except Unreadable as error:
            answer.status = error.status
        except TimeoutError:
            answer.error = NO_ANSWER
        except RefusedError as refused:
            answer.error = refused.message
        except (aiohttp.ClientError, OSError, UnicodeError) as failure:
            answer.error = clean(in_words(failure), 500)


class Answer:
    """What is known of one, as far as it came: a status is an answer, whatever follows it."""

    status: int | None = None
    retry_after_s: float | None = None
    text = ""
    error = ""
    final = False


def _judge(status: int) -> str:
    if status in _SUCCESS:
        return ""
    if status in _REDIRECTS:
        return f"answered {status}: redirects are not followed"
    return f"answered {status}"


async def told(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    """The beginning of an answer's body, of which nothing depends: as much as comes whole, and soon."""
    if response.content.at_eof():  # there is none, or it was read
        return b""
    try:
        if response.content.is_eof():  # it came with its head
            return await beginning(response, limit_bytes)
        async with asyncio.timeout(_BODY_S):
            return await beginning(response, limit_bytes)
    except (aiohttp.ClientError, OSError, TimeoutError):
        response.close()
        return b""


async def beginning(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    """The beginning of the answer; a longer one costs us the connection, not memory."""
    kept = b""
    while len(kept) < limit_bytes and (chunk := await response.content.read(limit_bytes - len(kept))):
        kept += chunk
    if not response.content.at_eof():
        response.close()
    return kept
