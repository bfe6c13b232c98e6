"""`trunkline migrate`: from the store's file to NATS, or back, while no gateway runs on either."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway import config as configuration
from gateway.cli.choices import Kept
from gateway.cluster.config import BusConfig
from gateway.config import Config
from gateway.runtime.clock import Clock, SystemClock
from gateway.store.config import MEMORY
from gateway.workers.embedded import EmbeddedServer, folder_of
from schemas.errors import ConfigError

_PHASES: Final = {"events": "events", "rows": "rows of other tables", "compare": "reading again to compare"}


class _Board:
    """How far it has come, on a terminal; elsewhere nothing."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, phase: str, done: int, total: int) -> None:
        """`total` 0: nobody knows."""
        if phase not in self._tasks:
            self._tasks[phase] = self._progress.add_task(_PHASES[phase], total=total or None)
        self._progress.update(self._tasks[phase], completed=done)


@asynccontextmanager
async def _bus(config: Config, source: Kept, clock: Clock) -> AsyncIterator[BusConfig]:
    """The servers that the configuration names; without any, the one that `serve --workers` has."""
    if config.bus is not None:
        yield config.bus
        return
    store = config.store.path
    if source is Kept.NATS and not folder_of(store).exists():
        raise ConfigError("bus: names no servers, and `trunkline serve --workers` never ran here")
    server = EmbeddedServer(store, clock)
    await server.start()
    try:
        yield server.bus
    finally:
        await server.stop()


async def migrate(path: Path, source: Kept, target: Kept, *, force: bool) -> int:
    """Raises ConfigError, StoreError; then nothing counts as moved, and the same command goes on."""
    config = configuration.load(path)
    if source is target:
        raise ConfigError(f"--from {source} --to {target}: that is where it is")
    if config.store.path == MEMORY:
        raise ConfigError(f"{path}: store.path is {MEMORY}, where there is no file")
    if force and target is Kept.NATS:
        raise ConfigError("--force: moves a file aside; streams are deleted with NATS' own tools")
    try:
        from gateway.store.moving import move  # noqa: PLC0415  # needs an extra of the package
    except ModuleNotFoundError as error:
        raise ConfigError(f"bus: {error.name} is missing: install trunkline[nats]") from error
    clock, store = SystemClock(), config.store.path
    async with _bus(config, source, clock) as bus:
        with _Board() as board:
            if target is Kept.NATS:
                name = f"NATS {bus.prefix}"
                moved = await move.to_nats(store, bus, clock, board.show)
            else:
                name = store
                moved = await move.to_file(store, bus, clock, board.show, replace=force)
    found = moved.figures
    if moved.before:
        typer.echo(f"{name}: it was moved there before; nothing was written", err=True)
    typer.echo(
        f"{name}: events={found.events} cursors={found.first}..{found.last} rows={found.rows}"
        f" audit={found.audit}"
    )
    typer.echo("verified: both places hold the same")
    if moved.former:
        typer.echo(f"the former store is {moved.former}", err=True)
    if moved.chain:
        typer.echo(f"the audit's chain was broken before, and is as it was: {moved.chain}", err=True)
    return 0
