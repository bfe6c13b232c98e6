"""South: many sessions on one socket, responses to their requests, events folded by what went before."""

import msgspec
import pytest

from adapters.channel_session.connection import ChannelSessionConnection
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.dialect import Call, Context, Done, Outcome, Ready, Replied, Reply, Send
from schemas.agent import AgentState
from schemas.commands import (
    Accept,
    AnyCommand,
    Complete,
    Dial,
    Focus,
    ListDirectory,
    ListDispositions,
    Login,
    Release,
    SetData,
    SetNotes,
    SetState,
    VendorCall,
)
from schemas.errors import MalformedFrame, UnsupportedError
from schemas.ids import AgentId, PlatformId, SessionId
from schemas.interaction import Direction, EndCause, InteractionState, Kind, Media, RecordingState, Side
from schemas.needinfo import NeedInfoKind, Question
from schemas.observations import (
    AgentObserved,
    DispositionsListed,
    InteractionGone,
    InteractionObserved,
    InteractionsListed,
    Noticed,
    Unrecognised,
)
from schemas.results import Effect, ErrorCode, Failed
from tests.dialects.channel_session.stage import (
    AGENT,
    CALL,
    CONSULTATION,
    GROUPED,
    NOW,
    South,
    answered,
    stated,
    text,
    told,
)

I1 = f"{GROUPED}.i1"
V1 = f"{I1}.v1"
V2 = f"{I1}.v2"
REFS = {"session": "s1", "group": "s1.grp", "channel": GROUPED, "target": I1, "conversation": V1}
CONTEXT = Context(
    agent=msgspec.structs.replace(AGENT, refs={"session": "s1", "group": "s1.grp", "channel": GROUPED}),
    interaction=msgspec.structs.replace(CALL, refs=REFS),
)
S1 = SessionId("s1")
OK = Reply(msgspec.Raw(b'{"command":"x","result":"success","data":{}}'))


def ringing() -> South:
    south = South("a1")
    south.start()
    south.ring()
    return south


def talking() -> South:
    south = ringing()
    south.talk()
    return south


def run(
    command: AnyCommand, *replies: Reply, context: Context = CONTEXT, incontact: bool = False
) -> tuple[list[Call], Outcome]:
    """The calls a flow made and how it ended."""
    flow = ChannelSessionConnection(ChannelSessionSettings(incontact=incontact)).flow(command, context)
    made: list[Call] = []
    answers = iter(replies)
    try:
        made.append(next(flow))
        while True:
            made.append(flow.send(next(answers)))
    except StopIteration as stopped:
        return made, stopped.value


def asks(extension: str) -> Reply:
    return Reply(msgspec.Raw(b'{"command":"x","result":"needinfo","uiExtension":%b}' % extension.encode()))


# --- signing in


def test_ready_at_once_without_agents() -> None:
    assert South().connection.opened(NOW) == [Ready()]


def test_every_configured_agent_is_signed_in_over_one_socket_before_ready() -> None:
    south = South("a1", "a2")
    sent = south.open()
    assert [(one["command"], one["data"]) for one in sent] == [
        ("prepareSession", {"agent": {"id": agent, "password": "p"}, "model": "default", "override": False})
        for agent in ("a1", "a2")
    ]
    (start,) = south.hear(
        msgspec.json.encode(
            {
                "command": "prepareSession",
                "requestId": sent[1]["requestId"],
                "result": "success",
                "data": {"resourceId": "s2"},
            }
        )
    )
    assert isinstance(start, Send)
    assert text(start.frame)["command"] == "session.start"
    assert text(start.frame)["target"] == "s2"
    out = south.hear(answered("session.start", "s2"), told("session.initialized", "s2"))
    assert [type(one) for one in out] == [AgentObserved, InteractionsListed]
    refused = answered("prepareSession", "", "failure", failure={"code": "bad-credentials", "message": "no"})
    notice, ready = south.hear(refused)
    assert isinstance(notice, Noticed)
    assert (notice.agent, notice.code, notice.error) == ("a1", "bad-credentials", True)
    assert ready == Ready()


