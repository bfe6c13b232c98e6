"""What goes wrong with a request by the peer's doing: for the gateway's one count and log of such things."""

from typing import Final

from aiohttp import web

from gateway.telemetry.peers import PeerFault, Peers

PEERS: Final = web.AppKey("peers", Peers)


def failed(request: web.Request, error: BaseException) -> None:
    """It could not be answered, by no fault of the peer's, who can ask again and again; see Peers.failed."""
    peers = request.app.get(PEERS)
    if peers is not None:
        peers.failed(error)


def note(request: web.Request, fault: PeerFault, event: str, platform: str = "", **fields: object) -> None:
    """Count it, and log it at a bounded rate; see Peers.fault."""
    peers = request.app.get(PEERS)
    if peers is not None:
        peers.fault(fault, event, platform, **fields)
