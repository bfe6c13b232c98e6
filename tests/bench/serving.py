"""A server as a process on one core, and the load client on another one. See quick.py."""

import argparse
import json
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
READY_S: Final = 60.0
POLL_S: Final = 0.05
CONFIG: Final = """\
server: {{host: 127.0.0.1, port: {port}}}
store: {{path: {store}}}
platforms:
  bench: {{dialect: bright_pattern}}
log: {{level: warning}}
"""

Figures = dict[str, float | None]  # per_s, count, seconds, cpu_us: what the load client prints


def cores() -> Sequence[int]:
    """Those that we may use; empty where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started in here runs on one core: the first, the second, ... that we have."""
    own = cores()
    if len(own) <= core:
        yield
        return
    os.sched_setaffinity(0, {own[core]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


def free_port() -> int:
    """One that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def configuration(port: int, folder: Path) -> Path:
    """The gateway's, as a file in that folder, where its store is, too."""
    path = folder / f"{port}.yaml"
    store = json.dumps(str(folder / f"{port}.db"))
    path.write_text(CONFIG.format(port=port, store=store), encoding="utf-8")
    return path


@contextmanager
def server(
    command: Sequence[str],
    port: int,
    folder: Path,
    tree: Path | None = None,
    well: Callable[[int], bool] | None = None,
) -> Iterator[int]:
    """Start it, wait until it is well, and end it by its own handle. Gives its process id.

    With `tree`, the packages in that folder come before those that are installed. `well` looks at the port in
    another way than `is_well`, if the server has no such page.
    """
    log = folder / f"{port}.log"
    environment = os.environ if tree is None else {**os.environ, "PYTHONPATH": str(tree)}
    with log.open("wb") as output, pinned(0):
        process = subprocess.Popen(  # noqa: S603  # ours
            command, stdout=output, stderr=output, cwd=tree, env=environment
        )
    try:
        deadline = time.monotonic() + READY_S
        while not (well or is_well)(port):
            if process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise SystemExit(f"{shlex.join(command)} did not come up:\n{text}")
            time.sleep(POLL_S)
        if process.poll() is not None:
            raise SystemExit(f"{shlex.join(command)}: somebody else answers at its port")
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_well(port: int) -> bool:
    """It answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def listens(port: int) -> bool:
    """Somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def load(what: str, port: int, pid: int, options: argparse.Namespace) -> Figures:
    """Run the client, on another core."""
    command = [sys.executable, "-m", "tests.bench.client", what, "--port", str(port), "--pid", str(pid)]
    command += ["--links", str(options.links), "--window", str(options.window)]
    command += ["--seconds", str(options.seconds)]
    with pinned(1):
        done = subprocess.run(  # noqa: S603  # ours
            command, cwd=HERE.parents[1], stdout=subprocess.PIPE, check=False, timeout=60
        )
    if done.returncode:
        raise SystemExit(f"the load client failed against {what}")
    result: Figures = json.loads(done.stdout)
    return result
