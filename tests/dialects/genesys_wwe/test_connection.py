"""South: the handshake, correlation, and what the page forgets to say."""

from itertools import permutations

import msgspec
import pytest

from adapters.contract.dialect import Call, Close, Context, Done, PlatformOutput, Ready, Replied, Send
from adapters.genesys_wwe import methods
from adapters.genesys_wwe.platform import Connection
from adapters.genesys_wwe.settings import Settings
from adapters.kit.handshake import MAX_HELD
from schemas.agent import AgentState, StateChoice
from schemas.commands import Complete, Mute, SetState
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, InteractionId, Ref, SessionId
from schemas.interaction import EndCause, InteractionState, Kind, Media, Side
from schemas.observations import AgentObserved, InteractionObserved, InteractionsListed
from schemas.results import Effect, ErrorCode, Failed
from tests.dialects.genesys_wwe import stage

TALKING = {"interactionId": "4", "callUuid": "u-1", "caseId": "c-1", "state": "TALKING"}
OVER = {**TALKING, "state": "IDLE", "previousState": "TALKING"}


def test_subscribes_first_and_asks_second() -> None:
    asked = stage.sent(Connection(Settings(), None).opened(stage.NOW))
    assert [one.method for one in asked] == [
        "subscribe",
        "agent.get",
        "agent.getState",
        "agent.getStateList",
        "media.getMediaList",
        "interaction.getInteractions",
    ]
    assert asked[0].params == [["interaction", "markdone", "agent", "media", "outbound", "system"]]


@pytest.mark.parametrize("order", list(permutations(range(5))), ids=str)
def test_the_snapshot_is_whole_in_any_order_of_replies(order: tuple[int, ...]) -> None:
    connection = Connection(Settings(), None)
    asked = [one for one in stage.sent(connection.opened(stage.NOW)) if one.method != methods.GET_MEDIA.name]
    outputs: list[PlatformOutput] = []
    for position, index in enumerate(order):
        assert Ready() not in outputs, position
        answer = stage.ANSWERS[asked[index].method]
        outputs += connection.received(stage.result(asked[index].id, answer), stage.NOW)
    assert outputs[-1] == Ready()
    seen = stage.observed(outputs)
    assert {one.agent for one in seen} == {"1001"}
    assert AgentObserved(agent=Ref("1001"), name="Kim Lee") == seen[0]
    assert InteractionsListed(agent=Ref("1001"), refs=()) in seen
    states = [one for one in seen if isinstance(one, AgentObserved) and one.state is AgentState.READY]
    assert len(states) == 1
    menu = [one for one in seen if isinstance(one, AgentObserved) and one.choices is not msgspec.UNSET]
    assert menu == [
        AgentObserved(
            agent=Ref("1001"),
            choices=(
                StateChoice(id="", state=AgentState.READY, label="Ready"),
                StateChoice(id="", state=AgentState.NOT_READY, label="Not ready"),
                StateChoice(id="Lunch", state=AgentState.NOT_READY, label="Lunch"),
            ),
            refs={"ready": "Ready", "not_ready": "NotReady"},
        )
    ]


def test_an_event_before_the_agent_is_known_is_told_after_it() -> None:
    connection = Connection(Settings(), None)
    asked = {one.method: one.id for one in stage.sent(connection.opened(stage.NOW))}
    assert connection.received(stage.changed(TALKING), stage.NOW) == []
    outputs = connection.received(stage.result(asked["agent.get"], stage.ANSWERS["agent.get"]), stage.NOW)
    introduced, call = stage.observed(outputs)
    assert isinstance(introduced, AgentObserved)
    assert isinstance(call, InteractionObserved)
    assert (call.ref, call.state) == ("4", InteractionState.CONNECTED)


def test_what_comes_before_the_agent_is_known_is_bounded() -> None:
    connection = Connection(Settings(), None)
    for _ in range(MAX_HELD):
        assert connection.received(stage.changed(TALKING), stage.NOW) == []
    [close] = connection.received(stage.changed(TALKING), stage.NOW)
    assert isinstance(close, Close)


