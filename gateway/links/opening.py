"""The links that we open ourselves, of all platforms."""

from collections.abc import Callable, Iterable
from functools import partial

from aiohttp import ClientSession

from adapters.contract.dialect import LinkKind
from gateway.http.sockets import hard_limit_bytes
from gateway.links.carriers import dial_of
from gateway.links.dialled import DialledLink
from gateway.links.internal import InternalLink
from gateway.links.link import Core
from gateway.links.registry import Links
from gateway.outbound.lookups import Lookups
from gateway.outbound.standby import Standby
from gateway.platforms.platform import Platform
from gateway.runtime.tasks import Tasks


def open_links(
    platforms: Iterable[Platform],
    core: Core,
    links: Links,
    http: ClientSession,
    lookups: Lookups,
    standby: Standby,
    *,
    background: Tasks,
) -> list[Callable[[], object]]:
    """Begin to dial, and start the platforms that run in this process. Returns how to stop these."""
    stops: list[Callable[[], object]] = []
    for platform in platforms:
        dialect = platform.dialect
        if dialect.link is LinkKind.DIAL:
            dial = dial_of(platform, http, lookups, core.clock, hard_limit_bytes(core.max_frame_bytes))
            platform.reason = standby.note()
            link = DialledLink(core, platform, links, dial)
            standby.when_active(partial(link.start, background))
        elif dialect.link is LinkKind.INTERNAL and dialect.peer is not None:
            internal = InternalLink(core, platform, links, dialect.peer(platform.settings))
            internal.start()
            stops.append(internal.stop)
    return stops
