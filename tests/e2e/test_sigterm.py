"""A whole process that is told to stop while it has much to do: a subscriber that resumes misses nothing."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientError, ClientSession, WSMsgType

from gateway.http.sockets import GOING_AWAY
from tests.e2e.processes import configure, journal, served, stop

pytestmark = pytest.mark.whole

ENOUGH = 200  # events, after which it is told to stop


async def give_orders(http: ClientSession, url: str, session: str) -> list[str]:
    """One command after the other until the gateway takes no more. Returns those that it took."""
    taken: list[str] = []
    while True:
        state = ("ready", "not_ready")[len(taken) % 2]
        body = {"type": "agent.set_state", "session_id": session, "state": state}
        try:
            async with http.post(f"{url}/v1/commands", json=body) as response:
                if response.status != 200:
                    assert response.status == 503, await response.text()
                    return taken
                taken.append((await response.json())["id"])
        except ClientError:
            return taken


async def follow(http: ClientSession, url: str, enough: asyncio.Event) -> tuple[list[int], int]:
    """The cursors that a stream client is told until it is closed, and the code it is closed with."""
    cursors: list[int] = []
    async with http.ws_connect(f"{url}/v1/stream", max_msg_size=0) as socket:
        await socket.send_json({"type": "subscribe", "after": 0})
        while (message := await socket.receive()).type is WSMsgType.TEXT:
            cursors += [told["cursor"] for told in [msgspec.json.decode(message.data)] if "id" in told]
            if len(cursors) >= ENOUGH:
                enough.set()
        return cursors, socket.close_code or 0


async def sessions(http: ClientSession, url: str) -> Sequence[Any]:
    async with http.get(f"{url}/v1/sessions") as response:
        found: Sequence[Any] = (await response.json())["sessions"]
        return found


async def test_nothing_is_lost_for_a_subscriber_that_resumes_after_a_sigterm_under_load(
    tmp_path: Path,
) -> None:
    config, enough = configure(tmp_path), asyncio.Event()
    async with served(config) as (process, url), ClientSession() as http:
        both = [one["id"] for one in await sessions(http, url)]
        following = asyncio.create_task(follow(http, url, enough))
        orders = [asyncio.create_task(give_orders(http, url, session)) for session in both]
        await enough.wait()
        process.send_signal(signal.SIGTERM)
        taken = [one for some in await asyncio.gather(*orders) for one in some]
        cursors, code = await following
        assert code == GOING_AWAY
        assert await process.wait() == 0
    assert cursors == list(range(1, len(cursors) + 1))
    async with served(config) as (process, url), ClientSession() as http:
        missed = await journal(http, url, cursors[-1])
        assert [one["cursor"] for one in missed] == list(
            range(len(cursors) + 1, len(cursors) + 1 + len(missed))
        )
        everything = await journal(http, url, 0)
        finished = [one["command_id"] for one in everything if one["type"] == "command.finished"]
        assert sorted(finished) == sorted(set(finished))
        assert set(taken) <= set(finished)
        assert all(
            one["result"]["outcome"] == "succeeded" for one in everything if one["type"] == "command.finished"
        )
        assert (await stop(process)).code == 0