@pytest.mark.parametrize(
    ("answer", "hint", "agent"),
    [
        ({"data": {"employeeId": "7", "userName": "kim"}}, "9", "7"),
        ({"data": {"userName": "kim"}}, "9", "kim"),
        ({"data": {"username": "kim"}}, None, "kim"),
        ({"data": None}, "9", "9"),
        ({"errorMessage": "not allowed"}, "9", "9"),
    ],
)
def test_the_agent_is_known_by_what_there_is(answer: object, hint: str | None, agent: str) -> None:
    connection = Connection(Settings(), AgentId(hint) if hint else None)
    asked = {one.method: one.id for one in stage.sent(connection.opened(stage.NOW))}
    [introduced] = connection.received(stage.result(asked["agent.get"], answer), stage.NOW)
    assert isinstance(introduced, AgentObserved)
    assert introduced.agent == agent


def test_a_page_of_nobody_is_closed() -> None:
    connection = Connection(Settings(), None)
    asked = {one.method: one.id for one in stage.sent(connection.opened(stage.NOW))}
    [close] = connection.received(stage.result(asked["agent.get"], {"errorMessage": None}), stage.NOW)
    assert isinstance(close, Close)


@pytest.mark.parametrize(
    "frame",
    [
        b"{",
        b"[]",
        b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"2.0","method":"interaction","params":[]}',
        b'{"jsonrpc":"2.0","method":"interaction","params":[{"interaction":{"state":"IDLE"}}]}',
        b'{"jsonrpc":"2.0","method":"interaction","params":[{"interaction":{"interactionId":4}}]}',
        b'{"jsonrpc":"2.0","method":"interaction","params":{"eventType":"RINGING"}}',
    ],
)
def test_a_malformed_frame_harms_nothing_else(frame: bytes) -> None:
    connection, _ = stage.connected()
    with pytest.raises(MalformedFrame):
        connection.received(frame, stage.NOW)
    [seen] = stage.observed(connection.received(stage.changed(TALKING), stage.NOW))
    assert isinstance(seen, InteractionObserved)


def test_an_unknown_state_is_kept_and_not_guessed() -> None:
    connection, _ = stage.connected([TALKING])
    [seen] = stage.observed(connection.received(stage.changed({**TALKING, "state": "WHISPERING"}), stage.NOW))
    assert isinstance(seen, InteractionObserved)
    assert (seen.state, seen.vendor_state) == (msgspec.UNSET, "WHISPERING")


def test_a_reloaded_page_names_the_same_call_by_its_uuid() -> None:
    _, before = stage.connected([{**TALKING, "interactionUUID": "u-1"}])
    _, after = stage.connected([{**TALKING, "interactionUUID": "u-1", "interactionId": "1"}])
    calls = [one for one in stage.observed(before + after) if isinstance(one, InteractionObserved)]
    assert [(one.ref, one.durable_ref) for one in calls] == [("4", "u-1"), ("1", "u-1")]


def test_data_that_is_the_interaction_itself_is_read_as_one() -> None:
    connection, _ = stage.connected()
    frame = stage.event("interaction", {"eventType": "ESTABLISHED", **TALKING})
    [seen] = stage.observed(connection.received(frame, stage.NOW))
    assert isinstance(seen, InteractionObserved)
    assert (seen.ref, seen.state, seen.media) == ("4", InteractionState.CONNECTED, Media.VOICE)


def test_an_event_type_never_drives_the_state() -> None:
    connection, _ = stage.connected()
    [seen] = stage.observed(connection.received(stage.changed(TALKING, "RELEASED"), stage.NOW))
    assert isinstance(seen, InteractionObserved)
    assert seen.state is InteractionState.CONNECTED


