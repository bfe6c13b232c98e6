"""`trunkline demo`: a gateway, a simulated platform per dialect, a web-hook receiver, scripted calls."""

import asyncio
import json
import os
import signal
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

import structlog
import typer
from aiohttp import ClientSession, TCPConnector
from rich.console import Console

from gateway.app import Gateway, dialects, running
from gateway.cli.acting import Actor, DemoError, Watcher
from gateway.cli.demo_hints import Scene, hints, playbill
from gateway.cli.display import Board, live, plain_to_output, summary
from gateway.cli.progress import step
from gateway.cli.receiver import Receiver
from gateway.config import Config
from gateway.demo import own_certificate
from gateway.demo.api import Api
from gateway.demo.cable import Cable
from gateway.demo.own_certificate import OwnCertificate
from gateway.demo.shift import Shift
from gateway.demo.simulation import Pages, Simulated, gateway_config, internal_dialect, ready, switchboard
from gateway.demo.stage_door import PAGE, StageDoor
from gateway.demo.triggers import Stage
from gateway.http.operations import routes
from gateway.runtime.tasks import Tasks
from gateway.store.config import MEMORY
from gateway.telemetry import logs
from gateway.telemetry.config import LogConfig
from schemas import events as ev
from schemas.errors import ConfigError
from schemas.ids import AgentId, PlatformId
from schemas.values import Json

log = structlog.get_logger("trunkline.demo")

READY_S: Final = 20.0
SETTLE_S: Final = 15.0
USUAL_PORT: Final = 8080  # that of the manual's examples
PLAYED_BYTES: Final = 8 * 1024 * 1024  # of the journal of the gateway that plays the platforms
# It may go on for days: what is older is of no use to anybody who looks on.
KEPT: Final[Mapping[str, Json]] = {
    "retention_days": 1 / 24,
    "retention_bytes": 64 * 1024 * 1024,
    "audit_days": 1,
    "audit_entries": 10_000,
}


def cast() -> list[Simulated]:
    """A simulated platform for every dialect that declares a demonstration."""
    return [
        Simulated(
            platform_id=PlatformId(one.name.replace("_", "-")),
            dialect=one,
            agents=one.demo.agents,
            switch=one.demo.switch,
            platform=one.demo.platform,
        )
        for one in dialects()
        if one.demo is not None
    ]


@asynccontextmanager
async def scene(
    folder: Path, ports: Sequence[int], own: OwnCertificate | None = None
) -> AsyncIterator[Scene]:
    """Put everything up, at the first port that is free, and take it down again; `own`: under TLS."""
    tls = {"certificate": str(own.certificate), "key": str(own.key)} if own is not None else None
    trust = True if own is None else ssl.create_default_context(cafile=own.authority)
    simulated = cast()
    internal = internal_dialect({one.name: one for one in dialects()})
    receiver, tasks = Receiver(), Tasks()
    async with AsyncExitStack() as up:
        await receiver.start()
        up.push_async_callback(receiver.stop)
        kept: dict[str, Json] = {"store": {"path": MEMORY, "retention_bytes": PLAYED_BYTES}}
        platforms = await up.enter_async_context(running(Gateway(switchboard(simulated, internal, kept))))
        cables = {one.platform_id: Cable(platforms.addresses[0]) for one in simulated}
        for cable in cables.values():
            up.push_async_callback(cable.close)
        simulated = [replace(one, by=await cables[one.platform_id].lay()) for one in simulated]
        store = str(folder / "demo.db")
        await _subscribe(receiver, gateway_config([], platforms.addresses[0], store))
        door = StageDoor(lambda: playbill(there))

        def configured(port: int) -> Config:
            more: dict[str, Json] = {
                "server": {"port": port, "shutdown_s": 1.0, "tls": tls},
                "store": {"path": store, **KEPT},
            }
            return gateway_config(simulated, platforms.addresses[0], store, port, more)

        gateway = await _at_the_first(ports, configured, door, up)
        session = await up.enter_async_context(ClientSession(connector=TCPConnector(ssl=trust)))
        url = gateway.addresses[0]
        watcher = Watcher(session, url)
        tasks.start(watcher.run(await watcher.connect()), "watcher")
        Pages(simulated, tasks, session).open(platforms.addresses[0], url)
        up.push_async_callback(tasks.finish, 0.0)
        stage = Stage(
            Api(session, url),
            Api(session, platforms.addresses[0]),
            {one.platform_id: [AgentId(agent) for agent in one.agents] for one in simulated},
            lambda platform, seconds: cables[platform].cut(seconds),
        )
        there = Scene(gateway, platforms, simulated, receiver, watcher, session, tasks, stage, own)
        await _ready(gateway, simulated)
        door.stage = stage
        yield there


async def _at_the_first(
    ports: Sequence[int], configured: Callable[[int], Config], door: StageDoor, up: AsyncExitStack
) -> Gateway:
    """A gateway that listens at the first of the ports that is free. Raises ConfigError."""
    for port in ports:
        gateway = Gateway(configured(port))
        await gateway.start()
        try:
            gateway.web.add_routes(routes(door.operations(), gateway.gate))
            await gateway.listen()
        except ConfigError:
            await gateway.stop()
            if port == ports[-1]:
                raise
        else:
            up.push_async_callback(gateway.stop)
            return gateway
    raise ConfigError("no port to listen at")


