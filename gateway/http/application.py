"""What every application of ours does with its answers, whoever asks: problems, sizes, and few words.

Large answers are compressed for those who take gzip; streams are not, nor what holds a secret, whose size
would tell of it, nor what has an entity tag, which stands for the bytes themselves.
"""

import asyncio
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from gateway.http import problems
from gateway.http.admission import REDEEMING, Redeeming, tell_rate
from gateway.http.bodies import BODIES, Bodies
from gateway.http.config import ServerConfig
from gateway.http.cors import CORS, Cors, cors, vary
from gateway.http.peer_faults import PEERS
from gateway.http.problems import Handler
from gateway.http.sockets import Connections
from gateway.runtime.clock import Clock
from gateway.telemetry import tracing
from gateway.telemetry.peers import Peers

LEAST_BYTES: Final = 2 * 1024  # of an answer that is compressed
_APART_BYTES: Final = 64 * 1024  # from here on in a thread: others are not to wait for it
_LEVEL: Final = 5
_WBITS: Final = zlib.MAX_WBITS | 16  # gzip
_KINDS: Final = re.compile(r"text/(?!event-stream)|application/(.*\+)?(json|javascript)|image/svg")
TRACE: Final = web.RequestKey("trace", str)
_NO_STORE: Final = "no-store"
_NEVER: Final = re.compile(r"0(\.0{0,3})?")  # a weight of nothing (RFC 9110, section 12.4.2)


def application(*, most_bytes: int = 1024 * 1024) -> web.Application:
    """An empty one."""
    app = web.Application(middlewares=[traced, compressed, problems.middleware], client_max_size=most_bytes)
    app.on_response_prepare.append(_prepare)
    return app


def serving(
    server: ServerConfig, peers: Peers, clock: Clock, redeem: Callable[[str], str]
) -> web.Application:
    """The one that clients reach. `redeem` gives what a stream's ticket stands for."""
    app = application(most_bytes=server.max_frame_bytes)
    Connections(app, server.max_connections)
    app.on_response_prepare.append(tell_rate)
    app[PEERS] = peers
    app[BODIES] = Bodies(server.max_frame_bytes, server.compressed_bodies, clock)
    app[CORS] = Cors(server.origins)
    app[REDEEMING] = Redeeming(redeem)
    return app


async def _prepare(request: web.Request, response: web.StreamResponse) -> None:
    """Right before the head of an answer goes out, of a stream's too."""
    response.headers.popall(hdrs.SERVER, None)  # the library's word on itself
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers[tracing.HEADER] = request.get(TRACE, "")
    cors(request).leave(request, response)


@web.middleware
def traced(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
    """Have all that is done for the request go on with its trace.

    No coroutine: a WebSocket would keep it for as long as it lives.
    """
    request[TRACE] = tracing.begin(request.headers.get(tracing.HEADER))
    return handler(request)


@web.middleware
async def compressed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress what the handler answers, where that is of use."""
    response = await handler(request)
    if not isinstance(response, web.Response) or response.prepared:
        return response
    body, headers = response.body, response.headers
    if not isinstance(body, bytes) or len(body) < LEAST_BYTES or not _KINDS.match(response.content_type):
        return response
    if headers.get(hdrs.CACHE_CONTROL) == _NO_STORE or hdrs.ETAG in headers:
        return response
    vary(response, hdrs.ACCEPT_ENCODING)
    if takes_gzip(request.headers):
        pack = partial(_pack, body)
        response.body = await asyncio.to_thread(pack) if len(body) >= _APART_BYTES else pack()
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    return response


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Whether the answer may be in gzip (RFC 9110, section 12.5.3)."""
    weights: dict[str, bool] = {}
    for one in headers.get(hdrs.ACCEPT_ENCODING, "").lower().split(","):
        name, _, parameter = one.partition(";")
        weight = parameter.strip().removeprefix("q=").strip() or "1"
        weights[name.strip()] = _NEVER.fullmatch(weight) is None
    return weights.get("gzip", weights.get("*", False))


def _pack(body: bytes) -> bytes:
    packing = zlib.compressobj(_LEVEL, wbits=_WBITS)
    return packing.compress(body) + packing.flush()
