"""`python -m tests.faults.cluster`: three gateways on three NATS servers, and everything that goes wrong.

Standard output gets the line of `python -m tests.faults`, and after it how long it took until events were
told again: by another gateway, where the one at work was taken away (`take_over`), and where servers were
(`servers`): median and worst, in seconds. Exit status 1 as there.
"""

import argparse
import asyncio
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

from tests.faults.cluster_process import Cluster
from tests.faults.lives import REOPENED
from tests.faults.outcome import Outcome
from tests.faults.running import say
from tests.faults.subscribers import PollFollower
from tests.faults.world import Plan, World, world

PLAN: Final = Plan(pages=6, agents=3, commanders=2, pause_s=0.5, gateway=Cluster)
_LONGER_S: Final = 8.0  # than a lease lives
_SHORTER_S: Final = 1.5
_FIRST_S: Final = 30.0  # in which somebody has to take over, however busy the machine is
_LOOK_S: Final = 0.02
_SHOWN: Final = 30
_TELLING: Final = 11  # rounds in which everything happens


class Trouble:
    """What goes wrong, and how long events were not told for that."""

    def __init__(self, there: World, cluster: Cluster, dice: Random) -> None:
        self.taken_over_s: list[float] = []
        self.servers_s: list[float] = []
        self._there = there
        self._cluster = cluster
        self._dice = dice
        self._told = next(one for one in there.notes.followed if one.name == "stream").events

    async def one(self, kind: "Kind") -> None:
        """Let it happen, and wait until all is well again."""
        await kind(self)
        await self._cluster.all_ready()
        await self.told_again(len(self._told))

    async def told_again(self, before: int) -> float:
        """When more was told than so many events."""
        end = time.monotonic() + _FIRST_S
        while len(self._told) <= before:
            if time.monotonic() > end:
                raise RuntimeError(f"nothing was told for {_FIRST_S:g} s")
            await asyncio.sleep(_LOOK_S)
        return time.monotonic()

    async def _someone(self) -> int:
        while True:
            if (now := await self._cluster.at_work()) >= 0:
                return now
            await asyncio.sleep(_LOOK_S)

    async def _taken_over(self, victim: int, begun: float) -> None:
        if await self._cluster.taken_over(victim, _FIRST_S) is None:
            raise RuntimeError(f"nobody has taken over within {_FIRST_S:g} s")
        self.taken_over_s.append(await self.told_again(len(self._told)) - begun)

    # --- gateways

    async def kill_at_work(self) -> None:
        """SIGKILL."""
        victim, begun = await self._someone(), time.monotonic()
        self._cluster.kills += 1
        self._cluster.nodes[victim].send(signal.SIGKILL)
        await self._taken_over(victim, begun)

    async def kill_another(self) -> None:
        """SIGKILL."""
        self._cluster.kills += 1
        self._cluster.nodes[await self._another()].send(signal.SIGKILL)
        await asyncio.sleep(_SHORTER_S)

    async def _another(self) -> int:
        at_work = await self._someone()
        return self._dice.choice([one for one in range(len(self._cluster.nodes)) if one != at_work])

    async def freeze_at_work(self) -> None:
        """Longer than its lease lives; when it wakes up it may do nothing more."""
        victim, begun = await self._someone(), time.monotonic()
        self._cluster.nodes[victim].send(signal.SIGSTOP)
        try:
            await self._taken_over(victim, begun)
            await asyncio.sleep(self._dice.uniform(0.0, _SHORTER_S))
        finally:
            self._cluster.nodes[victim].send(signal.SIGCONT)

    async def freeze_shortly(self) -> None:
        """Nobody need take over."""
        victim = await self._someone()
        self._cluster.nodes[victim].send(signal.SIGSTOP)
        await asyncio.sleep(self._dice.uniform(0.2, _SHORTER_S))
        self._cluster.nodes[victim].send(signal.SIGCONT)

    async def cut_off_at_work(self) -> None:
        """From NATS, and without being told so; clients reach it still."""
        victim, begun = await self._someone(), time.monotonic()
        for way in self._cluster.nodes[victim].ways:
            way.hole(on=True)
        try:
            await self._taken_over(victim, begun)
        finally:
            for way in self._cluster.nodes[victim].ways:
                way.hole(on=False)

    async def cut_off_another(self) -> None:
        """Likewise."""
        ways = self._cluster.nodes[await self._another()].ways
        for way in ways:
            way.hole(on=True)
        await asyncio.sleep(self._dice.uniform(_SHORTER_S, _LONGER_S))
        for way in ways:
            way.hole(on=False)

    async def restart_at_work(self) -> None:
        """In order: another one takes over at once."""
        victim, begun = await self._someone(), time.monotonic()
        self._cluster.nodes[victim].send(signal.SIGTERM)
        await self._taken_over(victim, begun)

    async def cut_clients(self) -> None:
        """All connections of clients and platforms."""
        self._cluster.balancer.cut()
        await asyncio.sleep(_SHORTER_S)

    # --- servers

    async def kill_server(self) -> None:
        """SIGKILL; it comes again."""
        await self._without_server(signal.SIGKILL)

    async def restart_server(self) -> None:
        """In order."""
        await self._without_server(signal.SIGTERM)

    async def _without_server(self, how: signal.Signals) -> None:
        server = self._dice.choice(self._cluster.servers.servers)
        begun, before = time.monotonic(), len(self._told)
        self._cluster.kills += how is signal.SIGKILL
        await asyncio.to_thread(server.kill, how)
        await self._silent(begun, before, self._dice.uniform(_SHORTER_S, _LONGER_S))
        await asyncio.to_thread(server.start)
        await self._cluster.servers.current()

    async def freeze_server(self) -> None:
        """Its connections stand, and say nothing."""
        server = self._dice.choice(self._cluster.servers.servers)
        begun, before = time.monotonic(), len(self._told)
        server.freeze(on=True)
        try:
            await self._silent(begun, before, _LONGER_S)
        finally:
            server.freeze(on=False)
        await self._cluster.servers.current()

    async def _silent(self, begun: float, before: int, for_s: float) -> None:
        """Note the longest time in which nothing was told, within so long; it ends when something is."""
        last, count, longest = begun, before, 0.0
        while time.monotonic() < begun + for_s:
            if len(self._told) > count:
                count, last = len(self._told), time.monotonic()
            longest = max(longest, time.monotonic() - last)
            await asyncio.sleep(_LOOK_S)
        if time.monotonic() - last >= longest - _LOOK_S:  # it goes on
            longest = max(longest, await self.told_again(count) - last)
        self.servers_s.append(longest)