def test_a_second_opening_takes_over_only_the_sessions_that_were_ours() -> None:
    south = South("a1", "a2")
    south.open()
    south.hear(b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}')
    data = [one["data"] for one in south.open()]
    assert [isinstance(one, dict) and one["override"] for one in data] == [True, False]


def test_what_was_open_before_the_start_comes_after_the_agent_and_is_listed() -> None:
    south = South("a1")
    south.open()
    south.hear(
        b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}',
        answered("session.start", "s1"),
        told("channel.created", "s1", {"channel": {"id": "c", "type": "Telephony"}}),
        told("interaction.created", "s1.c", {"interaction": {"id": "i9", "type": "Telephony"}}),
        stated("interaction", "s1.c.i9", "STARTED"),
    )
    agent, call, listed, ready = south.hear(told("session.initialized", "s1"))
    assert isinstance(agent, AgentObserved)
    assert agent.refs == {"session": "s1", "channel": "s1.c"}
    assert isinstance(call, InteractionObserved)
    assert call.state is InteractionState.CONNECTED
    assert isinstance(listed, InteractionsListed)
    assert listed.refs == ("s1.c.i9",)
    assert ready == Ready()


def test_login_prepares_and_starts() -> None:
    login = Login(platform_id=PlatformId("p"), agent_id=AgentId("a1"), password="p")
    prepared = Reply(
        msgspec.Raw(b'{"command":"prepareSession","result":"success","data":{"resourceId":"s1"}}')
    )
    calls, outcome = run(login, prepared, OK, context=Context())
    assert [(one.method, one.target) for one in calls] == [("prepareSession", ""), ("session.start", "s1")]
    assert outcome == Done()


def test_login_asks_before_it_takes_a_session_over() -> None:
    login = Login(platform_id=PlatformId("p"), agent_id=AgentId("a1"), password="p")
    confirm = Reply(msgspec.Raw(b'{"command":"prepareSession","result":"confirm","message":"Really?"}'))
    _, question = run(login, confirm, context=Context())
    assert isinstance(question, Question)
    assert (question.kind, question.title) == (NeedInfoKind.CONFIRM, "Really?")
    for again in (
        msgspec.structs.replace(login, answers={"confirm": True}),
        msgspec.structs.replace(login, force=True),
    ):
        flow = ChannelSessionConnection(ChannelSessionSettings()).flow(again, Context())
        (data,) = next(flow).params
        assert msgspec.to_builtins(data)["override"] is True


def test_logout_ends_the_session_once() -> None:
    south = ringing()
    south.connection.send(Call(method="session.request.logout", params=({},), target="s1"), 5)
    before = south.see(told("channel.disposed", GROUPED), told("channelgroup.disposed", "s1.grp"))
    assert [one.state for one in before if isinstance(one, AgentObserved)][-1] is AgentState.LOGGED_OUT
    (replied,) = south.hear(answered("session.request.logout", "s1"))
    assert isinstance(replied, Replied)


def test_the_response_to_logout_alone_ends_the_session_too() -> None:
    south = ringing()
    south.connection.send(Call(method="session.request.logout", params=({},), target="s1"), 5)
    gone, replied = south.hear(answered("session.request.logout", "s1"))
    assert isinstance(gone, AgentObserved)
    assert gone.state is AgentState.LOGGED_OUT
    assert isinstance(replied, Replied)


# --- responses


def dtmf(south: South, call_id: int, digits: str) -> str:
    call = Call(method="conversation.senddtmf", params=({"digits": digits},), target=V1)
    return str(text(south.connection.send(call, call_id))["requestId"])


def call_ids(south: South, *sent: bytes) -> list[int]:
    return [out.call_id for out in south.hear(*sent) if isinstance(out, Replied)]


