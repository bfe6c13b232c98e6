"""The endpoint that browser relays connect to: one socket an agent's page."""

import structlog
from aiohttp import WSCloseCode, web

from gateway.admission import admit, check_origin, link_agent
from gateway.hello import HELLO_METHOD, hello_answer, read_hello
from gateway.links.link import Core, Link
from gateway.links.registry import Links
from gateway.links.signs import GO_ON, HOLD, read_gap
from gateway.platform import Platform
from gateway.security.access import Gate
from gateway.sockets import Socket, error_frame, hard_limit_bytes, served
from schemas.errors import RefusedError
from schemas.events import PlatformNotice
from schemas.ids import AgentId
from schemas.results import ErrorCode

log = structlog.get_logger("trunkline.relay")

BUFFER_BYTES = 1024 * 1024


async def serve(
    request: web.Request, core: Core, links: Links, gate: Gate, platform: Platform
) -> web.StreamResponse:
    """One relay, from its handshake to its end."""
    async with served(request, BUFFER_BYTES, hard_limit_bytes(core.max_frame_bytes)) as socket:
        agent_id, bound = await _admit(request, socket, gate, platform)
        no_room = core.router.full
        if no_room:  # what a new page tells at once would be on top of it
            socket.end(WSCloseCode.TRY_AGAIN_LATER, "the journal cannot take more at present")
            return socket.response
        link = Link(core, platform, links, socket.send, socket.end, agent_id, bound=bound)
        try:
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
            gone = "the gateway goes away" if socket.left else "the relay went away"
            links.link_closed(link, socket.too_large or gone)
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
    request: web.Request, socket: Socket, gate: Gate, platform: Platform
) -> tuple[AgentId | None, AgentId | None]:
    """Whose page it says it is, and whose alone its token lets it be. Raises RefusedError, TimeoutError."""
    frame = await socket.first()
    hello = read_hello(frame) if frame is not None else None
    if hello is None:
        raise RefusedError(ErrorCode.NOT_ALLOWED, f"the first frame must be {HELLO_METHOD}")
    said, request_id = hello
    check_origin(request, platform)
    principal = admit(gate, request, said.token)
    agent_id = link_agent(principal, platform.id, said.agent)
    socket.send(hello_answer(request_id, agent_id or ""))
    return agent_id, principal.agent_id
