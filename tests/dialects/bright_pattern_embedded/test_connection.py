"""South: the connection with the relay beside one agent's desktop."""

from datetime import timedelta

import pytest

from adapters.bright_pattern.embedded.platform import Connection
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ANSWER_WITHIN, Call, Close, PlatformOutput, Ready, Replied
from adapters.kit.handshake import MAX_HELD
from schemas.agent import AgentState
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, Ref
from schemas.interaction import EndCause, InteractionState, RecordingState, Side
from schemas.observations import (
    AgentObserved,
    AnyObservation,
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
    Unrecognised,
)
from schemas.values import Json
from tests.dialects.bright_pattern_embedded import stage
from tests.dialects.bright_pattern_embedded.stage import ITEM, NOW

OTHER: dict[str, Json] = {"item_id": "18", "global_id": "g-18"}
LATER = NOW + ANSWER_WITHIN


def told(connection: Connection, command: str, *data: Json) -> list[AnyObservation]:
    return stage.observed(connection.received(stage.event(command, *data), NOW))


def states(seen: list[AnyObservation]) -> list[tuple[Ref, object]]:
    return [(one.ref, one.state) for one in seen if isinstance(one, InteractionObserved)]


def reasked(outputs: list[PlatformOutput]) -> list[str]:
    return [one.method for one in stage.sent(outputs)]


# --- whose desktop it is


def test_the_first_answer_says_who_it_is_and_ends_the_snapshot() -> None:
    connection = Connection(EmbeddedSettings(), None)
    [asked] = stage.sent(connection.opened(NOW))
    assert (asked.method, asked.params) == ("GET_STATE", [])
    outputs = connection.received(stage.result(asked.id, stage.state(ITEM)), NOW)
    assert outputs[-1] == Ready()
    first = outputs[0]
    assert isinstance(first, AgentObserved)
    assert (first.agent, first.state) == ("kim", AgentState.READY)


def test_the_token_says_who_it_is_where_the_desktop_does_not() -> None:
    for hint, known in ((AgentId("lee"), True), (None, False)):
        connection = Connection(EmbeddedSettings(), hint)
        [asked] = stage.sent(connection.opened(NOW))
        first, *_ = connection.received(stage.result(asked.id, {"status": "ready"}), NOW)
        if known:
            assert isinstance(first, AgentObserved)
            assert first.agent == "lee"
        else:
            assert isinstance(first, Close)
            assert first.code is CloseCode.NOBODY


def test_what_is_said_before_is_told_after_it_and_a_malformed_frame_at_once() -> None:
    connection = Connection(EmbeddedSettings(), None)
    [asked] = stage.sent(connection.opened(NOW))
    assert connection.received(stage.event("_I_CALL_OFFERED", ITEM), NOW) == []
    with pytest.raises(MalformedFrame):
        connection.received(stage.event("STATE_CHANGED", 7), NOW)
    outputs = connection.received(stage.result(asked.id, stage.state(ITEM)), NOW)
    assert (Ref("17"), InteractionState.ALERTING) in states(stage.observed(outputs))


def test_a_desktop_that_talks_and_does_not_answer_is_given_up() -> None:
    connection = Connection(EmbeddedSettings(), None)
    connection.opened(NOW)
    for _ in range(MAX_HELD):
        assert connection.received(stage.event("_CALL_HELD", ITEM), NOW) == []
    [close] = connection.received(stage.event("_CALL_HELD", ITEM), NOW)
    assert isinstance(close, Close)


# --- getState has its time


def test_an_unanswered_first_question_closes_the_connection_with_the_reason() -> None:
    connection = Connection(EmbeddedSettings(), None)
    connection.opened(NOW)
    assert connection.due() == LATER
    assert connection.advance(LATER - timedelta(seconds=1)) == []
    assert connection.advance(LATER) == [Close(CloseCode.TRY_AGAIN, "no answer to GET_STATE")]
    assert connection.due() is None


