"""North: questions that a client is asked in another way, or not at all, and null in its requests."""

import msgspec
import pytest

from adapters.dialect import ClientOutput, Execute
from schemas.commands import Dial, Hold
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode, Failed, FinalResult
from schemas.values import Json
from tests.dialects.channel_session.stage import AGENT, CALL, GROUPED, I1, NOW, North, frames, started

ASKED = Failed(code=ErrorCode.NEEDS_INFO)


def finish(north: North, execute: ClientOutput, result: FinalResult) -> list[dict[str, Json]]:
    assert isinstance(execute, Execute)
    return frames(north.connection.finished(execute.token, result, NOW))


def code(answer: dict[str, Json]) -> Json:
    failure = answer["failure"]
    assert isinstance(failure, dict)
    return failure["code"]


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
