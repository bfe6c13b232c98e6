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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
import typer
from aiohttp import ClientSession, TCPConnector
from rich.console import Console
from rich.live import Live

from gateway.app import Gateway, dialects, running
from gateway.cli.acting import Actor, DemoError, Watcher
from gateway.cli.display import Board, summary
from gateway.cli.receiver import Receiver
from gateway.config import Config
from gateway.demo import own_certificate
from gateway.demo.own_certificate import OwnCertificate
from gateway.demo.simulation import Pages, Simulated, gateway_config, internal_dialect, ready, switchboard
from gateway.runtime.tasks import Tasks
from gateway.telemetry import logs
from gateway.telemetry.config import LogConfig
from schemas.ids import PlatformId

log = structlog.get_logger("trunkline.demo")

READY_S: Final = 20.0
SETTLE_S: Final = 15.0


@dataclass
class Scene:
    """Everything that a demonstration needs, running."""

    gateway: Gateway
    switchboard: Gateway
    simulated: list[Simulated]
    receiver: Receiver
    watcher: Watcher
    session: ClientSession
    tasks: Tasks


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
async def scene(folder: Path, port: int, own: OwnCertificate | None = None) -> AsyncIterator[Scene]:
    """Put everything up, and take it down again; with a certificate, under TLS."""
    tls = {"certificate": str(own.certificate), "key": str(own.key)} if own is not None else None
    trust = True if own is None else ssl.create_default_context(cafile=own.authority)
    simulated = cast()
    internal = internal_dialect({one.name: one for one in dialects()})
    receiver, tasks = Receiver(), Tasks()
    await receiver.start()
    try:
        async with running(Gateway(switchboard(simulated, internal))) as platforms:
            store = str(folder / "demo.db")
            await _subscribe(receiver, gateway_config([], platforms.addresses[0], store))
            server = {"server": {"port": port, "shutdown_s": 1.0, "tls": tls}}
            config = gateway_config(simulated, platforms.addresses[0], store, port, server)
            connector = TCPConnector(ssl=trust)
            async with running(Gateway(config)) as gateway, ClientSession(connector=connector) as session:
                url = gateway.addresses[0]
                watcher = Watcher(session, url)
                tasks.start(watcher.run(await watcher.connect()), "watcher")
                Pages(simulated, tasks, session).open(platforms.addresses[0], url)
                try:
                    await _ready(gateway, simulated)
                    yield Scene(gateway, platforms, simulated, receiver, watcher, session, tasks)
                finally:
                    await tasks.finish(0.0)
    finally:
        await receiver.stop()


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


def hints(on: Scene, own: OwnCertificate | None = None) -> str:
    """Addresses to try, as lines to paste."""
    curl = "curl" if own is None else f"curl --cacert {own.authority}"
    url, platforms_url = on.gateway.addresses[0], on.switchboard.addresses[0]
    one = on.simulated[0]
    here = on.gateway.state.snapshots.session_of(one.platform_id, one.agents[0])  # type: ignore[arg-type]  # an agent's id is its ref
    dial = json.dumps({"type": "interaction.dial", "session_id": here, "destination": "+15550123"})
    call = json.dumps(
        {
            "type": "vendor.call",
            "session_id": here,
            "method": "simulate.inbound_call",
            "params": [{"ani": "+15550177", "agent": one.agents[0]}],
        }
    )
    lines = [
        f"gateway    {url}   (no API key: open to this machine only)",
        f"platforms  {platforms_url}   (simulated)",
        "",
        "watch events          " + f"{curl} -N {url}/v1/events/stream",
        "who is signed in      " + f"{curl} {url}/v1/sessions",
        "open interactions     " + f"{curl} {url}/v1/interactions",
        f"{one.agents[0]} calls somebody".ljust(22) + f"{curl} {url}/v1/commands -d '{dial}'",
        f"somebody calls {one.agents[0]}".ljust(22) + f"curl {platforms_url}/v1/commands -d '{call}'",
        "metrics               " + f"{curl} {url}/metrics",
        *_samples(on),
        *_trust(own),
        "",
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)


def _trust(own: OwnCertificate | None) -> list[str]:
    """How a browser and a program take the certificate."""
    if own is None:
        return []
    return [
        "",
        "The certificate is this demonstration's own, made just now, for localhost, 127.0.0.1 and ::1.",
        f"  a program   trusts it by the authority in {own.authority}",
        f"  Chromium    chromium --ignore-certificate-errors-spki-list={own.pin}",
        "              --user-data-dir=$(mktemp -d): a browser of its own, in which this key alone is taken",
        f"  a browser   imports {own.authority} as an authority; take it out again afterwards",
    ]


def _samples(on: Scene) -> list[str]:
    """Pages written for one dialect, over a platform of another."""
    offered = [one for one in on.gateway.dialects.values() if one.browser is not None and one.browser.sample]
    pairs = [(one, other) for one in on.simulated for other in offered if other is not one.dialect]
    lines = [
        f"{other.title}, on {one.dialect.title}:\n  as {one.agents[0]}: {on.gateway.addresses[0]}"
        f"/v1/facades/{one.platform_id}/{other.name}/{other.browser.sample}"
        for one, other in pairs
        if other.browser is not None
    ]
    return (
        ["", "In a browser, pages written for one dialect over a platform of another:", *lines]
        if lines
        else []
    )


async def demo(*, once: bool, as_json: bool, port: int, tls: bool = False) -> int:
    """Returns 0 only if all went well."""
    for name in [name for name in os.environ if name.upper().startswith("TRUNKLINE_")]:
        del os.environ[name]  # it is for another gateway: this one has its own file, on its own address
    logs.configure(LogConfig(level="error", format="console"))
    console = Console(stderr=as_json)
    board = Board()
    this = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        if this is not None:
            asyncio.get_running_loop().add_signal_handler(number, this.cancel)
    with tempfile.TemporaryDirectory(prefix="trunkline-demo-") as folder:
        own = own_certificate.make(Path(folder)) if tls else None
        async with scene(Path(folder), port, own) as on:
            on.watcher.on_event = board.show
            live = Live(board, console=console, refresh_per_second=8, transient=False)
            if console.is_terminal:
                with live:
                    figures = await perform(on)
            else:
                figures = await perform(on)
            summary(console, figures)
            if not once:
                typer.echo(hints(on, own), err=as_json)
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if all_well(figures) else 1