def test_a_request_id_finds_its_request_in_any_order() -> None:
    south = ringing()
    first, second = dtmf(south, 1, "1"), dtmf(south, 2, "1")
    ok = ("conversation.senddtmf", V1, "success")
    assert call_ids(south, answered(*ok, requestId=second), answered(*ok, requestId=first)) == [2, 1]


def test_without_one_the_oldest_with_equal_command_and_target_is_answered() -> None:
    south = ringing()
    for number in (1, 2):
        dtmf(south, number, "1")
    elsewhere = answered("conversation.senddtmf", "s1.grp.voice.i7.v7")
    plain = answered(" conversation.request.senddtmf", V1, data={"digits": "1"})
    assert call_ids(south, elsewhere, plain, plain, plain) == [1, 2]


def test_the_echo_tells_requests_apart() -> None:
    south = ringing()
    for number, digits in ((1, "1"), (2, "2")):
        dtmf(south, number, digits)
    original = {"command": "conversation.senddtmf", "target": V1, "data": {"digits": "2"}}
    failed = answered("conversation.senddtmf", V1, "failure", original=original)
    assert call_ids(south, failed, answered("conversation.senddtmf", V1)) == [2, 1]


def test_a_forgotten_request_is_answered_to_nobody() -> None:
    south = ringing()
    dtmf(south, 1, "1")
    south.connection.forget(1)
    assert call_ids(south, answered("conversation.senddtmf", V1)) == []


@pytest.mark.parametrize("event_first", [False, True])
def test_a_list_told_by_an_event_is_in_the_reply(*, event_first: bool) -> None:
    south = ringing()
    flow = south.connection.flow(ListDispositions(session_id=S1), CONTEXT)
    south.connection.send(next(flow), 1)
    listed = told(
        "channel.externaldispositions.updated", GROUPED, {"dispositions": [{"id": "d1", "name": "Sold"}]}
    )
    ok = answered("channel.request.externaldispositions", GROUPED, data={})
    out = south.hear(*((listed, ok) if event_first else (ok, listed)))
    assert [type(one) for one in out] == [DispositionsListed, Replied]
    assert isinstance(out[1], Replied)
    with pytest.raises(StopIteration) as stopped:
        flow.send(out[1].reply)
    assert stopped.value.value == Done(data=[{"id": "d1", "name": "Sold"}])


def test_a_refused_list_is_answered_at_once() -> None:
    south = ringing()
    flow = south.connection.flow(ListDirectory(session_id=S1), CONTEXT)
    south.connection.send(next(flow), 1)
    assert call_ids(south, answered("session.request.getdirectory", "s1", "failure")) == [1]


# --- interactions


def test_an_offer_is_told_with_its_state_then_parties_then_data() -> None:
    south = South("a1")
    south.start()
    seen = south.ring()
    assert all(isinstance(one, InteractionObserved) for one in seen)
    first, refs, parties, data = (one for one in seen if isinstance(one, InteractionObserved))
    assert (first.state, first.direction, first.media) == (
        InteractionState.ALERTING,
        Direction.INBOUND,
        Media.VOICE,
    )
    assert first.refs == {"session": "s1", "group": "s1.grp", "channel": GROUPED, "target": I1}
    assert refs.refs == REFS
    assert isinstance(parties.parties, tuple)
    assert [one.address for one in parties.parties] == ["+15550100"]
    assert parties.remote_address == "+15550100"
    assert data.data == {"case": "42"}


def test_a_dial_in_the_order_of_the_seed_is_one_dialing_interaction() -> None:
    south = South("a1")
    south.start()
    seen = south.calls(
        told("channel.infochanged", GROUPED, {"channel": {"id": "voice", "agentstate": "BUSY"}}),
        stated("channel", GROUPED, "ACTIVE", agentstate="BUSY"),
        told("interaction.created", GROUPED, {"interaction": {"id": "i1", "type": "TELEPHONY"}}),
        stated("interaction", I1, "DIALING"),
        told("conversation.created", I1, {"conversation": {"id": "v1", "role": "primary"}}),
        stated("conversation", V1, "DIALING"),
        told("conversation.member.added", V1, {"member": {"id": "m1", "address": "+15550100"}}),
        told("conversation.initialized", V1),
        told("interaction.datachanged", I1, {}),
        told("interaction.preview", I1, {}),
        told("interaction.initialized", I1),
    )
    assert [one.state for one in seen if one.state is not msgspec.UNSET] == [InteractionState.DIALING]
    assert seen[0].direction is Direction.OUTBOUND


