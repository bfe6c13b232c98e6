"""How many events a second one gateway process takes, beside a bare echo on the same core in the same run.

Absolute figures drift with the machine; the ratio is the one to watch. Both servers are real processes on
loopback, pinned to one core where the system can; the client has another one. A core that is not busy means
that the client, or the disk, set the pace. About 15 seconds.
"""

import argparse
import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
READY_S: Final = 10.0
POLL_S: Final = 0.05
SERVE: Final = f"{shlex.quote(str(Path(sys.executable).with_name('trunkline')))} serve --config {{config}}"
CONFIG: Final = """\
server: {{host: 127.0.0.1, port: {port}}}
store: {{path: {store}}}
platforms:
  bench: {{dialect: bright_pattern}}
log: {{level: warning}}
"""


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


@contextmanager
def server(command: Sequence[str], port: int, folder: Path) -> Iterator[int]:
    """Start it, wait until it is well, and end it by its own handle. Gives its process id."""
    log = folder / f"{port}.log"
    with log.open("wb") as output, pinned(0):
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603  # ours
    try:
        deadline = time.monotonic() + READY_S
        while not is_well(port):
            if process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise SystemExit(f"{shlex.join(command)} did not come up:\n{text}")
            time.sleep(POLL_S)
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


def load(what: str, port: int, pid: int, options: argparse.Namespace) -> dict[str, float | None]:
    """Run the client, on another core."""
    command = [sys.executable, str(HERE / "client.py"), what, "--port", str(port), "--pid", str(pid)]
    command += ["--links", str(options.links), "--window", str(options.window)]
    command += ["--seconds", str(options.seconds)]
    with pinned(1):
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=60)  # noqa: S603  # ours
    if done.returncode:
        raise SystemExit(f"the load client failed against {what}")
    result: dict[str, float | None] = json.loads(done.stdout)
    return result


def measure(options: argparse.Namespace) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """The figures of the gateway and of the echo."""
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name:
        folder = Path(name)
        port = free_port()
        with server([sys.executable, str(HERE / "echo.py"), str(port)], port, folder) as pid:
            bare = load("echo", port, pid, options)
        port = free_port()
        config = folder / "config.yaml"
        config.write_text(
            CONFIG.format(port=port, store=json.dumps(str(folder / "trunkline.db"))), encoding="utf-8"
        )
        command = [part.format(config=config, port=port) for part in shlex.split(options.command)]
        with server(command, port, folder) as pid:
            ours = load("gateway", port, pid, options)
    return ours, bare


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="A quick benchmark; see the head of this file.")
    parser.add_argument("--links", type=int, default=50, help="agents' pages, and connections of the echo")
    parser.add_argument("--window", type=int, default=400, help="messages under way")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument(
        "--command", default=SERVE, help="starts the server; {config} and {port} are filled in"
    )
    return parser.parse_args(arguments)


def main() -> None:
    """Measure, print a table and one JSON line."""
    options = parse(sys.argv[1:])
    ours, bare = measure(options)
    summary = {
        "gateway_events_per_s": round(ours["per_s"] or 0),
        "echo_msgs_per_s": round(bare["per_s"] or 0),
        "ratio": round((ours["per_s"] or 0) / (bare["per_s"] or 1), 3),
        "cpu_us_per_event": None if ours["cpu_us"] is None else round(ours["cpu_us"], 1),
    }
    lines = [f"{'':20}{'per second':>12}{'CPU us each':>13}{'core busy':>11}{'ms under way':>14}"]
    for title, figures in (
        ("gateway" if options.command == SERVE else "given command", ours),
        ("echo", bare),
    ):
        rate, cpu_us = figures["per_s"] or 0, figures["cpu_us"]
        cpu = f"{'?':>13}{'?':>11}" if cpu_us is None else f"{cpu_us:13.1f}{rate * cpu_us / 1e6:11.0%}"
        lines.append(f"{title:20}{rate:12,.0f}{cpu}{options.window / rate * 1000:14.2f}")
    lines.append(f"{options.links} links, {options.window} under way, {options.seconds:g} s each")
    sys.stdout.write("\n".join([*lines, json.dumps(summary), ""]))


if __name__ == "__main__":
    main()
