"""North: the life of a session. Prepared, started by one client, and signed out by the documented rules."""

import msgspec
import pytest

from adapters.contract.dialect import Broadcast, Execute
from schemas.agent import AgentSession, AgentState
from schemas.commands import Logout, SetState
from schemas.ids import SessionId
from schemas.interaction import InteractionState
from schemas.needinfo import NeedInfoKind, Question
from schemas.results import ErrorCode, Failed, Succeeded
from schemas.values import Json
from tests.dialects.channel_session.on_switch import OnSwitch
from tests.dialects.channel_session.stage import (
    AGENT,
    CALL,
    GROUPED,
    NOW,
    PREPARE,
    TAKE_OVER,
    Desk,
    North,
    frames,
    names,
    now,
    started,
)

LOGOUT = "session.request.logout"


def named(sent: list[dict[str, Json]]) -> list[str]:
    return names([msgspec.json.encode(one) for one in sent])


def code(answer: dict[str, Json]) -> Json:
    failure = answer["failure"]
    assert isinstance(failure, dict)
    return failure["code"]


# --- signing out


def test_ready_goes_not_ready_before_it_signs_out_and_nothing_follows_the_success() -> None:
    desk = OnSwitch(state="ready")
    heard = named(desk.say(LOGOUT, desk.session))
    session_id = SessionId(desk.session)
    assert desk.done == [
        SetState(session_id=session_id, state=AgentState.NOT_READY),
        Logout(session_id=session_id),
    ]
    others = [one for one in heard if not one.startswith(("channel.infochanged", "state.updated channel"))]
    assert others == ["channel.disposed"] * 3 + ["channelgroup.disposed", LOGOUT]
    assert code(desk.say("session.request.getdirectory", desk.session)[0]) == "not-started"


def test_not_ready_signs_out_at_once() -> None:
    desk = OnSwitch(state="not_ready")
    assert desk.say(LOGOUT, desk.session)[-1]["result"] == "success"
    assert [type(one) for one in desk.done] == [Logout]


def test_who_cannot_go_not_ready_is_not_signed_out() -> None:
    north = started()
    execute = north.order(LOGOUT, "s1")
    assert execute.command == SetState(session_id=AGENT.id, state=AgentState.NOT_READY)
    failed = Failed(code=ErrorCode.PLATFORM_ERROR, message="busy")
    (answer,) = frames(north.connection.finished(execute.token, failed, NOW))
    assert code(answer) == "not-ready-failed"
    assert north.reply("session.start", "s1")["result"] == "failure"  # it is still started


@pytest.mark.parametrize("why", [ErrorCode.NEEDS_INFO, ErrorCode.UNSUPPORTED])
def test_a_platform_that_asks_for_more_than_not_ready_decides_about_the_logout_itself(why: ErrorCode) -> None:
    north = started()
    execute = north.order(LOGOUT, "s1", {"reason": "home"})
    (logout,) = north.connection.finished(execute.token, Failed(code=why), NOW)
    assert isinstance(logout, Execute)
    assert logout.command == Logout(session_id=AGENT.id, reason="home")


def test_a_contact_that_comes_while_the_agent_goes_not_ready_stops_the_logout() -> None:
    north = started()
    execute = north.order(LOGOUT, "s1")
    north.desk.open.append(now(CALL, InteractionState.ALERTING))
    (answer,) = frames(north.connection.finished(execute.token, Succeeded(), NOW))
    assert code(answer) == "ongoing-interaction"


def test_an_open_interaction_fails_the_logout_with_nothing_changed() -> None:
    desk = OnSwitch(state="ready")
    desk.ring()
    assert desk.told(LOGOUT, desk.session) == ["ongoing-interaction"]
    assert desk.done == []
    assert desk.told("conversation.answer", desk.leg())[0] == "success"


def test_a_contact_on_a_deactivated_channel_does_not_hold_the_agent_back() -> None:
    north = North(Desk(agent=msgspec.structs.replace(AGENT, state=AgentState.NOT_READY)))
    north.start()
    assert north.ask("channel.deactivate", GROUPED)
    north.desk.open.append(CALL)
    assert isinstance(north.order(LOGOUT, "s1").command, Logout)


def test_a_missing_logout_reason_is_asked_for_and_the_repeated_logout_carries_it() -> None:
    desk = OnSwitch(state="not_ready", logout_reasons=["home", "sick"], require_logout_reason=True)
    (asked,) = desk.say(LOGOUT, desk.session)
    assert asked["result"] == "needinfo"
    extension = asked["uiExtension"]
    assert isinstance(extension, dict)
    assert extension["type"] == "logoutreason"
    assert [one["id"] for one in extension["reasons"]] == ["home", "sick"]
    assert desk.say(LOGOUT, desk.session, {"reason": "home"})[-1]["result"] == "success"


