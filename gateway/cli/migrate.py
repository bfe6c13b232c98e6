"""`trunkline migrate`: from the store's file to NATS, or back, while no gateway runs on either."""

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway import config as configuration
from gateway.cli.choices import Kept
from gateway.runtime.clock import SystemClock
from gateway.store.config import MEMORY
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


async def migrate(path: Path, source: Kept, target: Kept, *, force: bool) -> int:
    """Raises ConfigError, StoreError; then nothing counts as moved, and the same command goes on."""
    config = configuration.load(path)
    if source is target:
        raise ConfigError(f"--from {source} --to {target}: that is where it is")
    if config.bus is None:
        raise ConfigError(f"{path}: bus: names no servers; it says which NATS, as store.path says which file")
    if config.store.path == MEMORY:
        raise ConfigError(f"{path}: store.path is {MEMORY}, where there is no file")
    if force and target is Kept.NATS:
        raise ConfigError("--force: moves a file aside; streams are deleted with NATS' own tools")
    try:
        from gateway.store.moving import move  # noqa: PLC0415  # needs an extra of the package
    except ModuleNotFoundError as error:
        raise ConfigError(f"bus: {error.name} is missing: install trunkline[nats]") from error
    clock, name = SystemClock(), f"NATS {config.bus.prefix}"
    with _Board() as board:
        if target is Kept.NATS:
            moved = await move.to_nats(config.store.path, config.bus, clock, board.show)
        else:
            name = config.store.path
            moved = await move.to_file(name, config.bus, clock, board.show, replace=force)
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
