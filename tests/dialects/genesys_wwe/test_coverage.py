"""The coverage file holds what `wire.py` and `tables.py` hold, name for name."""

from collections.abc import Mapping
from typing import Final

import msgspec
import pytest

from adapters.contract.capabilities import Word
from adapters.genesys_wwe import tables, wire
from adapters.genesys_wwe.binding import DIALECT

SOUTH, NORTH = DIALECT.vocabulary["south"], DIALECT.vocabulary["north"]
TYPES: Final[Mapping[str, type[msgspec.Struct]]] = {
    **{
        kind.__name__: kind
        for kind in (
            *(wire.Envelope, wire.Interaction, wire.Party, wire.Contact, wire.Agent, wire.State, wire.Media),
            *(wire.Section, wire.InteractionEvent, wire.MarkdoneEvent, wire.AgentEvent, wire.MediaEvent),
        )
    },
    "TargetQuery": wire.Target,
    "OutboundEvent": wire.OtherEvent,
    "SystemEvent": wire.OtherEvent,
}
# Members that we read and no document has: why.
OURS: Final[Mapping[str, str]] = {
    "Contact.firstName": "what one would expect where the document has firstNname",
    "Agent.userName": "the other spelling in use",
    "InteractionEvent.interactionId": "the data itself may be the interaction",
    "AgentEvent.state": "the data may hold the state, or be it",
    "OutboundEvent.message": "of the other channel",
    "SystemEvent.message": "no document has the payload",
    "SystemEvent.campaign": "of the other channel",
    "SystemEvent.mode": "of the other channel",
}
WHOLE: Final = {"Toast", "Dialog", "View"}  # objects of the desktop, passed on as they come


@pytest.mark.parametrize("table", [SOUTH.fields, NORTH.fields], ids=["south", "north"])
def test_every_member_has_an_entry_and_every_entry_a_member(table: Mapping[str, Word]) -> None:
    members = {
        f"{name}.{field.encode_name}"
        for name, kind in TYPES.items()
        for field in msgspec.structs.fields(kind)
    }
    assert OURS.keys() <= members
    entries = {name for name in table if name.partition(".")[0] not in WHOLE}
    assert entries == members - OURS.keys()


def values(table: Mapping[str, Word], enumeration: str) -> dict[str, str]:
    """What the file says of each value."""
    named = {
        name.partition(".")[2]: said for name, said in table.items() if name.startswith(f"{enumeration}.")
    }
    return {name: said.canonical for name, said in named.items()}


@pytest.mark.parametrize(
    ("enumeration", "noun", "table"),
    [
        ("state", "state", tables.STATE_IN),
        ("stateType", "agent", tables.AGENT_STATE_IN),
        ("mediaName", "media", tables.MEDIA_IN),
        ("direction", "direction", tables.DIRECTION_IN),
        ("recordingState", "recording", tables.RECORDING_IN),
        ("targetType", "destination", {word: kind for kind, word in tables.TARGET_OUT.items()}),
    ],
)
def test_a_value_means_in_the_file_what_it_means_in_the_tables(
    enumeration: str, noun: str, table: Mapping[str, str | None]
) -> None:
    meant = {word: f"{noun} {'as before' if one is None else str(one)}" for word, one in table.items()}
    if enumeration == "state":
        meant |= dict.fromkeys(tables.NOTIFICATIONS, "Interaction.extras")
    assert values(SOUTH.enums, enumeration) == meant
    assert values(NORTH.enums, enumeration).keys() == meant.keys()


def test_the_channels_and_call_types_are_those_of_the_tables() -> None:
    for table in (SOUTH.enums, NORTH.enums):
        assert values(table, "channel").keys() == {*tables.CHANNELS, f"{tables.MESSENGER}<channel>"}
        assert values(table, "callType").keys() == tables.CALL_TYPE_IN.keys()
        assert values(table, "ronaCallState").keys() == {*tables.RONA_IN, *tables.RONA_OUT.values()}
        assert {*tables.OPERATION_OUT.values()} <= values(table, "actionName").keys()
