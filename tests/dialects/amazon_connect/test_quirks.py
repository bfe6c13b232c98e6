"""What the library's users have met: each row of docs/sources/amazon-connect.md, section 17, by its number.

Rows 4, 15, 21 and 23 are of the browser: tests/browser/test_connect_panel.py. There is none yet for
rows 11, 16, 17 and 22.
"""

import msgspec
import pytest
from msgspec import UNSET

from adapters.amazon_connect.decode import read_answer
from adapters.contract.dialect import Call, Context, Done, Replied
from schemas import commands as c
from schemas.agent import AgentState
from schemas.commands import DestinationKind
from schemas.errors import UnsupportedError
from schemas.ids import InteractionId, SessionId
from schemas.interaction import Direction, EndCause, InteractionState, Side
from schemas.observations import AgentObserved, InteractionObserved
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json
from tests.dialects.amazon_connect import stage

RINGING = stage.two("connecting", "connecting", "connected")
TALKING = stage.two("connected", "connected", "connected")
CONTEXT = Context(agent=stage.session(), interaction=stage.interaction())
I7 = InteractionId("i7")


def test_1_a_call_in_rings_though_it_is_only_connecting() -> None:
    [one] = stage.seen(stage.tell(stage.connected(), RINGING))
    assert (one.state, one.direction) == (InteractionState.ALERTING, Direction.INBOUND)
    assert (one.remote_address, one.service, one.data) == ("+4930123456", "Sales", {"tier": "gold"})


@pytest.mark.parametrize(
    ("own", "first", "cause", "side"),
    [
        ("disconnected", "connected", EndCause.NO_ANSWER, Side.AGENT),
        ("disconnected", "disconnected", EndCause.ABANDONED, Side.REMOTE),
    ],
)
def test_2_what_is_missed_may_come_as_an_error(own: str, first: str, cause: EndCause, side: Side) -> None:
    connection = stage.connected(RINGING)
    [one] = stage.seen(stage.tell(connection, stage.two("error", own, first)))
    assert (one.state, one.end_cause, one.ended_by) == (InteractionState.WRAP_UP, cause, side)
    [gone] = stage.gone(stage.tell(connection))
    assert gone.ref == "c-7"


@pytest.mark.parametrize("word", ["error", "missed", "rejected"])
def test_3_what_we_let_go_is_declined_whatever_it_is_called(word: str) -> None:
    connection = stage.connected(RINGING)
    connection.send(Call(method="rejectContact", params=({"contactId": "c-7"},)), 1)
    [one] = stage.seen(stage.tell(connection, stage.two(word, "disconnected", "connected")))
    assert (one.end_cause, one.ended_by) == (EndCause.DECLINED, Side.AGENT)


def test_5_the_contacts_state_counts_not_that_of_its_legs() -> None:
    [one] = stage.seen(stage.tell(stage.connected(TALKING), stage.two("ended", "connected", "connected")))
    assert one.state is InteractionState.WRAP_UP


def test_6_a_queue_that_has_taken_the_call_has_not_answered_it() -> None:
    connection = stage.connected(TALKING)
    both = stage.three("connected", "connected", "hold", "connected", type="queue")
    _, consultation = stage.seen(stage.tell(connection, both))
    assert consultation.state is InteractionState.DIALING


def test_7_a_consultation_is_found_in_an_update_alone_and_folds_in() -> None:
    connection = stage.connected(TALKING)
    dialing = stage.three("connected", "connected", "hold", "connecting")
    main, consultation = stage.seen(stage.tell(connection, dialing))
    assert main.state is InteractionState.HELD
    assert (consultation.ref, consultation.consult_of_ref) == ("c-7/l-3", "c-7")
    assert consultation.state is InteractionState.DIALING
    talking = stage.three("connected", "connected", "hold", "connected")
    _, consultation = stage.seen(stage.tell(connection, talking))
    assert consultation.state is InteractionState.CONNECTED
    told = stage.tell(connection, stage.three("connected", "connected", "connected", "connected"))
    [main] = stage.seen(told)
    assert main.conference is True
    assert isinstance(main.parties, tuple)
    assert [party.id for party in main.parties] == ["l-2", "l-3"]
    [over] = stage.gone(told)
    assert (over.ref, over.end_cause) == ("c-7/l-3", EndCause.CONFERENCED)


