"""South: one agent's page. Whatever order its frames come in, what is told is told right."""

from datetime import timedelta
from itertools import permutations

import msgspec
import pytest

from adapters.bright_pattern.platform import BrightPatternPlatform
from adapters.contract.closing import CloseCode
from adapters.contract.dialect import ANSWER_WITHIN, Call, Close, Ready, Replied, Send
from adapters.kit import jsonrpc
from schemas import observations as o
from schemas.agent import AgentState
from schemas.errors import MalformedFrame
from schemas.ids import AgentId
from schemas.interaction import InteractionState, Kind, RecordingState
from tests.dialects.bright_pattern.peers import (
    HANDSHAKE,
    LOGIN,
    NOW,
    call,
    call_id,
    error,
    message,
    page,
    seen,
    success,
    tell,
)

# --- handshake


def test_handshake_asks_for_everything_with_ids_of_its_own() -> None:
    sent = [message(one) for one in BrightPatternPlatform(None).opened(NOW)]
    assert [one.method for one in sent] == [
        "getLoginState",
        "getAgentState",
        "getAgentNotReadyReasons",
        "getInteractionsState",
    ]
    assert all(isinstance(one.id, int) and one.id < 0 for one in sent)


@pytest.mark.parametrize("order", list(permutations(HANDSHAKE)), ids=str)
def test_handshake_is_ready_once_in_any_order(order: tuple[int, ...]) -> None:
    platform = BrightPatternPlatform(None)
    platform.opened(NOW)
    told = [one for number in order for one in platform.received(success(number, HANDSHAKE[number]), NOW)]
    assert told.count(Ready()) == 1
    assert told[-1] == Ready()
    assert {one.agent for one in told if isinstance(one, o.Observation)} == {"a-1"}
    kinds = [type(one) for one in told]
    assert kinds.count(o.InteractionsListed) == 1


def test_event_before_the_agent_is_known_is_told_once_it_is() -> None:
    platform = BrightPatternPlatform(None)
    platform.opened(NOW)
    assert tell(platform, "ON_NEW_INTERACTION", call("i-1")) == []
    assert tell(platform, "ON_NEW_INTERACTION", {"interactionId": 5}) == []  # broken: harms nothing else
    told = platform.received(success(-1, LOGIN), NOW)
    assert seen(told).ref == "i-1"
    assert isinstance(told[-1], o.Unrecognised)


def test_the_links_agent_is_taken_where_the_page_may_not_say() -> None:
    platform = BrightPatternPlatform(AgentId("ada"))
    platform.opened(NOW)
    (told,) = platform.received(success(-1, {"isLoggedIn": True}), NOW)
    assert isinstance(told, o.AgentObserved)
    assert told.agent == "ada"


def test_page_of_nobody_is_closed() -> None:
    platform = BrightPatternPlatform(None)
    platform.opened(NOW)
    (told,) = platform.received(error(-1, 1, "not_enough_privileges"), NOW)
    assert isinstance(told, Close)
    assert told.code is CloseCode.NOBODY


def test_not_logged_in_means_that_nothing_is_active() -> None:
    platform = BrightPatternPlatform(AgentId("ada"))
    platform.opened(NOW)
    told = list(platform.received(success(-1, {"isLoggedIn": False}), NOW))
    for number in (-2, -3, -4):
        told += platform.received(error(number, 2, "not_logged_in"), NOW)
    assert told[-1] == Ready()
    listed = [one for one in told if isinstance(one, o.InteractionsListed)]
    assert [one.refs for one in listed] == [()]
    states = {one.state for one in told if isinstance(one, o.AgentObserved)}
    assert states == {AgentState.LOGGED_OUT}


def test_widget_that_cannot_answer_yet_is_tried_again() -> None:
    platform = BrightPatternPlatform(AgentId("ada"))
    platform.opened(NOW)
    platform.received(success(-1, LOGIN), NOW)
    told = platform.received(error(-4, 6, "api_not_answer"), NOW)
    assert [one.code for one in told if isinstance(one, Close)] == [CloseCode.TRY_AGAIN]


