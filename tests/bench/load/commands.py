"""Load: commands one after the other, to a link and back with the result, over a WebSocket and over REST.

An agent's page answers each call at once and tells the change that it made. With `bare`, the same against
bare/commands.py.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import msgspec

from tests.bench.client import CREATED, Counter, Wire, came, change, connect, masked, subscribe, text
from tests.bench.closed_loop import PATIENCE_S
from tests.bench.load.http import Http, post
from tests.bench.load.job import Figures, carry_out
from tests.bench.pages import BRIGHT_PATTERN, BrightPatternPage, open_pages

AGENT = "cmd0"
WARM_UP = 20  # commands
FINISHED = b'"status":"finished"'
REFUSED = b'{"type":"stream.error"'


class Job(msgspec.Struct):
    """So long on each surface."""

    port: int
    pid: int
    seconds: float
    bare: bool = False
    platform: str = "bench"


class Answering(BrightPatternPage):
    """A page that puts calls on hold and takes them back."""

    def received(self, data: bytes, start: int, end: int) -> None:
        """Do it, say so, and tell."""
        message = json.loads(data[start:end])
        if message.get("method") == "setCallHold" and "id" in message:
            state = "hold" if message["params"][0] else "delivered"
            done = {"jsonrpc": "2.0", "id": message["id"], "result": {"status": "success", "data": None}}
            self.write(text(done) + change("ON_INTERACTION_STATE_CHANGE", self.agent, state))
        else:
            super().received(data, start, end)


class Mirror(Wire):
    """The bare link."""

    def received(self, data: bytes, start: int, end: int) -> None:
        """It is done."""
        self.write(text({"id": json.loads(data[start:end])["id"], "ok": True}))


class Crm(Counter):
    """A client that waits for one result at a time."""

    awaited: asyncio.Future[bytes] | None = None
    ends = FINISHED

    def received(self, data: bytes, start: int, end: int) -> None:
        """The frame that ends it, among others; a refusal ends it, too."""
        ends = data.find(self.ends, start, end) >= 0 or data.startswith(REFUSED, start)
        if ends and self.awaited is not None and not self.awaited.done():
            self.awaited.set_result(data[start:end])
        super().received(data, start, end)


class Rest:
    """The same by HTTP."""

    def __init__(self) -> None:
        self.http = Http(self._answered)
        self.awaited: asyncio.Future[bytes] | None = None

    def _answered(self, status: int, body: bytes) -> None:
        assert self.awaited is not None
        if status < 300:
            self.awaited.set_result(body)
        else:
            self.awaited.set_exception(ConnectionError(f"{status} {body[:300]!r}"))


Ask = Callable[[int], Awaitable[bytes]]


async def timed(ask: Ask, seconds: float, prove: bytes, name: str) -> Figures:
    """Milliseconds of so many in turn. Raises ConnectionError for a result that is no success."""
    taken: list[float] = []
    loop = asyncio.get_running_loop()
    until, number = loop.time() + seconds, 0
    while number < WARM_UP or loop.time() < until:
        number += 1
        begun = time.perf_counter()
        answer = await asyncio.wait_for(ask(number), PATIENCE_S)
        took = time.perf_counter() - begun
        if prove not in answer:
            raise ConnectionError(f"{name}: {answer[:400]!r}")
        if number == WARM_UP:
            until = loop.time() + seconds
        elif number > WARM_UP:
            taken.append(took * 1e3)
    taken.sort()
    at = {"p50": 0.5, "p99": 0.99, "p999": 0.999}
    found: Figures = {
        f"{name}_{key}_ms": taken[min(len(taken) - 1, int(len(taken) * q))] for key, q in at.items()
    }
    return {**found, f"{name}_count": float(len(taken))}


def over(client: Crm, frame: Callable[[int], bytes]) -> Ask:
    """By WebSocket."""

    async def ask(number: int) -> bytes:
        client.awaited = asyncio.get_running_loop().create_future()
        client.write(frame(number))
        return await client.awaited

    return ask


def by(client: Rest, request: Callable[[int], bytes]) -> Ask:
    """By HTTP."""

    async def ask(number: int) -> bytes:
        client.awaited = asyncio.get_running_loop().create_future()
        client.http.write(request(number))
        return await client.awaited

    return ask


async def rest(port: int) -> Rest:
    """A connection for that."""
    client = Rest()
    await asyncio.get_running_loop().create_connection(lambda: client.http, "127.0.0.1", port)
    return client


async def bare(job: Job, args: argparse.Namespace) -> Figures:
    """Against the bare parts."""
    await connect(Mirror, args, "/link")
    client = await connect(Crm, args, "/crm")
    client.ends = b'"ok":'
    command = msgspec.json.encode({"type": "interaction.hold", "interaction": "i1"})
    frame, request = masked(command), post("/command", command)
    socket = await timed(over(client, lambda _: frame), job.seconds, b'"ok":true', "ws")
    posted = by(await rest(job.port), lambda _: request)
    return {**socket, **await timed(posted, job.seconds, b'"ok":true', "rest")}


async def gateway(job: Job, args: argparse.Namespace) -> Figures:
    """Against the gateway."""
    watching = await subscribe(args, Counter)
    (page,) = await open_pages(BRIGHT_PATTERN, args, [AGENT], bright_pattern_page=Answering)
    created: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    client = await connect(Crm, args, "/v1/stream")
    subscribed = client.expect((b'{"type":"stream.subscribed"',), 1)
    client.write(text({"type": "subscribe", "filter": {"agents": [AGENT], "types": ["interaction.created"]}}))
    await came(subscribed, client)
    client.awaited, client.ends = created, CREATED[0]
    page.begin()
    first = json.loads(await asyncio.wait_for(created, PATIENCE_S))
    client.ends = FINISHED
    watching.counted = ()
    call = first["interaction"]["id"]

    def command(number: int) -> dict[str, str]:
        return {"type": "interaction.hold" if number % 2 else "interaction.retrieve", "interaction_id": call}

    def frame(number: int) -> bytes:
        return text({"type": "command", "ref": str(number), "command": command(number)})

    def request(number: int) -> bytes:
        return post("/v1/commands?wait=5", msgspec.json.encode(command(number)))

    success = b'"outcome":"succeeded"'
    socket = await timed(over(client, frame), job.seconds, success, "ws")
    if int(socket["ws_count"] or 0) % 2:  # it is on hold
        await over(client, frame)(2)
    posted = by(await rest(job.port), request)
    return {**socket, **await timed(posted, job.seconds, success, "rest")}


async def work(job: Job) -> Figures:
    """Either."""
    args = argparse.Namespace(port=job.port, token="", platform=job.platform)
    return await (bare(job, args) if job.bare else gateway(job, args))


if __name__ == "__main__":
    carry_out(Job, work)
