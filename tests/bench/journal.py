"""Events a second that the journal takes, beside a bare SQLite writer with the same guarantee, in one run.

The bare one is what somebody would write who needs only this: a thread that commits in one transaction all
that was queued, a row an event, to a file with the same settings. Both get the same events in the same
portions, on the same disk, in turn. The ratio is the figure to watch; absolute ones are the disk's.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import uvloop

from gateway.store.base import Appended
from gateway.store.sqlite import SqliteStore
from schemas.ids import Cursor

ON_DISK: Final = Path("build")  # the system's folder for temporary files may be in memory
PORTION: Final = 20  # events that arrive together: what one turn of the loop reads off its sockets
AHEAD: Final = 2_000  # events not yet durable, at most: else the whole run would be one commit
FILLER: Final = "x" * 1_400


def event(number: int) -> Appended:
    """One of about the usual size."""
    body = f'{{"type":"interaction.held","id":"evt_{number}","time":"2026-03-02T09:00:00Z","x":"{FILLER}"}}'
    interaction = f"int_{number % 50}"
    return Appended(Cursor(number), "interaction.held", "p1", "ses_1", "a1", interaction, body.encode())


def portions(count: int) -> list[list[Appended]]:
    """The events, as they arrive."""
    return [
        [event(number) for number in range(first, min(first + PORTION, count + 1))]
        for first in range(1, count + 1, PORTION)
    ]


async def ours(path: Path, arriving: Sequence[Sequence[Appended]]) -> float:
    """Seconds until all is durable, through the store."""
    store = SqliteStore(str(path))
    await store.open()
    durable = asyncio.Event()
    begun = time.perf_counter()
    for events in arriving:
        while store.pending() > AHEAD:
            durable.clear()
            await durable.wait()
        store.append(events, lambda _: durable.set())
        await asyncio.sleep(0)
    await store.barrier()
    took = time.perf_counter() - begun
    await store.close()
    return took


class Bare:
    """A thread, a queue, a transaction for all that is queued."""

    def __init__(self, path: Path) -> None:
        self._queue: SimpleQueue[Sequence[Appended] | None] = SimpleQueue()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("page_size=16384", "journal_mode=wal", "synchronous=full"):
            self._db.execute(f"pragma {pragma}")
        self._db.execute("create table journal (cursor integer primary key, body blob not null)")
        self._room = threading.Semaphore(AHEAD // PORTION)
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def put(self, events: Sequence[Appended]) -> None:
        """To be written; waits while too much is."""
        self._room.acquire()
        self._queue.put(events)

    def close(self) -> None:
        """When all is durable."""
        self._queue.put(None)
        self._thread.join()
        self._db.close()

    def _work(self) -> None:
        more = True
        while more:
            batch = [self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get())
            more = batch[-1] is not None
            taken = [events for events in batch if events is not None]
            self._db.execute("begin immediate")
            self._db.executemany(
                "insert into journal values (?, ?)",
                [(event.cursor, event.body) for events in taken for event in events],
            )
            self._db.execute("commit")
            self._room.release(max(1, len(taken)))


def bare(path: Path, arriving: Sequence[Sequence[Appended]]) -> float:
    """Seconds until all is durable, through the yardstick."""
    writer = Bare(path)
    begun = time.perf_counter()
    for events in arriving:
        writer.put(events)
    writer.close()
    return time.perf_counter() - begun


def main(argv: Sequence[str]) -> int:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(argv)
    arriving = portions(options.events)
    ON_DISK.mkdir(exist_ok=True)
    mine, others = [], []
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ON_DISK) as name:
        for number in range(options.rounds):
            mine.append(uvloop.run(ours(Path(name, f"ours-{number}.db"), arriving)))
            others.append(bare(Path(name, f"bare-{number}.db"), arriving))
    journal, sqlite = (options.events / statistics.median(times) for times in (mine, others))
    figures = {
        "journal_events_per_s": round(journal),
        "bare_sqlite_events_per_s": round(sqlite),
        "ratio": round(journal / sqlite, 3),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
