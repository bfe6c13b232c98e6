"""Deliveries a second of one webhook, beside a bare aiohttp client that posts the same bodies, in one run.

Both post to the same receiver, a process of its own that answers 204 at once, with as many requests under way
as a webhook has. What the deliverer does beside: it reads its events from the journal, signs, keeps each
delivery's state durably and logs the attempt. The ratio is the figure to watch.
"""

import argparse
import asyncio
import json
import multiprocessing
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvloop
from aiohttp import ClientSession, web

from gateway.config import Config, parse
from gateway.outbound.signature import new_secret
from gateway.runtime.clock import SystemClock
from gateway.store.base import Appended
from gateway.store.deliveries import DeliveryState, Webhook, WebhookSecret
from gateway.store.sqlite import SqliteStore
from gateway.webhooks.delivery import Deliverer
from schemas.ids import Cursor, WebhookId
from tests.bench.journal import ON_DISK, event


def receive(listening: socket.socket) -> None:
    """The receiver's process."""

    async def taken(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=204)

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/", taken)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        await asyncio.Event().wait()

    uvloop.run(serve())


@contextmanager
def receiver() -> Iterator[str]:
    """Its address; it is ended in the end."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        process = multiprocessing.get_context("fork").Process(target=receive, args=(listening,), daemon=True)
        process.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            process.terminate()
            process.join()


async def ours(config: Config, path: Path, urls: Sequence[str], events: Sequence[Appended]) -> float:
    """Seconds until all are delivered, each to every address."""
    store = SqliteStore(str(path))
    await store.open()
    deliverer = Deliverer(store, SystemClock(), None, config)
    ids = [WebhookId(f"whk_bench{at}") for at in range(len(urls))]
    for webhook_id, url in zip(ids, urls, strict=True):
        await store.deliveries.put_webhook(
            Webhook(
                id=webhook_id,
                url=url,
                secrets=(WebhookSecret(secret=new_secret()),),
                created_at=SystemClock().now(),
            )
        )
    store.append(events, deliverer.committed)
    await store.barrier()
    begun = time.perf_counter()
    await deliverer.start()
    await deliverer.planned()
    while any(deliverer.lag().values()):  # noqa: ASYNC110  # nobody tells; a hundred looks a second cost nothing
        await asyncio.sleep(0.01)
    took = time.perf_counter() - begun
    await deliverer.stop()
    for webhook_id in ids:
        dead = await store.deliveries.deliveries(webhook_id, DeliveryState.DEAD, Cursor(0), 1)
        if dead:
            raise SystemExit(f"a delivery failed: {dead[0].error}")
    await store.close()
    return took


async def bare(config: Config, url: str, events: Sequence[Appended]) -> float:
    """Seconds until all are posted."""
    waiting = iter(events)

    async def post(http: ClientSession) -> None:
        for one in waiting:
            async with http.post(url, data=one.body, headers={"content-type": "application/json"}) as answer:
                await answer.read()

    begun = time.perf_counter()
    async with ClientSession() as http, asyncio.TaskGroup() as group:
        for _ in range(config.limits.webhook_concurrency):
            group.create_task(post(http))
    return time.perf_counter() - begun


def main(argv: Sequence[str]) -> int:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    config = parse({}, "bench")
    events = [event(n) for n in range(1, options.events + 1)]
    mine, others = [], []
    ON_DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ON_DISK) as name, receiver() as url:
        for number in range(options.rounds):
            mine.append(uvloop.run(ours(config, Path(name, f"{number}.db"), [url], events)))
            others.append(uvloop.run(bare(config, url, events)))
    deliveries, posts = (options.events / statistics.median(times) for times in (mine, others))
    figures = {
        "deliveries_per_s": round(deliveries),
        "bare_aiohttp_posts_per_s": round(posts),
        "ratio": round(deliveries / posts, 3),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
