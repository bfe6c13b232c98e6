"""A configuration file, checked in full: sections, each platform's settings by its dialect, what is around.

`load` is what every start goes through. `unfit` is what a start would refuse only later, or could make
nothing of: for `check-config` and `doctor`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from gateway import config as configuration
from gateway.app import dialects
from gateway.config import Config
from gateway.http import operator_socket
from gateway.http.tls import served_context
from gateway.outbound.egress import Egress
from gateway.platforms.config import platform_settings
from gateway.queries import hook
from gateway.runtime.addresses import is_loopback
from gateway.store import peek
from gateway.store.config import MEMORY
from schemas.errors import ConfigError, StoreError


def load(path: Path) -> Config:
    """Read it. Raises ConfigError with file, line, place and text of every mistake."""
    config = configuration.load(path)
    try:
        platform_settings(config.platforms, {one.name: one for one in dialects()})
        hook.check_addresses(config.platforms, Egress.of(config))
        if config.server.tls is not None:
            served_context(config.server.tls)
    except ConfigError as error:
        raise configuration.located(error, path) from error
    return config


def require_fit(config: Config, path: Path) -> None:
    """Raises ConfigError with what is unfit, likewise."""
    if wrong := list(unfit(config)):
        raise configuration.located(ConfigError("\n".join(wrong)), path)


def unfit(config: Config) -> Iterator[str]:
    """What a gateway of that configuration would refuse at its start, or be of no use for: place and text."""
    if not config.platforms:
        yield "platforms: there are none, so there is nothing to connect; config.example.yaml shows some"
    yield from _shared_hosts(config)
    yield from _folders(config)
    yield from _named(config)
    yield from _exposed(config)
    metrics, server = config.metrics, config.server
    if metrics.port and metrics.port == server.port:
        yield "metrics.port: is server.port, and one port cannot be both"


def _shared_hosts(config: Config) -> Iterator[str]:
    """A page at a vendor's own path is told from others by the host name alone."""
    seen: dict[str, str] = {}
    for name, platform in config.platforms.items():
        for number, host in enumerate(platform.hosts):
            other = seen.setdefault(host.strip().lower(), name)
            if other != name:
                yield f"platforms.{name}.hosts.{number}: {host} is a host of the platform {other} too"


def _folders(config: Config) -> Iterator[str]:
    store, socket = config.store.path, config.server.operator_socket
    if store != MEMORY:
        at = Path(store)
        if at.is_dir():
            yield f"store.path: {at} is a folder; name a file in it"
        elif not at.parent.is_dir():
            yield f"store.path: the folder {at.parent} is not there; make it first"
        elif not os.access(at if at.exists() else at.parent, os.W_OK):
            yield f"store.path: {at if at.exists() else at.parent} may not be written by this user"
    if socket and len(socket) > operator_socket.LONGEST:
        yield f"server.operator_socket: has more than {operator_socket.LONGEST} characters, as no socket may"
    elif socket and not Path(socket).parent.is_dir():
        yield f"server.operator_socket: the folder {Path(socket).parent} is not there; make it first"


def files(section: BaseModel, place: str = "") -> Iterator[tuple[str, Path]]:
    """All files that a section names, whatever section it is, and where it does."""
    for name in type(section).model_fields:
        value, where = getattr(section, name), f"{place}{name}"
        if isinstance(value, Path):
            yield where, value
        elif isinstance(value, BaseModel):
            yield from files(value, f"{where}.")
        elif isinstance(value, dict):
            for key, one in value.items():
                if isinstance(one, BaseModel):
                    yield from files(one, f"{where}.{key}.")


def _named(config: Config) -> Iterator[str]:
    for place, path in files(config):
        if path == config.bootstrap_key_file:
            if not path.parent.is_dir():
                yield f"{place}: the folder {path.parent} is not there; make it first"
        elif not path.is_file():
            yield f"{place}: {path} is not there, or no file"
        elif not os.access(path, os.R_OK):
            yield f"{place}: {path} may not be read by this user"


def _exposed(config: Config) -> Iterator[str]:
    """Without a key everything is open, so nobody else may be served."""
    host, store = config.server.host, config.store.path
    if is_loopback(host) or config.bootstrap_key_file is not None:
        return
    if config.bus is not None:
        return  # which keys there are is known once it is asked: see Gate.refuse_exposed
    try:
        keys = 0 if store == MEMORY else peek.key_count(store)
        if store != MEMORY and peek.too_new(store):
            yield f"store.path: {store} was written by a newer program; install that one, or restore a backup"
    except StoreError as error:
        yield f"store.path: {error}"
        return
    if not keys:
        yield (
            f"server.host: {host} can be reached from other machines, but there is no API key; make one with"
            " `trunkline keys create`, name a file for the first one in bootstrap_key_file, or listen on"
            " 127.0.0.1"
        )
