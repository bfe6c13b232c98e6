"""The composition root: the only module that sees the registry and every part."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from aiohttp import web

from adapters.contract.dialect import ErasedDialect
from adapters.registry import CONNECTORS, DIALECTS
from gateway.api import endpoints
from gateway.api.contract import Contract
from gateway.api.events import Events
from gateway.api.history import History
from gateway.api.keys import KeysApi
from gateway.api.operator import OperatorViews
from gateway.api.pages import Pages
from gateway.api.rest import Rest
from gateway.api.stream import Stream
from gateway.api.webhooks import WebhooksApi
from gateway.commands.dispatch import Dispatch
from gateway.commands.targets import Targets
from gateway.commands.vetoes import Vetoes
from gateway.config import Config
from gateway.console.pages import Console
from gateway.crm.room import Crms
from gateway.events.restart import restore, shown_at_once
from gateway.events.shown import Shown
from gateway.events.teams import Teams
from gateway.facades import facade
from gateway.facades.polling import Timing
from gateway.facades.registry import Facades
from gateway.http.application import serving
from gateway.http.hello import PageAdmission
from gateway.http.listening import Listening
from gateway.http.sockets import hard_limit_bytes
from gateway.http.tickets import StreamTickets
from gateway.links import relay
from gateway.links.failing import Failures
from gateway.links.link import Core
from gateway.links.opening import open_links
from gateway.links.registry import Links
from gateway.maintenance.erasing import Erasing
from gateway.maintenance.reaper import Reaper
from gateway.maintenance.upkeep import Upkeep
from gateway.nodes.node import Node
from gateway.outbound.client import Client, dialling
from gateway.outbound.egress import Egress
from gateway.outbound.lookups import Lookups
from gateway.outbound.standby import Standby
from gateway.phone.files import PhoneFiles
from gateway.platforms.platform import configured
from gateway.platforms.tenants import realm
from gateway.queries import hook
from gateway.queries.answering import Queries
from gateway.runtime import shutdown
from gateway.runtime.age import RunningTime
from gateway.runtime.clock import Clock, SystemClock
from gateway.runtime.ids import Minter
from gateway.runtime.tasks import Tasks
from gateway.security import credentials
from gateway.security.shut_out import ShutOuts
from gateway.sign_in.offer import SignInOffers
from gateway.sign_in.passwords import Passwords
from gateway.sign_in.provider import provider_session
from gateway.sign_in.single_sign_on import SingleSignOn
from gateway.spans.parts import parts as parts_of
from gateway.state.configured import state_of
from gateway.store.base import Following, Store
from gateway.store.opening import open_store
from gateway.store.patience import Patience
from gateway.store.watch import StoreWatch
from gateway.telemetry.health import Health
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.peers import Peers
from gateway.webhooks.delivery import Deliverer
from gateway.webhooks.owners import Owners
from gateway.webhooks.subscriptions import Subscriptions
from gateway.webhooks.withdrawn import look_after

log = structlog.get_logger("trunkline")


def dialects() -> tuple[ErasedDialect, ...]:
    """All dialects there are."""
    return DIALECTS


class Gateway:
    """All parts, wired. `start`, then `stop`; `web` is what the server serves."""

    def __init__(
        self,
        config: Config,
        *,
        dialects: Iterable[ErasedDialect] = DIALECTS,
        clock: Clock | None = None,
        store: Store | None = None,
        standby: bool = False,
    ) -> None:
        """`standby`: be so, whatever the store says. ConfigError: what dialects find wrong in `config`."""
        self.config = config
        self.dialects: Mapping[str, ErasedDialect] = {dialect.name: dialect for dialect in dialects}
        self.clock = clock or SystemClock()
        self.time = RunningTime(self.clock)
        self.store = store or open_store(config.store, config.bus)
        self.standby, self._ask_standby = Standby(self.store), standby
        self.store.now, self.store.leapt = self.time.now, self.time.leapt
        self.platforms = configured(config.platforms, self.dialects, config.limits.malformed_kept)
        hook.check_addresses(config.platforms, Egress.of(config))
        self.metrics = Metrics({one.id: one.dialect.name for one in self.platforms.values()})
        self.peers = Peers(self.metrics, self.clock)
        self.health = Health()
        self.tasks = Tasks()  # work that ends by itself
        self._patience = Patience(self.clock, self.tasks)
        self._background = Tasks()  # work that goes on until we stop
        self.addresses: list[str] = []  # where it is served, once it is
        self._stop: list[Callable[[], object]] = []
        self._listening: Listening | None = None
        self._minter = Minter()
        self._operator = OperatorViews(self.health, self.metrics, self._measure, self.standby, self.store)
        self.crms = Crms(config.crm, CONNECTORS, self.platforms, Egress.of(config), self)
        self.flushed = False  # once stopped: whether the store has everything and let go

    # --- life

    async def start(self) -> None:
        """Open store and links, as the last run left them. StoreError, ConfigError: nothing stays open."""
        async with AsyncExitStack() as undo:
            opened = await undo.enter_async_context(AsyncExitStack())
            await self.store.open()
            opened.push_async_callback(self.store.close)
            StoreWatch(self.store, self.config.store, self.health, self.metrics, self._patience)
            await self._wire(opened)
            for end in (self._unlink, self.tasks.finish, self.deliverer.stop):
                undo.push_async_callback(end, 0.0)
            if (following := self.store.following) is not None:
                await self._follow(following)
            else:
                await self._work()
            undo.pop_all()
            self._opened = opened

    async def _wire(self, opened: AsyncExitStack) -> None:
        config, clock, store, metrics = self.config, self.clock, self.store, self.metrics
        limits, minter = config.limits, self._minter
        self._lookups = Lookups(config.look_ups.name_servers, looked_up=metrics.look_up)
        opened.push_async_callback(self._lookups.close)
        self.teams = Teams(config.platforms)
        places = await realm(store, config.platforms, self.teams.known_members)
        who = await credentials.opened(store, clock, config, self._lookups, self.peers, places)
        self.keys, self.tokens, self.gate, _ = self._credentials = who
        self.node = Node(store, who, self.health, self._background)
        opened.push_async_callback(self.node.close)
        self.gate.refuse_exposed(config.server.host)
        self._made = made = parts_of(config.tracing, metrics)
        opened.push_async_callback(made.finish, 0.0)
        self.router = made.router(store, minter, metrics, high_water=limits.journal_pending)
        self.admission = PageAdmission(self.gate, ShutOuts(clock, metrics.shut_out, self.router.publish))
        self.state = state_of(self.platforms, minter)
        self.shown = Shown()
        self.router.on_commit(lambda batch: self.shown.committed(batch.events, batch.private))  # first
        self._provider_http = await opened.enter_async_context(provider_session(self._lookups))
        self._upkeep = Upkeep(store, self.state, self.router, self.time, config, metrics, keys=who.keys)
        client = Client(Egress.of(config, self._lookups), None)
        opened.push_async_callback(client.close)
        self.vetoes = Vetoes(self.state, self.router, self.time)
        asking = hook.HookParts(client, clock, metrics, self.tasks, limits.query_concurrency, self.standby)
        hooks = hook.configured(config.platforms, asking)
        parts = self.state, self.router, clock, minter, metrics
        self.queries = Queries(*parts, hooks=hooks, vetoes=self.vetoes)
        self.router.on_commit(self.queries.committed)
        self.failures = Failures(self.router, clock, metrics, self.peers)
        self.links = Links(self.router, clock, metrics, self.queries, self.failures)
        self.core = Core(
            *(self.state, self.router, clock, metrics, self.peers),
            config.server.max_platform_frame_bytes,
            store.owns,
        )
        self.dispatch = Dispatch(
            state=self.state,
            targets=Targets(self.platforms, self.state),
            links=self.links,
            store=store,
            router=self.router,
            vetoes=self.vetoes,
            time=self.time,
            minter=minter,
            metrics=metrics,
            tasks=self.tasks,
            patience=self._patience,
            per_session=limits.command_queue,
            begun=made.begun,
        )
        self.http = await opened.enter_async_context(dialling(self._lookups))
        self.deliverer = Deliverer(
            store, clock, self._lookups, config, metrics, time=self.time, publish=self.router.publish
        )
        owners = Owners(self.gate.granted, self.gate.realm.rights, self.keys.ended)
        self.deliverer.standby, self.deliverer.owners = self.standby, owners
        self._upkeep.also.append(look_after(self.deliverer.registry, self.keys, store, self.tasks))
        self.deliverer.sender, self.links.make = made.sender, made.link
        self.health.check("webhooks", self.deliverer.problem)
        self.health.note("standby", self.standby.note)
        self.router.on_commit(lambda batch: self.deliverer.committed(batch.records))
        keeper = self._upkeep.checkpoint
        self._operator.erasing = Erasing(store, self.state, self.shown, self.deliverer, keeper)
        self.web = self._web()

    async def _work(self) -> None:
        """Be the one that speaks to platforms and receivers, from where the last one ended."""
        await restore(self.store, self.platforms, self.state, None if self.node.followed else self.shown)
        await self.standby.begin(ask=self._ask_standby)
        await self._upkeep.begin(self.tasks)
        await self.dispatch.start()
        self.vetoes.start(self.platforms.values())
        await self.deliverer.start()
        await self.crms.start(Egress.of(self.config, self._lookups), self.router, self._background)
        parts = self.core, self.links, self.http, self._lookups, self.standby
        self._stop += open_links(self.platforms.values(), *parts, background=self._background)
        await shown_at_once(self.store)
        self._background.start(self._upkeep.forever(), "upkeep")
        reaper = Reaper(self.state, self.links, self.router, self.clock, self.config.limits.lost_after_s)
        self._background.start(reaper.run(), "reaper")

    async def _follow(self, following: Following) -> None:
        """Show what another gateway tells, until we are to be at work."""
        await self.standby.begin(ask=False)
        await restore(self.store, self.platforms, state_of(self.platforms, self._minter), self.shown)
        server, buffer_bytes = self.config.server, self.config.limits.subscriber_buffer_bytes
        most_bytes = hard_limit_bytes(max(server.max_frame_bytes, server.max_platform_frame_bytes))
        await self.node.follow(following, self.router.told, self._work, buffer_bytes, most_bytes)

    async def stop(self) -> None:
        """Take nothing more, let what is under way end, part from everybody, flush: all in due time."""
        self.health.report("gateway", "stopping")
        self.dispatch.close()
        cut = await shutdown.stop(
            (
                shutdown.Step("listening", 0.1, self._stop_listening),
                shutdown.Step("commands", 0.4, self._drain),
                shutdown.Step("clients", 0.6, self._part),
                shutdown.Step("links", 0.65, self._unlink),
                shutdown.Step("tasks", 0.7, self.tasks.finish),
                shutdown.Step("webhooks", 0.75, self.deliverer.stop),
                shutdown.Step("spans", 0.8, self._made.finish),
                shutdown.Step("store", 1.0, self._flush),
            ),
            self.config.server.shutdown_s,
            SystemClock(),  # whoever stops us waits in real time
        )
        self.flushed = "store" not in cut

    async def _stop_listening(self, _left_s: float) -> None:
        if self._listening is not None:
            self._listening.stop()

    async def _drain(self, _left_s: float) -> None:
        await self.dispatch.drained()

    async def _part(self, _left_s: float) -> None:
        self.queries.stop()
        await self.node.part()
        if self._listening is not None:
            await self._listening.close()

    async def _unlink(self, _left_s: float) -> None:
        self.dispatch.stop()
        for stop in self._stop:
            stop()
        await self._background.finish(0.0)

    async def _flush(self, _left_s: float) -> None:
        async with self._opened:
            if not self.store.trouble and self.store.following is None:
                await self._upkeep.checkpoint()

    # --- the surfaces

    def _web(self) -> web.Application:
        limits = self.config.limits
        tickets, if_match = StreamTickets(self.clock), self.config.webhooks.require_if_match
        app = serving(self.config.server, self.peers, self.clock, tickets.redeem)
        self._keys_api = KeysApi(self._credentials, self._patience)
        history = History(self.shown, self.store, self.router, self.clock)
        events = Events(history, self.router, self.teams, limits.subscriber_buffer_bytes)
        rest = Rest(
            platforms=self.platforms,
            shown=self.shown,
            history=history,
            dispatch=self.dispatch,
            queries=self.queries,
            tokens=self.tokens,
            teams=self.teams,
        )
        stream = Stream(
            history=history,
            router=self.router,
            dispatch=self.dispatch,
            queries=self.queries,
            teams=self.teams,
            tasks=self.tasks,
            clock=self.clock,
            buffer_bytes=limits.subscriber_buffer_bytes,
        )
        stream.handing = self.node.handing
        subscriptions = Subscriptions(self.store, self.clock, self.deliverer, limits.webhooks)
        facades = Facades(
            facade.Core(
                shown=self.shown,
                dispatch=self.dispatch,
                queries=self.queries,
                router=self.router,
                clock=self.clock,
                metrics=self.metrics,
                tasks=self.tasks,
                peers=self.peers,
                buffer_bytes=limits.subscriber_buffer_bytes,
                max_frame_bytes=self.config.server.max_frame_bytes,
            ),
            self.platforms.values(),
            self.dialects.values(),
            self.admission,
            Timing(self.config.server.poll_wait_s, self.config.server.poll_idle_s),
        )
        sign_on = SingleSignOn(
            *(self.config.single_sign_on, self._provider_http, self.tokens, self.clock),
            lambda: self.addresses,
            self.peers,
            audit=self.dispatch.audit,
        )
        passwords = Passwords(self.platforms, self.dispatch, self.tokens, self.gate, self.clock, self.state)
        serve_relay = partial(
            relay.serve, core=self.core, links=self.links, admission=self.admission, platforms=self.platforms
        )
        self.contract = Contract(
            [
                *rest.operations(),
                *events.operations(),
                *self._keys_api.operations(),
                *WebhooksApi(subscriptions, self._patience, require_if_match=if_match).operations(),
                *endpoints.sockets(
                    stream=partial(stream.serve, gate=self.gate), link=serve_relay, facade=facades.serve
                ),
                *facades.operations(),
                *sign_on.operations(),
                *passwords.operations(),
                *SignInOffers(self.platforms, sign_on).operations(),
                *Pages(self.platforms, self.dialects, self.gate).operations(),
                *Console().operations(),
                *PhoneFiles().operations(),
                *tickets.operations(),
                *self._operator.operations(),
            ],
            self.config.server.public_url,
            self.gate.open_mode,
        )
        self.node.serve(app, self.contract.operations, self.clock)
        return app

    def _measure(self) -> None:
        self.metrics.journal_pending.set(self.store.pending())
        self.metrics.standby.set(self.standby.on)
        self.node.measure(self.metrics)
        self.metrics.agents_shut_out(self.admission.shut_out.counts())
        if self._listening is not None:
            self._listening.measure(self.metrics)
        for platform in self.platforms.values():
            self.failures.measure(platform)

    async def listen(self) -> None:
        """Serve on the configured address; port 0 takes a free one (see `addresses`)."""
        more = [*self._keys_api.for_operator(), *self.crms.for_operator()]
        self._listening = Listening(self.web, self._operator, more, self.config, self.peers, self.clock)
        self.health.note("tls", self._listening.note)
        self._opened.callback(self._listening.cut)
        self.addresses += await self._listening.begin()
        if self.store.shared is not None:
            await self._listening.inside(self.node.inside)
            if self.store.following is None:
                await self.node.take_in()
        self.node.listens.set()
        log.info("listening", addresses=self.addresses, open_mode=self.gate.open_mode())

    def reload(self) -> None:
        """Read again what may change while we run: the certificate."""
        if self._listening is not None:
            self._listening.reload()


@asynccontextmanager
async def running(gateway: Gateway) -> AsyncIterator[Gateway]:
    """A gateway, started and listening, stopped in the end whatever happens."""
    await gateway.start()
    try:
        await gateway.listen()
        yield gateway
    finally:
        await gateway.stop()
