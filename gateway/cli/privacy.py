"""`trunkline privacy erase`: by the gateway that runs, over its socket, or on the file if none does."""

import re
from pathlib import Path
from typing import Final

import msgspec
import typer
from aiohttp import ClientTimeout

from gateway import config as configuration
from gateway.cli.progress import step
from gateway.cli.running import asked, file_of
from gateway.config import Config
from gateway.http.answers import Empty
from gateway.maintenance.erasing import erase_file
from gateway.maintenance.erasure import Erased
from gateway.runtime.spelling import party
from gateway.store.config import MEMORY, node_file
from gateway.store.sqlite import SqliteStore
from schemas.errors import ConfigError, StoreError

_AS_LONG_AS_IT_TAKES: Final = ClientTimeout(total=None)
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_PIECE_BYTES: Final = 4 * 1024 * 1024
_OVERLAP_BYTES: Final = 1024  # longer than any spelling


async def erase(path: Path, spellings: list[str], *, as_json: bool) -> int:
    """Do it, and tell what was found. The exit code."""
    config = configuration.load(path)
    if config.store.path == MEMORY:
        raise ConfigError(f"{path}: store.path is {MEMORY}, where nothing outlives the process")
    try:
        party(spellings)
    except ValueError as error:
        raise ConfigError(f"--party: {error}") from error
    with step("erasing"):
        found = await _erased(config, spellings)
    pattern = party(found.spellings).pattern
    path_here = config.store.path if config.bus is None else node_file(config.store.path)
    with step("reading the store's files for what is left"):
        files = naming(path_here, pattern)
    if files and not found.live and not found.remains:  # pages from before there was anything to clean them
        with step("cleaning pages from earlier times"):
            await _vacuum(config)
        files = naming(path_here, pattern)
    if as_json:
        typer.echo(msgspec.json.encode({"erased": found, "files": files}))
    else:
        _tell(found, files)
    return 1 if found.live or found.remains or files else 0


async def _erased(config: Config, spellings: list[str]) -> Erased:
    body: dict[str, object] = {"spellings": spellings}
    answer = await asked(config, "POST", "/erase", body, Erased, _AS_LONG_AS_IT_TAKES)
    if answer is not None:
        return answer
    store = await _opened(config)
    try:
        return await erase_file(store, tuple(spellings))
    finally:
        await store.close()


async def _vacuum(config: Config) -> None:
    if await asked(config, "POST", "/vacuum", None, Empty, _AS_LONG_AS_IT_TAKES) is None:
        store = await _opened(config)
        try:
            await store.erasing.vacuum()
        finally:
            await store.close()


def _there(path: str) -> None:
    if not Path(path).is_file():
        raise StoreError(f"store {path}: there is no such file")


async def _opened(config: Config) -> SqliteStore:
    path = file_of(config)
    _there(path)
    store = SqliteStore(path)
    await store.open()
    return store


def naming(path: str, pattern: re.Pattern[bytes]) -> list[str]:
    """The store's files in which a spelling stands, wherever in them: also where no row is."""
    found = []
    for suffix in _BESIDE:
        file = Path(f"{path}{suffix}")
        if file.is_file() and _stands_in(file, pattern):
            found.append(str(file))
    return found


def _stands_in(file: Path, pattern: re.Pattern[bytes]) -> bool:
    """Read in windows that overlap. What touches the cut end of one may go on, and is whole in another."""
    window, offset = b"", 0
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE_BYTES):
            kept = window[-_OVERLAP_BYTES:]
            offset += len(window) - len(kept)
            window = kept + piece
            found = pattern.finditer(window)
            if any(one.end() < len(window) and (one.start() or not offset) for one in found):
                return True
    return any(one.start() or not offset for one in pattern.finditer(window))


def _tell(found: Erased, files: list[str]) -> None:
    others = f" (beside what was named: {', '.join(found.spellings[1:])})" if found.spellings[1:] else ""
    typer.echo(
        f"erased: interactions={found.interactions} events={found.events} commands={found.commands}"
        f" questions={found.questions} attempts={found.attempts}{others}"
    )
    for one in found.live:
        typer.echo(f"left, as it goes on: {one}; erase again once it is over", err=True)
    for table, count in sorted(found.remains.items()):
        typer.echo(f"still named: {count} rows of {table}", err=True)
    for file in files:
        typer.echo(f"still named: in {file}", err=True)
    if not (found.live or found.remains or files):
        typer.echo("proved: no row and no byte of the store's files names that party any more")
