"""Strangers at a real process: many, silent, slow. Whoever has a key gets in, and links stay up."""

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from aiohttp import ClientSession, UnixConnector

from tests.e2e import processes
from tests.e2e.processes import TRUNKLINE, configure
from tests.patience import PATIENCE_S

LIMIT: Final = 1024
IDLE: Final = 1150
RELAYED: Final = "  desk: {dialect: bright_pattern}\n"


def configured(folder: Path) -> str:
    """A configuration with a platform for relays."""
    config = configure(folder)
    with Path(config).open("a", encoding="utf-8") as file:
        file.write(RELAYED)
    return config


@asynccontextmanager
async def served(folder: Path, limit: int) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """A gateway with so many descriptors, where it is, and what it has logged."""
    config = configured(folder)
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", f'ulimit -n {limit}; exec "$@"', "bash", TRUNKLINE, "serve", "--config", config),
        env=processes.ENVIRONMENT,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    lines: list[dict[str, Any]] = []
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def read(stream: asyncio.StreamReader) -> None:
        async for line in stream:
            told = msgspec.json.decode(line)
            lines.append(told)
            if told["event"] == "listening":
                listening.set_result(told["addresses"][0])

    reading = asyncio.create_task(read(process.stderr))
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield await listening, lines
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def key(folder: Path, *scopes: str) -> dict[str, str]:
    """The headers of somebody who may do that."""
    told = [part for scope in scopes for part in ("--scope", scope)]
    ended = await processes.run("keys", "create", "--config", configure(folder), "--name", "t", *told)
    return {"Authorization": f"Bearer {ended.out.split()[-1]}"}


@pytest.fixture
def many_descriptors() -> None:
    """For the test's own sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@asynccontextmanager
async def strangers(url: str, count: int, said: bytes = b"") -> AsyncIterator[list[asyncio.StreamWriter]]:
    """So many connections that say that, and no more."""
    host, _, port = url.removeprefix("http://").partition(":")
    writers: list[asyncio.StreamWriter] = []
    try:
        for _ in range(count):
            _, writer = await asyncio.open_connection(host, int(port))
            writers.append(writer)
            if said:
                writer.write(said)
        yield writers
    finally:
        for writer in writers:
            writer.close()
        for writer in writers:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


SAID: Final = {
    "nothing": b"",
    "half a head": b"GET /v1/platforms HTTP/1.1\r\nHost: x\r\nX-",
    "half a body": b"POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    "an upgrade": (
        b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    ),
}


@pytest.mark.usefixtures("many_descriptors")
@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
async def test_strangers_who_use_up_the_descriptors_shut_nobody_out(tmp_path: Path, said: bytes) -> None:
    headers = await key(tmp_path, "events:read", "links")
    async with served(tmp_path, LIMIT) as (url, lines), ClientSession(headers=headers) as http:
        async with http.ws_connect(f"{url}/v1/links/desk") as link:
            await link.send_json({"method": "trunkline.hello", "id": 1, "params": [{"agent": "a1"}]})
            await link.receive_json()
            async with strangers(url, IDLE, said):
                for _ in range(5):
                    async with ClientSession(headers=headers) as other:
                        answer = await other.get(f"{url}/v1/platforms")
                        assert answer.status == 200
                        stream = await other.ws_connect(f"{url}/v1/stream")
                        await stream.send_json({"type": "subscribe"})
                        assert (await stream.receive_json())["type"] == "stream.subscribed"
                async with ClientSession(
                    connector=UnixConnector(str(tmp_path / "operator.trunkline.db.sock"))
                ) as operator:
                    assert (await operator.get("http://operator/readyz")).status == 200
                    metrics = await (await operator.get("http://operator/metrics")).text()
                assert f"trunkline_descriptors_limit {LIMIT}.0" in metrics
                assert not link.closed
                await link.ping()
        told = [one for one in lines if one["event"].startswith("a connection that had not said")]
        assert 1 <= len(told) <= 6
        assert not [one for one in lines if one["level"] == "error"]
