"""Simulated platforms for demonstrations and tests: a second gateway, joined to the first by real sockets.

The second gateway runs the internal platform and offers it in each vendor's dialect. Where that vendor's
API lives in a browser, a `Pump` stands in for the page: it carries frames from the dialect's endpoint there
to the relay endpoint here and back, and knows no meaning. Where the vendor is dialled, the first gateway
dials.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType

from adapters.contract.dialect import ErasedDialect, LinkKind
from gateway.app import Gateway
from gateway.config import Config, parse
from gateway.events.router import Batch
from gateway.http.hello import HELLO_METHOD
from gateway.http.sockets import HARD_LIMIT_BYTES
from gateway.runtime.tasks import Tasks
from gateway.store.config import MEMORY
from schemas.ids import PlatformId
from schemas.values import Json

log = structlog.get_logger("trunkline.simulation")

_RETRY_S: Final = 0.05
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Simulated:
    """One simulated platform: the same name in both gateways."""

    platform_id: PlatformId
    dialect: ErasedDialect
    agents: tuple[str, ...]
    switch: Mapping[str, Json]
    platform: Mapping[str, Json] = field(default_factory=dict)
    needinfo: Mapping[str, Json] = field(default_factory=dict)
    scheme: str = "ws"  # of the address that it is dialled at
    origins: tuple[str, ...] = ()
    played: Mapping[str, Json] = field(default_factory=dict)  # settings of the facade that plays the vendor
    facades: Mapping[str, Mapping[str, Json]] | None = None  # of the gateway under demonstration; None: all
    by: str = ""  # the address that it is reached by; empty: that of the gateway which plays it


def switchboard(
    simulated: Sequence[Simulated], internal: ErasedDialect, overrides: Mapping[str, Json] | None = None
) -> Config:
    """The configuration of the gateway that plays the platforms: loopback, a free port, nothing kept."""
    platforms: dict[str, Json] = {
        one.platform_id: {
            "dialect": internal.name,
            "settings": one.switch,
            "facades": {one.dialect.name: dict(one.played)},
            "origins": list(one.origins),
        }
        for one in simulated
    }
    return _config(platforms, MEMORY, 0, overrides)


def gateway_config(
    simulated: Sequence[Simulated],
    switchboard_url: str,
    store_path: str,
    port: int = 0,
    overrides: Mapping[str, Json] | None = None,
) -> Config:
    """The configuration of the gateway under demonstration."""
    platforms: dict[str, Json] = {}
    for one in simulated:
        platform: dict[str, Json] = {
            "dialect": one.dialect.name,
            "settings": dict(one.platform),
            "origins": list(one.origins),
        }
        if one.facades is not None:
            platform["facades"] = {name: dict(settings) for name, settings in one.facades.items()}
        if one.needinfo:
            platform["needinfo"] = dict(one.needinfo)
        if one.dialect.link is LinkKind.DIAL:
            platform["url"] = facade_url(switchboard_url, one, scheme=one.scheme)
        platforms[one.platform_id] = platform
    return _config(platforms, store_path, port, overrides)


def _config(
    platforms: Mapping[str, Json], store_path: str, port: int, overrides: Mapping[str, Json] | None
) -> Config:
    raw: dict[str, Json] = {
        "server": {"port": port, "shutdown_s": 1.0},
        "store": {"path": store_path},
        "platforms": platforms,
        **(overrides or {}),
    }
    return parse(raw, "simulation")


def facade_url(url: str, one: Simulated, agent: str = "", *, scheme: str = "ws") -> str:
    """Where a gateway speaks the platform's dialect to its clients."""
    query = f"?agent={agent}" if agent else ""
    return (
        f"{(one.by or url).replace('http', scheme, 1)}/v1/facades/{one.platform_id}/{one.dialect.name}{query}"
    )


class Pump:
    """The page of one agent: frames of the platform to the gateway, and back, until stopped."""

    def __init__(self, session: ClientSession, source: str, sink: str, agent: str, token: str = "") -> None:
        self._token = token
        self._session = session
        self._source = source
        self._sink = sink
        self._agent = agent

    async def run(self) -> None:
        """Connect both ends, again whenever one of them is gone."""
        while True:
            try:
                await self._once()
            except (ClientError, OSError) as error:
                log.debug("pump", agent=self._agent, why=str(error))
            await asyncio.sleep(_RETRY_S)

    async def _once(self) -> None:
        limit = HARD_LIMIT_BYTES
        async with (
            self._session.ws_connect(self._sink, max_msg_size=limit) as sink,
            self._session.ws_connect(self._source, max_msg_size=limit) as source,
        ):
            hello = {
                "jsonrpc": "2.0",
                "id": "hello",
                "method": HELLO_METHOD,
                "params": [{"agent": self._agent, "token": self._token}],
            }
            await sink.send_str(_encode(hello).decode())
            answer = await sink.receive()
            if answer.type is not WSMsgType.TEXT:
                return
            async with asyncio.TaskGroup() as group:
                both = [group.create_task(_carry(source, sink)), group.create_task(_carry(sink, source))]
                for task in both:
                    task.add_done_callback(lambda _: [other.cancel() for other in both])


async def _carry(source: ClientWebSocketResponse, sink: ClientWebSocketResponse) -> None:
    while True:
        message = await source.receive()
        if message.type is not WSMsgType.TEXT:
            return
        await sink.send_str(message.data)


class Pages:
    """The pumps of all simulated pages."""

    def __init__(
        self,
        simulated: Sequence[Simulated],
        tasks: Tasks,
        session: ClientSession,
        token: Callable[[PlatformId, str], str] = lambda _platform, _agent: "",
    ) -> None:
        """`token`: what the page of an agent shows the gateway."""
        self._token = token
        self._simulated = simulated
        self._tasks = tasks
        self._session = session

    def open(self, switchboard_url: str, gateway_url: str) -> None:
        """Open the page of every agent whose platform lives in a browser."""
        for one in self._simulated:
            if one.dialect.link is not LinkKind.RELAY:
                continue
            sink = f"{gateway_url.replace('http', 'ws', 1)}/v1/links/{one.platform_id}"
            for agent in one.agents:
                pump = Pump(
                    self._session,
                    facade_url(switchboard_url, one, agent),
                    sink,
                    agent,
                    self._token(one.platform_id, agent),
                )
                self._tasks.start(pump.run(), f"page of {agent} on {one.platform_id}")


def internal_dialect(gateway_dialects: Mapping[str, ErasedDialect]) -> ErasedDialect:
    """The dialect that is simulated inside the process. Raises LookupError if there is none."""
    for dialect in gateway_dialects.values():
        if dialect.link is LinkKind.INTERNAL:
            return dialect
    raise LookupError("no dialect is simulated inside the process")


async def ready(gateway: Gateway, simulated: Sequence[Simulated]) -> None:
    """Return when every agent of every platform has a link."""
    wanted = {(one.platform_id, agent) for one in simulated for agent in one.agents}
    watch = _Watch()
    gateway.router.subscribe(watch)
    try:
        while True:
            watch.changed.clear()
            known = {(s.platform_id, str(s.agent_id)) for s in gateway.state.snapshots.sessions.values()}
            linked = all(gateway.platforms[one.platform_id].links for one in simulated)
            if linked and wanted <= known:
                return
            await watch.changed.wait()
    finally:
        gateway.router.unsubscribe(watch)


class _Watch:
    def __init__(self) -> None:
        self.changed = asyncio.Event()

    def deliver(self, _batch: Batch) -> None:
        self.changed.set()