def test_older_widget_without_a_snapshot_is_served() -> None:
    platform = BrightPatternPlatform(AgentId("ada"))
    platform.opened(NOW)
    platform.received(success(-1, LOGIN), NOW)
    platform.received(success(-2, HANDSHAKE[-2]), NOW)
    platform.received(error(-3, 14, "api_method_not_implemented"), NOW)
    assert platform.received(error(-4, 14, "api_method_not_implemented"), NOW) == [Ready()]


def test_login_asks_for_a_fresh_snapshot() -> None:
    platform = page()
    told = tell(platform, "ON_LOGIN", LOGIN)
    sent = [message(one).method for one in told if isinstance(one, Send)]
    assert sent == ["getAgentState", "getAgentNotReadyReasons", "getInteractionsState"]
    for one, n in zip((one for one in told if isinstance(one, Send)), (-2, -3, -4), strict=True):
        assert Ready() not in platform.received(success(call_id(one), HANDSHAKE[n]), NOW)
    assert platform.due() is None


def test_answer_to_a_question_that_was_asked_again_is_nobodys() -> None:
    platform = page()
    first, second = (tell(platform, "ON_LOGIN", LOGIN) for _ in range(2))
    stale, fresh = (
        {message(o).method: call_id(o) for o in told if isinstance(o, Send)} for told in (first, second)
    )
    busy = {"state": "busy"}
    assert platform.received(success(stale["getAgentState"], busy), NOW) == []
    assert len(platform.received(success(fresh["getAgentState"], busy), NOW)) == 1


def test_another_agents_login_ends_the_first_ones_session() -> None:
    told = tell(page(), "ON_LOGIN", {**LOGIN, "agentId": "b-2"})
    first, second = [one for one in told if isinstance(one, o.AgentObserved)]
    assert (first.agent, first.state) == ("a-1", AgentState.LOGGED_OUT)
    assert second.agent == "b-2"


# --- time


def test_page_that_leaves_a_call_of_ours_unanswered_is_given_up_by_name() -> None:
    platform = BrightPatternPlatform(None)
    platform.opened(NOW)
    for number in (-1, -4):
        platform.received(success(number, HANDSHAKE[number]), NOW + timedelta(seconds=1))
    assert platform.due() == NOW + ANSWER_WITHIN
    assert platform.advance(NOW + ANSWER_WITHIN - timedelta(milliseconds=1)) == []
    (told,) = platform.advance(NOW + ANSWER_WITHIN)
    assert told == Close(CloseCode.TRY_AGAIN, "no answer to getAgentState, getAgentNotReadyReasons")
    assert platform.due() is None
    assert platform.advance(NOW + 2 * ANSWER_WITHIN) == []


def test_error_is_an_answer() -> None:
    platform = BrightPatternPlatform(AgentId("ada"))
    platform.opened(NOW)
    platform.received(success(-1, LOGIN), NOW)
    for number in (-2, -3, -4):
        assert platform.due() is not None
        platform.received(error(number, 14, "api_method_not_implemented"), NOW)
    assert platform.due() is None


def test_frame_that_cannot_be_read_is_no_answer() -> None:
    platform = BrightPatternPlatform(AgentId("ada"))
    platform.opened(NOW)
    with pytest.raises(MalformedFrame):
        platform.received(success(-1, "perhaps"), NOW)
    (told,) = platform.advance(NOW + ANSWER_WITHIN)
    assert isinstance(told, Close)
    assert "getLoginState" in told.reason


def test_calls_after_a_login_have_their_time_from_then_on() -> None:
    platform = page()
    assert platform.due() is None
    later = NOW + timedelta(hours=1)
    platform.received(jsonrpc.notification("ON_LOGIN", (LOGIN,)), later)
    assert platform.due() == later + ANSWER_WITHIN
    again = later + timedelta(seconds=10)
    platform.received(jsonrpc.notification("ON_LOGIN", (LOGIN,)), again)
    assert platform.due() == again + ANSWER_WITHIN


