"""North: sessions prepared and started, requests answered at once, with a question or with their result."""

from collections.abc import Sequence

import msgspec
import pytest

from adapters.dialect import ClientOutput, Execute, Follow, Send
from schemas import events as ev
from schemas.agent import AgentSession, AgentState
from schemas.commands import Complete, Dial, Hold, Login, Reject, SetState
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, EventId, PlatformId
from schemas.interaction import InteractionState
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json
from tests.dialects.channel_session.stage import (
    A1,
    AGENT,
    CALL,
    CONSULTATION,
    GROUPED,
    I1,
    NOW,
    PREPARE,
    TAKE_OVER,
    Desk,
    North,
    frames,
    hears,
    names,
    now,
    started,
)

OUT = msgspec.structs.replace(AGENT, state=AgentState.LOGGED_OUT)
ASKED = Failed(code=ErrorCode.NEEDS_INFO)


def of_agent(kind: type[ev.AnyAgentEvent], now: AgentSession) -> ev.AnyEvent:
    return kind(
        id=EventId("e"),
        time=NOW,
        platform_id=now.platform_id,
        session_id=now.id,
        agent_id=now.agent_id,
        agent=now,
    )


def finish(north: North, execute: ClientOutput, result: FinalResult) -> list[dict[str, Json]]:
    assert isinstance(execute, Execute)
    return frames(north.connection.finished(execute.token, result, NOW))


def code(answer: dict[str, Json]) -> Json:
    failure = answer["failure"]
    assert isinstance(failure, dict)
    return failure["code"]


# --- signing in


def test_an_agent_with_a_session_is_confirmed_first() -> None:
    north = North(Desk())
    (confirm,) = frames(north.say(PREPARE))
    assert (confirm["result"], confirm["original"]) == ("confirm", PREPARE)
    assert confirm["message"]
    assert frames(north.say(TAKE_OVER)) == [
        {"command": "prepareSession", "result": "success", "data": {"resourceId": "s1"}}
    ]


def test_an_agent_without_one_is_signed_in() -> None:
    north = North(Desk(agent=OUT))
    follow, execute = north.say(PREPARE)
    assert follow == Follow(A1)
    assert isinstance(execute, Execute)
    assert execute.command == Login(platform_id=PlatformId(""), agent_id=A1, password="p")
    north.desk.session = AGENT
    (answer,) = finish(north, execute, Succeeded())
    assert answer["data"] == {"resourceId": "s1"}


def test_a_session_seen_only_after_the_login_is_answered_then() -> None:
    north = North(Desk(agent=None))
    _, execute = north.say(PREPARE)
    assert finish(north, execute, Succeeded()) == []
    assert hears(north, of_agent(ev.AgentLoggedIn, AGENT)) == ["prepareSession"]


def test_a_login_that_the_platform_wants_confirmed_is_a_confirm() -> None:
    north = North(Desk(agent=OUT))
    _, execute = north.say(PREPARE)
    question = Question(
        kind=NeedInfoKind.CONFIRM, title="Really?", fields=(Field(key="confirm", type=FieldType.BOOLEAN),)
    )
    (answer,) = finish(north, execute, msgspec.structs.replace(ASKED, missing=question))
    assert (answer["result"], answer["message"]) == ("confirm", "Really?")
    _, again = North(Desk(agent=OUT)).say(TAKE_OVER)
    assert isinstance(again, Execute)
    assert isinstance(again.command, Login)
    assert again.command.force


def test_a_refused_login_is_a_failure() -> None:
    north = North(Desk(agent=OUT))
    _, execute = north.say(PREPARE)
    (answer,) = finish(north, execute, Failed(code=ErrorCode.BAD_CREDENTIALS))
    assert code(answer) == "bad-credentials"


def test_a_client_of_one_agent_prepares_no_other() -> None:
    (answer,) = frames(North(Desk(), AgentId("a2")).say(TAKE_OVER))
    assert code(answer) == "bad-credentials"