def test_open_media_without_a_name_is_a_chat_only_at_first_sight() -> None:
    connection, _ = stage.connected([{"interactionId": "1", "media": "email", "state": "ACCEPTED"}])
    known = {"interactionId": "1", "state": "ACCEPTED"}
    new = {"interactionId": "2", "state": "INVITED"}
    first = stage.observed(connection.received(stage.changed(known), stage.NOW))
    second = stage.observed(connection.received(stage.changed(new), stage.NOW))
    assert [one.media for one in (*first, *second) if isinstance(one, InteractionObserved)] == [
        msgspec.UNSET,
        Media.CHAT,
    ]


def test_the_agent_is_not_another_party_of_its_own_call() -> None:
    connection, _ = stage.connected()
    parties = [{"name": "Kim Lee"}, {"name": "Ann"}, {"name": "Ann"}]
    [seen] = stage.observed(connection.received(stage.changed({**TALKING, "parties": parties}), stage.NOW))
    assert isinstance(seen, InteractionObserved)
    assert seen.parties is not msgspec.UNSET
    assert [(one.id, one.name) for one in seen.parties] == [("Ann", "Ann"), ("Ann#2", "Ann")]


# --- calls of the core


def test_a_late_reply_is_dropped() -> None:
    connection, _ = stage.connected()
    connection.send(Call(method="voice.hold", params=("4",)), 7)
    connection.forget(7)
    outputs = connection.received(stage.result(7, {"data": None}), stage.NOW)
    assert [one.method for one in stage.sent(outputs)] == ["interaction.getInteractions"]
    assert len(outputs) == 1
    assert connection.received(stage.result(8, {"data": None}), stage.NOW) == []


def test_a_second_reply_to_the_same_call_is_dropped() -> None:
    connection, _ = stage.connected([TALKING])
    connection.send(Call(method="interaction.blockMarkdone", params=("4", "Save first")), 7)
    first = stage.result(7, {"data": None})
    assert any(isinstance(one, Replied) for one in connection.received(first, stage.NOW))
    assert connection.received(first, stage.NOW) == []
    [asked] = stage.sent(connection.received(stage.event("media", {}), stage.NOW))
    listed = stage.result(asked.id, {"data": [{"media": "voice"}]})
    assert stage.observed(connection.received(listed, stage.NOW))
    assert connection.received(listed, stage.NOW) == []


def test_a_reply_is_matched_by_number_or_by_its_text() -> None:
    connection, _ = stage.connected()
    connection.send(Call(method="voice.hold", params=("4",)), 7)
    connection.send(Call(method="voice.hold", params=("4",)), 8)
    [second] = connection.received(stage.result("8", {"data": 2}), stage.NOW)
    [first] = connection.received(stage.result(7, {"data": 1}), stage.NOW)
    assert isinstance(first, Replied)
    assert isinstance(second, Replied)
    assert (first.call_id, second.call_id) == (7, 8)


def test_after_mark_done_the_list_tells_that_it_is_gone() -> None:
    connection, _ = stage.connected([OVER])
    connection.send(Call(method="interaction.markdone", params=("4",)), 7)
    again, replied = connection.received(stage.result(7, {"data": None}), stage.NOW)
    assert isinstance(replied, Replied)
    [asked] = stage.sent([again])
    assert asked.method == "interaction.getInteractions"
    [listed] = stage.observed(connection.received(stage.result(asked.id, {"data": []}), stage.NOW))
    assert listed == InteractionsListed(agent=Ref("1001"), refs=())


def test_a_final_state_is_told_once_and_reread_once_more_if_things_moved_meanwhile() -> None:
    connection, _ = stage.connected()
    done = {"interactionId": "1", "media": "email", "state": "SENT"}
    seen, again = connection.received(stage.changed(done, "SENT"), stage.NOW)
    assert isinstance(seen, InteractionObserved)
    [asked] = stage.sent([again])
    other = {"interactionId": "2", "media": "email", "state": "SENT"}
    assert stage.sent(connection.received(stage.changed(other), stage.NOW)) == []
    outputs = connection.received(stage.result(asked.id, {"data": [done]}), stage.NOW)
    assert [type(one) for one in outputs] == [InteractionsListed, Send]
    assert stage.sent(outputs)[0].method == "interaction.getInteractions"


