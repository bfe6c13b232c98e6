"""The endpoint that browser relays connect to: one socket an agent's page."""

from collections.abc import Mapping
from typing import Final

import structlog
from aiohttp import WSCloseCode, web

from adapters.contract.dialect import LinkKind
from gateway.http.admission import check_origin, link_agent, look_at
from gateway.http.hello import HELLO_METHOD, PageAdmission, hello_answer, read_hello
from gateway.http.sockets import Socket, error_frame, hard_limit_bytes, served
from gateway.http.tls import require_certificate
from gateway.links.link import Core, Link
from gateway.links.registry import Links
from gateway.links.signs import GO_ON, HOLD, read_gap
from gateway.platforms.platform import Platform
from gateway.security.access import Principal
from gateway.telemetry.metrics import ClosedBecause, LinkEnd
from schemas.errors import RefusedError
from schemas.events import PlatformNotice
from schemas.ids import AgentId, PlatformId
from schemas.results import ErrorCode

log = structlog.get_logger("trunkline.relay")

BUFFER_BYTES = 1024 * 1024
_WENT_AWAY: Final = "the relay went away", LinkEnd.WENT_AWAY
_REASONS: Final[Mapping[ClosedBecause, tuple[str, LinkEnd]]] = {
    ClosedBecause.SHUTDOWN: ("the gateway goes away", LinkEnd.SHUTDOWN),
    ClosedBecause.CREDENTIAL: ("the relay's token is over", LinkEnd.CREDENTIAL),
    ClosedBecause.TOO_SLOW: (_WENT_AWAY[0], LinkEnd.FULL),
    ClosedBecause.REFUSED: (_WENT_AWAY[0], LinkEnd.REFUSED),
}


async def serve(
    request: web.Request,
    *,
    core: Core,
    links: Links,
    admission: PageAdmission,
    platforms: Mapping[PlatformId, Platform],
) -> web.StreamResponse:
    """One relay, from its handshake to its end. Raises HTTPNotFound."""
    platform = platforms.get(PlatformId(request.match_info["platform"]))
    if platform is None or platform.dialect.link is not LinkKind.RELAY:
        raise web.HTTPNotFound(reason="no platform of that name takes relays")
    require_certificate(request)
    async with served(request, BUFFER_BYTES, hard_limit_bytes(core.max_frame_bytes)) as socket:
        principal, agent_id = await _admit(request, socket, admission, platform)
        no_room = core.router.full
        if no_room:  # what a new page tells at once would be on top of it
            socket.end(WSCloseCode.TRY_AGAIN_LATER, "the journal cannot take more at present")
            return socket.response
        bound = (
            None if principal.sees(platform.id, None) else agent_id
        )  # what it tells of others is not taken
        link = links.make(core, platform, links, socket.send, socket.end, agent_id, bound=bound)
        lease = admission.lease(principal, socket, platform.id, renews=True)  # older scripts pass it over
        try:
            lease.begin()
            link.opened()
            while (frame := await socket.receive()) is not None:
                if (dropped := read_gap(frame)) is not None:
                    core.router.publish([_gap(core, link, dropped)])
                    continue
                wrong = link.received(frame)
                if wrong is not None:
                    socket.send(error_frame("malformed_frame", wrong))
                if core.router.full:
                    socket.send(HOLD)
                    await core.router.drained()
                    socket.send(GO_ON)
            if socket.too_large:
                link.unreadable(socket.too_large)
        finally:
            lease.stop()
            gone, end = _REASONS.get(socket.closed_because, _WENT_AWAY)
            if socket.too_large:
                gone, end = socket.too_large, LinkEnd.TOO_LARGE
            links.link_closed(link, gone, end)
    return socket.response


def _gap(core: Core, link: Link, dropped: int) -> PlatformNotice:
    """What is missing is found by comparing snapshots, but for what came and went within the gap."""
    sessions = link.sessions if len(link.sessions) == 1 else ()
    return PlatformNotice(
        time=core.clock.now(),
        platform_id=link.platform.id,
        session_id=next(iter(sessions), None),
        agent_id=link.agent_id,
        code="link.gap",
        message=f"the page dropped its {dropped} oldest frames while the link was down",
        error=True,
    )


async def _admit(
    request: web.Request, socket: Socket, admission: PageAdmission, platform: Platform
) -> tuple[Principal, AgentId | None]:
    """Who it is, and whose page it says it is. Raises RefusedError, TimeoutError."""
    frame = await socket.first()
    greeting = read_hello(frame) if frame is not None else None
    if greeting is None:
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"the first frame must be {HELLO_METHOD}")
    said = greeting.said
    socket.older = not said.renews
    check_origin(request, platform)
    await look_at(admission.gate, request, said.token)
    principal = admission.admit(request, said, platform.id)
    agent_id = link_agent(principal, platform.id, said.agent)
    socket.send(hello_answer(greeting, agent_id or ""))
    return principal, agent_id