def test_answer_hold_retrieve_end_and_completion() -> None:
    south = ringing()
    seen = south.calls(
        stated("conversation", V1, "TALKING"),
        told("interaction.screenpop", I1, {"case": "42"}),
        stated("interaction", I1, "STARTED"),
        stated("conversation", V1, "HELD"),
        stated("conversation", V1, "TALKING"),
        stated("conversation", V1, "ENDED"),
        told("conversation.disposed", V1),
        told("interaction.ended", I1),
        stated("interaction", I1, "ENDED"),
        told("interaction.complete", I1),
        stated("interaction", I1, "COMPLETED"),
        told("interaction.disposed", I1),
    )
    assert [one.state for one in seen] == [
        InteractionState.CONNECTED,
        InteractionState.HELD,
        InteractionState.CONNECTED,
        InteractionState.WRAP_UP,
        InteractionState.COMPLETED,
    ]


def test_accept_of_a_call_connects_though_the_conversation_is_not_told() -> None:
    (seen,) = ringing().calls(told("interaction.screenpop", I1, {}), stated("interaction", I1, "STARTED"))
    assert seen.state is InteractionState.CONNECTED


def test_disposed_without_completion_is_gone() -> None:
    (gone,) = ringing().see(told("interaction.disposed", I1))
    assert isinstance(gone, InteractionGone)
    assert gone.ref == I1


def test_rejected_in_the_order_of_the_seed() -> None:
    south = ringing()
    south.connection.send(Call(method="interaction.reject", params=({},), target=I1), 1)
    (seen,) = south.calls(
        answered("interaction.reject", I1), told("interaction.ended", I1), stated("interaction", I1, "ENDED")
    )
    assert (seen.state, seen.end_cause, seen.ended_by) == (
        InteractionState.WRAP_UP,
        EndCause.DECLINED,
        Side.AGENT,
    )


def test_a_refused_release_is_no_reason_for_a_later_end() -> None:
    south = talking()
    south.connection.send(Call(method="conversation.release", params=({},), target=V1), 1)
    (seen,) = south.calls(
        answered("conversation.release", V1, "failure"), stated("conversation", V1, "ENDED")
    )
    assert seen.end_cause is msgspec.UNSET


def test_mute_and_recording_ride_on_the_state() -> None:
    south = talking()
    (muted,) = south.calls(stated("conversation", V1, "TALKING", muted=True))
    assert muted.muted is True
    (recording,) = south.calls(stated("interaction", I1, "STARTED", recording="PAUSED"))
    assert recording.recording_state is RecordingState.PAUSED


def test_the_other_form_of_a_target_finds_the_same_object() -> None:
    (seen,) = ringing().calls(stated("conversation", "s1.voice.i1.v1", "TALKING"))
    assert seen.ref == I1


def test_a_state_without_its_type_is_resolved_by_lookup() -> None:
    south = ringing()
    (seen,) = south.calls(told("state.updated", V1, {"state": "TALKING"}))
    assert seen.state is InteractionState.CONNECTED


def test_a_chat_has_no_conversation() -> None:
    south = South("a1")
    south.start()
    seen = south.calls(
        told("channel.created", "s1.grp", {"channel": {"id": "chat", "type": "Chat"}}),
        told("interaction.created", "s1.grp.chat", {"interaction": {"id": "i3"}}),
        stated("interaction", "s1.grp.chat.i3", "ALERTING"),
        stated("interaction", "s1.grp.chat.i3", "STARTED"),
    )
    assert [one.state for one in seen] == [InteractionState.ALERTING, InteractionState.CONNECTED]
    assert seen[0].media is Media.CHAT