# --- consultation and recording


def test_call_after_our_consult_call_is_a_consultation_of_the_active_one() -> None:
    platform = page(open_calls=[call("i-1", callDirection="inbound")], active="i-1")
    platform.send(Call(method="consultCall", params=("2002",)), 1)
    told = seen(tell(platform, "ON_NEW_INTERACTION", call("i-2", callDirection="outbound")))
    assert told.consult_of_ref == "i-1"
    assert told.kind is Kind.CONSULT
    later = seen(tell(platform, "ON_NEW_INTERACTION", call("i-3", callDirection="outbound")))
    assert later.consult_of_ref is None


def test_call_that_we_switched_to_is_the_one_consulted_about_though_its_event_is_late() -> None:
    platform = page(open_calls=[call("i-1"), call("i-2", globalInteractionId="g-2")], active="i-1")
    platform.send(Call(method="switchActiveInteraction", params=("i-2",)), 1)
    platform.received(success(1, None), NOW)
    platform.send(Call(method="consultCall", params=("2002",)), 2)
    new = call("i-3", callDirection="outbound", globalInteractionId="g-3")
    assert seen(tell(platform, "ON_NEW_INTERACTION", new)).consult_of_ref == "i-2"


def test_of_two_calls_with_one_global_id_the_active_one_is_consulted_about() -> None:
    both = [call(name, globalInteractionId="g-1") for name in ("i-1", "i-2")]
    platform = page(open_calls=both, active="i-2")
    new = call("i-3", callDirection="outbound", globalInteractionId="g-1")
    assert seen(tell(platform, "ON_NEW_INTERACTION", new)).consult_of_ref == "i-2"


def test_failed_consult_call_leaves_the_next_call_alone() -> None:
    platform = page(open_calls=[call("i-1")], active="i-1")
    platform.send(Call(method="consultCall", params=("2002",)), 1)
    platform.received(error(1, 15, "not_suitable_state"), NOW)
    told = seen(tell(platform, "ON_NEW_INTERACTION", call("i-2", callDirection="outbound")))
    assert told.consult_of_ref is None


def test_call_with_the_global_id_of_another_is_its_consultation() -> None:
    platform = page(open_calls=[call("i-1", globalInteractionId="g-1")], active="i-1")
    new = call("i-2", globalInteractionId="g-1", callDirection="outbound", state="delivery_pending")
    told = seen(tell(platform, "ON_NEW_INTERACTION", new))
    assert told.consult_of_ref == "i-1"
    assert told.durable_ref is None
    assert told.root_ref == "g-1"


def test_reloaded_page_finds_call_and_consultation_again() -> None:
    platform = BrightPatternPlatform(None)
    platform.opened(NOW)
    platform.received(success(-1, LOGIN), NOW)
    main = call("i-1", globalInteractionId="g-1", state="hold", callDirection="outbound", startTime=1)
    consult = call("i-2", globalInteractionId="g-1", callDirection="outbound", startTime=2)
    told = platform.received(
        success(-4, {"activeInteractionId": "i-2", "interactions": [consult, main]}), NOW
    )
    first, second = [one for one in told if isinstance(one, o.InteractionObserved)]
    assert (first.ref, first.durable_ref, first.consult_of_ref) == ("i-1", "g-1", None)
    assert (second.ref, second.durable_ref, second.consult_of_ref) == ("i-2", None, "i-1")


def test_contact_that_comes_back_is_another_interaction() -> None:
    platform = page()
    tell(platform, "ON_NEW_INTERACTION", call("i-1", globalInteractionId="g-1", callDirection="inbound"))
    tell(platform, "ON_INTERACTION_REMOVED", call("i-1", globalInteractionId="g-1", state="completed"))
    again = call("i-5", globalInteractionId="g-1", callDirection="inbound")
    assert seen(tell(platform, "ON_NEW_INTERACTION", again)).durable_ref is None


