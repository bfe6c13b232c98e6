"""The gateway as cases start it, and the load of its links."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.pages import BRIGHT_PATTERN, CHANNEL_SESSION, PASSWORD
from tests.bench.running import Bench, Figures
from tests.bench.serving import free_port

PLATFORM: Final = "bench"
PUSHERS: Final = 1024  # connections that may wait to be taken


@dataclass(frozen=True)
class Up:
    """A gateway that serves: what a load client has to know of it."""

    port: int
    pid: int
    dialect: str
    links: int
    listening: socket.socket | None = None


@contextmanager
def gateway(
    bench: Bench,
    dialect: str = BRIGHT_PATTERN,
    links: int = 50,
    store: Path | None = None,
    facades: Mapping[str, object] | None = None,
    **sections: object,
) -> Iterator[Up]:
    """With one platform, and as many links as said; a dialled dialect has a platform a link."""
    if dialect != CHANNEL_SESSION:
        platform: dict[str, object] = {"dialect": dialect}
        if facades is not None:
            platform["facades"] = facades
        port, command = bench.gateway({PLATFORM: platform}, store, **sections)
        with bench.serve(command, port) as pid:
            yield Up(port, pid, dialect, links)
        return
    with socket.create_server(("127.0.0.1", 0), backlog=PUSHERS) as listening:
        dialled = listening.getsockname()[1]
        platforms = {
            f"{PLATFORM}{at}": {
                "dialect": dialect,
                "url": f"ws://127.0.0.1:{dialled}/a{at}",
                "settings": {"agents": {f"a{at}": PASSWORD}},
            }
            for at in range(links)
        }
        port, command = bench.gateway(platforms, store, **sections)
        with bench.serve(command, port) as pid:
            yield Up(port, pid, dialect, links, listening)


def push(bench: Bench, up: Up, **more: object) -> Figures:
    """The links push changes of their calls, and what comes out is counted."""
    options, keep = bench.options, () if up.listening is None else (up.listening.fileno(),)
    job: dict[str, object] = {
        "port": up.port,
        "pid": up.pid,
        "dialect": up.dialect,
        "links": up.links,
        "window": options.window,
        "seconds": options.seconds,
        "listening": keep[0] if keep else None,
    }
    return bench.load("events", {**job, **more}, keep=keep)


def pushed(bench: Bench, dialect: str, links: int) -> Figures:
    """Measured once, with a gateway and a store of its own."""
    with gateway(bench, dialect, links) as up:
        return push(bench, up)


def piped_bare(bench: Bench, links: int) -> Figures:
    """The bare durable path, measured once."""
    port = free_port()
    with bench.serve(bench.module("bare.pipeline", port, bench.folder / f"{port}.db"), port) as pid:
        job = {"port": port, "pid": pid, "links": links, "window": bench.options.window}
        return bench.load("pipe", {**job, "seconds": bench.options.seconds})
