"""What a gateway does while another one is at work on the same store: it shows, and hands on the rest.

Events, snapshots and streams are served here, from what the gateway at work writes. All else goes to that one
as it came, and its answer is passed on once this gateway has read what it speaks of: who gives a command here
and looks here sees what became of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import structlog
from aiohttp import hdrs, web

from gateway.http.admission import TICKET
from gateway.http.handing_on import NOBODY, HandingOn
from gateway.http.operations import Operation, Unguarded, routes
from gateway.http.sockets import CONNECTIONS
from gateway.nodes.sight import Sight
from gateway.runtime.clock import Clock
from gateway.runtime.tasks import Tasks
from gateway.security.access import Principal
from gateway.security.credentials import Credentials
from gateway.store.base import Appended, Following, Store
from gateway.telemetry.health import Health
from gateway.telemetry.metrics import Metrics
from schemas.errors import ConfigError, StoreError

log = structlog.get_logger("trunkline")

SHOWN_HERE: Final = frozenset(
    {
        *("list_sessions", "get_session", "list_interactions", "get_interaction"),
        *("list_events", "get_event", "stream_events", "stream"),
        *("health", "readiness", "metrics", "openapi", "asyncapi", "docs"),
        *("link_page", "facade_page", "sign_in_window", "sign_in_script"),
        # Pages and scripts are the same at each: people come to the console while nobody is at work, too.
        *("root", "console", "console_folder", "console_file", "console_view", "docs_script"),
        *("phone_page", "phone_file", "manual", "manual_page", "manual_folder", "manual_picture"),
    }
)
NOTE: Final = (
    "another gateway is at work on this store: this one shows what that one tells, and hands on the rest"
)
Told = Callable[[Sequence[Appended], bytes], None]
Work = Callable[[], Awaitable[None]]
_READ_WITHIN_S: Final = 0.8  # what an answer speaks of; it is not held back for longer
_READS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})


class Node:
    """This one."""

    def __init__(self, store: Store, who: Credentials, health: Health, background: Tasks) -> None:
        self.over = asyncio.Event()  # there is nothing more that this gateway may do
        self.listens = asyncio.Event()  # what others hand on can come out
        self.followed = False  # another one was at work when this one began
        self._store = store
        self._who = who
        self._health = health
        self._background = background
        health.note("node", self._note)
        if store.shared is not None:
            store.shared.on_fenced = lambda: self._end("another gateway has taken over")
        # For our own eyes.
        self._folder = None if store.shared is None else TemporaryDirectory(prefix="trunkline-")
        self._taken_in = False
        self._handing: HandingOn | None = None  # while another one is at work
        self._take_overs = 0  # that are not counted yet

    @property
    def inside(self) -> str:
        """The socket at which what others hand on comes out."""
        return self._path("inside.sock")

    def _path(self, name: str) -> str:
        return "" if self._folder is None else str(Path(self._folder.name) / name)

    def _note(self) -> str:
        return "" if self._handing is None else NOTE

    async def follow(
        self, following: Following, told: Told, work: Work, buffer_bytes: int, most_bytes: int
    ) -> None:
        """Show what the gateway at work tells, and hand on the rest, until the turn is ours: then `work`.

        `buffer_bytes`, `most_bytes`: see HandingOn. Raises StoreError.
        """
        if self._store.shared is not None:
            path = self._path("at-work.sock")
            await self._store.shared.hand_on(path, NOBODY)
            self._handing = HandingOn(path, self._who.gate, buffer_bytes, most_bytes)
        log.info(NOTE)
        self.followed = True
        following.follow(told, self._changed)
        self._background.start(self._take_turn(following, work), "turn")

    async def _take_turn(self, following: Following, work: Work) -> None:
        await following.turn()
        why = "this gateway was to take over, and could not"
        try:
            await following.take_over()
            await work()
            await self.listens.wait()
            await self.take_in()
            why = ""
        except (StoreError, ConfigError) as error:
            why = f"{why}: {error}"
        except asyncio.CancelledError:
            why = ""
            raise
        finally:  # whatever it is, it must not keep the lease and do nothing
            if why:
                self._end(why)
        if not why:
            self._take_overs += 1
            log.warning("this gateway has taken over")

    def _end(self, why: str) -> None:
        """Whoever started it is to do so again: it begins anew then."""
        log.critical("the gateway ends", why=why)
        self._health.report("node", why)
        self.over.set()

    def measure(self, metrics: Metrics) -> None:
        """Set what is measured when it is asked for."""
        metrics.at_work.set(self._store.following is None)
        metrics.lease_held.set(self._store.owns())
        metrics.behind.set(0 if self._store.shared is None else self._store.shared.behind)
        metrics.take_overs.inc(self._take_overs)
        self._take_overs = 0

    def handing(self) -> HandingOn | None:
        """How to reach the gateway at work, where that is another one."""
        return self._handing

    async def take_in(self) -> None:
        """We are at work. Raises StoreError."""
        handing, self._handing = self._handing, None
        if handing is not None:
            await handing.close()
        if self._store.shared is not None and not self._taken_in:
            self._taken_in = True
            await self._store.shared.take_in(self.inside)

    async def part(self) -> None:
        """What was handed on ends: the gateway goes away."""
        if self._handing is not None:
            await self._handing.close()

    async def close(self) -> None:
        """Let go."""
        if self._handing is not None:
            await self._handing.close()
        if self._folder is not None:
            self._folder.cleanup()

    async def _changed(self, tables: frozenset[str]) -> None:
        """The gateway at work has written to these: what is kept of them in memory is read anew."""
        if "keys" in tables:
            await self._who.keys.read_anew()
        if "withdrawn" in tables:
            await self._who.revocations.load()

    # --- what is asked

    def serve(self, app: web.Application, operations: Sequence[Operation], clock: Clock) -> None:
        """Have an application serve these, as long as anything is seen of a journal that is shared."""
        app.add_routes(self.routes(operations))
        if self._store.shared is not None:
            sight = Sight(self._store, self._store.shared, app[CONNECTIONS], clock)
            self._background.start(sight.watch(), "sight")

    def routes(self, operations: Sequence[Operation]) -> Iterable[web.RouteDef]:
        """The routes of a table; where another gateway is at work, most of them lead to that one."""
        if self._store.shared is None:
            return routes(operations, self._who.gate)
        made = routes([self._handed(one) for one in operations], self._who.gate)
        ticketed = {(one.method, one.path): one for one in operations if one.ticketed}
        return [self._ticketed(one, ticketed.get((one.method, one.path))) for one in made]

    def _handed(self, one: Operation) -> Operation:
        if one.id in SHOWN_HERE:
            return one

        async def handle(request: web.Request, principal: Principal) -> web.StreamResponse:
            if self._handing is None:
                return await one.handler(request, principal)
            if one.upgraded:
                return await self._handing.socket(request, certified=one.id == "link")
            answer = await self._handing.request(request)
            if request.method not in _READS:
                await self._until_read()
            return answer

        return replace(one, handler=handle)

    def _ticketed(self, route: web.RouteDef, one: Operation | None) -> web.RouteDef:
        """A ticket is known where it was made."""
        if one is None:
            return route
        here: Unguarded = route.handler

        async def handle(request: web.Request) -> web.StreamResponse:
            if self._handing is None or TICKET not in request.query:
                return await here(request)
            return await (self._handing.socket if one.upgraded else self._handing.request)(request)

        return web.route(route.method, route.path, handle)

    async def _until_read(self) -> None:
        with suppress(TimeoutError, StoreError):  # it is late, not lost
            async with asyncio.timeout(_READ_WITHIN_S):
                await self._store.barrier()
