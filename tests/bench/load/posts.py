"""Load: frames by HTTP into a bridge that answers when its webhook has the event; so many requests under way."""

import asyncio
import time
from collections.abc import Sequence
from typing import cast

import msgspec

from tests.bench.client import WARM_UP_S, cpu_s
from tests.bench.load.job import Figures, carry_out
from tests.bench.load.pipe import messages


class Job(msgspec.Struct):
    """`beside`: processes that count as ours."""

    port: int
    pid: int
    seconds: float
    at_once: int = 50
    path: str = "/events"
    beside: list[int] = []


class Poster(asyncio.Protocol):
    """One connection, kept: the next request follows on each answer."""

    def __init__(self, path: str, bodies: Sequence[bytes]) -> None:
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: "
        )
        self._requests = [head.encode() + str(len(body)).encode() + b"\r\n\r\n" + body for body in bodies]
        self._rest = b""
        self.done = 0
        self.broken: str = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first one."""
        self._write = cast("asyncio.Transport", transport).write
        self._write(self._requests[0])

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever looks."""
        self.broken = self.broken or f"connection lost ({exc})"

    def data_received(self, data: bytes) -> None:
        """An answer, of which only the end matters, and the status."""
        data = self._rest + data
        end = data.find(b"\r\n\r\n") + 4
        if end < 4 or not _whole(data[:end].lower(), data[end:]):
            self._rest = data
            return
        self._rest = b""
        if data[9:12] != b"200":
            self.broken = self.broken or data[:200].decode(errors="replace")
            return
        self.done += 1
        self._write(self._requests[self.done % len(self._requests)])


def _whole(head: bytes, body: bytes) -> bool:
    """By its length, or by its last chunk."""
    length = head.find(b"content-length:")
    if length >= 0:
        return len(body) >= int(head[length + 15 :].split(b"\r\n", 1)[0])
    return body.endswith(b"0\r\n\r\n")


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
