"""`python -m tests.faults.costs`: what an event costs a cluster, in processor time and bytes, by counting.

The world of `tests.faults.cluster`, and nothing goes wrong in it. Processor time is the system's account of
each process, so a busy machine makes it longer by its caches only; bytes and messages are NATS' own account.
Parts of `trunkline simulate-capacity` are taken from this.
"""

import argparse
import asyncio
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from tests.faults.cluster import PLAN
from tests.faults.cluster_process import Cluster
from tests.faults.running import say
from tests.faults.world import World, world

_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
STREAMS: Final = ("trunkline-events", "KV_trunkline-state")


class Account(NamedTuple):
    """What was used up by now."""

    events: int
    processor_s: Mapping[str, float]
    messages: Mapping[str, int]  # by stream, also those that are gone by now
    bytes: Mapping[str, int]  # by stream, what is kept


def processor_s(pid: int | None) -> float:
    """Of a process, in user and kernel mode."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


async def account(there: World, cluster: Cluster) -> Account:
    """At this moment."""
    at_work = await cluster.at_work()
    used = {"at work": 0.0, "another": 0.0, "server": 0.0}
    for number, node in enumerate(cluster.nodes):
        used["at work" if number == at_work else "another"] += processor_s(node.gateway.pid_or_none)
    for server in cluster.servers.servers:
        used["server"] += processor_s(server.pid)
    client = await cluster.servers.connect()
    try:
        infos = {name: await client.jetstream(timeout=5.0).stream_info(name) for name in STREAMS}
    finally:
        await client.close()
    last = max((one.cursor for one in (await there.journal()).events), default=0)
    messages = {name: one.state.last_seq for name, one in infos.items()}
    return Account(last, used, messages, {name: one.state.bytes for name, one in infos.items()})


async def costs(dice: Random, folder: Path, seconds: float) -> dict[str, float]:
    """Of one event: microseconds of each kind of process, bytes and messages."""
    async with world(replace(PLAN, commanders=1, receivers={}), dice, folder) as there:
        cluster = there.gateway
        if not isinstance(cluster, Cluster):
            raise TypeError("the plan has no cluster")
        await asyncio.sleep(seconds / 4)  # all pages are there
        before = await account(there, cluster)
        await asyncio.sleep(seconds)
        after = await account(there, cluster)
    events = after.events - before.events
    others = len(cluster.nodes) - 1
    used = {
        name: (after.processor_s[name] - before.processor_s[name]) * 1e6 / events
        for name in after.processor_s
    }
    return {
        "events": float(events),
        "events_a_second": events / seconds,
        "at_work_us": used["at work"],
        "another_us": used["another"] / others,
        "server_us": used["server"] / len(cluster.servers.servers),
        "journal_bytes": (after.bytes[STREAMS[0]] - before.bytes[STREAMS[0]]) / events,
        "journal_messages": (after.messages[STREAMS[0]] - before.messages[STREAMS[0]]) / events,
        "state_messages": (after.messages[STREAMS[1]] - before.messages[STREAMS[1]]) / events,
    }


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.costs", description="Costs of an event.")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    say(f"seed {asked.seed}")
    folder = Path(tempfile.mkdtemp(prefix="trunkline-costs-"))
    found = asyncio.run(costs(Random(asked.seed), folder, asked.seconds))  # noqa: S311  # no secret
    sys.stdout.write(" ".join(f"{name}={value:.1f}" for name, value in found.items()) + "\n")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
