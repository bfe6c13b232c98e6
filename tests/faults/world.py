"""All of it on loopback: the gateway's process, platforms under load, subscribers, clients with commands."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from aiohttp import ClientSession

from tests.faults.checker import check
from tests.faults.commands import Board, Commander
from tests.faults.desk import Desk
from tests.faults.findings import Findings
from tests.faults.gateway_process import SERVE, GatewayProcess
from tests.faults.notes import GATEWAY, Fact, Followed, Notes
from tests.faults.page import Page
from tests.faults.processor import Processor, channel_of
from tests.faults.proxy import Proxy
from tests.faults.readers import Reader
from tests.faults.receivers import HERE, Hook, Receiver, well
from tests.faults.subscribers import PollFollower, SseFollower, StreamFollower
from tests.gateway.name_server import NameServer

PAGES: Final = "pages"  # the platforms' names in the configuration
PROCESSOR: Final = "processor"
SETTLE_S: Final = 120.0  # without anything getting better; far less where there is nothing to wait for
_LONGEST_S: Final = 900.0  # though it does
_LOOK_S: Final = 0.5
_QUESTION_S: Final = 2.0  # then it expires
_QUICK_SCHEDULE: Final = (0, 0.2, 0.3, 0.5, *[1.0] * 25)  # no receiver is given up in the time that we have


@dataclass(frozen=True)
class Plan:
    """What a scenario wants."""

    pages: int = 8
    agents: int = 4  # of the processor
    commanders: int = 3
    pause_s: float = 0.15  # between two bursts of one agent, in the mean
    proxied: bool = False  # everything goes through proxies
    slow_reader: bool = False
    padding_bytes: int = 0  # of attached data
    receivers: Mapping[str, Hook] = field(default_factory=lambda: {"hook": Hook(well)})
    quick: bool = (
        True  # what fails is tried again more often than by default, and no longer than we have time
    )
    on_time: bool = True  # the gateway's clock is ours
    command: Sequence[str] = SERVE
    gateway: Callable[[Path, Random], GatewayProcess] | None = None  # what stands for it; None: one process
    store: Path | None = None  # its folder; None: beside the rest


class World:
    """See `world`."""

    def __init__(self, plan: Plan, dice: Random, folder: Path) -> None:
        self.plan = plan
        self.dice = dice
        self.notes = Notes()
        self.gateway = (
            GatewayProcess(folder, dice, plan.command) if plan.gateway is None else plan.gateway(folder, dice)
        )
        self.store = plan.store or folder
        self.proxies: list[Proxy] = []
        self.receivers = {
            name: Receiver(name, self.notes, hook, on_time=plan.on_time)
            for name, hook in plan.receivers.items()
        }
        self.desks = [self._desk(PAGES, f"a{at}") for at in range(plan.pages)]
        self.desks += [self._desk(PROCESSOR, f"b{at}") for at in range(plan.agents)]
        self.slow: StreamFollower | None = None
        self.names: NameServer | None = None
        self.operator = Followed("operator")
        self._processor = Processor([one for one in self.desks if one.platform == PROCESSOR])
        self.commanders: list[Commander] = []
        self._giving: list[asyncio.Task[None]] = []
        self._load: list[asyncio.Task[None]] = []
        self._tasks: list[asyncio.Task[None]] = []  # all of them

    @property
    def events(self) -> int:
        """How many were told."""
        return len({event.id for one in self.notes.followed for event in one.events})

    def told_before_now(self, followed: Followed) -> set[str]:
        """The ids of events that subscribers were told, and that one asked for."""
        return {
            event.id
            for one in self.notes.followed
            if one.by_cursor
            for event in one.events
            if followed.wants(event)
        }

    def check(self) -> Findings:
        """What is wrong at this moment."""
        facts: list[Fact] = [fact for desk in self.desks for fact in desk.truth()]
        return check(self.notes, facts)

    async def settle(self, within_s: float = SETTLE_S) -> Findings:
        """Let the load end and everything arrive; what is wrong then."""
        for task in self._load:
            task.cancel()
        for commander in self.commanders:
            commander.stopping.set()
        if self.slow is not None:
            self.slow.pause_s = 0.0
        loop = asyncio.get_running_loop()
        longest = loop.time() + _LONGEST_S
        _, unended = await asyncio.wait(self._giving, timeout=within_s)
        if unended:
            self.notes.unmet.append(
                f"{len(unended)} commands had no end {within_s:g} s after the disturbance"
            )
        found = self.check()
        end = loop.time() + within_s
        while found.lost and loop.time() < min(end, longest):  # nothing else becomes better
            await asyncio.sleep(_LOOK_S)
            before, found = len(found.lost), self.check()
            if len(found.lost) < before:  # who takes three a second is not made faster by a busy machine
                end = loop.time() + within_s
        await asyncio.sleep(_LOOK_S)  # what should not come may still come
        self.notes.followed.append(await self.journal())  # what was told must be there still
        return self.check()

    async def test(self, name: str) -> None:
        """Have that web hook's receiver sent a test, which it takes."""
        address = f"{self.gateway.url}/v1/webhooks/{self.receivers[name].webhook_id}/test"
        async with ClientSession() as http, http.post(address, raise_for_status=True):
            pass

    async def journal(self) -> Followed:
        """All that is kept now, from the beginning."""
        reader = PollFollower("journal", self.gateway.port)
        await reader.catch_up()
        return reader.followed

    # --- its parts

    def _desk(self, platform: str, agent: str) -> Desk:
        def page_ref(number: int) -> str:
            return f"i-{agent}-{number}"

        def processor_ref(number: int) -> str:
            return f"{channel_of(agent)}.OM{agent}{number:05}"

        refer = page_ref if platform == PAGES else processor_ref
        return Desk(platform, agent, self.notes, self.dice, refer, padding="x" * self.plan.padding_bytes)

    async def through(self, port: int) -> int:
        """The port at which another one is reached: the same, or that of a proxy."""
        if not self.plan.proxied:
            return port
        proxy = Proxy(port, self.dice)
        self.proxies.append(proxy)
        return await proxy.start()

    async def open(self, group: asyncio.TaskGroup) -> None:
        """Start all parts; what goes on until the end is the group's."""

        def start(work: Coroutine[object, object, None]) -> asyncio.Task[None]:
            task = group.create_task(work)
            self._tasks.append(task)
            return task

        _, self.names = await asyncio.get_running_loop().create_datagram_endpoint(
            NameServer, local_addr=(HERE, 0)
        )
        self.names.ttl_s = 1
        self.names.names |= {hook.host: [HERE] for hook in self.plan.receivers.values()}
        processor = await self.through(await self._processor.start())
        self.gateway.configure(self._config(processor))
        await self.gateway.start()
        async with ClientSession() as http:
            for receiver in self.receivers.values():
                port = await self.through(await receiver.start())
                await receiver.subscribe(http, self.gateway.url, port)
                self.notes.followed.append(receiver.followed)
        served = await self.through(self.gateway.port)
        board = Board()
        stream = StreamFollower("stream", served, board.note)
        sse, poll = SseFollower("sse", served), PollFollower("poll", served)
        operator = StreamFollower("operator", served, types=GATEWAY)
        self.operator = operator.followed
        followers: list[StreamFollower | SseFollower | PollFollower] = [stream, sse, poll, operator]
        if self.plan.slow_reader:
            self.slow = StreamFollower("slow stream", served, pause_s=4.0)
            followers.append(self.slow)
        for follower in followers:
            self.notes.followed.append(follower.followed)
            _ = start(follower.follow())
        _ = start(Reader(served, self.notes, self.dice).run())
        pages = await self.through(self.gateway.port)
        for desk in self.desks:
            if desk.platform == PAGES:
                page = Page(desk, pages)
                _ = start(page.run())
                self._load.append(start(page.shifts()))
        for at in range(self.plan.commanders):
            commander = Commander(f"m{at}-", served, board, self.notes, self.dice)
            self.commanders.append(commander)
            self._giving.append(start(commander.run()))
        self._load += [start(self._work(desk)) for desk in self.desks]

    async def close(self) -> None:
        """End what was started."""
        for task in self._tasks:
            task.cancel()
        await self.gateway.stop()
        for proxy in self.proxies:
            await proxy.stop()
        for receiver in self.receivers.values():
            await receiver.stop()
        await self._processor.stop()
        if self.names is not None:
            await self.names.close()

    def _config(self, processor: int) -> dict[str, object]:
        agents = {one.agent: "secret" for one in self.desks if one.platform == PROCESSOR}
        return {
            "store": {"path": str(self.store / "trunkline.db")},
            "log": {"level": "warning"},
            "limits": {"subscriber_buffer_bytes": 256 * 1024},
            "webhooks": {"schedule": {"records": list(_QUICK_SCHEDULE)}} if self.plan.quick else {},
            "look_ups": {"name_servers": [self.names.address]} if self.names is not None else {},
            "platforms": {
                PAGES: {"dialect": "bright_pattern", "needinfo": {"human_timeout_s": _QUESTION_S}},
                PROCESSOR: {
                    "dialect": "channel_session",
                    "url": f"ws://127.0.0.1:{processor}/session",
                    "settings": {"agents": agents},
                },
            },
        }

    async def _work(self, desk: Desk) -> None:
        while True:
            await asyncio.sleep(self.dice.expovariate(1 / self.plan.pause_s))
            for _ in range(self.dice.randint(1, 4)):
                desk.step()


@asynccontextmanager
async def world(plan: Plan, dice: Random, folder: Path) -> AsyncIterator[World]:
    """A world under load; ended whatever happens. A part of it that fails ends the scenario."""
    made = World(plan, dice, folder)
    async with asyncio.TaskGroup() as group:
        try:
            await made.open(group)
            yield made
        finally:
            await made.close()
