"""Whom a gateway sends to or dials: whether they can be found and connected to. For `trunkline doctor`.

Each is connected to once, with TLS where its address says so, and left without a word. What goes through a
proxy is the proxy's to reach: it alone is connected to.
"""

import asyncio
import sqlite3
import ssl
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec
from yarl import URL

from gateway.cli.findings import Finding, note, well, wrong
from gateway.config import Config
from gateway.outbound.address import literal
from gateway.outbound.egress import Egress
from gateway.outbound.lookups import LookUpError, Lookups
from gateway.store.config import MEMORY
from gateway.store.deliveries import Webhook

_CONNECT_S: Final = 5.0
_AT_ONCE: Final = 8
_TLS: Final = frozenset({"https", "wss"})
_webhook: Final = msgspec.json.Decoder(Webhook).decode


class Target(NamedTuple):
    """Somebody to be reached."""

    about: str  # what he is
    name: str  # which of them
    url: URL
    connection: str = ""  # of `webhooks.connections`
    proxied: bool = True


async def reached(config: Config) -> list[Finding]:
    """What came of trying all of them."""
    lookups = Lookups(config.look_ups.name_servers)
    egress = Egress.of(config, lookups)
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(target: Target) -> Finding:
        async with room:
            return await _try(target, egress, lookups)

    try:
        return await asyncio.gather(*map(one, _targets(config)))
    finally:
        await lookups.close()


def _targets(config: Config) -> Iterator[Target]:
    for name, platform in config.platforms.items():
        if platform.url is not None:
            yield Target("platforms", name, URL(platform.url), proxied=False)
        hook = platform.queries.webhook
        if hook is not None:
            yield Target("receivers", f"queries of {name}", URL(hook.url), hook.connection or "")
    if config.single_sign_on is not None:
        yield Target("provider", "single_sign_on.issuer", URL(config.single_sign_on.issuer))
    for webhook in _webhooks(config.store.path):
        yield Target("receivers", f"webhook {webhook.id}", URL(webhook.url), webhook.connection)


def _webhooks(store: str) -> Iterable[Webhook]:
    """Those in the store, as they stand now."""
    if store == MEMORY or not Path(store).is_file():
        return []
    try:
        database = sqlite3.connect(f"file:{quote(store)}?mode=ro", uri=True)
        try:
            rows = database.execute("select body from webhooks order by created_at").fetchall()
        finally:
            database.close()
        return [_webhook(body) for (body,) in rows]
    except (sqlite3.Error, msgspec.DecodeError):
        return []  # what is wrong with the store is told elsewhere


async def _try(target: Target, egress: Egress, lookups: Lookups) -> Finding:
    url, about = target.url, target.about
    profile = egress.profiles.get(target.connection)
    proxy = profile.proxy(url) if target.proxied else None
    if proxy is not None:
        url = proxy.url
    host, port = url.raw_host or "", url.port or 0
    where = f"{target.name}: {host}, port {port}" + (" (the proxy)" if proxy is not None else "")
    address = host
    if literal(host) is None:
        try:
            address = str((await lookups.find(host))[0])
        except LookUpError as error:
            remedy = "Correct the name, or see to the name server (look_ups.name_servers, /etc/resolv.conf)."
            return wrong("DNS", f"{target.name}: {host}: {error.why}", remedy)
    context = None
    if url.scheme in _TLS:
        context = profile.context() or ssl.create_default_context()
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(
                address, port, ssl=context, server_hostname=host if context is not None else None
            )
        writer.transport.abort()
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason or "no TLS"
        return wrong(
            "TLS", f"{where}: {why}", "Have the certificate renewed, or name its authority (ca_file)."
        )
    except TimeoutError:
        return wrong(
            about, f"{where}: no answer in {_CONNECT_S:g} s", "Let a firewall on the way let it through."
        )
    except OSError as error:
        why = error.strerror or type(error).__name__
        return wrong(about, f"{where}: {why}", "See whether it runs, and whether a firewall is on the way.")
    if context is None and not egress.private(ip_address(address)):
        return note(about, f"{where}: answers, without TLS", "Let it serve TLS; what is sent can be read.")
    return well(about, f"{where}: answers")