def test_paused_recording_is_remembered_until_it_goes_on() -> None:
    recorded = call("i-1", callRecording=True)
    platform = page(open_calls=[recorded])
    platform.send(Call(method="setCallRecordingMute", params=(True, "i-1")), 1)
    told = platform.received(success(1, None), NOW)
    assert isinstance(told[0], Replied)
    assert seen(told).recording_state is RecordingState.PAUSED
    again = seen(tell(platform, "ON_INTERACTION_STATE_CHANGE", {**recorded, "callMuted": True}))
    assert again.recording_state is RecordingState.PAUSED
    platform.send(Call(method="setCallRecordingMute", params=(False, "i-1")), 2)
    assert seen(platform.received(success(2, None), NOW)).recording_state is RecordingState.RECORDING


def test_removed_interaction_is_completed_whatever_its_last_snapshot_says() -> None:
    final, gone = tell(page(), "ON_INTERACTION_REMOVED", call("i-1", endTime=1700000060000))
    assert isinstance(final, o.InteractionObserved)
    assert (final.state, final.ended, final.vendor_state) == (InteractionState.COMPLETED, True, "delivered")
    assert isinstance(gone, o.InteractionGone)


# --- answers to calls


def test_answer_goes_to_the_call_that_made_it() -> None:
    platform = page()
    platform.send(Call(method="startCall", params=("1",)), 8)
    (told,) = platform.received(success(8, {"id": None}), NOW)
    assert isinstance(told, Replied)
    assert told.call_id == 8
    assert msgspec.json.decode(told.reply.body) == {"status": "success", "data": {"id": None}}


def test_late_answer_is_dropped() -> None:
    platform = page()
    platform.send(Call(method="startCall", params=("1",)), 8)
    platform.forget(8)
    assert platform.received(success(8, {"id": "i-1"}), NOW) == []
    assert platform.received(success(9, None), NOW) == []


def test_relays_own_refusal_reads_like_the_vendors() -> None:
    platform = page()
    platform.send(Call(method="openLogin"), 8)
    (told,) = platform.received(jsonrpc.failure(8, jsonrpc.METHOD_NOT_FOUND, "openLogin"), NOW)
    assert isinstance(told, Replied)
    assert msgspec.json.decode(told.reply.body) == {
        "status": "error",
        "error": {"code": 14, "name": "api_method_not_implemented", "message": "openLogin"},
    }


# --- what is not understood


@pytest.mark.parametrize(
    "frame",
    [
        b'{"jsonrpc":"2.0","method":"ON_NEW_INTERACTION","params":[{"interact',
        b"[]",
        b'"hello"',
        b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"2.0","method":"ON_NEW_INTERACTION","params":[{"interactionId":7}]}',
        b'{"jsonrpc":"2.0","method":"ON_NEW_INTERACTION","params":{}}',
        b'{"jsonrpc":"2.0","method":"ON_NEW_INTERACTION","params":[]}',
        b'{"jsonrpc":"2.0","method":"ON_AGENT_STATE_CHANGE","params":[true]}',
        b'{"jsonrpc":"2.0","method":"ON_SERVER_ERROR","params":["boom"]}',
        b'{"jsonrpc":"2.0","method":"ON_SEARCH_KNOWLEDGE_BASE","params":[3],"id":1}',
    ],
)
def test_malformed_frame_harms_nothing_else(frame: bytes) -> None:
    platform = page()
    with pytest.raises(MalformedFrame):
        platform.received(frame, NOW)
    assert seen(tell(platform, "ON_NEW_INTERACTION", call("i-1"))).ref == "i-1"


def test_unknown_state_is_passed_on_and_not_guessed() -> None:
    told = seen(tell(page(), "ON_INTERACTION_STATE_CHANGE", call("i-1", state="parked")))
    assert (told.state, told.vendor_state) == (InteractionState.UNKNOWN, "parked")


def test_unknown_event_that_waits_is_answered_with_nothing() -> None:
    told, sent = page().received(jsonrpc.request(0, "ON_SOMETHING_NEW", ()), NOW)
    assert isinstance(told, o.Unrecognised)
    assert sent == Send(jsonrpc.response(0, None))
