"""Load: frames by HTTP into a bridge that answers when its webhook has the event."""

import asyncio
import time
from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from tests.bench.closed_loop import WARM_UP_S, cpu_s
from tests.bench.load.http import Http, post
from tests.bench.load.job import Figures, carry_out
from tests.bench.load.pipe import messages


class Job(msgspec.Struct):
    """`at_once`: requests under way; `beside`: processes that count as ours."""

    port: int
    pid: int
    seconds: float
    at_once: int = 50
    path: str = "/events"
    beside: list[int] = []


class Poster(Http):
    """One connection, kept: the next request follows on each answer."""

    def __init__(self, path: str, bodies: Sequence[bytes]) -> None:
        super().__init__(self._answered)
        self._requests = [post(path, body) for body in bodies]
        self.done = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first one."""
        super().connection_made(transport)
        self.write(self._requests[0])

    def _answered(self, status: int, body: bytes) -> None:
        if status != HTTPStatus.OK:
            self.broken = self.broken or f"{status} {body[:200]!r}"
            return
        self.done += 1
        self.write(self._requests[self.done % len(self._requests)])


async def work(job: Job) -> Figures:
    """Warm up, then count for so long."""
    loop, bodies = asyncio.get_running_loop(), messages("a0")
    posters = []
    for _ in range(job.at_once):
        _, poster = await loop.create_connection(lambda: Poster(job.path, bodies), "127.0.0.1", job.port)
        posters.append(poster)
    await asyncio.sleep(WARM_UP_S)

    def now() -> tuple[float, int, float, float]:
        own = time.process_time() + sum(cpu_s(pid) or 0.0 for pid in job.beside)
        return loop.time(), sum(one.done for one in posters), cpu_s(job.pid) or 0.0, own

    begun = now()
    await asyncio.sleep(job.seconds)
    took, count, cpu, own = (end - start for start, end in zip(begun, now(), strict=True))
    broken = [one.broken for one in posters if one.broken]
    if broken or not count:
        raise ConnectionError(broken[0] if broken else "nothing was answered")
    return {
        "per_s": count / took,
        "count": count,
        "seconds": took,
        "cpu_us": cpu / count * 1e6,
        "server_share": cpu / took,
        "client_share": own / took,
    }


if __name__ == "__main__":
    carry_out(Job, work)