def test_an_answer_in_time_ends_the_wait_and_one_of_another_shape_does_not() -> None:
    connection = Connection(EmbeddedSettings(), None)
    [asked] = stage.sent(connection.opened(NOW))
    with pytest.raises(MalformedFrame):
        connection.received(stage.result(asked.id, {"interactions": 7}), NOW)
    assert connection.due() == LATER
    connection.received(stage.result(asked.id, stage.state()), NOW)
    assert connection.due() is None


def test_a_refused_question_closes_the_connection() -> None:
    connection = Connection(EmbeddedSettings(), None)
    [asked] = stage.sent(connection.opened(NOW))
    refused = {"jsonrpc": "2.0", "id": asked.id, "error": {"code": -32603, "message": "no frame"}}
    assert connection.received(stage.frame(refused), NOW) == [
        Close(CloseCode.TRY_AGAIN, "GET_STATE: no frame")
    ]
    assert connection.due() is None


def test_a_later_question_has_its_time_too() -> None:
    connection = stage.connected()
    asked_at = NOW + timedelta(hours=1)
    [asked] = stage.sent(connection.received(stage.event("LOGIN_CHANGED", {"login": True}), asked_at))
    assert asked.method == "GET_STATE"
    assert connection.due() == asked_at + ANSWER_WITHIN


def test_one_question_at_a_time_and_another_if_something_happened_meanwhile() -> None:
    connection = stage.connected()
    [first] = stage.sent(connection.received(stage.event("LOGIN_CHANGED", {"login": True}), NOW))
    assert stage.sent(connection.received(stage.event("LOGIN_CHANGED", {"login": True}), NOW)) == []
    [second] = stage.sent(connection.received(stage.result(first.id, stage.state()), NOW))
    assert second.id != first.id
    assert stage.sent(connection.received(stage.result(second.id, stage.state()), NOW)) == []
    assert connection.received(stage.result(first.id, stage.state()), NOW) == []


# --- the state of calls


def test_a_call_is_followed_by_its_events() -> None:
    connection = stage.connected()
    seen = [
        *told(connection, "_I_CALL_OFFERED", ITEM),
        *told(connection, "_I_CALL_ANSWERED", {"item_id": "17"}),
        *told(connection, "_CALL_HELD", {"item_id": "17"}),
        *told(connection, "_CALL_RESUMED", {"item_id": "17"}),
        *told(connection, "_CALL_ENDED", {"item_id": "17"}),
    ]
    assert states(seen) == [
        (Ref("17"), state) for state in ("alerting", "connected", "held", "connected", "wrap_up")
    ]
    last = seen[-1]
    assert isinstance(last, InteractionObserved)
    assert not isinstance(last.end_cause, EndCause)  # nobody said why


@pytest.mark.parametrize("transfer", ["_BLIND_TRANSFER", "_CONSULT_TRANSFER"])
@pytest.mark.parametrize("ending", ["_CALL_ENDED", "INTERACTION_COMPLETED"])
def test_that_a_call_was_transferred_is_why_it_ended(transfer: str, ending: str) -> None:
    connection = stage.connected(ITEM)
    told(connection, transfer, ITEM)
    last = told(connection, ending, ITEM)[-1]
    assert isinstance(last, InteractionObserved | InteractionGone)
    assert (last.end_cause, last.ended_by) == (EndCause.TRANSFERRED, Side.AGENT)


def test_a_call_that_goes_on_was_not_transferred() -> None:
    connection = stage.connected(ITEM)
    told(connection, "_BLIND_TRANSFER", ITEM)
    told(connection, "_CALL_RESUMED", ITEM)
    [ended] = told(connection, "_CALL_ENDED", ITEM)
    assert isinstance(ended, InteractionObserved)
    assert not isinstance(ended.end_cause, EndCause)


@pytest.mark.parametrize("data", [(), (None,), ("17",), ([1],), ({"item_id": {"a": 1}},), ({},)])
def test_undocumented_data_never_fail(data: tuple[Json, ...]) -> None:
    connection = stage.connected(ITEM)
    told(connection, "_I_CALL_ANSWERED", ITEM)
    assert states(told(connection, "_CALL_HELD", *data)) == [(Ref("17"), InteractionState.HELD)]


