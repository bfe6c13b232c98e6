"""South: which request a response answers, in the forms that seed 003 prints and in those it allows."""

from datetime import timedelta
from typing import Final

import msgspec
import pytest

from adapters.contract.dialect import Call, Replied
from adapters.contract.remarks import Remark, RemarkKind
from adapters.kit.replies import LATE, MOST_LATE
from schemas.commands import Complete, Dial
from schemas.needinfo import NeedInfoKind, Question
from schemas.values import Json
from tests.dialects.channel_session.stage import CALL, CONTEXT, GROUPED, I1, NOW, S1, V1, South, ringing, text

UNGROUPED: Final = "s1.voice"


def sent(south: South, call_id: int, method: str, target: str, data: Json = None) -> dict[str, Json]:
    call = Call(method=method, params=({} if data is None else data,), target=target)
    return text(south.connection.send(call, call_id))


def without_id(request: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in request.items() if key != "requestId"}


def answers(south: South, **response: Json) -> list[int]:
    out = south.hear(msgspec.json.encode(response))
    return [one.call_id for one in out if isinstance(one, Replied)]


# Seed 003, "If a skill has ACW enabled": `.request.` in the command, the channel as target, the request.
PRINTED: Final[dict[str, dict[str, Json]]] = {
    "needinfo of a completion": {
        "command": "interaction.request.complete",
        "target": GROUPED,
        "result": "needinfo",
        "uiExtension": {"type": "agentstate"},
    },
    "the same without the group": {
        "command": "interaction.request.complete",
        "target": UNGROUPED,
        "result": "needinfo",
        "uiExtension": {"type": "agentstate"},
    },
    "failure of a completion": {
        "command": "interaction.complete",
        "target": "s1.voice.i1",
        "result": "failure",
        "failure": {"code": "x", "message": "m", "context": ""},
    },
}


@pytest.mark.parametrize("original", [True, False, None])
@pytest.mark.parametrize("printed", PRINTED.values(), ids=PRINTED.keys())
def test_an_answer_as_it_is_printed_finds_its_request(
    printed: dict[str, Json], *, original: bool | None
) -> None:
    south = ringing()
    request = without_id(sent(south, 1, "interaction.complete", I1))
    repeated: dict[str, Json] = {} if original is None else {"original": request if original else {}}
    assert answers(south, **printed, **repeated) == [1]


def test_what_is_printed_becomes_a_question() -> None:
    south = ringing()
    flow = south.connection.flow(Complete(interaction_id=CALL.id), CONTEXT)
    request = without_id(text(south.connection.send(next(flow), 1)))
    printed = {**PRINTED["needinfo of a completion"], "original": request}
    (replied,) = south.hear(msgspec.json.encode(printed))
    assert isinstance(replied, Replied)
    with pytest.raises(StopIteration) as stopped:
        flow.send(replied.reply)
    assert isinstance(stopped.value.value, Question)
    assert stopped.value.value.kind is NeedInfoKind.AGENT_STATE


@pytest.mark.parametrize("target", [GROUPED, UNGROUPED, None])
@pytest.mark.parametrize(
    "rest",
    [
        {"result": "success", "data": {"destination": "1"}},
        {"result": "success"},
        {"result": "needinfo", "uiExtension": {"id": "inContact.outboundskill", "skills": []}},
        {"result": "failure", "failure": {"code": "x"}},
    ],
    ids=["success with its echo", "success", "needinfo", "failure"],
)
def test_a_dial_is_answered_with_either_target_or_none(target: str | None, rest: dict[str, Json]) -> None:
    south = ringing()
    sent(south, 1, "channel.dial", GROUPED, {"destination": "1"})
    named: dict[str, Json] = {} if target is None else {"target": target}
    assert answers(south, command="channel.dial", **named, **rest) == [1]


def test_a_conversation_and_a_session_are_answered_in_other_forms_too() -> None:
    south = ringing()
    sent(south, 1, "conversation.release", V1)
    sent(south, 2, "session.request.incontact.agentleg.connect", "s1")
    assert answers(
        south, command="conversation.request.release", target="s1.voice.i1.v1", result="success"
    ) == [1]
    assert answers(south, command=" session.incontact.agentleg.connect", result="success", data={}) == [2]


def test_an_id_of_the_platforms_own_is_no_reason_not_to_look_into_the_original() -> None:
    south = ringing()
    request = sent(south, 1, "channel.dial", GROUPED, OLD)
    failed: dict[str, Json] = {"command": "channel.dial", "result": "failure", "original": request}
    assert answers(south, **failed, requestId="4f1d") == [1]
    sent(south, 2, "channel.dial", GROUPED, OLD)
    assert answers(south, command="channel.dial", result="success", requestId="") == [2]