Kind = Callable[[Trouble], Awaitable[None]]
KINDS: Final[Mapping[str, Kind]] = {
    one.__name__: one
    for one in (
        *(Trouble.kill_at_work, Trouble.kill_another, Trouble.freeze_at_work, Trouble.freeze_shortly),
        *(Trouble.cut_off_at_work, Trouble.cut_off_another, Trouble.restart_at_work, Trouble.cut_clients),
        *(Trouble.kill_server, Trouble.restart_server, Trouble.freeze_server),
    )
}


def drawn(dice: Random, rounds: int, kinds: Sequence[str]) -> list[str]:
    """So many, each kind as often as any other."""
    found: list[str] = []
    while len(found) < rounds:
        found += dice.sample(kinds, len(kinds))
    return found[:rounds]


async def cluster(
    dice: Random, folder: Path, rounds: int, kinds: Sequence[str] = tuple(KINDS), plan: Plan = PLAN
) -> tuple[Outcome, Trouble]:
    """So many troubles, one after the other."""
    async with world(plan, dice, folder) as there:
        gateways = there.gateway
        if not isinstance(gateways, Cluster):
            raise TypeError("the plan has no cluster")
        trouble = Trouble(there, gateways, dice)
        await trouble.told_again(0)
        for kind in drawn(dice, rounds, kinds):
            await asyncio.sleep(dice.uniform(0.0, 1.0))
            begun = time.monotonic()
            await trouble.one(KINDS[kind])
            say(f"{kind}: {time.monotonic() - begun:.1f} s")
        await there.settle()
        end = max(event.cursor for event in there.notes.followed[-1].events)
        for node in gateways.nodes:  # what one tells, all tell
            reader = PollFollower(f"journal of {node.gateway.port}", node.gateway.port)
            late = time.monotonic() + _FIRST_S
            await reader.catch_up()
            while reader.cursor < end and time.monotonic() < late:
                await asyncio.sleep(_LOOK_S)
                await reader.catch_up()
            there.notes.followed.append(reader.followed)
        for one in there.notes.followed:  # something is told all the time: all is looked at up to one event
            one.events = [event for event in one.events if event.cursor <= end]
        unmet = there.notes.unmet + [f"a gateway logged {line}" for line in gateways.complaints()[:5]]
        told = [event for one in there.notes.followed for event in one.events]
        if rounds >= _TELLING:
            tried = {
                "nobody read on from a list": bool(there.notes.readings),
                "no question was asked": any(event.question for event in told),
                "nothing was reopened": any(event.type == REOPENED for event in told),
            }
            unmet += [what for what, was_so in tried.items() if not was_so]
        return Outcome(gateways.kills, there.events, there.check(), unmet), trouble


def _figures(times: Sequence[float]) -> tuple[float, float]:
    return (median(times), max(times)) if times else (0.0, 0.0)


def main() -> int:
    """Run what was asked for, and print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.cluster", description="Faults of a cluster."
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--rounds", type=int, default=33)
    parser.add_argument("--kind", action="append", choices=list(KINDS))
    asked = parser.parse_args()
    say(f"seed {asked.seed}")
    folder = Path(tempfile.mkdtemp(prefix="trunkline-cluster-"))
    dice = Random(f"{asked.seed} cluster")  # noqa: S311  # no secret
    try:
        outcome, trouble = asyncio.run(cluster(dice, folder, asked.rounds, asked.kind or tuple(KINDS)))
    except (ExceptionGroup, RuntimeError, OSError):
        say(traceback.format_exc())
        say(f"it came to no end; repeat with --seed {asked.seed}; logs are kept in {folder}")
        return 1
    found = outcome.findings
    wrong = [*found, *(f"unmet: {one}" for one in outcome.unmet)]
    for one in wrong[:_SHOWN]:
        say(f"  {one}")
    (folder / "findings").write_text("".join(f"{one}\n" for one in wrong))
    over, servers = _figures(trouble.taken_over_s), _figures(trouble.servers_s)
    sys.stdout.write(
        f"{outcome.line} take_overs={len(trouble.taken_over_s)} take_over_s={over[0]:.1f} worst={over[1]:.1f}"
        f" servers_s={servers[0]:.1f} worst={servers[1]:.1f}\n"
    )
    if wrong:
        say(f"repeat with --seed {asked.seed}; logs, and all findings, are kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