# --- consultation


def test_a_consult_conversation_is_an_interaction_of_its_own() -> None:
    south = talking()
    held, consultation, parties, focus = south.consult()
    assert isinstance(held, InteractionObserved)
    assert (held.ref, held.state) == (I1, InteractionState.HELD)
    assert isinstance(consultation, InteractionObserved)
    assert (consultation.ref, consultation.consult_of_ref) == (V2, I1)
    assert (consultation.kind, consultation.state) == (Kind.CONSULT, InteractionState.DIALING)
    assert consultation.refs == {**REFS, "conversation": V2}
    assert isinstance(parties, InteractionObserved)
    assert parties.remote_address == "2001"
    assert isinstance(focus, AgentObserved)
    assert focus.focused == V2


def test_alternate_in_the_order_of_the_seed() -> None:
    south = talking()
    south.consult()
    south.hear(stated("conversation", V2, "TALKING"))
    original, consultation, focus = south.see(
        stated("conversation", V1, "TALKING"),
        stated("conversation", V2, "HELD"),
        told("interaction.focuschanged", I1, {"conversation": {"id": "v1"}}),
    )
    assert isinstance(original, InteractionObserved)
    assert isinstance(consultation, InteractionObserved)
    assert isinstance(focus, AgentObserved)
    assert (original.ref, original.state) == (I1, InteractionState.CONNECTED)
    assert (consultation.ref, consultation.state) == (V2, InteractionState.HELD)
    assert focus.focused == I1


def test_a_released_consultation_is_completed_at_once_and_only_once() -> None:
    south = talking()
    south.consult()
    (seen,) = south.see(stated("conversation", V2, "ENDED"), told("conversation.disposed", V2))
    assert isinstance(seen, InteractionObserved)
    assert (seen.ref, seen.state) == (V2, InteractionState.COMPLETED)


def test_a_consultation_disposed_of_without_a_word_is_gone() -> None:
    south = talking()
    south.consult()
    (seen,) = south.see(told("conversation.disposed", V2))
    assert isinstance(seen, InteractionGone)
    assert seen.ref == V2


def test_a_consult_transfer_ends_both_as_transferred() -> None:
    south = talking()
    south.consult()
    south.hear(stated("conversation", V2, "TALKING"))
    south.connection.send(Call(method="interaction.consulttransfer", params=({},), target=I1), 1)
    seen = south.calls(
        answered("interaction.consulttransfer", I1),
        stated("conversation", V1, "ENDED"),
        told("conversation.disposed", V1),
        told("interaction.focuschanged", I1, {"conversation": {"id": "v2"}}),
        stated("conversation", V2, "ENDED"),
        told("conversation.disposed", V2),
        told("interaction.ended", I1),
    )
    assert [(one.ref, one.state, one.end_cause) for one in seen] == [
        (I1, InteractionState.WRAP_UP, EndCause.TRANSFERRED),
        (V2, InteractionState.COMPLETED, EndCause.TRANSFERRED),
    ]


def test_a_consult_conference_folds_the_colleague_into_the_interaction() -> None:
    south = talking()
    south.consult()
    south.hear(stated("conversation", V2, "TALKING"))
    south.connection.send(Call(method="interaction.consultconference", params=({},), target=I1), 1)
    over, joined, back = south.calls(
        stated("conversation", V2, "ENDED"),
        told("conversation.disposed", V2),
        told("conversation.member.added", V1, {"member": {"id": "m2", "address": "2001"}}),
        stated("conversation", V1, "TALKING"),
    )
    assert (over.ref, over.end_cause) == (V2, EndCause.CONFERENCED)
    assert isinstance(joined.parties, tuple)
    assert len(joined.parties) == 2
    assert joined.conference is True
    assert (back.ref, back.state) == (I1, InteractionState.CONNECTED)


