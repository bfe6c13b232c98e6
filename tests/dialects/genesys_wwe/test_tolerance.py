"""What is not as documented costs itself: null and another scalar in every optional member, and bad entries.

Source: reference 5.1 ("Optional members may be absent, null or empty; never fail on any of them"), 7.
"""

from typing import Final

import msgspec
import pytest

from adapters.contract.dialect import Context, Done, Execute
from adapters.genesys_wwe import wire
from schemas.agent import AgentState
from schemas.commands import SetState
from schemas.ids import SessionId
from schemas.interaction import InteractionState
from schemas.observations import AgentObserved, InteractionObserved, InteractionsListed
from schemas.values import Json
from tests.dialects.genesys_wwe import stage
from tests.dialects.genesys_wwe.desk import Desk

OPTIONAL: Final = [
    field.encode_name for field in msgspec.structs.fields(wire.Interaction) if not field.required
]
WRONG: Final[tuple[Json, ...]] = (None, 7, 1.5, True, "text", ["text"], {"a": 1})
BASE: Final[dict[str, Json]] = {"interactionId": "4", "state": "HELD", "previousState": "TALKING"}


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("member", OPTIONAL)
def test_a_member_of_another_type_costs_that_member(member: str, wrong: Json) -> None:
    connection, _ = stage.connected()
    frame = {**BASE, "media": "voice", member: wrong}
    outputs = connection.received(stage.changed(frame, "HELD"), stage.NOW)
    [seen] = [one for one in outputs if isinstance(one, InteractionObserved)]
    assert seen.ref == "4"
    if member not in ("state", "previousState"):
        assert seen.state is InteractionState.HELD


def test_what_was_mended_is_remarked_once_and_kept() -> None:
    connection, _ = stage.connected()
    outputs = connection.received(stage.changed({**BASE, "ani": 5550100, "parties": [5]}, "HELD"), stage.NOW)
    assert {one.what for one in connection.remarks()} == {
        "interaction: ani",
        "interaction: parties[0]",
    }
    [seen] = [one for one in outputs if isinstance(one, InteractionObserved)]
    assert seen.extras == {"previousState": "TALKING", "ani": 5550100, "parties": [5]}
    connection.received(stage.changed({**BASE, "ani": "+15550100"}, "HELD"), stage.NOW)
    assert not connection.remarks()


def test_one_bad_entry_costs_that_entry_and_ends_nothing() -> None:
    connection, outputs = stage.connected([BASE, None, 5, {"state": "TALKING"}])
    assert [one.ref for one in outputs if isinstance(one, InteractionObserved)] == ["4"]
    assert not [one for one in outputs if isinstance(one, InteractionsListed)]  # one of them cannot be read
    frame = {**BASE, "interactionId": "5", "parties": [{"name": "Ann"}, None, "Bob", {"name": 7}]}
    told = connection.received(stage.changed(frame, "HELD"), stage.NOW)
    [seen] = [one for one in told if isinstance(one, InteractionObserved)]
    assert isinstance(seen.parties, tuple)
    assert [one.name for one in seen.parties] == ["Ann", ""]


@pytest.mark.parametrize("member", ["eventType", "selectedCaseId", "interactionId"])
@pytest.mark.parametrize("wrong", [None, 7, [1], {}], ids=repr)
def test_the_frame_around_it_is_read_alike(member: str, wrong: Json) -> None:
    connection, _ = stage.connected()
    data: Json = {"eventType": "HELD", "interaction": BASE, member: wrong}
    seen = [
        one
        for one in connection.received(stage.event("interaction", data), stage.NOW)
        if isinstance(one, InteractionObserved)
    ]
    assert [one.state for one in seen] == [InteractionState.HELD]


@pytest.mark.parametrize("member", ["displayName", "operationName", "eventType", "state"])
@pytest.mark.parametrize("wrong", [None, 7, ["x"]], ids=repr)
def test_the_agent_s_state_is_read_though_another_member_is_odd(member: str, wrong: Json) -> None:
    connection, _ = stage.connected()
    outputs = connection.received(stage.event("agent", {"type": "NOT_READY", member: wrong}), stage.NOW)
    [seen] = [one for one in outputs if isinstance(one, AgentObserved)]
    assert seen.state is AgentState.NOT_READY


def test_a_bad_entry_of_the_menu_or_the_media_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    states = [{"type": "READY", "operationName": "Ready"}, None, 5]
    media = [{"name": "voice", "state": {"type": 5}}, 7, {"name": "chat", "state": None}]
    monkeypatch.setitem(stage.ANSWERS, "agent.getStateList", {"data": states})
    monkeypatch.setitem(stage.ANSWERS, "media.getMediaList", {"data": media})
    _, outputs = stage.connected()
    seen = [one for one in outputs if isinstance(one, AgentObserved)]
    assert [len(one.choices) for one in seen if isinstance(one.choices, tuple)] == [1]
    assert [[each.id for each in one.channels] for one in seen if isinstance(one.channels, tuple)] == [
        ["voice", "chat"]
    ]


def test_a_bad_entry_in_what_the_platform_said_costs_a_client_that_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    voice: Json = {"media": "voice", "name": "voice", "state": {"type": "READY"}}
    states: list[Json] = [None, 7, {"type": "NOT_READY", "operationName": "Pause"}]
    monkeypatch.setitem(stage.ANSWERS, "media.getMediaList", {"data": [None, "fax", voice]})
    monkeypatch.setitem(stage.ANSWERS, "agent.getStateList", {"data": states})
    desk = Desk([BASE, None, {**BASE, "interactionId": "5"}])
    assert desk.ask("media.getMediaByName", "voice") == voice
    [execute] = stage.ask(desk.client, "agent.setState", "Pause")
    assert isinstance(execute, Execute)
    [held, other] = desk.all().values()
    for one in (held, other):
        shown = desk.ask("interaction.getByInteractionId", one.id)
        assert shown == {**BASE, "interactionId": one.id}


def test_a_bad_entry_in_the_list_of_states_costs_that_entry() -> None:
    command = SetState(session_id=SessionId("s"), state=AgentState.NOT_READY)
    states: list[Json] = [None, 7, {"type": "NOT_READY", "operationName": "Pause"}]
    asked, outcome = stage.run(stage.flow(command, Context()), {"data": states}, {"data": None})
    assert ([one.params for one in asked], outcome) == ([[], ["Pause"]], Done())
