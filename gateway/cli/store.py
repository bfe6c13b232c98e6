"""`trunkline backup`, `restore` and `activate`: on the store's file, beside a gateway or without one."""

from pathlib import Path

import typer

from gateway import config as configuration
from gateway.api.operator import Activated
from gateway.cli.progress import step
from gateway.cli.running import ask, asked, file_of
from gateway.config import Config
from gateway.store import copies
from gateway.store.config import MEMORY
from gateway.store.journal_file import Verdict
from gateway.store.opening import open_store
from schemas.errors import ConfigError, StoreError


def _load(path: Path) -> Config:
    config = configuration.load(path)
    if config.store.path == MEMORY:
        raise ConfigError(f"{path}: store.path is {MEMORY}, where there is no file")
    return config


def _told(path: Path | str, verdict: Verdict) -> None:
    size_bytes = Path(path).stat().st_size
    typer.echo(f"{path}: events={verdict.events} cursors={verdict.first}..{verdict.last} bytes={size_bytes}")


def back_up(config: Path, target: Path, *, force: bool) -> int:
    """Copy the store to a file. A gateway may be running on it."""
    source = file_of(_load(config))
    with step("copying the store and checking the copy"):
        verdict = copies.back_up(source, target, replace=force)
    _told(target, verdict)
    return 0


async def restore(config: Path, source: Path, *, force: bool, standby: bool) -> int:
    """Lay a backup where the store belongs. No gateway may be running on it."""
    loaded = _load(config)
    file_of(loaded)
    if await ask(loaded, "GET", "/healthz") is not None:
        raise StoreError(f"store {loaded.store.path}: a gateway is running on it; stop it first")
    with step("checking the backup and laying it in place"):
        restored = copies.restore(source, loaded.store.path, replace=force, standby=standby)
    _told(loaded.store.path, restored.verdict)
    if restored.former:
        typer.echo(f"the former store is {restored.former}", err=True)
    if standby:
        typer.echo("on standby: nothing is sent to anybody outside until `trunkline activate`", err=True)
    return 0


def _there(config: Config) -> None:
    if not Path(file_of(config)).is_file():
        raise StoreError(f"store {config.store.path}: there is no such file")


async def activate(config: Path) -> int:
    """End the standby of the gateway that runs, or of the one that will be started."""
    loaded = _load(config)
    answer = await asked(loaded, "POST", "/activate", None, Activated)
    if answer is None:
        _there(loaded)
        store = open_store(loaded.store)
        with step("opening the store, and bringing it up to this version"):
            await store.open()
        try:
            was = await store.standby()
            await store.set_standby(on=False)
        finally:
            await store.close()
    else:
        was = answer.was_standby
    typer.echo("active" if was else "it was not on standby")
    return 0