# --- what is not known, and what is wrong


def test_an_unknown_state_is_kept_and_not_guessed() -> None:
    south = talking()
    (odd,) = south.calls(stated("conversation", V1, "PARKED"))
    assert (odd.state, odd.vendor_state) == (msgspec.UNSET, "PARKED")
    (back,) = south.calls(stated("conversation", V1, "TALKING"))
    assert (back.state, back.vendor_state) == (InteractionState.CONNECTED, "TALKING")


def test_a_new_interaction_in_an_unknown_state_is_unknown() -> None:
    south = South("a1")
    south.start()
    (seen,) = south.calls(
        told("interaction.created", GROUPED, {"interaction": {"id": "i1", "type": "Telephony"}}),
        stated("interaction", I1, "DREAMING"),
    )
    assert (seen.state, seen.vendor_state) == (InteractionState.UNKNOWN, "DREAMING")


@pytest.mark.parametrize(
    "frame",
    [
        told("interaction.sparkled", I1, {"x": 1}),
        told("interaction.ended", f"{GROUPED}.nobody"),
        told("interaction.ended", "s9.c.i"),
        stated("wormhole", I1, "STARTED"),
        told("interaction.ended", I1).replace(b"objectEvent", b"otherEvent"),
    ],
)
def test_an_unknown_event_travels_on_raw(frame: bytes) -> None:
    (seen,) = ringing().see(frame)
    assert isinstance(seen, Unrecognised)
    assert bytes(seen.vendor) == frame


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"command":7,"result":"success"}',
        b'{"messageType":"objectEvent","target":"s1","name":"channelgroup.created","data":{}}',
        b'{"messageType":"objectEvent","target":"s1.grp.voice","name":"state.updated","data":{"state":5}}',
    ],
)
def test_a_malformed_frame_is_refused_and_the_connection_goes_on(frame: bytes) -> None:
    south = ringing()
    with pytest.raises(MalformedFrame):
        south.hear(frame)
    (seen,) = south.calls(stated("conversation", V1, "TALKING"))
    assert seen.state is InteractionState.CONNECTED


# --- commands


def test_a_call_is_answered_by_its_conversation_and_a_chat_accepted() -> None:
    (answer,), _ = run(Accept(interaction_id=CALL.id), OK)
    assert (answer.method, answer.target) == ("conversation.answer", V1)
    chat = msgspec.structs.replace(CALL, media=Media.CHAT, refs={"target": "s1.grp.chat.i1"})
    context = msgspec.structs.replace(CONTEXT, interaction=chat)
    (accept,), _ = run(Accept(interaction_id=CALL.id), OK, context=context)
    assert (accept.method, accept.target) == ("interaction.accept", "s1.grp.chat.i1")
    with pytest.raises(UnsupportedError):
        run(Release(interaction_id=CALL.id), context=context)


def test_the_chosen_skill_goes_with_the_second_dial() -> None:
    dial = Dial(session_id=S1, destination="+1")
    (first,), question = run(
        dial,
        asks('{"id":"inContact.outboundskill","skills":[{"id":"k1","skillName":"Sales"}]}'),
        incontact=True,
    )
    assert first.params == ({"destination": "+1", "extensions": {"type": "external"}},)
    assert isinstance(question, Question)
    assert question.kind is NeedInfoKind.OUTBOUND_SKILL
    again = msgspec.structs.replace(dial, answers={"skill": "k1"})
    (second,), outcome = run(again, OK, incontact=True)
    assert second.params == ({"destination": "+1", "extensions": {"type": "external", "skill": "k1"}},)
    assert outcome == Done()


