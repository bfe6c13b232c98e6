"""South: what is not as documented costs itself: null is as if absent, another type as if not said."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from adapters.contract.dialect import Done, PlatformOutput, Reply
from adapters.contract.remarks import Remark, RemarkKind
from schemas.agent import AgentState, ChannelState
from schemas.commands import Complete
from schemas.errors import MalformedFrame
from schemas.interaction import InteractionState, RecordingState
from schemas.needinfo import Question
from schemas.observations import (
    AgentObserved,
    DirectoryListed,
    DispositionsListed,
    InteractionObserved,
    Observation,
)
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json
from tests.dialects.channel_session.bridge import ANNOUNCED, INITIALIZED, PREPARED, STARTED
from tests.dialects.channel_session.played import is_event
from tests.dialects.channel_session.sequences import SEQUENCES
from tests.dialects.channel_session.stage import (
    CALL,
    GROUPED,
    I1,
    V1,
    South,
    answered,
    ringing,
    run,
    stated,
    told,
)

FREE: Final = frozenset(
    {
        "interaction.datachanged",
        "interaction.preview",
        "interaction.screenpop",
    }  # their data are the customer's
)
# What says whom a frame concerns.
NEEDED: Final = frozenset({"id", "channelgroup", "channel", "interaction", "conversation", "member"})


def members(data: Json) -> Iterator[tuple[str, ...]]:
    """The paths of all members."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (key,)
            yield from ((key, *path) for path in members(value))


def put(data: Json, path: tuple[str, ...], *value: Json) -> Json:
    """The data with that in place of a member, or without it."""
    assert isinstance(data, dict)
    first, *rest = path
    if rest:
        return {**data, first: put(data[first], tuple(rest), *value)}
    return {**{key: one for key, one in data.items() if key != first}, **({first: value[0]} if value else {})}


def meaning(outputs: list[PlatformOutput]) -> list[PlatformOutput]:
    """What came of it, but for what is kept of the frame itself."""
    plain: list[PlatformOutput] = []
    for one in outputs:
        if isinstance(one, AgentObserved | InteractionObserved):
            plain.append(msgspec.structs.replace(one, vendor=msgspec.Raw(b""), extras={}))
        elif isinstance(one, Observation):
            plain.append(msgspec.structs.replace(one, vendor=msgspec.Raw(b"")))
        else:
            plain.append(one)
    return plain


def started() -> South:
    """A platform as the sequences have it."""
    south = South("a1")
    south.open()
    south.hear(PREPARED, STARTED, *ANNOUNCED, INITIALIZED)
    return south


def events() -> Iterator[tuple[str, tuple[bytes, ...], dict[str, Json]]]:
    """Every documented event once, with what goes before it."""
    known: set[str] = set()
    for steps in SEQUENCES.values():
        before: tuple[bytes, ...] = ()
        for frame in (one for step in steps for one in step.frames if is_event(one)):
            event = msgspec.json.decode(frame, type=dict[str, Json])
            name = f"{event['name']} {sorted(map('.'.join, members(event['data'])))}"
            if name not in known and event["data"]:
                known.add(name)
                yield name, before, event
            before = (*before, frame)


CASES: Final = {name: (before, event) for name, before, event in events()}


@pytest.mark.parametrize(("before", "event"), CASES.values(), ids=CASES.keys())
def test_null_is_as_if_absent_and_another_type_as_if_not_said(
    before: tuple[bytes, ...], event: dict[str, Json]
) -> None:
    if event["name"] in FREE:
        return

    def read(data: Json) -> list[PlatformOutput] | None:
        south = started()
        south.hear(*before)
        try:
            return meaning(south.hear(msgspec.json.encode({**event, "data": data})))
        except MalformedFrame:
            return None

    for path in members(event["data"]):
        without = read(put(event["data"], path))
        assert read(put(event["data"], path, None)) == without, path
        odd = read(put(event["data"], path, [[]]))
        assert odd == without or (odd is not None and not without), path  # it is kept, and that may be news
        assert without is not None or path[-1] in NEEDED, path


def test_what_was_left_out_is_told_the_operator_and_kept_as_it_was_printed() -> None:
    south = ringing()
    (call,) = south.calls(stated("interaction", I1, "STARTED", recording=7))
    assert south.connection.remarks() == (Remark(RemarkKind.MENDED, "state.updated: recording"),)
    assert call.state is InteractionState.CONNECTED
    assert b'"recording":7' in msgspec.json.encode(call.extras)


def test_one_bad_entry_of_a_list_costs_that_entry() -> None:
    south = ringing()
    listed: Json = [{"id": "d1", "name": None}, {"name": "no id"}, "x", {"id": 7, "name": "Seven"}]
    (seen,) = south.see(told("channel.externaldispositions.updated", GROUPED, {"dispositions": listed}))
    assert isinstance(seen, DispositionsListed)
    assert [(one.id, one.name) for one in seen.dispositions] == [("d1", ""), ("7", "Seven")]
    entries: Json = [{"name": "Ann", "number": 7}, None, {"number": "2001"}, {}]
    (directory,) = south.see(told("directory.updated", "s1", {"categories": [{"entries": entries}, 7]}))
    assert isinstance(directory, DirectoryListed)
    assert [(one.name, one.address) for one in directory.entries] == [("Ann", ""), ("", "2001")]


