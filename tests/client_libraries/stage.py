"""A gateway behind a door, with a hand-made platform, a receiver of webhooks, and what can happen to it."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gateway.security.access import Scope
from schemas import events as ev
from schemas.ids import AgentId
from schemas.needinfo import Field, FieldType, NeedInfoKind, Question
from schemas.values import Json
from tests.client_libraries.door import Door, door
from tests.fakes import START
from tests.gateway.handmade import Bench, P, Page, bench
from tests.gateway.webhook_world import Receiver, receiving

SKILL: Final = Question(
    kind=NeedInfoKind.OUTBOUND_SKILL,
    title="Outbound skill",
    fields=(Field(key="skill", type=FieldType.TEXT),),
)


class Stage:
    """What the tests of both clients stand on."""

    def __init__(self, folder: Path, at: Door, receiver: Receiver, overrides: Mapping[str, Json]) -> None:
        self.door = at
        self.receiver = receiver
        self.key = ""
        self.pages: dict[str, Page] = {}
        self._folder = folder
        self._overrides = overrides
        self._stack = AsyncExitStack()
        self._bench: Bench | None = None

    @property
    def bench(self) -> Bench:
        """The gateway that runs now."""
        assert self._bench is not None
        return self._bench

    @property
    def url(self) -> str:
        """Where clients find it, whichever it is."""
        return f"http://127.0.0.1:{self.door.port}"

    async def start(self) -> None:
        """Start it on what is in the folder."""
        path = str(self._folder / "t.db")
        self._bench = await self._stack.enter_async_context(bench(path=path, overrides=self._overrides))
        if not self.key:
            _, self.key = await self.bench.gateway.keys.create("boss", list(Scope))
        self.door.lead_to(urlsplit(self.bench.url).port)

    async def stop(self) -> None:
        """Stop it in good order; clients find nobody then."""
        self.door.lead_to(None)
        self._bench = None
        self.pages.clear()
        await self._stack.aclose()

    async def restart(self) -> None:
        """Stop and start."""
        await self.stop()
        await self.start()

    async def back_up(self) -> None:
        """Keep what the journal has now, for `lay_back`; clients are cut off meanwhile."""
        await self.stop()
        shutil.copytree(self._folder, self._folder.with_name("kept"))
        await self.start()

    async def lay_back(self) -> None:
        """Put that in its place: what was told since is lost."""
        await self.stop()
        shutil.rmtree(self._folder)
        shutil.move(self._folder.with_name("kept"), self._folder)
        await self.start()

    async def tell(self, count: int, code: str = "n", agent: str = "a1") -> None:
        """So many events, durable."""
        events = [
            ev.PlatformNotice(time=START, platform_id=P, agent_id=AgentId(agent), code=f"{code}{number}")
            for number in range(1, count + 1)
        ]
        self.bench.gateway.router.publish(events)
        await self.bench.gateway.store.barrier()

    async def page(self, agent: str = "a1") -> Page:
        """The platform's page of an agent, who is ready for work."""
        token = await self.bench.request(
            "POST",
            "/v1/link-tokens",
            {"agent_id": agent, "platform_id": P, "role": "link"},
            {"Authorization": f"Bearer {self.key}"},
        )
        made = self.pages[agent] = await self.bench.page(agent, token=str(token.json()["token"]))
        await self.bench.gateway.store.barrier()
        return made


@asynccontextmanager
async def stage(folder: Path, overrides: Mapping[str, Json] | None = None) -> AsyncIterator[Stage]:
    """One that runs."""
    inside = folder / "store"
    inside.mkdir()
    async with door() as at, receiving() as receiver:
        made = Stage(inside, at, receiver, overrides or {})
        await made.start()
        try:
            yield made
        finally:
            await made.stop()
