"""`trunkline keys`: on the store's file. A running gateway holds that file, so it is stopped for this."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import typer

from gateway import config as configuration
from gateway.app import open_store
from gateway.runtime.clock import SystemClock
from gateway.security.access import Scope
from gateway.security.audit import OPERATOR, Action, Audit
from gateway.security.keys import Keys
from gateway.store.config import MEMORY
from schemas.errors import ConfigError


@asynccontextmanager
async def _keys(path: Path) -> AsyncIterator[tuple[Keys, Audit]]:
    config = configuration.load(path)
    if config.store.path == MEMORY:
        raise ConfigError(f"{path}: store.path is {MEMORY}, where no key outlives the process")
    store = open_store(config)
    await store.open()
    try:
        keys = Keys(store, SystemClock())
        await keys.load()
        yield keys, Audit(store)
    finally:
        await store.close()


async def create(path: Path, name: str, scopes: Sequence[str]) -> int:
    """Make a key; its text goes to standard output, alone."""
    known = [scope.value for scope in Scope]
    if unknown := [scope for scope in scopes if scope not in known]:
        raise ConfigError(f"no such scope: {', '.join(unknown)}; there are {', '.join(known)}")
    async with _keys(path) as (keys, audit):
        record, key = await keys.create(name, scopes or known)
        await audit.note(OPERATOR, Action.KEY_CREATED, record.id, scopes=",".join(record.scopes))
    typer.echo(f"key {record.id} of {name}; this is the only time it is shown", err=True)
    typer.echo(key)
    return 0


async def list_all(path: Path) -> int:
    """One line a key."""
    async with _keys(path) as (keys, _):
        for record in keys.list():
            state = f"revoked {record.revoked_at:%Y-%m-%d}" if record.revoked_at else "valid"
            made, scopes = f"{record.created_at:%Y-%m-%d}", ",".join(record.scopes)
            typer.echo(f"{record.id}  {record.name}  {made}  {state}  {scopes}")
    return 0


async def revoke(path: Path, key_id: str) -> int:
    """End a key."""
    async with _keys(path) as (keys, audit):
        record = await keys.revoke(key_id)
        await audit.note(OPERATOR, Action.KEY_REVOKED, record.id)
    typer.echo(f"key {record.id} of {record.name} is revoked")
    return 0