def test_7_a_consultation_that_is_over_leaves_the_customer() -> None:
    connection = stage.connected(stage.three("connected", "connected", "hold", "connected"))
    told = stage.tell(connection, stage.three("connected", "connected", "hold", "disconnected"))
    assert [one.ref for one in stage.gone(told)] == ["c-7/l-3"]
    assert [one.ref for one in stage.seen(told)] == ["c-7"]


def test_8_and_9_a_refusal_keeps_the_platforms_own_word() -> None:
    error = '{"type":"InvalidStateException","message":"Not connected","stack":[],"retryStatus":"none"}'
    failed = read_answer(msgspec.Raw(stage.frame({"err": error})))
    assert failed == Failed(
        code=ErrorCode.WRONG_STATE, message="Not connected", vendor_code="InvalidStateException"
    )
    asked, outcome = stage.run(
        stage.flow(
            c.CompleteTransfer(interaction_id=I7),
            Context(agent=stage.session(), interaction=stage.interaction(state="held")),
        ),
        {"data": {}},
        {"err": error},
    )
    assert [one.method for one in asked] == ["conferenceConnections", "destroyConnection"]
    assert isinstance(outcome, Failed)
    assert outcome.effect is Effect.UNKNOWN
    assert "in conference" in outcome.message


def test_11_a_call_out_is_dialling_until_it_is_connected() -> None:
    leg = stage.leg("l-2", "outbound", "connecting", endpoint={"phoneNumber": "+1"})
    out = stage.contact(
        "connecting", stage.leg("l-1", "agent", "connected"), leg, initiationMethod="outbound"
    )
    [one] = stage.seen(stage.tell(stage.connected(), out))
    assert (one.state, one.direction) == (InteractionState.DIALING, Direction.OUTBOUND)


def test_12_the_next_state_is_that_of_each_update_and_cleared_too() -> None:
    connection = stage.connected()
    lunch: Json = {"agentStateARN": "s-2", "type": "not_routable", "name": "Lunch", "startTimestamp": None}
    for given, pending in ((lunch, AgentState.NOT_READY), (None, None)):
        [agent] = stage.tell(connection, nextState=given)
        assert isinstance(agent, AgentObserved)
        assert agent.pending_state == pending


def test_13_a_state_is_set_as_the_platform_lists_it() -> None:
    command = c.SetState(session_id=SessionId("s"), state=AgentState.NOT_READY, reason="s-2")
    [asked], outcome = stage.run(stage.flow(command, CONTEXT))
    assert asked.params == [{"state": stage.STATES[1], "enqueueNextState": True}]
    assert outcome == Done()


def test_14_the_microphone_is_what_the_library_says_of_it() -> None:
    connection = stage.connected(TALKING)
    [seen] = stage.observed(
        connection.received(stage.event("agent::mute_toggle", {"muted": True}), stage.NOW)
    )
    assert isinstance(seen, InteractionObserved)
    assert (seen.ref, seen.muted) == ("c-7", True)


def test_17_and_20_contacts_that_were_there_before_are_told_at_once() -> None:
    connection = stage.connected(TALKING)
    before = stage.seen(stage.tell(connection, TALKING))
    assert before == stage.seen(stage.tell(connection, TALKING))


def test_18_the_direction_of_what_was_handed_over_is_the_legs_else() -> None:
    handed = stage.two("connecting", "connecting", "connected", initiationMethod="transfer")
    [one] = stage.seen(stage.tell(stage.connected(), handed))
    assert one.direction is Direction.INBOUND
    out = stage.two("connected", "connected", "connected", initiationMethod="outbound")
    [one] = stage.seen(stage.tell(stage.connected(), out))
    assert one.direction is Direction.OUTBOUND


def test_19_who_left_first_shows_in_the_legs() -> None:
    connection = stage.connected(TALKING)
    customer: Json = {"type": "phone_number", "phoneNumber": "+4930123456"}
    for own, first, side in (("05", "04", Side.REMOTE), ("04", "05", Side.AGENT)):
        ended = stage.contact(
            "ended",
            stage.leg("l-1", "agent", "disconnected", own),
            stage.leg("l-2", "inbound", "disconnected", first, endpoint=customer),
        )
        [one] = stage.seen(stage.tell(connection, ended))
        assert (one.end_cause, one.ended_by) == (EndCause.NORMAL, side)
        connection = stage.connected(TALKING)