def test_the_start_announces_group_channels_and_what_is_open() -> None:
    north = North(Desk(CALL, msgspec.structs.replace(CONSULTATION, state=InteractionState.HELD)))
    north.say(TAKE_OVER)
    out: Sequence[ClientOutput] = north.ask("session.start", "s1")
    assert out[1] == Follow(A1)
    sent = [one.frame for one in out if isinstance(one, Send)]
    assert frames(out)[0] == {"command": "session.start", "target": "s1", "result": "success"}
    assert names(sent)[1:] == [
        "channelgroup.created",
        "channel.created",
        "channel.infochanged",
        "channel.initialized",
        "channelgroup.initialized",
        "interaction.created",
        "state.updated interaction STARTED",
        "conversation.created",
        "state.updated conversation TALKING",
        "conversation.initialized",
        "interaction.datachanged",
        "interaction.initialized",
        "conversation.created",
        "state.updated conversation HELD",
        "conversation.initialized",
        "interaction.focuschanged",
        "session.initialized",
    ]


# --- requests that are answered at once


def test_nothing_goes_before_the_start() -> None:
    north = North(Desk(CALL))
    assert code(north.reply("interaction.complete", I1)) == "not-started"
    north.say(TAKE_OVER)
    assert code(north.reply("interaction.complete", I1)) == "not-started"
    assert code(north.reply("session.start", "s2")) == "not-started"


@pytest.mark.parametrize(
    ("command", "target", "expected"),
    [
        ("session.start", "s1", "already-started"),
        ("interaction.juggle", I1, "unknown-command"),
        ("interaction.complete", f"{GROUPED}.i9", "unknown-target"),
        ("interaction.complete", "s9.grp.voice.i1", "unknown-target"),
        ("interaction.complete", "s1.grp.chat.i1", "unknown-target"),
        ("interaction.complete", "s1.grp.fax", "unknown-target"),
        ("interaction.complete", f"{I1}.i1.x.y", "unknown-target"),
        ("interaction.complete", GROUPED, "wrong-target-kind"),
        ("conversation.hold", I1, "wrong-target-kind"),
        ("channel.dial", "s1.grp", "wrong-target-kind"),
        ("channel.dial", GROUPED, "bad-request"),
        ("channel.request.setagentstate", GROUPED, "bad-request"),
    ],
)
def test_a_wrong_request_is_answered_with_its_code(command: str, target: str, expected: str) -> None:
    answer = started(CALL).reply(command, target)
    assert (answer["result"], code(answer)) == ("failure", expected)
    assert answer["original"] == {"command": command, "target": target, "data": {}}


@pytest.mark.parametrize("frame", [b"", b"{", b"[]", b"{}", b'{"command":7}', b'{"result":"success"}'])
def test_a_malformed_frame_is_refused_and_the_connection_goes_on(frame: bytes) -> None:
    north = started(CALL)
    with pytest.raises(MalformedFrame):
        north.connection.received(frame, NOW)
    assert north.order("conversation.hold", f"{I1}.i1").command == Hold(interaction_id=CALL.id)


def test_incontact_wants_the_kind_of_destination() -> None:
    north = started(CALL, incontact=True)
    assert code(north.reply("channel.dial", GROUPED, {"destination": "+1"})) == "bad-request"
    refused = north.reply("channel.dial", GROUPED, {"destination": "+1", "extensions": {"type": "moon"}})
    assert code(refused) == "bad-request"


def test_releasing_an_offer_rejects_it() -> None:
    north = started(now(CALL, InteractionState.ALERTING))
    assert north.order("conversation.release", f"{I1}.i1").command == Reject(interaction_id=CALL.id)


def test_a_conversation_of_a_consultation_is_the_consultation() -> None:
    north = started(CALL, CONSULTATION)
    for target in (f"{I1}.i2", "s1.voice.i1.i2"):
        assert north.order("conversation.hold", target).command == Hold(interaction_id=CONSULTATION.id)


# --- needinfo


def test_the_repeated_dial_carries_the_skill() -> None:
    north = started(incontact=True)
    data = {"destination": "+1", "extensions": {"type": "external"}}
    question = Question(
        kind=NeedInfoKind.OUTBOUND_SKILL,
        title="Skill",
        fields=(Field(key="skill", type=FieldType.CHOICE, choices=(Choice(id="k1", label="Sales"),)),),
    )
    (asked,) = finish(
        north,
        north.order("channel.dial", GROUPED, data),
        msgspec.structs.replace(ASKED, missing=question),
    )
    assert asked["uiExtension"] == {
        "id": "inContact.outboundskill",
        "skills": [{"id": "k1", "skillName": "Sales"}],
    }
    again = north.order(
        "channel.dial", GROUPED, {"destination": "+1", "extensions": {"type": "external", "skill": "k1"}}
    )
    assert again.command == Dial(session_id=AGENT.id, destination="+1", answers={"skill": "k1"})


