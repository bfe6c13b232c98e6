"""Golden frames, both roles: what the reference says means what is written beside it."""

from typing import Literal

import msgspec
import pytest

from adapters.bright_pattern.embedded.encode import event_encoder
from adapters.bright_pattern.embedded.platform import Connection
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.bright_pattern.embedded.tables import NAME
from adapters.contract.dialect import Context, Done, Execute, Outcome, Send
from schemas.commands import AnyCommand, Release
from schemas.events import AnyEvent
from schemas.ids import InteractionId
from schemas.interaction import Interaction, RecordingState
from schemas.observations import AnyObservation
from schemas.results import Failed, FinalResult
from schemas.values import Json
from tests.clients import bodies
from tests.dialects.bright_pattern_embedded import stage
from tests.dialects.golden import FrameCase, load, same

OBSERVATIONS = load(NAME, "observation")
CALLS = load(NAME, "call")
OUTCOMES = load(NAME, "outcome")
COMMANDS = load(NAME, "command")
LOCAL = load(NAME, "local")
EVENTS = load(NAME, "event")
RESULTS = load(NAME, "answer")


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """What is so before: what is listed, how dispositions are said, which other calls there are."""

    first: bool = False  # it is the answer to the first getState
    interactions: list[Json] = []
    disposition_by: Literal["code", "name"] = "code"
    others: list[str] = []


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """An outcome."""

    done: Done | None = None
    failed: Failed | None = None


def told(case: FrameCase) -> Told:
    return msgspec.json.decode(case.context, type=Told | None) or Told()


@pytest.mark.parametrize("case", OBSERVATIONS.values(), ids=OBSERVATIONS.keys())
def test_what_the_desktop_says_means_what_the_document_says(case: FrameCase) -> None:
    before = told(case)
    connection = stage.connected(*before.interactions)
    if before.first:
        connection = Connection(EmbeddedSettings(), None)
        connection.opened(stage.NOW)
    seen = stage.observed(connection.received(bytes(case.frame), stage.NOW))
    assert seen == msgspec.json.decode(case.canonical, type=list[AnyObservation])


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS.keys())
def test_a_command_becomes_the_documented_calls(case: FrameCase) -> None:
    before = told(case)
    others = tuple(stage.interaction(name) for name in before.others)
    about = Context(interaction=stage.interaction(), others=others)
    command = msgspec.json.decode(case.canonical, type=AnyCommand)
    settings = EmbeddedSettings(disposition_by=before.disposition_by)
    asked, outcome = stage.run(stage.flow(command, about, settings))
    assert [[one.method, one.params] for one in asked] == msgspec.json.decode(case.frame)
    assert isinstance(outcome, Done)
    assert outcome.ref is None


@pytest.mark.parametrize("case", OUTCOMES.values(), ids=OUTCOMES.keys())
def test_an_answer_is_read_for_what_it_proves(case: FrameCase) -> None:
    about = Context(interaction=stage.interaction())
    command = Release(interaction_id=InteractionId("i17"))
    _, outcome = stage.run(stage.flow(command, about), msgspec.json.decode(case.frame))
    expected = msgspec.json.decode(case.canonical, type=Expected)
    wanted: Outcome | None = expected.done or expected.failed
    assert outcome == wanted


@pytest.mark.parametrize("case", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_client_s_command_means_the_canonical_command(case: FrameCase) -> None:
    active = stage.interaction(focused=True, recording_state=RecordingState.RECORDING)
    client = stage.client(active, stage.interaction("i18", state="wrap_up"))
    outputs = client.received(bytes(case.frame), stage.NOW)
    assert stage.commands(outputs) == msgspec.json.decode(case.canonical, type=list[AnyCommand])
    assert all(isinstance(one, Execute) for one in outputs)


@pytest.mark.parametrize("case", LOCAL.values(), ids=LOCAL.keys())
def test_what_is_known_here_is_answered_at_once(case: FrameCase) -> None:
    client = stage.client(*msgspec.json.decode(case.canonical, type=list[Interaction]))
    [answer] = client.received(bytes(case.frame), stage.NOW)
    assert isinstance(answer, Send)
    assert same(answer.frame, case.context)


@pytest.mark.parametrize("case", EVENTS.values(), ids=EVENTS.keys())
def test_an_event_is_told_as_the_document_has_it(case: FrameCase) -> None:
    event = msgspec.json.decode(case.canonical, type=AnyEvent)
    frames = bodies(event_encoder(EmbeddedSettings()), event)
    assert same(b"[" + b",".join(frames) + b"]", case.frame)


@pytest.mark.parametrize("case", RESULTS.values(), ids=RESULTS.keys())
def test_a_result_is_answered_where_the_frame_has_an_id(case: FrameCase) -> None:
    result = msgspec.json.decode(case.canonical, type=FinalResult)
    for request_id in (1, None):
        client = stage.client(stage.interaction())
        frame = {"jsonrpc": "2.0", "method": "TERMINATE_INTERACTION_FROM_API", "params": ["i17"]}
        named = frame if request_id is None else {**frame, "id": request_id}
        [execute] = client.received(stage.frame(named), stage.NOW)
        assert isinstance(execute, Execute)
        answers = client.finished(execute.token, result, stage.NOW)
        if request_id is None:
            assert answers == []
            continue
        [answer] = answers
        assert isinstance(answer, Send)
        assert same(answer.frame, case.frame)
