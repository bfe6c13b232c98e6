"""What goes wrong with a request by the peer's doing: for the gateway's one count and log of such things."""

import logging
from typing import Final

from aiohttp import web

from gateway.telemetry.peers import PeerFault, Peers
from schemas.errors import StoreError

PEERS: Final = web.AppKey("peers", Peers)
UNREADABLE: Final = "the journal cannot be used at present"


def unreadable(request: web.Request, error: StoreError) -> None:
    """It could not be answered for now. What is wrong with the store is logged where that is watched."""
    peers = request.app.get(PEERS)
    if peers is not None:
        peers.line(logging.WARNING, "a request was not answered", why=str(error))


def note(request: web.Request, fault: PeerFault, event: str, platform: str = "", **fields: object) -> None:
    """Count it, and log it at a bounded rate; see Peers.fault."""
    peers = request.app.get(PEERS)
    if peers is not None:
        peers.fault(fault, event, platform, **fields)