def disposition(*ids: str, skippable: bool = False) -> Failed:
    choices = tuple(Choice(id=one, label=one) for one in ids)
    question = Question(
        kind=NeedInfoKind.DISPOSITION,
        title="Disposition",
        fields=(Field(key="disposition", type=FieldType.CHOICE, choices=choices),),
        skippable=skippable,
    )
    return msgspec.structs.replace(ASKED, missing=question)


def test_dispositions_that_are_no_numbers_are_numbered_for_the_client() -> None:
    north = started(now(CALL, InteractionState.WRAP_UP))
    (asked,) = finish(north, north.order("interaction.complete", I1), disposition("sold", "lost"))
    extension = asked["uiExtension"]
    assert isinstance(extension, dict)
    assert [one["dispositionId"] for one in extension["dispositions"]] == [1, 2]
    assert extension["dispositionRequired"] is True
    again = north.order("interaction.complete", I1, {"dispositionId": 2, "notes": "n"})
    assert again.command == Complete(interaction_id=CALL.id, answers={"disposition": "lost", "notes": "n"})


def test_an_optional_disposition_can_be_skipped() -> None:
    north = started(now(CALL, InteractionState.WRAP_UP))
    (asked,) = finish(north, north.order("interaction.complete", I1), disposition("7", skippable=True))
    extension = asked["uiExtension"]
    assert isinstance(extension, dict)
    assert extension["dispositionRequired"] is False
    again = north.order("interaction.complete", I1, {"skipDisposition": True})
    assert again.command == Complete(interaction_id=CALL.id, answers={"skip_disposition": True})
    both = north.reply("interaction.complete", I1, {"skipDisposition": True, "dispositionId": 7})
    assert code(both) == "bad-request"


def test_the_agent_state_after_agentstate_completes_the_interaction() -> None:
    north = started(now(CALL, InteractionState.WRAP_UP))
    question = Question(kind=NeedInfoKind.AGENT_STATE, title="State", fields=())
    first = north.order("interaction.request.complete", I1, {"dispositionId": 7, "notes": "n"})
    (asked,) = finish(north, first, msgspec.structs.replace(ASKED, missing=question))
    assert (asked["command"], asked["uiExtension"]) == (
        "interaction.request.complete",
        {"type": "agentstate"},
    )
    again = north.order("channelgroup.request.setagentstate", "s1.grp", {"state": "READY"})
    assert again.command == Complete(
        interaction_id=CALL.id, answers={"disposition": "7", "notes": "n", "agent_state": "ready"}
    )
    later = north.order("channelgroup.request.setagentstate", "s1.grp", {"state": "READY"})
    assert later.command == SetState(session_id=AGENT.id, state=AgentState.READY)


def test_a_question_the_protocol_cannot_ask_is_a_failure() -> None:
    north = started(CALL)
    question = Question(kind=NeedInfoKind.SERVICE, title="Service", fields=())
    missing = msgspec.structs.replace(ASKED, missing=question)
    (answer,) = finish(north, north.order("interaction.alternate", I1), missing)
    assert (answer["result"], code(answer)) == ("failure", "bad-request")


def choosing(kind: NeedInfoKind, key: str, *, skippable: bool = False) -> Failed:
    field = Field(key=key, type=FieldType.CHOICE, choices=(Choice(id="k1", label="Sales"),))
    question = Question(kind=kind, title="?", fields=(field,), skippable=skippable)
    return msgspec.structs.replace(ASKED, missing=question)


def test_the_service_of_another_platform_is_asked_for_as_a_skill_and_answered_as_a_service() -> None:
    north = started()
    data = {"destination": "+1"}
    (asked,) = finish(
        north, north.order("channel.dial", GROUPED, data), choosing(NeedInfoKind.SERVICE, "service")
    )
    assert asked["uiExtension"] == {
        "id": "inContact.outboundskill",
        "skills": [{"id": "k1", "skillName": "Sales"}],
    }
    again = north.order("channel.dial", GROUPED, {**data, "extensions": {"skill": "k1"}})
    assert again.command == Dial(session_id=AGENT.id, destination="+1", answers={"service": "k1"})


def test_what_cannot_be_asked_for_and_may_be_left_out_is_left_out_once() -> None:
    north = started(CALL)
    missing = choosing(NeedInfoKind.FORM, "why", skippable=True)
    first = north.order("conversation.hold", f"{I1}.i1")
    (again,) = north.connection.finished(first.token, missing, NOW)
    assert isinstance(again, Execute)
    assert again.command == Hold(interaction_id=CALL.id, answers={"skip_form": True})
    (answer,) = finish(north, again, missing)
    assert (answer["result"], code(answer)) == ("failure", "bad-request")


