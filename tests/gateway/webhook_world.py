"""A subscriber's server on this machine, and everything that delivers to it, with a clock that we turn."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from gateway.config import Config
from gateway.store.base import Appended, Store
from gateway.store.deliveries import Delivery, DeliveryState
from gateway.store.memory import MemoryStore
from gateway.telemetry.metrics import Metrics
from gateway.webhooks.delivery import Deliverer
from gateway.webhooks.subscriptions import Subscriptions, WebhookSpec
from schemas.events import TAGS, AnyEvent
from schemas.ids import Cursor, EventId, WebhookId
from tests.fakes import FakeClock, until
from tests.patience import PATIENCE_S

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Received:
    """One request, as it came."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self.headers = dict(request.headers)
        self.path = request.path
        self.body = body

    @property
    def event(self) -> int:
        """The cursor of the event inside."""
        return int(msgspec.json.decode(self.body)["data"]["cursor"])


class Receiver:
    """A subscriber's server. `answers` says what it answers, by path; 204 where it says nothing."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[Received] = asyncio.Queue()
        self.answers: dict[str, Answer | int] = {}
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Keep the request; answer as told."""
        await self.got.put(Received(request, await request.read()))
        answer = self.answers.get(request.path, 204)
        return web.Response(status=answer) if isinstance(answer, int) else await answer(request)

    async def next(self) -> Received:
        """The next request."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.got.get()

    async def events(self, count: int) -> list[int]:
        """The cursors in the next requests."""
        return [(await self.next()).event for _ in range(count)]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    made = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        made.url = f"http://{host}:{port}"
        yield made
    finally:
        await runner.cleanup()


class World:
    """A store, a deliverer, its administration and a clock."""

    def __init__(self, store: Store, clock: FakeClock, config: Config | None = None) -> None:
        self.store = store
        self.clock = clock
        self.metrics = Metrics()
        self.chance = 0.5
        self.told: list[AnyEvent] = []
        self.deliverer = Deliverer(
            *(store, clock, None, config or Config(), self.metrics),
            publish=self.publish,
            chance=lambda: self.chance,
        )
        self.subscriptions = Subscriptions(store, clock, self.deliverer, 100)

    async def happen(
        self, *interactions: str, kind: str = "interaction.held", platform: str = "sales", agent: str = "anna"
    ) -> None:
        """Journal an event for each interaction named, as the router does."""
        first = self.store.last_cursor() + 1
        events = []
        for cursor, interaction in enumerate(interactions, first):
            body = {
                "type": kind,
                "id": f"evt_{cursor}",
                "cursor": cursor,
                "time": self.clock.now(),
                "sequence": cursor,
            }
            events.append(
                Appended(Cursor(cursor), kind, platform, "s1", agent, interaction, msgspec.json.encode(body))
            )
        self.store.append(events, self.deliverer.committed)
        await self.store.barrier()

    def publish(self, events: Iterable[AnyEvent]) -> None:
        """Journal events of the gateway itself, as the router does."""
        for event in events:
            cursor = Cursor(self.store.last_cursor() + 1)
            made = msgspec.structs.replace(event, id=EventId(f"evt_{cursor}"), cursor=cursor)
            self.told.append(made)
            kind, body = TAGS[type(made)], msgspec.json.encode(made)
            self.store.append(
                [Appended(cursor, kind, made.platform_id, "", "", "", body)], self.deliverer.committed
            )

    async def subscribe(self, url: str, events: list[str] | None = None) -> WebhookId:
        """Make a webhook."""
        made = await self.subscriptions.create(WebhookSpec(url=url, events=events or []), "test")
        return made.webhook.id

    async def all(self, webhook_id: WebhookId, state: DeliveryState | None = None) -> list[Delivery]:
        """The webhook's deliveries."""
        return await self.store.deliveries.deliveries(webhook_id, state, Cursor(0), 1000)

    def count(self, outcome: str) -> int:
        """How many attempts ended so."""
        wanted = f'trunkline_deliveries_total{{outcome="{outcome}"}} '
        lines = self.metrics.render().decode().splitlines()
        return next((int(float(line.removeprefix(wanted))) for line in lines if line.startswith(wanted)), 0)

    async def counted(self, outcome: str, number: int) -> None:
        """Return when so many attempts ended so, and what follows from them is done."""
        await until(lambda: self.count(outcome) >= number)
        await self.clock.settle()


@asynccontextmanager
async def running(
    store: Store | None = None, clock: FakeClock | None = None, config: Config | None = None
) -> AsyncIterator[World]:
    """A world whose deliverer runs."""
    made = World(store or MemoryStore(), clock or FakeClock(), config)
    await made.store.open()
    await made.deliverer.start()
    try:
        yield made
    finally:
        await made.deliverer.stop()
        await made.store.close()
