"""What takes long says so: a line that moves on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

QUICK_S: Final = 2.0  # up to here nobody wonders


@contextmanager
def step(what: str, quick_s: float = QUICK_S) -> Iterator[None]:
    """Say on standard error what is being done, once it takes longer than that, and how long it took.

    It is said by a thread: what is done may hold the only other one until its end.
    """
    shown = _Shown(what)
    waiting = threading.Timer(quick_s, shown.begin)
    waiting.daemon = True
    begun = time.monotonic()
    waiting.start()
    try:
        yield
    finally:
        waiting.cancel()
        shown.end(time.monotonic() - begun)


class _Shown:
    """One step, from when it is shown."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = threading.Lock()
        self._over = self._begun = False
        self._moving: Progress | None = None

    def begin(self) -> None:
        with self._lock:
            if self._over:
                return
            self._begun = True
            if not sys.stderr.isatty():
                typer.echo(f"{self._what} ...", err=True)
                return
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            self._moving = Progress(*columns, console=Console(stderr=True), transient=True)
            self._moving.add_task(self._what, total=None)
            self._moving.start()

    def end(self, seconds: float) -> None:
        with self._lock:
            self._over = True
            if self._moving is not None:
                self._moving.stop()
            if self._begun:
                typer.echo(f"{self._what}: {seconds:.1f} s", err=True)
