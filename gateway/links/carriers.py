"""Which carrier an address is for. The configuration has been checked: the dialect declares the transport."""

from aiohttp import ClientSession
from yarl import URL

from gateway.links import framed, polled, websocket
from gateway.links.dialled import Dial
from gateway.outbound.lookups import Lookups
from gateway.platforms.platform import Platform
from gateway.runtime.clock import Clock


def dial_of(platform: Platform, http: ClientSession, lookups: Lookups, clock: Clock, most_bytes: int) -> Dial:
    """How that platform is dialled; `most_bytes` of a frame, or an answer, are read."""
    dialect, scheme = platform.dialect, URL(platform.config.url or "").scheme
    if scheme in {"http", "https"} and (polling := dialect.polling) is not None:
        return lambda: polled.dial(http, platform, polling, clock, most_bytes)
    if scheme == "tcp" and (framing := dialect.framing) is not None:
        return lambda: framed.dial(platform, framing(platform.settings, most_bytes), lookups)
    return lambda: websocket.dial(http, platform, most_bytes)