@pytest.mark.parametrize(
    ("command", "target", "data"),
    [
        ("channelgroup.setagentstate", "s1.grp", {"state": "READY", "reason": None}),
        ("channel.dial", GROUPED, {"destination": "+1", "extensions": None}),
        ("session.logout", "s1", {"reason": None}),
        ("session.getdirectory", "s1", None),
    ],
)
def test_null_in_a_request_is_as_if_absent(command: str, target: str, data: Json) -> None:
    north = started()
    assert isinstance(north.say({"command": command, "target": target, "data": data})[0], Execute)


def test_another_type_in_a_request_is_refused_for_it_might_mean_another_thing() -> None:
    north = started()
    wrong = north.reply("channelgroup.setagentstate", "s1.grp", {"state": "NOT_READY", "reason": 7})
    assert code(wrong) == "bad-request"


# --- results


def test_results_are_answered_in_the_order_they_come_with_the_id_they_were_asked_with() -> None:
    north = started(CALL)
    (first,) = north.ask("conversation.hold", f"{I1}.i1", requestId=1)
    (second,) = north.ask("conversation.request.mute", f"{I1}.i1", requestId="b")
    (mute,) = finish(north, second, Succeeded())
    (hold,) = finish(north, first, Succeeded())
    assert (mute["requestId"], mute["command"]) == ("b", "conversation.request.mute")
    assert (hold["requestId"], hold["command"]) == (1, "conversation.hold")
    assert finish(north, first, Succeeded()) == []


def test_the_directory_follows_its_success() -> None:
    north = started()
    execute = north.order("session.request.getdirectory", "s1")
    listed = ev.DirectoryUpdated(
        id=EventId("e"), time=NOW, platform_id=AGENT.platform_id, session_id=AGENT.id, entries=()
    )
    assert hears(north, listed) == []
    done = Succeeded(data=[{"name": "Ann", "address": "2001", "category": "Sales"}])
    success, event = finish(north, execute, done)
    assert success["result"] == "success"
    assert event["data"] == {
        "categories": [{"name": "Sales", "entries": [{"name": "Ann", "number": "2001"}]}]
    }
    assert hears(north, listed) == ["directory.updated"]


def test_the_address_book_is_in_the_response() -> None:
    north = started()
    execute = north.order("session.request.incontact.addressbook", "s1", {"realtime": True})
    entry = {"name": "Ann", "address": "2001", "category": "Sales", "kind": "agent", "state": "busy"}
    (answer,) = finish(north, execute, Succeeded(data=[entry]))
    assert answer["data"] == {
        "addressbooks": [
            {
                "name": "Sales",
                "groups": [],
                "entries": [
                    {
                        "name": "Ann",
                        "type": "agent",
                        "destinations": [{"label": "", "value": "2001"}],
                        "properties": {"state": "busy"},
                    }
                ],
            }
        ]
    }


@pytest.mark.parametrize("event_first", [False, True])
def test_the_response_to_logout_is_the_last_word(*, event_first: bool) -> None:
    north = North(Desk(agent=msgspec.structs.replace(AGENT, state=AgentState.NOT_READY)))
    north.start()
    execute = north.order("session.request.logout", "s1")
    gone = of_agent(ev.AgentLoggedOut, OUT)
    heard = hears(north, gone) if event_first else []
    heard += [str(one.get("name") or one["command"]) for one in finish(north, execute, Succeeded())]
    heard += [] if event_first else hears(north, gone)
    assert heard[-3:] == ["channel.disposed", "channelgroup.disposed", "session.request.logout"]
    assert code(north.reply("session.request.getdirectory", "s1")) == "not-started"


def test_an_interaction_is_not_completed_while_a_consultation_about_it_is_open() -> None:
    over = msgspec.structs.replace(CALL, state=InteractionState.WRAP_UP, ended_at=NOW)
    north = started(over, msgspec.structs.replace(CONSULTATION, state=InteractionState.CONNECTED))
    refused = north.reply("interaction.complete", f"{GROUPED}.i1")
    assert refused["result"] == "failure"
    assert refused["failure"] == {
        "code": "conversations-open",
        "message": "a consultation about it is open",
        "context": "",
    }