async def _subscribe(receiver: Receiver, config: Config) -> None:
    """Before there is any platform: a webhook gets what comes after its making, and this one is owed all."""
    async with running(Gateway(config)) as gateway, ClientSession() as session:
        body = {"url": receiver.url, "name": "demonstration"}
        async with session.post(f"{gateway.addresses[0]}/v1/webhooks", json=body) as response:
            response.raise_for_status()
            receiver.trust((await response.json())["secret"])


async def _ready(gateway: Gateway, simulated: list[Simulated]) -> None:
    try:
        async with asyncio.timeout(READY_S):
            await ready(gateway, simulated)
    except TimeoutError:
        raise DemoError(f"not all simulated platforms were there after {READY_S:g} s") from None


async def perform(on: Scene) -> dict[str, object]:
    """All demonstrations at once, then the reckoning."""
    began = time.monotonic()
    url, platforms_url = on.gateway.addresses[0], on.switchboard.addresses[0]
    actors: list[Actor] = []
    failures: list[str] = []
    try:
        async with asyncio.TaskGroup() as group:
            for one in on.simulated:
                if one.dialect.demo is None:
                    continue
                actor = Actor(on.session, url, platforms_url, one.platform_id, on.watcher)
                actors.append(actor)
                group.create_task(actor.act(one.dialect.demo), name=one.platform_id)
    except* DemoError as errors:
        failures = [str(error) for error in errors.exceptions]
    journal = await _journal(on)
    await on.receiver.until(journal, SETTLE_S)
    told = [event.id for event in on.watcher.events if event.id in journal]
    # Of what the platforms still say after it, some is told by now and some is not.
    delivered = Counter({one: count for one, count in on.receiver.received.items() if one in journal})
    figures: dict[str, object] = {
        "platforms": len(on.simulated),
        "commands": sum(actor.commands for actor in actors),
        "events": len(journal),
        "needinfo_answered": sum(actor.answered for actor in actors),
        "webhook_deliveries": delivered.total(),
        "signature_failures": on.receiver.signature_failures,
        "lost": len(journal - set(told)) + len(journal - set(delivered)),
        "duplicated": len(told) - len(set(told)) + delivered.total() - len(delivered),
        "seconds": round(time.monotonic() - began, 2),
    }
    if failures:
        figures["failures"] = failures
    return figures


async def _journal(on: Scene) -> set[str]:
    """The ids of all events there are, once the stream has told the last of them."""
    await on.gateway.store.barrier()
    last = on.gateway.router.cursor
    await on.watcher.until("the stream's end", lambda event: event.cursor >= last)
    found: set[str] = set()
    after = 0
    while True:
        query = {"after": str(after), "limit": "1000"}
        async with on.session.get(f"{on.gateway.addresses[0]}/v1/events", params=query) as response:
            page = await response.json()
        if not page["events"]:
            return found
        found.update(event["id"] for event in page["events"] if event["cursor"] <= last)
        after = page["cursor"]


def all_well(figures: dict[str, object]) -> bool:
    """Whether nothing went wrong."""
    return not any(figures.get(name) for name in ("failures", "lost", "duplicated", "signature_failures"))


async def demo(*, once: bool, as_json: bool, port: int | None, tls: bool = False) -> int:
    """Returns 0 only if all went well. Without a port: the usual one, or a free one where that is taken."""
    for name in [name for name in os.environ if name.upper().startswith("TRUNKLINE_")]:
        del os.environ[name]  # it is for another gateway: this one has its own file, on its own address
    logs.configure(LogConfig(level="error", format="console"))
    console = Console(stderr=as_json)
    this = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        if this is not None:
            asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    ports = [port] if port is not None else [0] if once else [USUAL_PORT, 0]
    with tempfile.TemporaryDirectory(prefix="trunkline-demo-") as folder:
        own = own_certificate.make(Path(folder)) if tls else None
        async with AsyncExitStack() as up:
            with step("starting a gateway and its simulated platforms", 0.0):
                on = await up.enter_async_context(scene(Path(folder), ports, own))
            figures = await (_round(on, console) if once else _for_ever(on, console, as_json=as_json))
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if all_well(figures) else 1


async def _round(on: Scene, console: Console) -> dict[str, object]:
    """The scripted demonstrations, once."""
    if console.is_terminal:
        board = Board()
        on.watcher.on_event = board.show
        with live(board, console):
            figures = await perform(on)
    else:
        figures = await perform(on)
    summary(console, figures)
    return figures


async def _for_ever(on: Scene, console: Console, *, as_json: bool) -> dict[str, object]:
    """The scripted demonstrations, then an endless shift, until Ctrl-C. The figures of the first."""
    opened = f"open {on.gateway.addresses[0].rstrip('/')}{PAGE}   (Ctrl-C ends it)"
    if console.is_terminal:
        board = Board(opened)
        on.watcher.on_event = board.show
        with live(board, console):
            figures = await perform(on)
            await _work(on, board.show)
    else:
        typer.echo(opened, err=as_json)
        figures = await perform(on)
        summary(console, figures)
        typer.echo(hints(on), err=as_json)
        await _work(on, plain_to_output() if not as_json else lambda _event: None)
    return figures


async def _work(on: Scene, show: Callable[[ev.AnyEvent], None]) -> None:
    """The shift, until cancelled."""
    chance = Random()  # noqa: S311  # who calls next is no secret
    shift = Shift(on.stage, on.tasks, chance)
    for event in on.watcher.events:
        shift.seen(event)
    on.watcher.forget()
    on.receiver.forget()

    def told(event: ev.AnyEvent) -> None:
        shift.seen(event)
        show(event)

    on.watcher.on_event = told
    shift.begin()
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
