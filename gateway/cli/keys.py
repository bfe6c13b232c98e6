"""`trunkline keys`: by the gateway that runs, on its operator's socket; else on the store's file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
import typer

from gateway import config as configuration
from gateway.api.keys import (
    OPERATOR,
    KeyChange,
    KeyList,
    KeyRequest,
    KeyView,
    MadeKey,
    changed,
    expiry,
    made,
    view,
)
from gateway.cli import running
from gateway.config import Config
from gateway.runtime.clock import SystemClock
from gateway.security.access import Scope
from gateway.security.keys import Keys
from gateway.store.config import MEMORY
from gateway.store.opening import open_store
from schemas.errors import ConfigError, RefusedError
from schemas.results import ErrorCode
from schemas.values import Json


async def create(path: Path, asked: dict[str, Json]) -> int:
    """Make a key and show it, this once."""
    if not asked["scopes"]:
        raise ConfigError(f"--scope: name what the key is good for: {', '.join(Scope)}")
    try:
        wanted = msgspec.convert(asked, KeyRequest)
    except msgspec.ValidationError as error:
        hint = f"; the scopes are {', '.join(Scope)}" if "scopes" in str(error) else ""
        raise ConfigError(f"keys create: {error}{hint}") from error
    config = _load(path)
    answer = await running.asked(config, "POST", "/v1/keys", asked, MadeKey)
    if answer is None:
        async with _keys(config) as keys:
            record, key = await keys.create(
                wanted.name,
                wanted.scopes,
                wanted.grant,
                expires_at=expiry(wanted, keys.now()),
                rate=wanted.rate,
                created_by=OPERATOR.name,
            )
            answer = made(record, keys.now(), key)
    _show(answer)
    return 0


async def list_all(path: Path, *, as_json: bool) -> int:
    """All keys, without their secrets."""
    config = _load(path)
    answer = await _allasked(config)
    if answer is None:
        answer = KeyList([])
        if _there(config):  # to look for keys makes no store
            async with _keys(config) as keys:
                answer = KeyList([view(record, keys.now()) for record in keys.list()])
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(answer)))
    elif not answer.keys:
        typer.echo("there are no keys")
    for one in () if as_json else answer.keys:
        typer.echo(_line(one))
    return 0


async def revoke(path: Path, key_id: str) -> int:
    """End a key."""
    config = _load(path)
    answer = await running.asked(config, "DELETE", f"/v1/keys/{quote(key_id, safe='')}", None, KeyView)
    if answer is None:
        async with _keys(config, there=True) as keys:
            answer = view(await keys.revoke(key_id), keys.now())
    typer.echo(f"key {answer.id} of {answer.name} is revoked")
    return 0


async def change(path: Path, key_id: str, asked: dict[str, Json]) -> int:
    """Change something of a key, at once."""
    if not asked:
        raise ConfigError("keys change: say what of it: --name, --ttl, --expires-at, --rate, --grant")
    try:
        wanted = msgspec.convert(asked, KeyChange)
    except msgspec.ValidationError as error:
        raise ConfigError(f"keys change: {error}") from error
    config = _load(path)
    answer = await running.asked(config, "PATCH", f"/v1/keys/{quote(key_id, safe='')}", asked, KeyView)
    if answer is None:
        async with _keys(config, there=True) as keys:
            now = keys.now()
            answer = view(await keys.change(key_id, lambda one: changed(one, wanted, now)), now)
    typer.echo(_line(answer))
    return 0


async def rotate(path: Path, key_id: str, overlap_s: int) -> int:
    """Give a key a new secret and show it, this once. `overlap_s`: how long the old one is good still."""
    config = _load(path)
    asked: dict[str, Json] = {"overlap_s": overlap_s}
    answer = await running.asked(config, "POST", f"/v1/keys/{quote(key_id, safe='')}/rotate", asked, MadeKey)
    if answer is None:
        async with _keys(config, there=True) as keys:
            record, key = await keys.rotate(key_id, overlap_s)
            answer = made(record, keys.now(), key)
    if answer.overlap_until is not None:
        typer.echo(f"the secret before is good until {answer.overlap_until:%Y-%m-%d %H:%M} UTC", err=True)
    _show(answer)
    return 0


def _load(path: Path) -> Config:
    config = configuration.load(path)
    if config.store.path == MEMORY and not config.server.operator_socket:
        raise ConfigError(f"{path}: store.path is {MEMORY}, where no key outlives the process")
    return config


async def _allasked(config: Config) -> KeyList | None:
    """All pages of the gateway that runs; None if none does."""
    path, found = "/v1/keys", list[KeyView]()
    while (page := await running.asked(config, "GET", path, None, KeyList)) is not None:
        found += page.keys
        if not page.next:
            return KeyList(found)
        path = f"/v1/keys?page={page.next}"
    return None


@asynccontextmanager
async def _keys(config: Config, *, there: bool = False) -> AsyncIterator[Keys]:
    """Those of the store's file, which no gateway may be running on. `there`: it is not made."""
    if running.file_of(config) == MEMORY:
        raise ConfigError(f"store.path is {MEMORY}, and no gateway is running")
    if there and not _there(config):
        raise RefusedError(ErrorCode.UNKNOWN_OBJECT, "there are no keys")
    store = open_store(config.store)
    await store.open()
    try:
        keys = Keys(store, SystemClock())
        await keys.load()
        yield keys
    finally:
        await store.close()


def _there(config: Config) -> bool:
    return Path(running.file_of(config)).is_file()


def _show(answer: MadeKey) -> None:
    """Its text goes to standard output, alone."""
    typer.echo(f"key {answer.id} of {answer.name}; this is the only time it is shown", err=True)
    typer.echo(answer.key)


def _line(one: KeyView) -> str:
    ends = {"revoked": one.revoked_at, "expired": one.expires_at, "valid": one.expires_at}[one.state]
    until = " until" if one.state == "valid" else ""
    state = one.state if ends is None else f"{one.state}{until} {_day(ends)}"
    used = "never used" if one.last_used_at is None else f"used {_day(one.last_used_at)}"
    narrowed = f"  {msgspec.json.encode(one.grant).decode()}" if one.grant.narrows else ""
    return f"{one.id}  {one.name}  {_day(one.created_at)}  {state}  {used}  {','.join(one.scopes)}{narrowed}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