def test_an_agent_who_leaves_two_has_handed_the_call_over() -> None:
    connection = stage.connected(stage.three("connected", "connected", "connected", "connected"))
    [one] = stage.seen(stage.tell(connection, stage.three("ended", "disconnected", "connected", "connected")))
    assert (one.end_cause, one.ended_by) == (EndCause.TRANSFERRED, Side.AGENT)


@pytest.mark.parametrize(
    ("kind", "name", "state"),
    [
        ("not_routable", "Lunch", AgentState.NOT_READY),
        ("offline", "Offline", AgentState.NOT_READY),
        ("system", "PendingBusy", AgentState.RESERVED),
        ("system", "Busy", AgentState.BUSY),
        ("system", "AfterCallWork", AgentState.AFTER_CALL_WORK),
        ("error", "MissedCallAgent", AgentState.NOT_READY),
    ],
)
def test_the_type_of_a_state_is_what_counts(kind: str, name: str, state: AgentState) -> None:
    [agent] = stage.tell(stage.connected(), kind=kind, name=name)
    assert isinstance(agent, AgentObserved)
    assert agent.state is state


def test_the_platforms_waiting_for_itself_says_nothing_new() -> None:
    [agent] = stage.tell(stage.connected(), kind="system", name="PendingAvailable")
    assert isinstance(agent, AgentObserved)
    assert agent.state is UNSET


@pytest.mark.parametrize(
    ("command", "method", "params"),
    [
        (c.Accept(interaction_id=I7), "acceptContact", {"contactId": "c-7"}),
        (c.Complete(interaction_id=I7), "clearContact", {"contactId": "c-7"}),
        (c.EndWrapUp(interaction_id=I7), "clearContact", {"contactId": "c-7"}),
        (c.Release(interaction_id=I7), "destroyConnection", {"contactId": "c-7", "connectionId": "l-1"}),
        (c.Hold(interaction_id=I7), "holdConnection", {"contactId": "c-7", "connectionId": "l-2"}),
        (c.Mute(interaction_id=I7), "mute", {"mute": True}),
        (
            c.SendDtmf(interaction_id=I7, tones="1"),
            "sendDigits",
            {"contactId": "c-7", "connectionId": "l-2", "digits": "1"},
        ),
        (
            c.Consult(interaction_id=I7, destination="+49"),
            "createAdditionalConnection",
            {"contactId": "c-7", "endpoint": {"type": "phone_number", "phoneNumber": "+49"}},
        ),
        (
            c.Consult(interaction_id=I7, destination="e-1", destination_kind=DestinationKind.AGENT),
            "createAdditionalConnection",
            {"contactId": "c-7", "endpoint": {"type": "agent", "endpointARN": "e-1"}},
        ),
        (
            c.Dial(session_id=SessionId("s"), destination="+49"),
            "createOutboundContact",
            {"endpoint": {"type": "phone_number", "phoneNumber": "+49"}, "queueARN": "q-9"},
        ),
    ],
)
def test_a_command_is_the_call_that_the_documents_have(
    command: c.AnyCommand, method: str, params: Json
) -> None:
    [asked], _ = stage.run(stage.flow(command, CONTEXT))
    assert (asked.method, asked.params) == (method, [params])


def test_what_cannot_be_said_is_refused_before_anything_is_sent() -> None:
    for command in (
        c.SetData(interaction_id=I7, data={"a": 1}),
        c.Dial(session_id=SessionId("s"), destination="+49", caller_id="+50"),
    ):
        with pytest.raises(UnsupportedError):
            stage.run(stage.flow(command, CONTEXT))


def test_10_what_the_library_never_answers_may_have_been_done() -> None:
    connection = stage.connected()
    connection.send(Call(method="createOutboundContact", params=({},)), 7)
    error = {"code": -32000, "message": "the library gave no answer in time"}
    outputs = connection.received(stage.frame({"jsonrpc": "2.0", "id": 7, "error": error}), stage.NOW)
    [reply] = [one.reply for one in outputs if isinstance(one, Replied)]
    failed = read_answer(reply.body)
    assert isinstance(failed, Failed)
    assert (failed.code, failed.effect, failed.message) == (
        ErrorCode.TIMEOUT,
        Effect.UNKNOWN,
        "the library gave no answer in time",
    )
