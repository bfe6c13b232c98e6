"""That the platform is of the client's dialect is said by the contract: what is in `refs` tells nothing."""

import pytest

from adapters.bright_pattern import tables
from adapters.bright_pattern.encode_events import encoder, own_encoder
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.dialect import Execute
from adapters.kit import jsonrpc
from schemas import commands as c
from schemas import events as e
from schemas.ids import EventId, PlatformId
from tests.clients import bodies
from tests.dialects.bright_pattern.peers import NOW, Desk, client, interaction, session

OURS = {tables.LOGGED_IN: "true", tables.INTERACTION_ID: "i1", tables.GLOBAL_ID: "g1"}


@pytest.mark.parametrize("refs", [{}, OURS], ids=["no refs", "refs"])
@pytest.mark.parametrize(("same", "asked_by"), [(True, c.VendorCall), (False, c.ListDirectory)])
def test_a_platform_of_the_same_dialect_is_asked_itself(
    same: bool,  # noqa: FBT001  # a parameter
    asked_by: type[c.Command],
    refs: dict[str, str],
) -> None:
    peer = client(Desk(one=session(refs=refs), same_dialect=same))
    (asked,) = peer.received(jsonrpc.request(1, "getTeams", ()), NOW)
    assert isinstance(asked, Execute)
    assert isinstance(asked.command, asked_by)


@pytest.mark.parametrize("refs", [{}, OURS], ids=["no refs", "refs"])
def test_what_a_platform_of_the_same_dialect_did_not_say_is_not_told(refs: dict[str, str]) -> None:
    one, settings = interaction("I1", refs=refs), BrightPatternSettings()
    event = e.InteractionUpdated(
        id=EventId("e"), time=NOW, platform_id=PlatformId("p"), sequence=2, interaction=one
    )
    assert len(bodies(encoder(settings), event)) == 1
    assert bodies(own_encoder(settings), event) == []


def test_our_ids_are_told_of_another_platform_whatever_its_refs_are() -> None:
    one = interaction("I1", refs=OURS, extras={"agentId": "theirs"})
    event = e.InteractionUpdated(
        id=EventId("e"), time=NOW, platform_id=PlatformId("p"), sequence=2, interaction=one
    )
    (told,) = bodies(encoder(BrightPatternSettings()), event)
    assert b'"globalInteractionId":"R1"' in told
    assert b'"agentId":"ada"' in told