@pytest.mark.parametrize(
    "frame",
    [
        stage.event("agent", {"type": "READY"}),
        stage.event("interaction", {"eventType": "CASE_COLLAPSED", "selectedCaseId": "c-1"}),
        stage.changed(OVER, "REMOVED"),
    ],
)
def test_an_agent_who_marks_done_at_the_desktop_is_noticed(frame: bytes) -> None:
    connection, _ = stage.connected([OVER])
    asked = stage.sent(connection.received(frame, stage.NOW))
    assert [one.method for one in asked] == ["interaction.getInteractions"]


def test_an_agent_or_media_event_without_content_is_a_hint_to_read_again() -> None:
    connection, _ = stage.connected()
    asked = stage.sent(connection.received(stage.event("agent", {"eventType": "x"}), stage.NOW))
    asked += stage.sent(connection.received(stage.event("media", {"media": "voice"}), stage.NOW))
    assert [one.method for one in asked] == ["agent.getState", "media.getMediaList"]
    media = {"data": [{"name": "voice", "state": {"type": "READY"}}, {"media": "fax"}]}
    [seen] = stage.observed(connection.received(stage.result(asked[1].id, media), stage.NOW))
    assert isinstance(seen, AgentObserved)
    assert seen.channels is not msgspec.UNSET
    assert [(one.id, one.agent_state) for one in seen.channels] == [
        ("voice", AgentState.READY),
        ("fax", AgentState.UNKNOWN),
    ]


def test_a_block_is_observed_when_the_platform_took_it_and_not_when_it_refused() -> None:
    connection, _ = stage.connected([TALKING])
    block = Call(method="interaction.blockMarkdone", params=("4", "Save first"))
    connection.send(block, 7)
    connection.send(block, 8)
    connection.send(Call(method="interaction.unblockMarkdone", params=("4",)), 9)
    refused = connection.received(stage.result(7, {"errorMessage": ""}), stage.NOW)
    taken = connection.received(stage.result(8, {"data": None}), stage.NOW)
    lifted = connection.received(stage.result(9, {"data": None}), stage.NOW)
    assert stage.observed(refused) == []
    blocked = InteractionObserved(
        agent=Ref("1001"), ref=Ref("4"), completion_blocked="Save first", completion_blocked_until=None
    )
    assert stage.observed(taken) == [blocked]
    assert stage.observed(lifted) == [msgspec.structs.replace(blocked, completion_blocked="")]


def test_muting_the_endpoint_mutes_every_call_and_the_next_one() -> None:
    connection, _ = stage.connected([TALKING, {"interactionId": "5", "media": "chat", "state": "ACCEPTED"}])
    connection.send(Call(method="sipEndpoint.muteMicrophone"), 7)
    muted = stage.observed(connection.received(stage.result(7, {"data": None}), stage.NOW))
    assert muted == [InteractionObserved(agent=Ref("1001"), ref=Ref("4"), muted=True)]
    new = {"interactionId": "6", "callUuid": "u-2", "state": "RINGING"}
    [seen] = stage.observed(connection.received(stage.changed(new), stage.NOW))
    assert isinstance(seen, InteractionObserved)
    assert seen.muted is True


@pytest.mark.parametrize(
    ("method", "before", "cause"),
    [
        ("interaction.reject", "RINGING", EndCause.DECLINED),
        ("voice.hangUp", "TALKING", EndCause.NORMAL),
        ("voice.hangUp", "DIALING", EndCause.ABANDONED),
        ("interaction.singleStepTransfer", "TALKING", EndCause.TRANSFERRED),
    ],
)
def test_what_our_own_call_ends_has_a_cause(method: str, before: str, cause: EndCause) -> None:
    connection, _ = stage.connected([{**TALKING, "state": before}])
    connection.send(Call(method=method, params=("4",)), 7)
    connection.received(stage.result(7, {"data": None}), stage.NOW)
    [seen] = stage.observed(connection.received(stage.changed({**OVER, "previousState": before}), stage.NOW))
    assert isinstance(seen, InteractionObserved)
    assert (seen.end_cause, seen.ended_by) == (cause, Side.AGENT)