def test_an_item_counts_although_the_rest_is_as_nowhere_else() -> None:
    connection = stage.connected(ITEM, OTHER)
    seen = told(connection, "_CALL_HELD", {"item_id": 18, "phone_number": {"e164": "+1"}})
    assert states(seen) == [(Ref("18"), InteractionState.HELD)]


def test_an_event_without_an_item_is_about_the_only_call_it_can_be_about() -> None:
    connection = stage.connected()
    told(connection, "_I_CALL_ANSWERED", ITEM)
    told(connection, "_O_CALL_DIALING", OTHER)
    assert states(told(connection, "_O_CALL_CONNECTED", {})) == [(Ref("18"), InteractionState.CONNECTED)]
    told(connection, "_CALL_HELD", {"item_id": "18"})
    assert states(told(connection, "_CALL_RESUMED")) == [(Ref("18"), InteractionState.CONNECTED)]


@pytest.mark.parametrize(
    "command", ["_I_CALL_OFFERED", "_O_CALL_DIALING", "_CALL_HELD", "INTERACTION_RENDERED"]
)
def test_an_event_that_may_be_about_several_is_kept_and_the_state_is_read_again(command: str) -> None:
    connection = stage.connected(ITEM, OTHER)
    outputs = connection.received(stage.event(command, {}), NOW)
    [kept] = stage.observed(outputs)
    assert isinstance(kept, Unrecognised)
    assert kept.name == command
    assert reasked([*outputs]) == ["GET_STATE"]


def test_what_comes_after_the_completion_changes_nothing_until_the_id_is_used_again() -> None:
    connection = stage.connected(ITEM)
    assert isinstance(told(connection, "INTERACTION_COMPLETED", ITEM)[-1], InteractionGone)
    assert told(connection, "_CALL_ENDED", ITEM) == []
    assert told(connection, "INTERACTION_COMPLETED", ITEM) == []
    [again] = told(connection, "_I_CALL_OFFERED", ITEM)
    assert isinstance(again, InteractionObserved)
    assert again.durable_ref is None  # the global id was another interaction's


# --- names and data


def test_a_global_id_names_one_interaction_for_good_and_the_contact_of_all() -> None:
    connection = stage.connected()
    [first] = told(connection, "_I_CALL_OFFERED", ITEM)
    [second] = told(connection, "_O_CALL_DIALING", {"item_id": "18", "global_id": "g-17"})
    assert isinstance(first, InteractionObserved)
    assert isinstance(second, InteractionObserved)
    assert (first.durable_ref, second.durable_ref) == ("g-17", None)
    assert first.root_ref == second.root_ref == "g-17"


def test_what_one_message_leaves_out_is_not_taken_back() -> None:
    listed = {**ITEM, "attached_data": {"tier": "gold"}}
    connection = stage.connected(listed)
    seen, _ = told(connection, "INTERACTION_RENDERED", {**ITEM, "screenpop_data": {"case": "7"}})
    assert isinstance(seen, InteractionObserved)
    assert seen.data == {"tier": "gold", "case": "7"}
    assert seen.extras == {"attached_data": {"tier": "gold"}, "screenpop_data": {"case": "7"}}


def test_data_that_are_no_object_are_kept_beside() -> None:
    connection = stage.connected()
    seen, _ = told(connection, "INTERACTION_RENDERED", {**ITEM, "screenpop_data": "case=7"})
    assert isinstance(seen, InteractionObserved)
    assert not isinstance(seen.data, dict)
    assert seen.extras == {"screenpop_data": "case=7"}


def test_a_variable_that_was_posted_is_read_again() -> None:
    connection = stage.connected(ITEM)
    connection.send(Call(method="POST_VARIABLE", params=("17", "case", "8")), 3)
    outputs = connection.received(stage.result(3, None), NOW)
    assert isinstance(outputs[0], Replied)
    assert reasked([*outputs]) == ["GET_STATE"]


def test_a_call_that_only_events_told_of_is_not_gone_because_it_is_not_listed() -> None:
    connection = stage.connected(OTHER)
    [asked] = stage.sent(connection.received(stage.event("_I_CALL_OFFERED", ITEM), NOW))
    assert asked.method == "GET_STATE"  # for what the event does not tell
    seen = stage.observed(connection.received(stage.result(asked.id, stage.state()), NOW))
    assert seen[-1] == InteractionsListed(agent=Ref("kim"), refs=(Ref("17"),))


