"""Several gateways on three NATS servers, as one gateway to the rest of the world: see `GatewayProcess`.

Each gateway reaches the servers through proxies of its own, and is started again whenever it has ended, as a
supervisor does. Who is at work is read from the lease, by a client that is not ours.
"""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js.errors import Error as JetStreamError

from tests.fakes import until
from tests.faults.balancer import Balancer
from tests.faults.gateway_process import SERVE, GatewayProcess
from tests.faults.proxy import Proxy
from tests.nats_cluster import NatsCluster

COUNT: Final = 3
_LOOK_S: Final = 0.05
_ALL_READY_S: Final = 240.0  # however busy the machine is with other things
_RESTARTED_S: Final = 0.5  # at most, after it has ended
_EXPECTED: Final = (  # what a gateway may complain of whose lease has gone to another one, or without NATS
    "lease lost",
    "the gateway ends",
    "taken over",
    "FencedError",
    "store in trouble",
)


class _Lease(msgspec.Struct):
    owner: str = ""


class Node:
    """One gateway, and its ways to the servers."""

    def __init__(self, folder: Path, dice: Random) -> None:
        folder.mkdir()
        self.gateway = GatewayProcess(folder, dice, SERVE)
        self.ways: list[Proxy] = []
        self.ended = 0  # how often it did so by itself
        self._dice = dice
        self._over = False
        self._wanted = False  # it is to end now

    async def keep(self) -> None:
        """Start it again and again."""
        while not self._over:
            self._wanted = False
            await self.gateway.begin()
            await self.gateway.ended()
            self.ended += not self._wanted
            await asyncio.sleep(self._dice.uniform(0.0, _RESTARTED_S))

    def send(self, what: signal.Signals) -> None:
        """Kill, stop, freeze or thaw it."""
        self._wanted = self._wanted or what in {signal.SIGKILL, signal.SIGTERM}
        with suppress(RuntimeError, ProcessLookupError):  # it is just being started again
            os.kill(self.gateway.pid, what)

    async def stop(self) -> None:
        """For good."""
        self._over = self._wanted = True
        self.send(signal.SIGCONT)
        await self.gateway.stop()


class Cluster(GatewayProcess):
    """Its port is the balancer's."""

    def __init__(self, folder: Path, dice: Random) -> None:
        super().__init__(folder, dice)
        self.servers = NatsCluster(folder, dice)
        self.nodes = [Node(folder / f"gateway{number}", dice) for number in range(COUNT)]
        self.balancer = Balancer(self.port, [one.gateway.port for one in self.nodes], dice)
        self._dice = dice
        self._settings: Mapping[str, object] = {}
        self._client: Client | None = None
        self._kept: list[asyncio.Task[None]] = []

    def configure(self, config: Mapping[str, object]) -> None:
        """For all of them; written once the servers run."""
        self._settings = config

    async def start(self) -> None:
        """Everything. Raises RuntimeError."""
        await self.servers.start()
        self._client = await self.servers.connect()
        for number, node in enumerate(self.nodes):
            node.ways = [Proxy(port, self._dice) for port in self.servers.ports]
            addresses = [f"nats://127.0.0.1:{await way.start()}" for way in node.ways]
            bus = {
                "servers": addresses,
                "user": self.servers.user,
                "password": self.servers.password,
                "replicas": 3,
                "answer_s": 1.0,
            }
            store = {"path": str(node.gateway.log.with_name(f"{number}.db"))}
            node.gateway.configure({**self._settings, "store": store, "bus": bus})
            self._kept.append(asyncio.create_task(node.keep()))
        await self.balancer.start()
        await self.all_ready()

    async def all_ready(self, within_s: float = _ALL_READY_S) -> None:
        """Return once all gateways say that they are. Raises RuntimeError."""
        try:
            async with asyncio.timeout(within_s):
                await until(lambda: len(self.balancer.ready) == len(self.nodes))
        except TimeoutError:
            tails = "\n".join(one.gateway.last_words() for one in self.nodes)
            raise RuntimeError(f"not all gateways are ready after {within_s:g} s:\n{tails}") from None

    async def at_work(self) -> int:
        """The number of the gateway that holds the lease; -1 if none does, or nobody can say."""
        if self._client is None:
            return -1
        try:
            kept = await self._client.jetstream(timeout=1.0).get_last_msg(
                "KV_trunkline-leases", "$KV.trunkline-leases.store"
            )
            owner = msgspec.json.decode(kept.data or b"{}", type=_Lease).owner
        except (nats.errors.Error, JetStreamError, TimeoutError):
            return -1
        pids = [one.gateway.pid_or_none for one in self.nodes]
        pid = int(owner.split(":")[1]) if owner else None
        return pids.index(pid) if pid is not None and pid in pids else -1

    async def taken_over(self, victim: int, within_s: float) -> float | None:
        """When another gateway than that one had the lease first, by the steady clock; None: none got it."""
        end = time.monotonic() + within_s
        pid = self.nodes[victim].gateway.pid_or_none
        while time.monotonic() < end:
            now = await self.at_work()
            if now >= 0 and (now != victim or self.nodes[now].gateway.pid_or_none != pid):
                return time.monotonic()
            await asyncio.sleep(_LOOK_S)
        return None

    async def stop(self) -> None:
        """All of it."""
        for node in self.nodes:
            await node.stop()
        for task in self._kept:
            task.cancel()
        await self.balancer.stop()
        for node in self.nodes:
            for way in node.ways:
                await way.stop()
        if self._client is not None:
            await self._client.close()
        self.servers.kill()

    async def journal_findings(self) -> list[str]:
        """There is no file of it."""
        return []

    def complaints(self) -> list[str]:
        """What the gateways logged as errors of their own, and need not have."""
        return [
            line
            for node in self.nodes
            for line in node.gateway.complaints()
            if not any(one in line for one in _EXPECTED)
        ]