def test_what_ends_after_a_refused_call_has_no_cause() -> None:
    connection, _ = stage.connected([TALKING])
    connection.send(Call(method="voice.hangUp", params=("4",)), 7)
    connection.received(stage.result(7, {"errorMessage": "no"}), stage.NOW)
    [seen] = stage.observed(connection.received(stage.changed(OVER), stage.NOW))
    assert isinstance(seen, InteractionObserved)
    assert seen.end_cause is msgspec.UNSET


# --- flows


def test_mark_done_while_blocked_says_so() -> None:
    held = stage.interaction(completion_blocked="Save first", refs={"interaction": "4"})
    command = Complete(interaction_id=InteractionId("i4"))
    _, refused = stage.run(stage.flow(command, Context(interaction=held)), {"errorMessage": None})
    assert isinstance(refused, Failed)
    assert (refused.code, refused.effect) == (ErrorCode.COMPLETION_BLOCKED, Effect.NONE)
    _, lost = stage.run(stage.flow(command, Context(interaction=held)), "Request timeout")
    assert isinstance(lost, Failed)
    assert (lost.code, lost.effect) == (ErrorCode.TIMEOUT, Effect.UNKNOWN)


def test_half_a_flow_is_not_certainly_nothing() -> None:
    chat = stage.interaction(media="chat", refs={"interaction": "4"})
    command = Complete(interaction_id=InteractionId("i4"), answers={"disposition": "Sold"})
    asked, failed = stage.run(
        stage.flow(command, Context(interaction=chat)), {"data": None}, {"errorMessage": "no"}
    )
    assert [one.method for one in asked] == ["interaction.setUserData", "interaction.markdone"]
    assert isinstance(failed, Failed)
    assert failed.effect is Effect.UNKNOWN


def test_a_state_that_is_not_known_is_looked_up_in_the_list() -> None:
    listed = stage.ANSWERS["agent.getStateList"]
    command = SetState(session_id=SessionId("s"), state=AgentState.NOT_READY)
    asked, outcome = stage.run(stage.flow(command, Context()), listed, {"data": None})
    assert [(one.method, one.params) for one in asked] == [
        ("agent.getStateList", []),
        ("agent.setState", ["NotReady"]),
    ]
    assert outcome == Done()


def test_a_state_that_the_agent_does_not_have_is_refused() -> None:
    command = SetState(session_id=SessionId("s"), state=AgentState.BUSY)
    asked, outcome = stage.run(stage.flow(command, Context()), stage.ANSWERS["agent.getStateList"])
    assert len(asked) == 1
    assert isinstance(outcome, Failed)
    assert outcome.code is ErrorCode.UNKNOWN_OBJECT


def test_muting_one_call_warns_that_it_mutes_all() -> None:
    call = stage.interaction(refs={"interaction": "4"})
    _, outcome = stage.run(stage.flow(Mute(interaction_id=InteractionId("i4")), Context(interaction=call)))
    assert isinstance(outcome, Done)
    assert len(outcome.warnings) == 1


def test_a_consultation_that_was_completed_is_none_any_more() -> None:
    connection, _ = stage.connected()
    asked = {**TALKING, "callType": "CONSULT", "isConsultation": False}
    joined = {**TALKING, "callType": "INBOUND", "isConsultation": False}
    kinds = [
        one.kind
        for call in (asked, joined, joined)
        for one in stage.observed(connection.received(stage.changed(call), stage.NOW))
        if isinstance(one, InteractionObserved)
    ]
    assert kinds == [Kind.CONSULT, Kind.UNKNOWN, msgspec.UNSET]