# --- recording


def test_a_recording_is_found_by_its_call_or_as_the_only_one() -> None:
    connection = stage.connected(ITEM)
    for data in ({"item_id": "17", "call_id": "c"}, {"call_id": "c"}, {}):
        [seen] = told(connection, "CALL_RECORDING_STATUS", {**data, "recording": "1", "muted": "0"})
        assert isinstance(seen, InteractionObserved)
        assert (seen.ref, seen.recording_state) == ("17", RecordingState.RECORDING)


@pytest.mark.parametrize(
    "data", [{"item_id": "17", "recording": "perhaps"}, {"item_id": "99", "recording": "1"}]
)
def test_a_recording_that_says_nothing_we_know_is_kept(data: Json) -> None:
    connection = stage.connected(ITEM)
    [kept] = told(connection, "CALL_RECORDING_STATUS", data)
    assert isinstance(kept, Unrecognised)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"item_id": "17", "recording": "1", "muted": "1"}, RecordingState.PAUSED),
        ({"recording": 0}, RecordingState.STOPPED),
        (None, None),
        ("ok", None),
    ],
)
def test_the_answer_of_a_callback_counts_if_it_has_the_data_of_the_event(
    answer: Json, state: RecordingState | None
) -> None:
    connection = stage.connected(ITEM)
    connection.send(Call(method="MUTE_CALL_RECORDING", params=("17",)), 3)
    seen = stage.observed(connection.received(stage.result(3, answer), NOW))
    assert [one.recording_state for one in seen if isinstance(one, InteractionObserved)] == (
        [] if state is None else [state]
    )


# --- the agent


def test_another_agent_at_the_same_desktop_ends_the_first_one_s_session() -> None:
    connection = stage.connected(ITEM)
    [asked] = stage.sent(connection.received(stage.event("LOGIN_CHANGED", {"login": 1}), NOW))
    seen = stage.observed(connection.received(stage.result(asked.id, stage.state(agent_id="lee")), NOW))
    assert [(one.agent, one.state) for one in seen if isinstance(one, AgentObserved)] == [
        ("kim", AgentState.LOGGED_OUT),
        ("lee", AgentState.READY),
    ]


@pytest.mark.parametrize(
    ("command", "data"),
    [("STATE_CHANGED", {"status": "offline"}), ("LOGIN_CHANGED", {"agent_id": "kim", "login": "0"})],
)
def test_an_agent_who_is_offline_has_no_calls(command: str, data: Json) -> None:
    connection = stage.connected(ITEM)
    [left] = told(connection, command, data)
    assert isinstance(left, AgentObserved)
    assert left.state is AgentState.LOGGED_OUT
    [kept] = told(connection, "_CALL_HELD", {})  # there is none that it could be about
    assert isinstance(kept, Unrecognised)


@pytest.mark.parametrize(
    ("command", "data"),
    [
        ("LOGIN_CHANGED", {"agent_id": "lee", "login": "0"}),
        ("LOGIN_CHANGED", {"login": "maybe"}),
        ("STATE_CHANGED", {"agent_id": "lee", "status": "ready"}),
    ],
)
def test_what_is_of_somebody_else_or_not_known_is_kept_and_the_state_is_read_again(
    command: str, data: Json
) -> None:
    outputs = stage.connected().received(stage.event(command, data), NOW)
    [kept] = stage.observed(outputs)
    assert isinstance(kept, Unrecognised)
    assert reasked([*outputs]) == ["GET_STATE"]


def test_a_relay_has_nothing_to_ask_and_an_answer_nobody_waits_for_is_dropped() -> None:
    connection = stage.connected()
    [answer] = connection.received(stage.frame({"jsonrpc": "2.0", "id": 1, "method": "GET_STATE"}), NOW)
    assert stage.plain(answer) == (-32601, "a relay has nothing to ask")
    connection.send(Call(method="LOGOUT"), 4)
    connection.forget(4)
    assert connection.received(stage.result(4, None), NOW) == []
