"""A stage for questions: platforms that ask, and what tests say to them.

The platforms: the internal one itself, and vendors that it plays behind their own dialects. What each of them
asks of somebody who calls out, and in which words, is in ASKS.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import msgspec
from aiohttp import ClientSession

from gateway.app import Gateway, running
from gateway.config import parse
from gateway.demo.simulation import internal_dialect
from gateway.runtime.clock import Clock
from gateway.runtime.tasks import Tasks
from gateway.store.config import MEMORY
from schemas import events as ev
from schemas.ids import InteractionId
from schemas.needinfo import (
    NeedInfo,
    NeedInfoKind,
    Resolution,
)
from schemas.results import (
    CommandRecord,
    CommandStatus,
    Failed,
    NeedsInfo,
    Succeeded,
)
from schemas.values import Json
from tests.e2e.world import BY_NAME, PLATFORM, Reply, Stream, World, platform, world
from tests.fakes import until
from tests.patience import TO_STOP_S

INTERNAL: Final = internal_dialect(BY_NAME).name
CHANNEL: Final = "channel_session"
BRIGHT: Final = "bright_pattern"
THREE: Final = (INTERNAL, CHANNEL, BRIGHT)
# What a call to the outside by an agent of two outbound services asks for.
ASKS: Final[Mapping[str, tuple[NeedInfoKind, str]]] = {
    INTERNAL: (NeedInfoKind.OUTBOUND_SKILL, "skill"),
    CHANNEL: (NeedInfoKind.OUTBOUND_SKILL, "skill"),
    BRIGHT: (NeedInfoKind.SERVICE, "service"),
}
# The platform's settings where we only play it.
SETTINGS: Final[Mapping[str, Mapping[str, Json]]] = {CHANNEL: {"incontact": True}}
DISPOSITIONS: Final[list[Json]] = [{"id": "1", "name": "Sold"}, {"id": "2", "name": "Lost"}]
ROUND: Final = ["needinfo.requested", "needinfo.resolved"]


def services() -> list[Json]:
    return [
        {"id": "sales", "name": "Sales", "outbound": True},
        {"id": "support", "name": "Support", "outbound": True},
        {"id": "must", "dispositions": DISPOSITIONS, "disposition_required": True},
        {"id": "may", "dispositions": DISPOSITIONS},
        {"id": "after", "acw": True},
        {"id": "both", "dispositions": DISPOSITIONS, "disposition_required": True, "acw": True},
    ]


def switch(*, signed_in: bool, **more: Json) -> dict[str, Json]:
    agents: list[Json] = [
        {
            "id": name,
            "name": full,
            "extension": extension,
            "password": "p",
            "skills": ["sales", "support"],
            "logged_in": signed_in,
        }
        for name, full, extension in (("a1", "Ann", "101"), ("a2", "Bob", "102"))
    ]
    return {"agents": agents, "services": services(), "answer_after_s": 0.0, **more}


@asynccontextmanager
async def alone(
    settings: Mapping[str, Json],
    path: str,
    needinfo: Mapping[str, Json] | None,
    clock: Clock | None,
) -> AsyncIterator[World]:
    """The internal platform within the gateway under test: it plays itself."""
    one: dict[str, Json] = {"dialect": INTERNAL, "settings": dict(settings), "needinfo": dict(needinfo or {})}
    server = {"port": 0, "shutdown_s": 1.0 if path == MEMORY else TO_STOP_S}
    raw = {"server": server, "store": {"path": path}, "platforms": {PLATFORM: one}}
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running(Gateway(parse(raw, "stage"), clock=clock)))
        http = await stack.enter_async_context(ClientSession())
        tasks = Tasks()
        stack.push_async_callback(tasks.finish, 0.0)
        await until(lambda: len(gateway.state.snapshots.sessions) == 2)
        yield World(gateway, gateway, http, (), tasks, stack)


@asynccontextmanager
async def stage(
    dialect: str,
    *,
    path: str = MEMORY,
    needinfo: Mapping[str, Json] | None = None,
    clock: Clock | None = None,
    **more: Json,
) -> AsyncIterator[World]:
    """A platform of that dialect with agents a1 and a2, and the services above."""
    if dialect == INTERNAL:
        async with alone(switch(signed_in=True, **more), path, needinfo, clock) as stands:
            yield stands
        return
    simulated = platform(
        dialect,
        switch=switch(signed_in=dialect != CHANNEL, **more),
        settings=SETTINGS.get(dialect),
        needinfo=needinfo,
    )
    async with world([simulated], path, clock=clock) as stands:
        yield stands


async def dial(w: World, answers: Mapping[str, Json] | None = None) -> CommandRecord:
    """Call somebody outside."""
    return await w.command(
        type="interaction.dial",
        session_id=w.session(),
        destination="+15551234",
        answers=dict(answers or {}),
    )


async def complete(w: World, interaction: InteractionId) -> CommandRecord:
    return await w.command(type="interaction.complete", interaction_id=interaction)


async def wrap_up(w: World, service: str) -> InteractionId:
    """An interaction of a1 that came by a service and is over but for the work after it."""
    stream = await w.stream()

    async def reached(kind: type[ev.InteractionEvent]) -> InteractionId:
        event = await stream.until(lambda one: isinstance(one, kind) and one.agent_id == "a1")
        assert isinstance(event, ev.InteractionEvent)
        return event.interaction.id

    await w.simulate("a1", "inbound_call", ani="+15550100", service=service)
    interaction = await reached(ev.InteractionAlerting)
    for verb, then in (
        ("interaction.accept", ev.InteractionConnected),
        ("interaction.release", ev.InteractionWrapUp),
    ):
        record = await w.command(type=verb, interaction_id=interaction)
        assert isinstance(record.result, Succeeded), record
        await reached(then)
    return interaction


def asked(record: CommandRecord) -> NeedInfo:
    assert isinstance(record.result, NeedsInfo), record
    assert (record.status, record.result.needinfo.command_id) == (CommandStatus.NEEDINFO, record.id)
    return record.result.needinfo


async def answer(w: World, record: CommandRecord, **values: Json) -> CommandRecord:
    return await w.answer(record, needinfo_id=asked(record).id, values=values)


async def try_answer(
    w: World, record: CommandRecord, headers: Mapping[str, str] | None = None, **answer: Json
) -> Reply:
    body = {"needinfo_id": asked(record).id, **answer}
    return await w.request("POST", f"/v1/commands/{record.id}/answer", body, headers)


def failure(record: CommandRecord) -> Failed:
    assert isinstance(record.result, Failed), record
    return record.result


async def open_questions(w: World) -> list[NeedInfo]:
    reply = await w.request("GET", "/v1/needinfo")
    return msgspec.convert(reply.json()["needinfo"], list[NeedInfo])


async def story(w: World, record: CommandRecord) -> list[ev.AnyEvent]:
    """What was told of the command, from its first question to its end."""
    events = [event for event in await w.journal() if event.command_id == record.id]
    finished = [event for event in events if isinstance(event, ev.CommandFinished)]
    assert [event.result for event in finished] == [record.result]
    assert events[-1] is finished[0]
    return events


def tags(events: Sequence[ev.AnyEvent]) -> list[str]:
    return [str(event.__struct_config__.tag) for event in events]


def resolutions(events: Sequence[ev.AnyEvent]) -> list[Resolution]:
    return [event.resolution for event in events if isinstance(event, ev.NeedInfoResolved)]


async def switch_journal(w: World) -> list[ev.AnyEvent]:
    """What happened on the platform itself."""
    return await World(w.switch, w.switch, w.http, (), w.tasks, w.stack).journal()


async def finished(w: World, record: CommandRecord, stream: Stream) -> CommandRecord:
    await stream.until(lambda one: isinstance(one, ev.CommandFinished) and one.command_id == record.id)
    reply = await w.request("GET", f"/v1/commands/{record.id}")
    return msgspec.json.decode(reply.body, type=CommandRecord)


async def sign_in(w: World, agent: str, password: str = "p") -> CommandRecord:
    return await w.command(type="agent.login", platform_id=PLATFORM, agent_id=agent, password=password)
