"""A gateway that is kept busy, and a Prometheus that watches it each second: all panels show something."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

from aiohttp import ClientSession, ClientWebSocketResponse, web
from aiohttp.test_utils import TestServer

from gateway.app import Gateway, running
from gateway.config import Config
from tests.deploy.described import DEPLOY
from tests.deploy.prometheus import Prometheus, as_json, prometheus
from tests.faults.gateway_process import free_port

AGENTS: Final = 6
_PAUSE_S: Final = 0.15  # between two commands: it is a call centre, and no bench
_ONE_IN: Final = 25  # deliveries that are refused


def _configured(metrics_port: int, folder: Path) -> Config:
    agents = [{"id": f"agent{n}", "extension": str(100 + n)} for n in range(AGENTS)]
    return Config.model_validate(
        {
            "server": {"port": 0},
            "metrics": {"port": metrics_port},
            "store": {"path": str(folder / "trunkline.db")},
            "webhooks": {"schedule": {"records": [0, 1], "live": [0, 1]}},
            "platforms": {
                "sales": {"dialect": "softswitch", "settings": {"agents": agents}},
                "service": {"dialect": "softswitch", "settings": {"agents": agents}},
                "away": {"dialect": "channel_session", "url": "ws://127.0.0.1:9/"},
                "pages": {"dialect": "genesys_wwe"},
            },
        }
    )


async def _give(http: ClientSession, **command: object) -> dict[str, Any]:
    async with http.post("/v1/commands", json=command) as response:
        told: dict[str, Any] = await response.json()
        return told


async def _work(http: ClientSession, dice: Random) -> None:
    """Agents change their states and call each other, again and again."""
    async with http.get("/v1/sessions") as response:
        sessions = [(one["id"], int(one["agent_id"][-1])) for one in (await response.json())["sessions"]]
    for number in count():
        session, agent = sessions[number % len(sessions)]
        state = ("ready", "not_ready")[dice.randrange(2)]
        await _give(http, type="agent.set_state", session_id=session, state=state)
        called = str(100 + (agent + 1) % AGENTS)
        await _give(http, type="interaction.dial", session_id=session, destination=called)
        async with http.get("/v1/interactions") as response:
            calls = (await response.json())["interactions"]
        for verb in ("accept", "hold", "retrieve", "release", "complete"):
            for call in calls:
                await _give(http, type=f"interaction.{verb}", interaction_id=call["id"])
        await asyncio.sleep(_PAUSE_S)


async def _receive(request: web.Request) -> web.Response:
    refused = hash(request.headers["webhook-id"]) % _ONE_IN == 0
    return web.Response(status=500 if refused else 204)


async def _strangers(url: str) -> None:
    """Who shows a wrong key, and who says nothing sensible."""
    async with ClientSession(url) as http:
        while True:
            async with http.get("/v1/sessions", headers={"Authorization": "Bearer tlk_000000000000_wrong"}):
                await asyncio.sleep(_PAUSE_S)


@asynccontextmanager
async def busy(folder: Path) -> AsyncIterator[Prometheus]:
    """Its Prometheus, which has the shipped rules."""
    dice = Random(4711)  # noqa: S311  # of calls
    metrics_port = free_port(Random())  # noqa: S311
    config = folder / "prometheus.yml"
    config.write_text(
        as_json(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(DEPLOY / "prometheus" / "alerts.yml")],
                "scrape_configs": [
                    {
                        "job_name": "trunkline",
                        "static_configs": [{"targets": [f"127.0.0.1:{metrics_port}"]}],
                    }
                ],
            }
        ),
        encoding="utf-8",
    )
    receiving = web.Application()
    receiving.router.add_post("/", _receive)
    receiver = TestServer(receiving, host="127.0.0.1")
    async with AsyncExitStack() as stack:
        await receiver.start_server()
        stack.push_async_callback(receiver.close)
        gateway = await stack.enter_async_context(running(Gateway(_configured(metrics_port, folder))))
        url = gateway.addresses[0]
        http = await stack.enter_async_context(ClientSession(url))
        for name in ("crm", "warehouse"):
            hook = {"name": name, "url": f"http://localhost:{receiver.port}/"}
            async with http.post("/v1/webhooks", json=hook) as response:
                response.raise_for_status()
        stream: ClientWebSocketResponse = await stack.enter_async_context(http.ws_connect("/v1/stream"))
        await stream.send_json({"type": "subscribe"})
        tasks = [asyncio.create_task(one) for one in (_work(http, dice), _strangers(url), _read(stream))]
        stack.push_async_callback(_end, tasks)
        yield await stack.enter_async_context(
            prometheus(config, folder / "data", free_port(Random()))  # noqa: S311
        )


async def _read(stream: ClientWebSocketResponse) -> None:
    async for _ in stream:
        pass


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
