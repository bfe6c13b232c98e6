"""`trunkline journal`: verify, tail and export. A gateway may be running on the file, or not."""

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import typer

from gateway import config as configuration
from gateway.cli.progress import step
from gateway.cli.running import file_of, noted
from gateway.config import Config
from gateway.events.filters import Filter, look, select
from gateway.events.teams import Teams
from gateway.security.audit import Action
from gateway.store.base import Appended
from gateway.store.config import MEMORY
from gateway.store.epochs import read_place
from gateway.store.journal_file import JournalFile
from schemas.errors import ConfigError
from schemas.ids import Resume

_POLL_S: Final = 0.2


def load(path: Path) -> Config:
    """The configuration of a store that is a file. Raises ConfigError."""
    config = configuration.load(path)
    if config.store.path == MEMORY:
        raise ConfigError(f"{path}: store.path is {MEMORY}, where there is no file to read")
    file_of(config)
    return config


def _chooser(config: Config, wanted: Filter) -> Callable[[Appended], bool]:
    """Without a filter really everything: events about the gateway too. Raises RefusedError."""
    if wanted == Filter():
        return lambda _event: True
    selection = select(wanted, Teams(config.platforms))
    return lambda event: selection.accepts(event, look)


def verify(config: Path, *, as_json: bool) -> int:
    """Check the file: pages, checksums, cursors and sequences without a gap. 1 if anything is wrong."""
    path = load(config).store.path
    with step("checking every page, checksum and sequence"), JournalFile(path) as journal:
        verdict = journal.verify()
    if as_json:
        typer.echo(msgspec.json.encode(verdict))
    else:
        for finding in verdict.findings:
            typer.echo(finding, err=True)
        typer.echo(
            f"events={verdict.events} cursors={verdict.first}..{verdict.last}"
            f" interactions={verdict.interactions} sessions={verdict.sessions}"
            f" findings={len(verdict.findings)}"
        )
    return 1 if verdict.findings else 0


def tail(config: Path, count: int, wanted: Filter, *, follow: bool) -> int:
    """The newest events that are wanted, one JSON object a line; with `follow`, what comes after them too."""
    loaded = load(config)
    fits = _chooser(loaded, wanted)
    with JournalFile(loaded.store.path) as journal, output(None) as out:
        newest, cursor = deque[Appended](), 0
        for event in journal.backwards():
            cursor = cursor or event.cursor
            if len(newest) == count:
                break
            if fits(event):
                newest.appendleft(event)
        _write(out, newest)
        while follow:
            time.sleep(_POLL_S)
            for event in journal.events(cursor):
                cursor = event.cursor
                if fits(event):
                    _write(out, [event])
    return 0


def export(config: Path, after: str, until: int | None, wanted: Filter, target: Path | None) -> int:
    """The wanted events between two cursors, one JSON object a line, to a file or standard output."""
    loaded = load(config)
    fits = _chooser(loaded, wanted)
    count = 0
    asyncio.run(noted(loaded, Action.JOURNAL_EXPORTED, after=after))
    with step("reading the journal"), JournalFile(loaded.store.path) as journal, output(target) as out:
        for event in journal.events(journal.place(read_place(Resume(after)))):
            if until is not None and event.cursor > until:
                break
            if fits(event):
                out.write(event.body + b"\n")
                count += 1
    typer.echo(f"{count} events", err=True)
    return 0


def _write(out: BinaryIO, events: Iterable[Appended]) -> None:
    out.writelines(event.body + b"\n" for event in events)
    out.flush()


@contextmanager
def output(path: Path | None) -> Iterator[BinaryIO]:
    """The file, for its owner only, or standard output; whoever reads that may go away at any time."""
    if path is not None:
        path.touch(mode=0o600)
        with path.open("wb") as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to flush goes there
