"""What a load client is told on its command line, and how it answers: JSON both."""

import os
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import uvloop

JobT = TypeVar("JobT", bound=msgspec.Struct)
Figures = dict[str, float | None]


def carry_out(job: type[JobT], work: Callable[[JobT], Awaitable[Figures]]) -> None:
    """Read the job, do it, print the figures; or say what went wrong and fail."""

    async def run() -> Figures:
        return await work(msgspec.json.decode(sys.argv[1], type=job))

    try:
        figures = uvloop.run(run())
    except (OSError, TimeoutError) as error:
        sys.exit(f"{type(error).__name__} {error}")
    sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
    sys.stdout.flush()
    os._exit(0)  # open sockets want no farewell
