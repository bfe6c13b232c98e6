"""`trunkline doctor`: the configuration and all that is around it, each finding with its remedy.

Nothing is changed, nothing is sent to a receiver or a platform: they are connected to, and left. A gateway
may be running; then its ports are its own.
"""

import errno
import os
import resource
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import typer
from cryptography import x509

from gateway import config as configuration
from gateway.cli import checked
from gateway.cli.findings import Finding, Level, note, told, well, wrong
from gateway.cli.reaching import reached
from gateway.config import Config
from gateway.http import operator_socket
from gateway.runtime.clock import SystemClock
from gateway.store import peek
from gateway.store.config import MEMORY
from gateway.store.files import network
from gateway.telemetry.build import build_version
from schemas.errors import ConfigError, StoreError

_ROOM_BYTES: Final = 1024**3  # free beside what the journal may still take
_SPARE: Final = 1_024  # descriptors for the store, webhooks and platforms
_EXPIRES: Final = timedelta(days=21)
_LEAP: Final = timedelta(minutes=5)
_AUTHORITIES: Final = ("ca_file", "client_ca")


async def examine(path: Path, *, as_json: bool) -> int:
    """Tell all findings. Returns 1 if anything is wrong."""
    findings = [well("program", f"trunkline {build_version()}")]
    try:
        config = checked.load(path)
    except ConfigError as error:
        remedy = "Correct what it names; `trunkline schema configuration` is a schema for your editor."
        findings += [wrong("configuration", line, remedy) for line in str(error).splitlines()]
    else:
        findings += [
            note(
                "environment", one, "Put two underscores between section and name, or take the variable away."
            )
            for one in configuration.read_environment().unread(os.environ)
        ]
        unfit = list(checked.unfit(config))
        findings += [wrong("configuration", line, "As the line says.") for line in unfit]
        if not unfit:
            findings.append(well("configuration", f"{path}: {len(config.platforms)} platforms"))
        findings += [*_store(config), *_disk(config), *_descriptors(config), *_ports(config), *_clock(config)]
        findings += _certificates(config)
        findings += await reached(config)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(findings), indent=2).decode())
    else:
        typer.echo(told(findings))
    return int(any(one.level is Level.WRONG for one in findings))


def _store(config: Config) -> Iterator[Finding]:
    path = config.store.path
    if config.bus is not None:
        yield well("store", f"on NATS: {', '.join(config.bus.servers)}")
        return
    if path == MEMORY:
        yield note("store", "keeps nothing over a restart", "Name a file in store.path.")
        return
    if kind := network(path):
        yield wrong(
            "store",
            f"{path} is on a network file system ({kind}), where locks may not hold",
            "Keep it on a disk of this machine.",
        )
    if not Path(path).is_file():
        yield well("store", f"{path} is not there yet; the first start makes it")
        return
    try:
        version, newer, keys = peek.schema_version(path), peek.too_new(path), peek.key_count(path)
    except StoreError as error:
        yield wrong(
            "store", str(error), "`trunkline journal verify` says more; `trunkline restore` a backup."
        )
        return
    if newer:
        yield wrong(
            "store",
            f"{path} was written by a newer program (schema {version})",
            "Install that program again, or restore the backup from before the upgrade.",
        )
    else:
        yield well("store", f"{path}: schema {version}, {keys} keys, {Path(path).stat().st_size} bytes")


def _disk(config: Config) -> Iterator[Finding]:
    path = Path(config.store.path)
    if config.store.path == MEMORY or not path.parent.is_dir():
        return
    free = shutil.disk_usage(path.parent).free
    size = path.stat().st_size if path.is_file() else 0
    wanted = max(config.store.retention_bytes - size, 0) + _ROOM_BYTES
    if free < _ROOM_BYTES:
        yield wrong("disk", f"{_gib(free)} are free at {path.parent}", "Make room, or move the store.")
    elif free < wanted:
        yield note(
            "disk",
            f"{_gib(free)} are free at {path.parent}, and the journal may take {_gib(wanted)} more",
            "Make room, or lower store.retention_bytes or store.retention_days.",
        )
    else:
        yield well("disk", f"{_gib(free)} are free at {path.parent}")


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 1024**3:.1f} GiB"


def _descriptors(config: Config) -> Iterator[Finding]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = config.server.max_connections + config.server.max_strangers + _SPARE
    if hard != resource.RLIM_INFINITY and hard < wanted:
        yield note(
            "descriptors",
            f"this user may have {hard}, and {wanted} may be wanted",
            "Raise the limit (ulimit -Hn, LimitNOFILE= of systemd), or lower server.max_connections.",
        )
    else:
        yield well("descriptors", f"{'no limit' if hard == resource.RLIM_INFINITY else hard}")


def _ports(config: Config) -> Iterator[Finding]:
    where = operator_socket.path_of(
        config.server.operator_socket, "" if config.store.path == MEMORY else config.store.path
    )
    runs = where is not None and _answers(where)
    wanted = [("server", config.server.host, config.server.port)]
    if config.metrics.port is not None:
        wanted.append(("metrics", config.metrics.host, config.metrics.port))
    for section, host, port in wanted:
        if runs:
            yield well("ports", f"{section}: a gateway of this store is running")
        elif why := _taken(host, port):
            yield wrong(
                "ports",
                f"{section}: {host}, port {port}: {why}",
                f"End what listens there (`ss -ltnp`), or change {section}.port or {section}.host.",
            )
        else:
            yield well("ports", f"{section}: {host}, port {port or 'any that is free'}")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(os.fspath(path)) == 0


def _taken(host: str, port: int) -> str:
    """Why one cannot listen there; empty if one can."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, proto, _, address in dict.fromkeys(found):
            with socket.socket(family, kind, proto) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.bind(address)
    except OSError as error:
        return "" if error.errno == errno.EAFNOSUPPORT else error.strerror or "is not to be had"
    return ""


def _clock(config: Config) -> Iterator[Finding]:
    """Against the store, which was written in the past. Receivers' clocks are looked at in `reaching`."""
    now, path = SystemClock().now(), Path(config.store.path)
    written = [path, path.with_name(path.name + "-wal")] if config.store.path != MEMORY else []
    latest = max((one.stat().st_mtime for one in written if one.is_file()), default=0.0)
    if datetime.fromtimestamp(latest, UTC) > now + _LEAP:
        yield wrong(
            "clock",
            f"it is {now:%Y-%m-%d %H:%M:%S} UTC here, and the store was written after that",
            "Set the clock, and let chrony or systemd-timesyncd keep it.",
        )
    else:
        yield well("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _certificates(config: Config) -> Iterator[Finding]:
    for place, path in checked.files(config):
        name = place.rpartition(".")[2]
        if "certificate" not in name and name not in _AUTHORITIES:
            continue
        try:
            found = x509.load_pem_x509_certificates(path.read_bytes())
        except OSError as error:
            yield wrong(
                "TLS", f"{place}: {path}: {error.strerror}", "Put the file there, readable for this user."
            )
            continue
        except ValueError:
            yield wrong(
                "TLS", f"{place}: {path} has no certificate in PEM", "Convert it, or name another file."
            )
            continue
        ends = min(one.not_valid_after_utc for one in found)
        if ends < SystemClock().now():
            yield wrong("TLS", f"{place}: {path} is over since {ends:%Y-%m-%d}", "Renew the certificate.")
        elif ends < SystemClock().now() + _EXPIRES:
            yield note("TLS", f"{place}: {path} ends on {ends:%Y-%m-%d}", "Renew the certificate before.")
        else:
            yield well("TLS", f"{place}: good until {ends:%Y-%m-%d}")
