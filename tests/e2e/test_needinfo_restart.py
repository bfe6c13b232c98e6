"""Open questions outlive the gateway, and so does their deadline."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from gateway.app import Gateway, running
from gateway.demo.simulation import Pages, gateway_config, internal_dialect, ready, switchboard
from gateway.runtime.tasks import Tasks
from schemas import events as ev
from schemas.needinfo import (
    Resolution,
)
from schemas.results import (
    ErrorCode,
    Succeeded,
)
from tests.e2e.needinfo_stage import (
    ASKS,
    BRIGHT,
    CHANNEL,
    INTERNAL,
    ROUND,
    SETTINGS,
    answer,
    asked,
    dial,
    failure,
    finished,
    open_questions,
    resolutions,
    stage,
    story,
    switch,
    tags,
    try_answer,
)
from tests.e2e.world import BY_NAME, World, platform
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S


@asynccontextmanager
async def standing(dialect: str) -> AsyncIterator[tuple[Gateway, ClientSession]]:
    """The platform by itself, for gateways that come and go."""
    one = platform(dialect, switch=switch(signed_in=dialect != CHANNEL))
    switchboards = Gateway(switchboard([one], internal_dialect(BY_NAME)))
    async with running(switchboards), ClientSession() as http:
        yield switchboards, http


@asynccontextmanager
async def before_it(
    dialect: str, platforms: Gateway, http: ClientSession, path: str, human_timeout_s: float
) -> AsyncIterator[World]:
    """One life of a gateway before a platform that stays."""
    limits = {"human_timeout_s": human_timeout_s}
    one = platform(dialect, settings=SETTINGS.get(dialect), needinfo=limits)
    config = gateway_config([one], platforms.addresses[0], path)
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(running(Gateway(config)))
        tasks = Tasks()
        stack.push_async_callback(tasks.finish, 0.0)
        Pages([one], tasks, http).open(platforms.addresses[0], gateway.addresses[0])
        async with asyncio.timeout(PATIENCE_S):
            await ready(gateway, [one])
        yield World(gateway, platforms, http, [one], tasks, stack)


@pytest.mark.parametrize("dialect", [CHANNEL, BRIGHT])
async def test_an_open_question_survives_the_gateway_and_its_command_keeps_its_id(
    dialect: str, tmp_path: Path
) -> None:
    path, key = str(tmp_path / "t.db"), ASKS[dialect][1]
    async with standing(dialect) as (platforms, http):
        async with before_it(dialect, platforms, http, path, 60.0) as w:
            record = await dial(w)
            question = asked(record)
        async with before_it(dialect, platforms, http, path, 60.0) as w:
            assert await open_questions(w) == [question]
            stream = await w.stream()
            wrong = await try_answer(w, record, values={key: "nonsense"})
            assert wrong.status == 400
            done = await answer(w, record, **{key: question.fields[0].choices[0].id})
            assert isinstance(done.result, Succeeded)
            assert (done.id, done.attempts) == (record.id, 2)
            await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
            assert tags(await story(w, done)) == [*ROUND, "command.finished"]
        async with before_it(dialect, platforms, http, path, 60.0) as w:
            assert await open_questions(w) == []
            assert tags(await story(w, done)) == [*ROUND, "command.finished"]


async def test_the_internal_platforms_question_survives_too(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    async with stage(INTERNAL, path=path) as w:
        record = await dial(w)
    async with stage(INTERNAL, path=path) as w:
        assert await open_questions(w) == [asked(record)]
        done = await answer(w, record, skill="support")
        assert (done.id, done.attempts) == (record.id, 2)
        assert isinstance(done.result, Succeeded)


async def test_a_question_whose_time_ran_out_while_the_gateway_was_away_is_expired(tmp_path: Path) -> None:
    path, clock = str(tmp_path / "t.db"), FakeClock()
    async with stage(INTERNAL, path=path, clock=clock) as w:
        record = await dial(w)
        asked(record)
    await clock.advance(121.0)
    async with stage(INTERNAL, path=path, clock=clock) as w:
        stream = await w.stream(after=0)
        await clock.advance(0.0)
        done = await finished(w, record, stream)
        assert failure(done).code is ErrorCode.EXPIRED
        told = await story(w, done)
        assert (tags(told), resolutions(told)) == ([*ROUND, "command.finished"], [Resolution.EXPIRED])
        assert (await try_answer(w, record, values={"skill": "sales"})).status == 410
