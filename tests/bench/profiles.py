"""What the time of one event goes to, per dialect, as text: shares by part, and the functions that take most.

A profile slows what it looks at; the shares count, and not their sum.
"""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from tests.bench.cases.gateways import gateway, push
from tests.bench.pages import DIALECTS
from tests.bench.profiled import Sample
from tests.bench.running import REPOSITORY, Bench

LINKS: Final = 50
SECONDS: Final = 8.0
SHOWN: Final = 30  # functions
WRITER: Final = "store-writer"

# What a file belongs to, by the first that its name holds.
PARTS: Final[Sequence[tuple[str, str]]] = (
    ("/adapters/", "the dialect: reading a frame"),
    ("/gateway/links/", "the link"),
    ("/gateway/state/", "the state: what has changed"),
    ("/gateway/events/", "events: encoding, batches"),
    ("/gateway/runtime/", "clock, ids, looking through a frame"),
    ("/gateway/store/", "the journal, up to the writer's queue"),
    ("/gateway/", "sockets and the rest of the gateway"),
    ("/aiohttp/", "aiohttp"),
    ("/asyncio/", "the loop (uvloop), its system calls"),
    ("", "others"),
)
IN_WRITER: Final = "the journal's writer: compressing, SQLite, fdatasync"


def measure(bench: Bench) -> Mapping[str, Sequence[Sample]]:
    """Samples of each dialect under the load of case a."""
    found = {}
    for dialect in DIALECTS:
        file = bench.folder / f"{dialect}.json"
        looked = replace(bench, profile=file, options=replace(bench.options, seconds=SECONDS))
        with gateway(looked, dialect, LINKS) as up:
            os.kill(up.pid, signal.SIGUSR1)
            push(looked, up)
        found[dialect] = msgspec.json.decode(file.read_bytes(), type=list[Sample])
    return found


def part_of(sample: Sample) -> str:
    """What it belongs to."""
    if sample.thread == WRITER:
        return IN_WRITER
    return next(part for mark, part in PARTS if mark in sample.file)


def table(found: Mapping[str, Sequence[Sample]]) -> Iterator[str]:
    """Shares by part, a column for each dialect, in Markdown."""
    yield f"| share of the processor time | {' | '.join(found)} |"
    yield "|---|" + "--:|" * len(found)
    for part in (IN_WRITER, *(part for _, part in PARTS)):
        shares = [
            sum(one.seconds for one in samples if part_of(one) == part) / sum(one.seconds for one in samples)
            for samples in found.values()
        ]
        yield f"| {part} | {' | '.join(f'{share:.0%}' for share in shares)} |"


def text(dialect: str, samples: Sequence[Sample]) -> Iterator[str]:
    """The functions that take most, most first."""
    whole = sum(sample.seconds for sample in samples)
    yield f"{dialect}: processor time by function, itself and what it calls in C; {LINKS} links"
    yield ""
    for sample in samples[:SHOWN]:
        yield f"{sample.seconds / whole:6.1%}  {_short(sample.file)}  {sample.function}  [{sample.thread}]"


def _short(file: str) -> str:
    """From the repository on, or from the package on."""
    path = Path(file)
    if path.is_relative_to(REPOSITORY) and "site-packages" not in file:
        return str(path.relative_to(REPOSITORY))
    return "/".join(path.parts[-2:])


def write(found: Mapping[str, Sequence[Sample]], folder: Path) -> None:
    """A file for each dialect."""
    for dialect, samples in found.items():
        lines = [*text(dialect, samples), ""]
        (folder / f"profile_{dialect}.txt").write_text("\n".join(lines), encoding="utf-8")
