"""Every name of the reference is accounted for, and what the tables promise is so."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from adapters.contract.capabilities import Support, Vocabulary, Word
from adapters.contract.dialect import Broadcast, Call, Context, Done, Execute, Send
from adapters.genesys_wwe import methods
from adapters.genesys_wwe.binding import DIALECT
from adapters.genesys_wwe.client import Client
from adapters.genesys_wwe.encode import own_event_encoder
from adapters.genesys_wwe.platform import Connection
from adapters.genesys_wwe.settings import Settings
from schemas.commands import COMMANDS, VendorCall, verb
from schemas.errors import UnsupportedError
from schemas.events import EVENTS, PlatformNotice, VendorFrame
from schemas.ids import PlatformId, SessionId
from schemas.interaction import InteractionState
from schemas.observations import Noticed, Unrecognised
from schemas.results import ErrorCode, Failed
from schemas.values import Json
from tests.clients import bodies
from tests.dialects.genesys_wwe import stage
from tests.dialects.golden import load

NAMES = msgspec.json.decode(Path(__file__).with_name("reference_names.json").read_bytes())
SOUTH, NORTH = DIALECT.vocabulary["south"], DIALECT.vocabulary["north"]

TARGET = ("i4", {"type": "AGENT", "destination": "1002"})
PARAMS: dict[str, tuple[Json, ...]] = {
    "interaction.getInteractions": (),
    "interaction.setUserData": ("i4", {"Segment": "Gold"}),
    "interaction.deleteUserData": ("i4", "Segment"),
    "interaction.selectCaseByCaseId": ("case-1",),
    "interaction.consult": TARGET,
    "interaction.singleStepTransfer": TARGET,
    "interaction.singleStepConference": TARGET,
    "interaction.unblockMarkdone": ("blocked",),
    "agent.setState": ("NotReady",),
    "media.getMediaByName": ("voice",),
    "media.setState": ("voice", "NotReady"),
    "voice.dial": ("+4312345", None),
    "voice.dialEx": ("+4312345", {"a": "b"}, {"c": "d"}),
    "email.create": ("kim@example.com", None),
    "outbound.callPreviewRecord": ("shown", 1),
    "outbound.rejectPreviewRecord": ("shown",),
    "configuration.getOption": ("voice.*",),
    "messenger.broadcastMessage": ("x", {"any": "thing"}),
}


def supported(table: Mapping[str, Word]) -> list[str]:
    return [name for name, word in table.items() if word.support is not Support.UNSUPPORTED]


def declared(table: Mapping[str, Word]) -> list[str]:
    return [name for name, word in table.items() if word.support is Support.UNSUPPORTED]


def populated(settings: Settings | None = None) -> Client:
    return stage.client(
        stage.interaction(),
        stage.interaction("blocked", completion_blocked="no", muted=True),
        stage.interaction("shown", state=InteractionState.PREVIEW),
        settings=settings,
    )


def failure(outputs: list[object]) -> str:
    [answer] = outputs
    return str(msgspec.convert(answer, dict[str, str])["errorMessage"])


@pytest.mark.parametrize("role", ["south", "north"])
def test_the_tables_hold_the_names_of_the_reference_and_no_others(role: str) -> None:
    words = DIALECT.vocabulary[role]
    assert sorted(words.methods) == sorted(NAMES["methods"])
    assert sorted(words.events) == sorted(NAMES["events"])
    assert sorted(words.errors) == sorted(NAMES["errors"])
    assert (len(words.methods), len(words.events), len(words.errors)) == (74, 51, 10)


@pytest.mark.parametrize("words", [SOUTH, NORTH], ids=["south", "north"])
def test_what_is_nearly_or_not_said_has_its_reason(words: Vocabulary) -> None:
    for table in (words.methods, words.events, words.errors):
        for name, word in table.items():
            assert word.note or word.support not in {Support.APPROXIMATE, Support.UNSUPPORTED}, name
            if "." in word.canonical:
                assert word.canonical in {*COMMANDS, *EVENTS}, name
    assert all(
        "." in word.canonical for name, word in words.events.items() if name in supported(words.events)
    )
    codes = {*ErrorCode, "succeeded", ""}
    assert {word.canonical for word in words.errors.values()} <= codes


# --- north


@pytest.mark.parametrize("method", supported(NORTH.methods))
def test_a_supported_method_is_answered_or_becomes_its_command(method: str) -> None:
    outputs = stage.ask(populated(), method, *PARAMS.get(method, ("i4",)))
    canonical = NORTH.methods[method].canonical
    if canonical == "vendor.call":  # over another vendor's platform; over the same one: test_same_dialect
        assert methods.UNAVAILABLE[method] in failure(outputs)
        assert methods.UNAVAILABLE[method] in NORTH.methods[method].note
        return
    outputs = [one for one in outputs if not isinstance(one, Broadcast)]
    if canonical in COMMANDS:
        assert {verb(one.command) for one in outputs if isinstance(one, Execute)} == {canonical}
        assert all(isinstance(one, Execute) for one in outputs)
    else:
        [answer] = outputs
        assert isinstance(answer, dict)
        assert set(answer) == {"data"}


@pytest.mark.parametrize("method", declared(NORTH.methods))
def test_a_declared_method_fails_with_its_reason(method: str) -> None:
    assert NORTH.methods[method].note in failure(stage.ask(populated(), method, "i4"))


def test_names_without_a_client_method_fail_but_for_the_one_that_is_served() -> None:
    for method in set(NAMES["without_client_method"]) - {methods.GET_CONTEXTUAL_OPTION.name}:
        assert failure(stage.ask(populated(), method, "i4")) == f"Unknown service: {method}"
    assert stage.ask(populated(), "configuration.getContextualOption", "voice.*", "i4") == [{"data": []}]


@pytest.mark.parametrize(
    ("situation", "method", "params"),
    [
        ("service_not_allowed", "voice.dial", ("1",)),
        ("invalid_parameter", "interaction.markdone", (4,)),
        ("unknown_interaction_for_command", "interaction.markdone", ("nobody",)),
        ("user_data_key_not_writable", "interaction.setUserData", ("i4", {"Price": 1})),
        ("contextual_option_without_interaction", "configuration.getContextualOption", ("*", "nobody")),
    ],
)
def test_a_situation_that_fails_is_a_failure(situation: str, method: str, params: tuple[Json, ...]) -> None:
    assert NORTH.errors[situation].support is Support.EXACT
    settings = Settings(
        services_allowed=("interaction.*", "configuration.*"), user_data_write_allowed=("Segment",)
    )
    assert failure(stage.ask(populated(settings), method, *params))


@pytest.mark.parametrize(
    ("situation", "code"),
    [("wrong_state", ErrorCode.WRONG_STATE), ("markdone_blocked", ErrorCode.COMPLETION_BLOCKED)],
)
def test_a_refusal_of_the_platform_is_a_failure(situation: str, code: ErrorCode) -> None:
    assert NORTH.errors[situation].canonical == code
    client = populated()
    [execute] = stage.ask(client, "interaction.markdone", "i4")
    assert isinstance(execute, Execute)
    refused = client.finished(execute.token, Failed(code=code), stage.NOW)
    assert failure([stage.plain(one) for one in refused]) == code.value.replace("_", " ")


@pytest.mark.parametrize(
    "name", [name for name in NAMES["events"] if name.startswith(("outbound/", "system/"))]
)
def test_a_notice_of_the_same_vendor_is_told_as_it_came(name: str) -> None:
    channel, _, label = name.partition("/")
    frame = stage.event(channel, {"eventType": label, "campaign": "Spring"})
    notice = PlatformNotice(
        time=stage.NOW,
        platform_id=PlatformId("p"),
        code=label,
        vendor=VendorFrame(dialect="genesys_wwe", frame=msgspec.Raw(frame)),
    )
    [told] = bodies(own_event_encoder(Settings()), notice)
    assert msgspec.json.decode(told) == msgspec.json.decode(frame)


# --- south


@pytest.mark.parametrize("method", supported(SOUTH.methods))
def test_any_method_but_a_secret_is_reached_by_name(method: str) -> None:
    call = VendorCall(session_id=SessionId("s"), method=method, params=("4", 1))
    asked, outcome = stage.run(stage.flow(call, Context()), {"data": {"a": 1}})
    assert [(one.method, one.params) for one in asked] == [(method, ["4", 1])]
    assert outcome == Done(data={"a": 1})


@pytest.mark.parametrize("method", [*declared(SOUTH.methods), "auth.getPureCloudToken"])
def test_a_secret_is_not_asked_for(method: str) -> None:
    with pytest.raises(UnsupportedError):
        stage.flow(VendorCall(session_id=SessionId("s"), method=method), Context())


def test_a_method_with_a_word_of_its_own_is_really_called() -> None:
    called = {
        one.method
        for case in load("genesys_wwe", "call").values()
        for one in msgspec.json.decode(case.frame, type=list[stage.Asked])
    }
    own = {name for name, word in SOUTH.methods.items() if word.canonical not in {"", "vendor.call"}}
    asked = {one.method for one in stage.sent(Connection(Settings(), None).opened(stage.NOW))}
    assert own <= called | asked


@pytest.mark.parametrize("name", NAMES["events"])
def test_a_supported_event_is_understood(name: str) -> None:
    channel, _, label = name.partition("/")
    one = {"interactionId": "4", "callUuid": "u", "caseId": "c", "state": "TALKING"}
    shown = {**one, "state": label} if label in NAMES["enums"]["state"] else one
    data: Json
    match channel:
        case "interaction" if label.startswith("CASE_"):
            data = {"eventType": label, "selectedCaseId": "c"}
        case "interaction":
            data = {"eventType": label, "interaction": shown}
        case "agent":
            data = {"type": "READY"}
        case "media":
            data = {"media": "voice", "state": {"type": "READY"}}
        case _:
            data = {"eventType": label, "interactionId": "4", "campaign": "Spring"}
    connection, _ = stage.connected([one])
    outputs = connection.received(stage.event(channel, data), stage.NOW)
    if SOUTH.events[name].support is Support.UNSUPPORTED:
        assert any(isinstance(seen, Unrecognised) for seen in outputs)
        return
    assert outputs
    assert not any(isinstance(seen, Unrecognised) and not seen.spare for seen in outputs)
    if SOUTH.events[name].canonical == "platform.notice":
        [notice] = outputs
        assert isinstance(notice, Noticed)
        assert notice.code == label


def test_an_unanswered_call_is_unknown_and_its_traces_are_read() -> None:
    for method, read in (("voice.dial", "interaction.getInteractions"), ("agent.setState", "agent.getState")):
        connection, _ = stage.connected()
        connection.send(Call(method=method, params=("1",)), 7)
        outputs = connection.received(stage.result(7, "Request timeout"), stage.NOW)
        assert [one.method for one in stage.sent([one for one in outputs if isinstance(one, Send)])] == [read]
