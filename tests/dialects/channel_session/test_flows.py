"""South: what a command becomes, and how it ends."""

from typing import Final

import msgspec
import pytest

from adapters.channel_session.platform import ChannelSessionConnection
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.dialect import Context, Done, Reply
from schemas.agent import AgentState
from schemas.commands import (
    Accept,
    AnyCommand,
    Complete,
    Dial,
    Focus,
    Release,
    SetData,
    SetNotes,
    SetState,
    VendorCall,
)
from schemas.errors import UnsupportedError
from schemas.interaction import Media
from schemas.needinfo import NeedInfoKind, Question
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json
from tests.dialects.channel_session.stage import (
    AGENT,
    CALL,
    CONSULTATION,
    CONTEXT,
    GROUPED,
    OK,
    REFS,
    S1,
    V1,
    V2,
    asks,
    run,
)


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


def test_a_state_that_was_asked_for_is_set_and_nothing_completed_again_whatever_the_agent_is_in() -> None:
    answers: dict[str, Json] = {"agent_state": "ready", "disposition": "7", "notes": "n"}
    asked = msgspec.structs.replace(CONTEXT, answered=NeedInfoKind.AGENT_STATE)
    calls, outcome = run(Complete(interaction_id=CALL.id, answers=answers), OK, context=asked)
    assert [one.method for one in calls] == ["channelgroup.request.setagentstate"]
    assert outcome == Done()


OPTIONAL: Final = '{"type":"disposition","dispositionRequired":false,"dispositions":[{"dispositionId":7}]}'


def test_an_optional_disposition_is_left_out_with_the_notes() -> None:
    skipped: dict[str, Json] = {"skip_disposition": True, "notes": "n"}
    calls, outcome = run(Complete(interaction_id=CALL.id, answers=skipped), OK)
    assert [one.params for one in calls] == [({"skipDisposition": True, "notes": "n"},)]
    calls, outcome = run(Complete(interaction_id=CALL.id, answers={"notes": "n"}), asks(OPTIONAL), OK)
    assert [one.params for one in calls] == [({},), ({"skipDisposition": True, "notes": "n"},)]
    assert outcome == Done()


def test_a_required_disposition_is_asked_for_whatever_the_notes() -> None:
    required = OPTIONAL.replace("false", "true")
    calls, outcome = run(Complete(interaction_id=CALL.id, answers={"notes": "n"}), asks(required))
    assert [one.params for one in calls] == [({},)]
    assert isinstance(outcome, Question)


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