def test_data_that_were_not_said_are_not_cleared() -> None:
    south = ringing()
    for nothing in (None, 7, "x"):
        frame = told("interaction.datachanged", I1, {}).replace(
            b'"data":{}', b'"data":' + msgspec.json.encode(nothing)
        )
        assert all(one.data == {"case": "42"} for one in south.calls(frame))
    (cleared,) = south.calls(told("interaction.datachanged", I1, {}))
    assert cleared.data == {}


def test_a_member_without_an_id_goes_by_its_address() -> None:
    south = ringing()
    (call,) = south.calls(
        told("conversation.member.added", V1, {"member": {"address": "2001", "state": "held"}})
    )
    assert isinstance(call.parties, tuple)
    assert [(one.id, one.address, one.held) for one in call.parties][-1] == ("2001", "2001", True)
    (left,) = south.calls(told("conversation.member.removed", V1, {"member": {"address": "2001"}}))
    assert isinstance(left.parties, tuple)
    assert [one.id for one in left.parties] == ["m1"]


QUESTION: Final[Json] = {
    "type": "disposition",
    "dispositionRequired": None,
    "dispositions": [
        {"dispositionId": 7, "dispositionName": 7, "priority": "high"},
        {"dispositionName": "no id"},
        {"dispositionId": "8", "dispositionName": "Eight", "isPreviewDisposition": None},
    ],
}


def test_a_question_goes_on_without_what_is_wrong_in_it() -> None:
    body = answered("x", I1, "needinfo", uiExtension=QUESTION, message=7)
    _, question = run(Complete(interaction_id=CALL.id), Reply(msgspec.Raw(body)))
    assert isinstance(question, Question)
    assert [(one.id, one.label) for one in question.fields[0].choices] == [("7", ""), ("8", "Eight")]


def test_a_failure_goes_on_without_what_is_wrong_in_it() -> None:
    body = answered("x", I1, "failure", failure={"code": "bad-state", "message": 7, "context": None})
    _, failed = run(Complete(interaction_id=CALL.id), Reply(msgspec.Raw(body)))
    assert isinstance(failed, Failed)
    assert failed.code is ErrorCode.WRONG_STATE


# --- words in another case


@pytest.mark.parametrize("word", ["held", "Held", " HELD "])
def test_a_state_word_is_read_in_any_case(word: str) -> None:
    south = ringing()
    south.talk()
    (call,) = south.calls(stated("Conversation", V1, word))
    assert call.state is InteractionState.HELD


def test_other_words_are_read_in_any_case_too() -> None:
    south = ringing()
    (call,) = south.calls(stated("INTERACTION", I1, "Alerting", recording="Recording"))
    assert call.recording_state is RecordingState.RECORDING
    (agent,) = south.see(
        told("channel.infochanged", GROUPED, {"channel": {"state": "Active", "agentstate": "ready"}})
    )
    assert isinstance(agent, AgentObserved)
    assert isinstance(agent.channels, tuple)
    assert (agent.channels[0].state, agent.state) == (ChannelState.ACTIVE, AgentState.READY)
    south.talk()
    south.hear(told("conversation.created", I1, {"conversation": {"id": "v2", "role": "Consult"}}))
    (consult,) = south.calls(stated("conversation", f"{I1}.v2", "dialing"))
    assert consult.consult_of_ref == I1
    lower = told("interaction.ended", I1).replace(b"objectEvent", b"ObjectEvent")
    assert [one.state for one in south.calls(lower)] == [InteractionState.WRAP_UP]


@pytest.mark.parametrize("result", ["SUCCESS", "Success"])
def test_a_result_is_read_in_any_case(result: str) -> None:
    south = South("a1")
    south.open()
    south.hear(
        answered("prepareSession", "", result, data={"resourceId": "s1"}),
        answered("session.start", "s1", result),
    )
    assert south.see(told("session.initialized", "s1"))
    assert run(Complete(interaction_id=CALL.id), Reply(msgspec.Raw(answered("x", I1, result))))[1] == Done()
    asked = answered("x", I1, "NeedInfo", uiExtension={"type": "AgentState"})
    assert isinstance(run(Complete(interaction_id=CALL.id), Reply(msgspec.Raw(asked)))[1], Question)
    failed = answered("x", I1, "FAILURE", failure={"code": "Bad-State"})
    outcome = run(Complete(interaction_id=CALL.id), Reply(msgspec.Raw(failed)))[1]
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.effect) == (ErrorCode.WRONG_STATE, Effect.NONE)
