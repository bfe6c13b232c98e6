"""Bodies of requests: read within a time and a size, and only then inflated, in steps, where that is allowed.

Who is asking comes first: nothing here is called before that is known, but for the few addresses that are
open to everybody, which take little and inflate nothing.
"""

import asyncio
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from gateway.http.doorway import STRANGER_BYTES
from gateway.http.peer_faults import note
from gateway.runtime.clock import Clock, SystemClock, time_limit
from gateway.runtime.frames import check
from gateway.telemetry.peers import PeerFault

STRANGER_S: Final = 10.0  # for a body of somebody who has not said who he is
KNOWN_S: Final = 30.0
RATIO: Final = 100  # of what a body becomes, to what it was; JSON seldom comes near a tenth of that
_STEP_BYTES: Final = 64 * 1024
_EITHER: Final = zlib.MAX_WBITS | 32  # gzip or zlib, whichever it begins as
_WBITS: Final = {"gzip": _EITHER, "x-gzip": _EITHER, "deflate": _EITHER}


@dataclass(frozen=True)
class Bodies:
    """What one gateway takes."""

    most_bytes: int = 1024 * 1024
    compressed: bool = False
    clock: Clock = field(default_factory=SystemClock)


BODIES: Final = web.AppKey("bodies", Bodies)
_DEFAULT: Final = Bodies()


async def read(request: web.Request) -> bytes:
    """The body, of somebody who has said who he is; `request.read()` gives it from then on.

    Raises msgspec.DecodeError for what no JSON decoder may see, HTTPException for all else.
    """
    bodies = request.app.get(BODIES, _DEFAULT)
    encoding = _encoding(request)
    if encoding and not (bodies.compressed and encoding in _WBITS):
        raise _unsupported(request, bodies, encoding)
    body = await _whole(request, bodies, bodies.most_bytes, KNOWN_S)
    if encoding:
        body = await _inflated(body, _WBITS[encoding], bodies.most_bytes)
    check(body)
    request._read_bytes = body  # noqa: SLF001  # aiohttp itself inflates before it is known who asks
    return body


async def read_small(request: web.Request) -> bytes:
    """The body, of a stranger. Raises as `read` does."""
    bodies = request.app.get(BODIES, _DEFAULT)
    if encoding := _encoding(request):
        raise _unsupported(request, bodies, encoding)
    most_bytes = min(STRANGER_BYTES, bodies.most_bytes)
    body = await _whole(request, bodies, most_bytes, STRANGER_S)
    check(body)
    return body


def _encoding(request: web.Request) -> str:
    """What was done to the body, in the order in which it was done; nothing: ''."""
    said = [*request.headers.getall("Content-Encoding", ()), *request.headers.getall("Transfer-Encoding", ())]
    names = [name.strip().lower() for text in said for name in text.split(",")]
    return ",".join(name for name in names if name not in {"", "identity", "chunked"})


def _unsupported(request: web.Request, bodies: Bodies, encoding: str) -> web.HTTPUnsupportedMediaType:
    note(request, PeerFault.COMPRESSED, "a compressed body was refused", path=_place(request))
    allowed = ", ".join(_WBITS) if bodies.compressed else "none"
    return web.HTTPUnsupportedMediaType(
        reason=f"the body has the encoding {encoding[:40]!a}; allowed are: {allowed}",
        headers={"Accept-Encoding": "gzip, deflate" if bodies.compressed else "identity"},
    )


async def _whole(request: web.Request, bodies: Bodies, most_bytes: int, within_s: float) -> bytes:
    if (request.content_length or 0) > most_bytes:
        raise web.HTTPRequestEntityTooLarge(most_bytes, request.content_length or 0)
    try:
        async with time_limit(bodies.clock, within_s):
            return await request.clone(client_max_size=most_bytes).read()
    except TimeoutError:
        note(request, PeerFault.SLOW_BODY, "a body did not come in time", path=_place(request))
        raise _over(web.HTTPRequestTimeout(reason=f"no whole body within {within_s:g} s")) from None
    except (ConnectionError, web.RequestPayloadError) as error:
        note(request, PeerFault.BROKE_OFF, "a request broke off", address=request.remote)
        raise _over(web.HTTPBadRequest(reason="the body broke off")) from error


def _over(error: web.HTTPException) -> web.HTTPException:
    error.force_close()
    return error


def _place(request: web.Request) -> str:
    """The route, never what somebody wrote in its place."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""


async def _inflated(body: bytes, wbits: int, most_bytes: int) -> bytes:
    most_bytes = min(most_bytes, max(_STEP_BYTES, RATIO * len(body)))
    made = bytearray()
    try:
        for step in _steps(body, wbits):
            made += step
            if len(made) > most_bytes:
                raise web.HTTPRequestEntityTooLarge(most_bytes, len(made))
            await asyncio.sleep(0)  # others have their turn
    except zlib.error as error:
        raise web.HTTPBadRequest(reason="the body is not compressed as it says") from error
    return bytes(made)


def _steps(body: bytes, wbits: int) -> Iterator[bytes]:
    """Raises zlib.error."""
    inflating = zlib.decompressobj(wbits)
    rest = body
    while not inflating.eof:
        step = inflating.decompress(rest, _STEP_BYTES)
        rest = inflating.unconsumed_tail
        if not step and not rest and not inflating.eof:
            raise zlib.error("cut off")
        yield step
    if inflating.unused_data:
        raise zlib.error("more after its end")