def test_after_call_work_is_ended_by_the_state_without_a_second_complete() -> None:
    complete = Complete(interaction_id=CALL.id)
    (first,), question = run(complete, asks('{"type":"agentstate"}'))
    assert first.method == "interaction.complete"
    assert isinstance(question, Question)
    assert question.kind is NeedInfoKind.AGENT_STATE
    assert CONTEXT.agent is not None
    working = msgspec.structs.replace(
        CONTEXT, agent=msgspec.structs.replace(CONTEXT.agent, state=AgentState.AFTER_CALL_WORK)
    )
    again = Complete(interaction_id=CALL.id, answers={"agent_state": "not_ready:lunch"})
    (state,), outcome = run(again, OK, context=working)
    assert (state.method, state.target) == ("channelgroup.request.setagentstate", "s1.grp")
    assert state.params == ({"state": "NOT_READY", "reason": "lunch"},)
    assert outcome == Done()


def test_a_state_given_up_front_is_set_only_if_it_is_asked_for() -> None:
    command = Complete(interaction_id=CALL.id, answers={"agent_state": "ready"})
    calls, _ = run(command, OK)
    assert [one.method for one in calls] == ["interaction.complete"]
    calls, _ = run(command, asks('{"type":"agentstate"}'), OK)
    assert [one.method for one in calls] == ["interaction.complete", "channelgroup.request.setagentstate"]


def test_a_state_that_cannot_be_set_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(UnsupportedError):
        run(SetState(session_id=S1, state=AgentState.BUSY))
    calls, outcome = run(Complete(interaction_id=CALL.id, answers={"agent_state": "asleep"}))
    assert calls == []
    assert isinstance(outcome, Failed)
    assert outcome.code is ErrorCode.INVALID_COMMAND


def test_a_consultation_cannot_complete_what_it_is_a_consultation_of() -> None:
    consultation = msgspec.structs.replace(CONSULTATION, refs={**REFS, "conversation": V2})
    context = msgspec.structs.replace(CONTEXT, interaction=consultation)
    calls, outcome = run(Complete(interaction_id=consultation.id), context=context)
    assert calls == []
    assert isinstance(outcome, Failed)
    (release,), _ = run(Release(interaction_id=consultation.id), OK, context=context)
    assert (release.method, release.target) == ("conversation.release", V2)


def test_data_that_went_half_through_has_an_effect() -> None:
    failed = Reply(msgspec.Raw(b'{"command":"x","result":"failure","failure":{"code":"cti-error"}}'))
    calls, outcome = run(SetData(interaction_id=CALL.id, data={"a": 1, "b": 2}), OK, failed)
    assert [one.params for one in calls] == [({"key": "a", "value": 1},), ({"key": "b", "value": 2},)]
    assert isinstance(outcome, Failed)
    assert outcome.effect is Effect.UNKNOWN


def test_without_a_channel_nothing_is_dialled() -> None:
    calls, outcome = run(Dial(session_id=S1, destination="+1"), context=Context(agent=AGENT))
    assert calls == []
    assert isinstance(outcome, Failed)
    assert outcome.code is ErrorCode.NO_CHANNEL


def test_a_question_we_do_not_know_is_a_failure() -> None:
    _, outcome = run(Dial(session_id=S1, destination="+1"), asks('{"type":"riddle"}'))
    assert isinstance(outcome, Failed)
    assert outcome.code is ErrorCode.NEEDS_INFO


@pytest.mark.parametrize(
    "command",
    [
        Focus(interaction_id=CALL.id),
        SetNotes(interaction_id=CALL.id, notes="n"),
        Dial(session_id=S1, destination="+1", caller_id="+2"),
    ],
)
def test_what_cannot_be_said_is_refused_at_once(command: AnyCommand) -> None:
    with pytest.raises(UnsupportedError):
        ChannelSessionConnection(ChannelSessionSettings()).flow(command, CONTEXT)


def test_a_vendor_call_goes_to_the_object_its_name_implies() -> None:
    calls, outcome = run(VendorCall(session_id=S1, method="channel.request.incontact.getscripts"), OK)
    assert [(one.method, one.target) for one in calls] == [("channel.request.incontact.getscripts", GROUPED)]
    assert outcome == Done(data={})
