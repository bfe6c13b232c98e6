"""A quick look at what moved: some ratios beside the stored ones, see stored.py; in under two minutes.

`--against COMMIT` measures the working copy beside an earlier commit instead: see against.py. `--command`
measures another server, which has the gateway's paths, beside a bare echo: how many events a second it takes.
Servers are real processes on loopback, pinned to one core where the system can; the client has another one. A
core that is not busy means that the client, or the disk, set the pace.
"""

import argparse
import json
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench import against, stored
from tests.bench.serving import HERE, Figures, configuration, free_port, load, server

SERVE: Final = f"{shlex.quote(str(Path(sys.executable).with_name('trunkline')))} serve --config {{config}}"


def measure(options: argparse.Namespace) -> tuple[Figures, Figures]:
    """The figures of the gateway and of the echo."""
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name:
        folder = Path(name)
        port = free_port()
        with server([sys.executable, str(HERE / "echo.py"), str(port)], port, folder) as pid:
            bare = load("echo", port, pid, options)
        port = free_port()
        config = configuration(port, folder)
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
    parser.add_argument("--store", action="store_true", help="store what is measured as the baseline")
    parser.add_argument("--against", metavar="COMMIT", help="is the working copy slower than that?")
    parser.add_argument("--rounds", type=int, default=12, help="of --against; at least ten")
    parser.add_argument("--few", type=int, default=stored.OPTIONS.rounds, help="rounds without --against")
    names = [case.name for case in against.CASES]
    parser.add_argument("--cases", nargs="+", choices=names, default=names, help="of --against")
    parser.add_argument("--deliveries", type=int, default=2_000, help="of a round of --against")
    options = parser.parse_args(arguments)
    if options.rounds < against.MIN_ROUNDS:
        parser.error(f"fewer than {against.MIN_ROUNDS} rounds tell too little")
    return options


def _beside_the_stored(options: argparse.Namespace) -> int:
    """Measure, and print or store. Returns 0 whatever moved: that is for people to judge."""
    found = stored.measure(options.few, min(options.seconds, stored.OPTIONS.seconds))
    if options.store:
        stored.write(found, against.commit_of("HEAD"))
    kept = stored.read()
    lines = [*stored.table(found, kept.ratios), f"stored at {kept.measured_at}; nothing fails on it", ""]
    sys.stdout.write("\n".join(lines))
    return 0


def main() -> int:
    """Measure, print a table, and with --command one JSON line."""
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # and nothing is left running
    if options.against is not None:
        return against.compare(options)
    if options.command == SERVE:
        return _beside_the_stored(options)
    ours, bare = measure(options)
    summary = {
        "gateway_events_per_s": round(ours["per_s"] or 0),
        "echo_msgs_per_s": round(bare["per_s"] or 0),
        "ratio": round((ours["per_s"] or 0) / (bare["per_s"] or 1), 3),
        "cpu_us_per_event": None if ours["cpu_us"] is None else round(ours["cpu_us"], 1),
    }
    lines = [f"{'':20}{'per second':>12}{'CPU us each':>13}{'core busy':>11}{'ms under way':>14}"]
    for title, figures in (("given command", ours), ("echo", bare)):
        rate, cpu_us = figures["per_s"] or 0, figures["cpu_us"]
        cpu = f"{'?':>13}{'?':>11}" if cpu_us is None else f"{cpu_us:13.1f}{rate * cpu_us / 1e6:11.0%}"
        lines.append(f"{title:20}{rate:12,.0f}{cpu}{options.window / rate * 1000:14.2f}")
    lines.append(f"{options.links} links, {options.window} under way, {options.seconds:g} s each")
    sys.stdout.write("\n".join([*lines, json.dumps(summary), ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
