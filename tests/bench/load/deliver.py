"""Deliveries of webhooks, measured where they are made: our deliverer, or a bare client that signs.

Both have the same bodies and as many requests under way a receiver. The deliverer reads its events from the
journal, checks whom it posts to, keeps each delivery's state durably and logs the attempt.
"""

import asyncio
import base64
import hmac
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from gateway.config import Config, parse
from gateway.store.base import Appended
from tests.bench.deliveries import ours
from tests.bench.journal import event
from tests.bench.load.job import Figures, carry_out

SECRET: Final = b"k" * 32


class Job(msgspec.Struct):
    """So many events to each of the ports; `store`: of the deliverer, none for the bare client."""

    ports: list[int]
    events: int
    store: str = ""


async def bare(config: Config, urls: Sequence[str], events: Sequence[Appended]) -> float:
    """Seconds until all are posted, each signed as Standard Webhooks wants it."""

    async def post(http: ClientSession, url: str, waiting: Sequence[Appended]) -> None:
        for one in waiting:
            name, now = f"msg_{one.cursor}", str(int(time.time()))
            signed = hmac.digest(SECRET, f"{name}.{now}.".encode() + one.body, "sha256")
            headers = {
                "content-type": "application/json",
                "webhook-id": name,
                "webhook-timestamp": now,
                "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
            }
            async with http.post(url, data=one.body, headers=headers) as answer:
                await answer.read()

    at_once = config.limits.webhook_concurrency
    begun = time.perf_counter()
    connector = TCPConnector(limit=0)
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar()) as http:
        async with asyncio.TaskGroup() as group:
            for url in urls:
                for at in range(at_once):
                    group.create_task(post(http, url, events[at::at_once]))
        return time.perf_counter() - begun


async def work(job: Job) -> Figures:
    """All of it."""
    config = parse({}, "bench")
    urls = [f"http://127.0.0.1:{port}/" for port in job.ports]
    events = [event(number) for number in range(1, job.events + 1)]
    cpu = time.process_time()
    took = await (ours(config, Path(job.store), urls, events) if job.store else bare(config, urls, events))
    cpu, count = time.process_time() - cpu, job.events * len(urls)
    return {
        "per_s": count / took,
        "count": float(count),
        "seconds": took,
        "cpu_us": cpu / count * 1e6,
        "server_share": cpu / took,
    }


if __name__ == "__main__":
    carry_out(Job, work)
