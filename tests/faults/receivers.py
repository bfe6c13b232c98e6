"""Web-hook receivers: real servers that verify, drop what they know, and misbehave by script.

Signatures are verified with the package `standardwebhooks`. A receiver of a gateway whose clock jumps has
another time than it: it checks the signature only, and does not judge whether a live event is still of use.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import ClientSession, web
from standardwebhooks import Webhook, WebhookVerificationError

from tests.faults.notes import SHORT_LIVED, Event, Followed, Notes, Order
from tests.faults.subscribers import read

TYPES: Final = ("interaction.", "command.", "needinfo.")
HERE: Final = "127.0.0.1"
THERE: Final = "127.0.0.2"  # where a receiver may move to
_REFUSED: Final = range(400, 429)

# What becomes of the `attempt`th attempt (from 1) at an event: None takes it in the ordinary way.
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Script = Callable[[Event, int], Answer | None]


@dataclass(frozen=True)
class Hook:
    """A web hook, and what its receiver does."""

    script: Script
    order: Order = Order.INTERACTION
    never: str = ""  # the type that the script refuses for good
    agents: frozenset[str] = frozenset()  # whose events it asks for; none: all
    host: str = HERE
    types: tuple[str, ...] = TYPES


class _Envelope(msgspec.Struct):
    data: msgspec.Raw
    type: str
    expirytime: datetime | None = None


_envelope: Final = msgspec.json.Decoder(_Envelope).decode


def well(_event: Event, _attempt: int) -> Answer | None:
    """A receiver that does as it should."""
    return None


def answering(status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Answer:
    """Refuses with that status."""

    async def refuse(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers, text=status.phrase)

    return refuse


async def hang(request: web.Request) -> web.StreamResponse:
    """Never answers; the gateway gives up."""
    await asyncio.Event().wait()
    return await answering(HTTPStatus.GATEWAY_TIMEOUT)(request)


async def break_off(request: web.Request) -> web.StreamResponse:
    """Closes in the middle of the body."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"beginning")
    if request.transport is not None:
        request.transport.abort()
    return response


class Receiver:
    """One subscriber's server."""

    def __init__(self, name: str, notes: Notes, hook: Hook, *, on_time: bool = True) -> None:
        self.followed = Followed(
            name, by_cursor=False, types=hook.types, agents=hook.agents, never=hook.never, order=hook.order
        )
        self.webhook_id = ""
        self.came_to: Counter[str] = Counter()  # requests, by our address
        self.attempts: Counter[str] = Counter()
        self.elsewhere = 0  # requests to where it redirects
        self._notes = notes
        self._hook = hook
        self._on_time = on_time
        self._known: set[str] = set()
        self._secret = ""
        self._port = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Serve, on the same port as before if there was one. Returns the port."""
        app = web.Application(client_max_size=1 << 24)
        app.router.add_post("/hook", self._receive)
        app.router.add_post("/elsewhere", self._redirected)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HERE, self._port, reuse_address=True).start()
        self._port = int(self._runner.addresses[0][1])
        return self._port

    async def serve_there(self) -> None:
        """Serve at the other address as well."""
        if self._runner is None:
            raise RuntimeError("it does not serve")
        await web.TCPSite(self._runner, THERE, self._port, reuse_address=True).start()

    async def stop(self) -> None:
        """Die: what is under way breaks off, and nobody listens any more."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def subscribe(self, http: ClientSession, gateway: str, port: int) -> None:
        """Make the webhook. `port` is where the gateway reaches the receiver."""
        wanted = {
            "url": f"http://{self._hook.host}:{port}/hook",
            "name": self.followed.name,
            "events": [f"{one}*" for one in self._hook.types],
            "agent_ids": sorted(self._hook.agents),
            "order": self._hook.order,
        }
        async with http.post(f"{gateway}/v1/webhooks", json=wanted, raise_for_status=True) as response:
            made: dict[str, Any] = await response.json()
        self._secret = made["secret"]
        self.webhook_id = made["webhook"]["id"]

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if not self._verified(body, request.headers):
            self._notes.unmet.append(f"{self.followed.name} got a request with a wrong signature")
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        envelope = _envelope(body)
        if envelope.type.endswith("webhook.test"):
            return web.Response(status=HTTPStatus.NO_CONTENT)
        event = read(bytes(envelope.data))
        if request.transport is not None:
            self.came_to[request.transport.get_extra_info("sockname")[0]] += 1
        self.attempts[event.id] += 1
        answer = self._hook.script(event, self.attempts[event.id])
        if answer is None:
            self._take(event, envelope.expirytime)
            return web.Response(status=HTTPStatus.NO_CONTENT)
        if answer is break_off:  # 2xx is its word, whatever comes of the body
            self._take(event, envelope.expirytime)
        told = await answer(request)
        if told.status in _REFUSED:
            self.followed.refused.setdefault(event.id, len(self.followed.events))
        return told

    def _take(self, event: Event, until: datetime | None) -> None:
        """At least once: what is known is dropped."""
        if event.id in self._known:
            return
        self._known.add(event.id)
        self.followed.events.append(event)
        if event.type in SHORT_LIVED and not (self._on_time and until and datetime.now(UTC) > until):
            self.followed.in_time.add(event.id)

    def _verified(self, body: bytes, headers: Mapping[str, str]) -> bool:
        webhook = Webhook(self._secret)
        if self._on_time:
            with suppress(WebhookVerificationError):
                webhook.verify(body, dict(headers.items()))
                return True
            return False
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        return webhook.sign(headers["webhook-id"], at, body.decode()) in headers["webhook-signature"].split()

    async def _redirected(self, _request: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response(status=HTTPStatus.NO_CONTENT)
