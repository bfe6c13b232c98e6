"""Rubbish from platforms: it is counted and described, and the link and its calls go on."""

from collections.abc import Mapping
from typing import Final

import msgspec
import pytest

from schemas import events as ev
from schemas.commands import Accept
from schemas.interaction import InteractionState
from schemas.results import Succeeded
from schemas.values import Json
from tests.e2e.clients.registry import CLIENTS
from tests.e2e.test_bad_input import RUBBISH, nothing_lost
from tests.e2e.world import World, platform, world

_encode: Final = msgspec.json.Encoder().encode

# A well-formed event of an interaction that is in a state that no manual lists, in the vendor's words.
ODD: Final[Mapping[str, Json]] = {
    "bright_pattern": {
        "jsonrpc": "2.0",
        "method": "ON_NEW_INTERACTION",
        "params": [
            {
                "interactionId": "odd",
                "state": "levitating",
                "type": "voice",
                "callParties": [],
                "chatParties": [],
                "callMuted": False,
                "callRecording": False,
                "attachedData": {},
                "internal": False,
            }
        ],
    },
    "genesys_wwe": {
        "jsonrpc": "2.0",
        "method": "interaction",
        "params": [
            {
                "eventType": "LEVITATING",
                "interaction": {"interactionId": "odd", "state": "LEVITATING", "callType": "INBOUND"},
            }
        ],
    },
}
# An event that no manual lists, and one about an interaction that was never there.
UNHEARD_OF: Final[Mapping[str, Json]] = {
    "bright_pattern": {"jsonrpc": "2.0", "method": "ON_ECLIPSE", "params": []},
    "genesys_wwe": {"jsonrpc": "2.0", "method": "weather", "params": [{"eventType": "ECLIPSE"}]},
    "channel_session": {
        "messageType": "objectEvent",
        "target": "<session>",
        "name": "session.eclipse",
        "data": {},
    },
}
STRAY: Final[Mapping[str, Json]] = {
    "bright_pattern": {"jsonrpc": "2.0", "id": 987654, "result": {"status": "success", "data": None}},
    "genesys_wwe": {"jsonrpc": "2.0", "id": 987654, "result": {"data": None}},
    "channel_session": {
        "messageType": "objectEvent",
        "target": "<session>.v.v.never",
        "name": "interaction.ended",
        "data": {},
    },
}


async def in_a_call(played: World) -> str:
    """A call at a1, accepted; its id."""
    await played.simulate("a1", "inbound_call", ani="+15550100")
    stream = await played.stream(after=0)
    offered = await stream.until(lambda event: isinstance(event, ev.InteractionAlerting))
    assert isinstance(offered, ev.InteractionAlerting)
    accepted = await played.command(type="interaction.accept", interaction_id=offered.interaction.id)
    assert isinstance(accepted.command, Accept)
    await stream.until(lambda event: isinstance(event, ev.InteractionConnected))
    return offered.interaction.id


def _as(vendor: str, played: World, frame: Json) -> bytes:
    """The frame, with the platform's own session where the vendor addresses by it."""
    if vendor != "channel_session":
        return _encode(frame)
    session = played.interactions()[0].refs["session"]
    return _encode(frame).replace(b"<session>", session.encode())


@pytest.mark.parametrize("vendor", CLIENTS)
async def test_a_platform_s_rubbish_harms_neither_the_link_nor_the_call(vendor: str) -> None:
    async with world([platform(vendor, agents=("a1",))], meddled=True) as played:
        meddler = played.meddler
        assert meddler is not None
        stream = await played.stream(after=0)
        call = await in_a_call(played)
        for frame, _ in RUBBISH.values():
            await meddler.inject(frame)
        for strange in (UNHEARD_OF[vendor], STRAY[vendor]):
            await meddler.inject(_as(vendor, played, strange))
        unheard = await stream.until(lambda event: isinstance(event, ev.VendorUnrecognised))
        assert isinstance(unheard, ev.VendorUnrecognised)
        assert "eclipse" in unheard.name.lower() or "weather" in unheard.name

        held = await played.command(type="interaction.hold", interaction_id=call)
        assert isinstance(held.result, Succeeded)
        await stream.until(lambda event: isinstance(event, ev.InteractionHeld))
        reply = await played.request("GET", "/v1/platforms")
        (shown,) = msgspec.convert(reply.json()["platforms"], list[dict[str, Json]])
        assert (shown["malformed"], shown["links"], meddler.connections) == (len(RUBBISH), 1, 1)
        whats = [one["what"] for one in msgspec.convert(shown["bad_frames"], list[dict[str, Json]])]
        for what, (_, reason) in zip(whats, RUBBISH.values(), strict=True):
            more = reason.replace("1048576", "8388608")  # is taken of a platform
            assert more.removeprefix("frame: ") in str(what)
        if vendor != "channel_session":  # a page is told too; that platform has no word for it
            assert len(meddler.told) == len(RUBBISH)
        await nothing_lost(played, stream)


@pytest.mark.parametrize("vendor", ODD)
async def test_a_state_that_no_manual_lists_is_passed_on_and_not_guessed(vendor: str) -> None:
    async with world([platform(vendor, agents=("a1",))], meddled=True) as played:
        assert played.meddler is not None
        stream = await played.stream(after=0)
        call = await in_a_call(played)
        await played.meddler.inject(_encode(ODD[vendor]))
        odd = await stream.until(
            lambda event: isinstance(event, ev.InteractionCreated) and event.interaction.ref == "odd"
        )
        assert isinstance(odd, ev.InteractionCreated)
        assert odd.interaction.state is InteractionState.UNKNOWN
        assert odd.interaction.vendor_state.lower() == "levitating"
        held = await played.command(type="interaction.hold", interaction_id=call)
        assert isinstance(held.result, Succeeded)