# --- late answers


OLD: Final[dict[str, Json]] = {"destination": "+15550100"}
NEW: Final[dict[str, Json]] = {"destination": "+15550199"}


@pytest.mark.parametrize("keeps_ids", [True, False])
def test_an_old_dials_failure_does_not_end_the_new_dial(*, keeps_ids: bool) -> None:
    south = ringing()
    old = sent(south, 1, "channel.dial", GROUPED, OLD)
    south.connection.forget(1)
    sent(south, 2, "channel.dial", GROUPED, NEW)
    original = old if keeps_ids else without_id(old)
    failed: dict[str, Json] = {"command": "channel.dial", "target": GROUPED, "result": "failure"}
    assert answers(south, **failed, failure={"code": "x"}, original=original) == []
    assert south.connection.remarks() == (Remark(RemarkKind.UNAWAITED, "channel.dial: failure"),)
    assert answers(south, command="channel.dial", target=GROUPED, result="success", data=NEW) == [2]


@pytest.mark.parametrize("data", [{"data": OLD}, {}], ids=["echo", "no echo"])
def test_a_late_success_is_not_given_to_a_younger_call(data: dict[str, Json]) -> None:
    south = ringing()
    sent(south, 1, "channel.dial", GROUPED, OLD)
    south.connection.forget(1)
    sent(south, 2, "channel.dial", GROUPED, NEW)
    assert answers(south, command="channel.dial", target=GROUPED, result="success", **data) == []
    assert answers(south, command="channel.dial", target=GROUPED, result="success", data=NEW) == [2]


def test_an_answer_that_says_otherwise_than_was_asked_is_nobodys_however_late() -> None:
    south = ringing()
    sent(south, 1, "channel.dial", GROUPED, OLD)
    south.connection.forget(1)
    south.connection.advance(NOW + LATE + timedelta(seconds=1))
    sent(south, 2, "channel.dial", GROUPED, NEW)
    said: dict[str, Json] = {"command": "channel.dial", "target": GROUPED}
    assert answers(south, **said, result="success", data=OLD) == []
    assert answers(south, **said, result="failure", original={**said, "data": OLD}) == []
    assert answers(south, **said, result="needinfo", original={"data": {**NEW, "extensions": {}}}) == [2]


def test_a_platform_that_never_answers_does_not_cost_the_next_call_its_answer_for_ever() -> None:
    south = ringing()
    sent(south, 1, "conversation.hold", V1)
    south.connection.forget(1)
    south.connection.received(
        b'{"messageType":"objectEvent","target":"s1","name":"x"}', NOW + LATE + timedelta(seconds=1)
    )
    sent(south, 2, "conversation.hold", V1)
    later = NOW + LATE + timedelta(seconds=2)
    response = b'{"command":"conversation.hold","target":"%b","result":"success"}' % V1.encode()
    assert [type(one) for one in south.connection.received(response, later)] == [Replied]


def test_requests_that_nobody_waits_for_are_bounded() -> None:
    south = ringing()
    for number in range(1, MOST_LATE + 11):
        sent(south, number, "conversation.hold", V1)
        south.connection.forget(number)
    sent(south, 1000, "conversation.hold", V1)
    said: dict[str, Json] = {"command": "conversation.hold", "target": V1, "result": "success"}
    assert [answers(south, **said) for _ in range(MOST_LATE)] == [[]] * MOST_LATE
    assert answers(south, **said) == [1000]


@pytest.mark.parametrize(
    "response",
    [
        {"command": "channel.dial", "target": GROUPED, "result": "success"},
        {"command": "channel.dial", "target": GROUPED, "result": "success", "requestId": "77"},
        {"result": "success"},
    ],
)
def test_an_answer_that_nobody_waits_for_is_told_the_operator(response: dict[str, Json]) -> None:
    south = ringing()
    assert south.hear(msgspec.json.encode(response)) == []
    (remark,) = south.connection.remarks()
    assert remark.kind is RemarkKind.UNAWAITED
    assert south.connection.remarks() == ()


def test_a_dial_begun_by_a_flow_asks_for_the_skill_as_the_seed_prints_it() -> None:
    south = ringing()
    flow = south.connection.flow(Dial(session_id=S1, destination="+15550100"), CONTEXT)
    request = without_id(text(south.connection.send(next(flow), 1)))
    extension: Json = {"id": "inContact.outboundskill", "skills": [{"id": "s", "skillName": "Sales"}]}
    printed: dict[str, Json] = {"command": "channel.dial", "target": UNGROUPED, "result": "needinfo"}
    (replied,) = south.hear(msgspec.json.encode({**printed, "uiExtension": extension, "original": request}))
    assert isinstance(replied, Replied)
