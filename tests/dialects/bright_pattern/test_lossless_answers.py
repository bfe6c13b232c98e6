"""Same dialect north and south: the page's answers are the client's, and its refusals."""

from typing import Final

import msgspec
import pytest

from adapters.bright_pattern.methods import METHODS, Asks
from adapters.contract.dialect import Execute, Send
from adapters.kit import jsonrpc
from schemas.commands import ListDirectory
from schemas.results import ErrorCode, Failed
from schemas.values import Json
from tests.dialects.bright_pattern.bridge import Bridge, renamed
from tests.dialects.bright_pattern.peers import NOW, call
from tests.dialects.bright_pattern.samples import SAMPLES, Members

NEW: Final = "ON_NEW_INTERACTION"
DONE: Final[Members] = {"status": "success", "data": None}
LISTS: Final[dict[str, tuple[tuple[Json, ...], tuple[Json, ...], Json]]] = {
    # method: the client's arguments, what the page is asked, what it gives
    "getTeams": ((), (), [{**SAMPLES["Team"], "newer": 1}, {"id": "t-2", "displayName": "Nobody's"}]),
    "getTeamMembers": (("t-1",), ("t-1",), [{**SAMPLES["User"], "state": "after call work"}]),
    "getServicesList": ((), (), [SAMPLES["ServiceData"]]),
    "getService": ((), (), None),
    "setService": ((None,), (None,), None),
    "getDIDNumber": ((), (), SAMPLES["DIDNumber"]),
    "setDIDNumber": (("+1555",), ("+1555",), None),
    "getDIDNumbersList": ((), (), [SAMPLES["DIDNumber"]]),
    "getPhoneDevice": ((), (), {"type": "phone_type_brainwave", "phone": ""}),
    "getScreenRecordingState": ((), (), SAMPLES["ScreenRecordingState"]),
    "getConfig": ((), (), {"anything": [1, None, {"x": ""}]}),
    "getVariables": ((["a.b"], ""), (["a.b"], "i1"), {"a.b": "1"}),
    "setInteractionActiveScreen": (({"url": None}, None), ({"url": None}, "i1"), None),
    "setWidgetMinimized": ((True,), (True,), None),
    "getDispositionsList": (
        ({},),
        ({"interactionId": "i1"},),
        [{**SAMPLES["DispositionData"], "type": "ODD"}],
    ),
}


@pytest.mark.parametrize(
    "method", sorted({name for name, row in METHODS.items() if row.asks is Asks.RATHER} | LISTS.keys())
)
def test_answer_of_the_page_is_the_clients(method: str) -> None:
    given, asked, data = LISTS[method]
    bridge = Bridge()
    bridge.say(NEW, call("i1"))
    answer = {"status": "success", "data": data}
    result, made = bridge.ask(method, *given, answers=[answer])
    assert result == answer
    assert [(one.method, one.params) for one in made] == [(method, asked)]


def test_dispositions_of_a_service_are_asked_for_it_alone() -> None:
    _, (made,) = Bridge().ask(
        "getDispositionsList", {"service": "Sales"}, answers=[{"status": "success", "data": []}]
    )
    assert made.params == ({"service": "Sales"},)


@pytest.mark.parametrize(
    ("code", "name", "message"),
    [
        (15, "not_suitable_state", "it is on hold"),
        (1, "not_enough_privileges", None),
        (114, "not_enough_privileges", "of the server's list"),
        (300, "unknown_error", None),
        (21, "something_newer", "and why"),
        (15, "another name", None),
    ],
)
def test_refusal_keeps_number_name_and_message(code: int, name: str, message: str | None) -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i1"))
    why: Members = {"code": code, "name": name, **({"message": message} if message else {})}
    answer = {"status": "error", "error": why}
    for method, params in (("acceptInteraction", ()), ("getTeams", ()), ("startCall", ("1",))):
        result, _ = bridge.ask(method, *params, answers=[answer])
        assert result == answer


@pytest.mark.parametrize(
    "data",
    [{"id": None}, {"id": None, "error": "Timeout error"}, {"id": "i1"}, {"id": "i1", "error": "late"}],
)
def test_result_of_a_call_keeps_its_error(data: Members) -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i1"))
    result, _ = bridge.ask("startCall", "2002", answers=[{"status": "success", "data": data}])
    assert result == {"status": "success", "data": renamed(data, bridge.one().id)}


def test_page_that_must_not_be_asked_is_answered_for() -> None:
    bridge = Bridge()
    (out,) = bridge.client.received(jsonrpc.request("r", "setService", ("Sales",)), NOW)
    assert isinstance(out, Execute)
    refused = Failed(code=ErrorCode.NOT_ALLOWED, message="the token has no scope vendor:call")
    (answer,) = bridge.client.finished(out.token, refused, NOW)
    assert isinstance(answer, Send)
    assert msgspec.json.decode(answer.frame)["result"] == DONE
    (out,) = bridge.client.received(jsonrpc.request("r", "getTeams", ()), NOW)
    assert isinstance(out, Execute)
    (out,) = bridge.client.finished(out.token, refused, NOW)
    assert isinstance(out, Execute)
    assert isinstance(out.command, ListDirectory)