# --- one client


def test_only_one_client_is_bound_to_a_session() -> None:
    desk = Desk()
    first, second = North(desk), North(desk)
    first.start()
    second.say(TAKE_OVER)
    outputs = second.ask("session.start", "s1")
    (broadcast,) = (one for one in outputs if isinstance(one, Broadcast))
    told = frames(first.connection.overheard(broadcast.frame))
    assert named(told)[-2:] == ["channel.disposed", "channelgroup.disposed"]
    assert code(first.reply("session.request.getdirectory", "s1")) == "not-started"
    assert first.connection.overheard(broadcast.frame) == ()
    assert isinstance(second.order("session.request.getdirectory", "s1"), Execute)


def test_a_session_that_another_client_has_started_meanwhile_is_prepared_no_more() -> None:
    desk = Desk()
    first, second = North(desk), North(desk)
    first.say(TAKE_OVER)
    second.say(TAKE_OVER)
    (broadcast,) = (one for one in second.ask("session.start", "s1") if isinstance(one, Broadcast))
    assert first.connection.overheard(broadcast.frame) == ()
    assert code(first.reply("session.start", "s1")) == "not-started"


def test_an_agent_of_whom_nothing_was_ever_seen_has_no_session() -> None:
    """A platform may have spoken of him, such as of a sign-in that failed."""
    never = AgentSession(id=AGENT.id, platform_id=AGENT.platform_id, agent_id=AGENT.agent_id)
    *_, execute = North(Desk(agent=never)).say(PREPARE)
    assert isinstance(execute, Execute)


# --- the envelope


@pytest.mark.parametrize("request_id", ["r-1", 7])
def test_a_request_id_is_in_the_response_and_in_the_original(request_id: Json) -> None:
    north = started(CALL)
    (failure,) = frames(north.ask("channel.dial", GROUPED, {}, requestId=request_id))
    assert failure["requestId"] == request_id
    original = failure["original"]
    assert isinstance(original, dict)
    assert original["requestId"] == request_id
    (success,) = frames(north.ask("channel.request.incontact.getscripts", GROUPED, requestId=request_id))
    assert success["requestId"] == request_id


def test_unknown_fields_of_a_request_are_ignored_and_stay_in_the_original() -> None:
    north = started(CALL)
    data: Json = {"destination": "1", "colour": "red"}
    (execute,) = north.ask("channel.dial", GROUPED, data, context={"x": 1}, trace=True)
    assert isinstance(execute, Execute)
    failed = Failed(code=ErrorCode.BAD_DESTINATION)
    (answer,) = frames(north.connection.finished(execute.token, failed, NOW))
    assert answer["original"] == {
        "command": "channel.dial",
        "target": GROUPED,
        "data": data,
        "context": {"x": 1},
        "trace": True,
    }


@pytest.mark.parametrize(
    "spelt", ["channel.deactivate", "channel.request.deactivate", "  channel.deactivate "]
)
def test_a_command_is_answered_as_it_was_spelt_without_the_blanks(spelt: str) -> None:
    north = North(Desk(agent=msgspec.structs.replace(AGENT, state=AgentState.NOT_READY)))
    north.start()
    answer, *_ = frames(north.ask(spelt, GROUPED))
    assert (answer["result"], answer["command"]) == ("success", spelt.strip())


def test_an_agent_whose_id_has_dots_has_a_session_id_without() -> None:
    desk = OnSwitch(agent_id="ann.larsen@example.com")
    assert "." not in desk.session
    assert desk.told("channel.request.setagentstate", desk.voice, {"state": "NOT_READY"})[0] == "success"


def test_the_model_and_the_extension_of_a_client_are_the_operators_affair() -> None:
    """Neither has a counterpart in a canonical login: they are read and have no effect."""
    north = North(Desk())
    prepared: Json = {**TAKE_OVER, "data": {"model": "other", "override": True, "agent": {"id": "a1"}}}
    assert frames(north.say(prepared))[0]["result"] == "success"
    assert frames(north.ask("session.start", "s1", {"extension": "301"}))[0]["result"] == "success"


def test_a_question_at_signing_out_that_nobody_can_ask_is_a_failure() -> None:
    north = North(Desk(agent=msgspec.structs.replace(AGENT, state=AgentState.NOT_READY)))
    north.start()
    execute = north.order(LOGOUT, "s1")
    missing = Question(kind=NeedInfoKind.FORM, title="?", fields=())
    failed = Failed(code=ErrorCode.NEEDS_INFO, missing=missing)
    (answer,) = frames(north.connection.finished(execute.token, failed, NOW))
    assert code(answer) == "bad-request"
