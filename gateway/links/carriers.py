"""Which carrier an address is for. The configuration has been checked: the dialect declares the transport."""

from aiohttp import ClientSession
from yarl import URL

from gateway.clock import Clock
from gateway.links import framed, polled, websocket
from gateway.links.dialled import Dial
from gateway.outbound.lookups import Lookups
from gateway.platform import Platform
from gateway.sockets import HARD_LIMIT_BYTES


def dial_of(platform: Platform, http: ClientSession, lookups: Lookups, clock: Clock) -> Dial:
    """How that platform is dialled."""
    dialect, scheme = platform.dialect, URL(platform.config.url or "").scheme
    if scheme in {"http", "https"} and (polling := dialect.polling) is not None:
        return lambda: polled.dial(http, platform, polling, clock)
    if scheme == "tcp" and (framing := dialect.framing) is not None:
        return lambda: framed.dial(platform, framing(platform.settings, HARD_LIMIT_BYTES), lookups)
    return lambda: websocket.dial(http, platform)
