"""Every name of the reference is accounted for, and what the tables promise is so."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from adapters.bright_pattern.embedded import tables, wire
from adapters.bright_pattern.embedded.binding import DIALECT
from adapters.bright_pattern.embedded.methods import COMMANDS as MESSAGES
from adapters.bright_pattern.embedded.methods import METHODS
from adapters.contract.capabilities import Support, Vocabulary
from adapters.contract.dialect import Context, Done, Execute
from schemas.commands import COMMANDS, VendorCall, verb
from schemas.errors import UnsupportedError
from schemas.events import EVENTS
from schemas.ids import SessionId
from schemas.observations import Noticed, Unrecognised
from schemas.values import Json
from tests.contract.test_methods import standing
from tests.dialects.bright_pattern_embedded import stage


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names in the reference; a method's message is null where no page gives it."""

    source: str
    methods: dict[str, str | None]
    page: tuple[str, ...]
    registrars: dict[str, str]
    fields: dict[str, tuple[str, ...]]
    enums: dict[str, tuple[str, ...]]


NAMES: Final = msgspec.json.decode(Path(__file__).with_name("reference_names.json").read_bytes(), type=Names)
SOUTH, NORTH = DIALECT.vocabulary["south"], DIALECT.vocabulary["north"]
ROLES: Final = pytest.mark.parametrize("words", [SOUTH, NORTH], ids=["south", "north"])

# One call of each method, as a page would make it, where a number alone does not do.
PARAMS: Final[dict[str, tuple[Json, ...]]] = {
    "setStatus": ("READY",),
    "dialNumber": ("+15550100",),
    "selectService": ("Sales",),
    "singleStepTransfer": ("102",),
    "singleStepConference": ("102",),
    "setDisposition": ("i17", "Sold"),
    "setDispositionByName": ("i17", "Sold"),
    "setNotes": ("i17", "two"),
    "completeInteractionWithDisp": ("i17", "Sold", "two"),
    "completeInteractionWithDispByName": ("i17", "Sold"),
    "postVariable": ("i17", "case", "7"),
    "setRescheduleWindow": ("i17", "+15550100", "09:00", "17:00", "Europe/Vienna"),
    **{name: () for name in NAMES.methods if name.endswith("Recordings") or name == "getState"},
    "logout": (),
    "mergeAllCallsIntoConference": (),
}
DATA: Final[dict[str, Json]] = {
    "item_id": "17",
    "agent_id": "kim",
    "login": False,
    "status": "ready",
    "recording": "1",
    "muted": "0",
}
STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {
    "State": wire.State,
    "Interaction": wire.Item,
    "LoginChanged": wire.LoginChanged,
    "StateChanged": wire.StateChanged,
    "InteractionRendered": wire.Item,
    "InteractionCompleted": wire.Item,
    "CallRecordingStatus": wire.RecordingStatus,
}
WRITTEN: Final[dict[str, type[msgspec.Struct]]] = {
    **STRUCTS,
    "State": wire.StateOut,
    "Interaction": wire.ItemOut,
    "InteractionRendered": wire.Rendered,
    "InteractionCompleted": wire.Completed,
}


@ROLES
def test_the_tables_hold_the_names_of_the_reference_and_no_others(words: Vocabulary) -> None:
    assert sorted(words.methods) == sorted([*NAMES.methods, *NAMES.page, *NAMES.registrars])
    assert sorted(words.events) == sorted(set(NAMES.registrars.values()))
    assert sorted(words.fields) == sorted(
        f"{of}.{name}" for of, names in NAMES.fields.items() for name in names
    )
    assert sorted(words.enums) == sorted(
        f"{of}.{name}" for of, names in NAMES.enums.items() for name in names
    )
    assert words.errors == {}  # no page names one
    assert (len(words.methods), len(words.events), len(words.fields)) == (49, 15, 36)


def test_methods_and_registrars_have_the_messages_of_the_reference() -> None:
    assert set(METHODS) == set(NAMES.methods)
    for name, command in NAMES.methods.items():
        assert command in {None, METHODS[name].command}
    assert dict(tables.REGISTRARS) == NAMES.registrars
    assert set(tables.CALL_EVENTS) == {name for name in tables.EVENTS if name.startswith("_")}
    assert len(MESSAGES) == len(METHODS)  # no two methods have one message


@pytest.mark.parametrize("name", NAMES.methods)
def test_a_method_s_name_stands_in_one_file(name: str) -> None:
    found = [one for one in standing(name) if "embedded/" in one]
    assert found == ["bright_pattern/embedded/methods.py"]


@ROLES
def test_what_is_nearly_or_not_said_has_its_reason(words: Vocabulary) -> None:
    for table in (words.methods, words.events, words.fields, words.enums):
        for name, word in table.items():
            assert word.note or word.support not in {Support.APPROXIMATE, Support.UNSUPPORTED}, name
            if "." in word.canonical and "," not in word.canonical and " " not in word.canonical:
                assert word.canonical in {*COMMANDS, *EVENTS}, name
    assert {word.canonical for word in words.events.values()} <= set(EVENTS)


def test_every_member_is_read_and_written() -> None:
    for of, names in NAMES.fields.items():
        if of != "Message":  # JSON-RPC says it
            assert set(names) <= set(STRUCTS[of].__struct_fields__)
            assert set(WRITTEN[of].__struct_fields__) == set(names)


# --- north


@pytest.mark.parametrize("method", NAMES.methods)
def test_a_method_becomes_its_command_or_is_answered(method: str) -> None:
    consult = stage.interaction("i18", consult_of="i17")
    recorded = stage.interaction(state="connected", focused=True, recording_state="recording")
    paused = stage.interaction("i19", recording_state="paused")
    client = stage.client(recorded, consult, paused)
    params = PARAMS.get(method, ("i17",))
    outputs = stage.ask(client, METHODS[method].command, *params)
    canonical = NORTH.methods[method].canonical
    verbs = [verb(one.command) for one in outputs if isinstance(one, Execute)]
    if canonical == "interaction.complete":
        assert verbs == ["interaction.release"]  # a call that is not over
    elif canonical in COMMANDS:
        assert verbs == [canonical]
    else:
        [answer] = outputs
        assert not isinstance(answer, tuple | Execute)


# --- south


@pytest.mark.parametrize("method", NAMES.methods)
def test_any_method_is_reached_by_name(method: str) -> None:
    call = VendorCall(session_id=SessionId("s"), method=method, params=("17", 1))
    answer = {"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}
    asked, outcome = stage.run(stage.flow(call, Context()), answer)
    assert [(one.method, one.params) for one in asked] == [(METHODS[method].command, ["17", 1])]
    assert isinstance(outcome, Done)
    assert outcome.data == {"a": 1}


@pytest.mark.parametrize("name", [*NAMES.page, *NAMES.registrars])
def test_what_is_the_script_s_own_crosses_no_wire(name: str) -> None:
    with pytest.raises(UnsupportedError):
        stage.flow(VendorCall(session_id=SessionId("s"), method=name), Context())


@pytest.mark.parametrize("event", sorted(tables.EVENTS))
def test_an_event_is_understood(event: str) -> None:
    seen = stage.observed(stage.connected(stage.ITEM).received(stage.event(event, DATA), stage.NOW))
    assert seen
    assert not any(isinstance(one, Unrecognised) for one in seen)
    noticed = any(isinstance(one, Noticed) for one in seen)
    assert noticed is (SOUTH.events[event].canonical == "platform.notice")
