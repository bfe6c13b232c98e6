"""A platform's queries put to a web hook: one signed POST, and its response is the answer.

The body is the event `query.requested` in the form that deliveries have, signed as they are. It is sent once
the event is durable, and never again. A response of 200 holds the answer; 204 leaves it to others. Anything
else is as good as 204 for the platform, and is told in metrics and the log, where nothing stands of what the
response says: it holds customers' data.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import aiohttp
import msgspec
import structlog
from msgspec.structs import replace

from gateway.outbound import payload, signature
from gateway.outbound.client import Client, in_words
from gateway.outbound.egress import Egress
from gateway.outbound.post import beginning
from gateway.outbound.standby import Standby
from gateway.platforms.config import PlatformConfig, QueryHookConfig
from gateway.runtime.clock import Clock, time_limit
from gateway.runtime.frames import check
from gateway.runtime.tasks import Tasks
from gateway.store.base import Appended
from gateway.telemetry import tracing
from gateway.telemetry.metrics import HookOutcome, Metrics
from gateway.telemetry.redaction import clean
from schemas.errors import ConfigError, MalformedFrame, RefusedError
from schemas.ids import PlatformId, QueryId
from schemas.queries import ANSWERS, AnyQuery, AnyQueryReply, NoOpinion, QueryKind, kind_of

MAX_ANSWER: Final = 64 * 1024
_OK: Final = 200
_NO_CONTENT: Final = 204
_LONGEST_REASON: Final = 500
_WELL: Final = frozenset({HookOutcome.ANSWERED, HookOutcome.NO_OPINION, HookOutcome.LATE})
_decode: Callable[[bytes], AnyQueryReply] = msgspec.json.Decoder(AnyQueryReply).decode
log = structlog.get_logger("trunkline.queries")


def check_addresses(platforms: Mapping[PlatformId, PlatformConfig], egress: Egress) -> None:
    """Raises ConfigError for a web hook that may not be sent to, or names a connection that there is not."""
    wrong: list[str] = []
    for platform_id, platform in platforms.items():
        if platform.queries.webhook is not None:
            try:
                egress.check(platform.queries.webhook.url)
            except RefusedError as refused:
                wrong.append(f"platforms.{platform_id}.queries.webhook.url: {refused.message}")
            try:
                egress.profiles.get(platform.queries.webhook.connection or "")
            except RefusedError as refused:
                wrong.append(f"platforms.{platform_id}.queries.webhook.{refused.message}")
    if wrong:
        raise ConfigError("\n".join(wrong))


class HookParts(NamedTuple):
    """What all hooks share."""

    client: Client  # one without a time-out of its own
    clock: Clock
    metrics: Metrics
    tasks: Tasks
    at_once: int  # queries under way, per hook
    standby: Standby


class QueryHook:
    """One platform's."""

    def __init__(self, platform_id: PlatformId, config: QueryHookConfig, parts: HookParts) -> None:
        self._platform_id = platform_id
        self._config = config
        self._parts = parts
        self._signers = (signature.by_secret(config.secret.get_secret_value()),)
        self._under_way: dict[QueryId, Callable[[], object]] = {}  # and how to end it

    def takes(self, kind: QueryKind) -> bool:
        """Whether it is asked queries of that kind. On standby it is asked nothing."""
        wanted = self._config.kinds is None or kind in self._config.kinds
        return wanted and not self._parts.standby.on

    def ask(self, event: Appended, query: AnyQuery, on_reply: Callable[[AnyQueryReply], None]) -> None:
        """Send it the event. `on_reply` is called once, unless it is told to forget the query."""
        if len(self._under_way) >= self._parts.at_once:
            self._note(query, HookOutcome.BUSY, None, "")
            on_reply(NoOpinion(query_id=query.id))
            return
        cancel = self._parts.tasks.start(self._ask(event, query, on_reply), f"query {query.id}")
        self._under_way[query.id] = cancel

    def forget(self, query_id: QueryId) -> None:
        """Its reply is of no use any more."""
        cancel = self._under_way.pop(query_id, None)
        if cancel is not None:
            cancel()

    async def _ask(self, event: Appended, query: AnyQuery, on_reply: Callable[[AnyQueryReply], None]) -> None:
        reply: AnyQueryReply = NoOpinion(query_id=query.id)
        outcome, status, why = HookOutcome.FAILED, None, ""
        try:
            async with time_limit(self._parts.clock, self._config.timeout_s):
                status, body = await self._post(event, query)
            reply = read(status, body, query)
            outcome = HookOutcome.NO_OPINION if isinstance(reply, NoOpinion) else HookOutcome.ANSWERED
        except asyncio.CancelledError:
            outcome = HookOutcome.LATE
            raise
        except TimeoutError:
            outcome = HookOutcome.TIMED_OUT
        except MalformedFrame as error:
            why = error.what
        except RefusedError as refused:
            why = refused.message
        except (aiohttp.ClientError, OSError, UnicodeError) as failure:
            why = clean(in_words(failure), _LONGEST_REASON)
        finally:
            self._under_way.pop(query.id, None)
            self._note(query, outcome, status, why)
        on_reply(reply)

    async def _post(self, event: Appended, query: AnyQuery) -> tuple[int, bytes]:
        parts = self._parts
        about = payload.head(event.body)
        body = payload.envelope(event, about, query.expires_at)
        signed = signature.headers(self._signers, about.id, parts.clock.now(), body)
        kind = payload.CONTENT_TYPES[self._config.content_type]
        headers = {"content-type": kind, **signed, **tracing.of_event(about.id)}
        connection = self._config.connection or ""
        async with parts.client.post(self._config.url, headers, body, connection) as response:
            return response.status, await beginning(response, MAX_ANSWER + 1)

    def _note(self, query: AnyQuery, outcome: HookOutcome, status: int | None, why: str) -> None:
        self._parts.metrics.query_hook(self._platform_id, outcome)
        level = log.info if outcome in _WELL else log.warning
        level(
            "query web hook",
            platform=self._platform_id,
            query_id=query.id,
            kind=kind_of(query),
            outcome=outcome,
            status=status,
            why=why,
        )


def configured(
    platforms: Mapping[PlatformId, PlatformConfig], parts: HookParts
) -> dict[PlatformId, QueryHook]:
    """The hooks that the platforms have."""
    return {
        platform_id: QueryHook(platform_id, platform.queries.webhook, parts)
        for platform_id, platform in platforms.items()
        if platform.queries.webhook is not None
    }


def read(status: int, body: bytes, query: AnyQuery) -> AnyQueryReply:
    """What a response means. Raises MalformedFrame for what is no reply to that query."""
    if status == _NO_CONTENT:
        return NoOpinion(query_id=query.id)
    if status != _OK:
        raise _no_reply("another status than 200 and 204")
    if len(body) > MAX_ANSWER:
        raise _no_reply(f"more than {MAX_ANSWER} bytes")
    try:
        check(body)
        reply = _decode(body)
    except msgspec.DecodeError as error:  # what it says of a value may be a customer's
        raise _no_reply("the body is not an answer") from error
    if reply.query_id not in ("", query.id):
        raise _no_reply("query_id is another query's")
    wanted = ANSWERS[type(query)]
    if not isinstance(reply, NoOpinion | wanted):
        raise _no_reply(f"this query takes an answer of type {wanted.__struct_config__.tag}")
    return replace(reply, query_id=query.id)


def _no_reply(what: str) -> MalformedFrame:
    return MalformedFrame("web hook", "response", what)
