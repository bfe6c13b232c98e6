"""Golden frames, both roles: what the documents print means what is written beside it."""

import msgspec
import pytest

from adapters.contract.dialect import Call, Context, Done, Execute, Outcome, Reply, Send
from adapters.genesys_wwe import methods, tables
from adapters.genesys_wwe.encode import event_encoder
from adapters.genesys_wwe.settings import Settings
from schemas.agent import AgentSession
from schemas.commands import AnyCommand
from schemas.errors import UnsupportedError
from schemas.events import AnyEvent
from schemas.interaction import Interaction
from schemas.observations import AnyObservation
from schemas.results import Failed, FinalResult
from schemas.values import Json
from tests.clients import bodies
from tests.dialects.genesys_wwe import stage
from tests.dialects.golden import FrameCase, load, same

OBSERVATIONS = load("genesys_wwe", "observation")
CALLS = load("genesys_wwe", "call")
OUTCOMES = load("genesys_wwe", "outcome")
COMMANDS = load("genesys_wwe", "command")
EVENTS = load("genesys_wwe", "event")
RESULTS = load("genesys_wwe", "answer")


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """What the page has shown before, or what the command is about."""

    interactions: list[Json] = []
    interaction: Interaction | None = None
    others: tuple[Interaction, ...] = ()
    agent: AgentSession | None = None


class Expected(msgspec.Struct, forbid_unknown_fields=True):
    """An outcome."""

    done: dict[str, Json] | None = None
    failed: Failed | None = None


def context(case: FrameCase) -> Told:
    return msgspec.json.decode(case.context, type=Told | None) or Told()


def frames(raw: msgspec.Raw) -> list[msgspec.Raw]:
    return msgspec.json.decode(raw, type=list[msgspec.Raw]) if bytes(raw).startswith(b"[") else [raw]


@pytest.mark.parametrize("case", OBSERVATIONS.values(), ids=OBSERVATIONS.keys())
def test_what_the_page_says_means_what_the_document_says(case: FrameCase) -> None:
    connection, _ = stage.connected(context(case).interactions)
    seen: list[AnyObservation] = []
    for one in frames(case.frame):
        seen += stage.observed(connection.received(bytes(one), stage.NOW))
    assert seen == msgspec.json.decode(case.canonical, type=list[AnyObservation])


@pytest.mark.parametrize("case", CALLS.values(), ids=CALLS.keys())
def test_a_command_becomes_the_documented_requests(case: FrameCase) -> None:
    told = context(case)
    about = Context(agent=told.agent, interaction=told.interaction, others=told.others)
    command = msgspec.json.decode(case.canonical, type=AnyCommand)
    asked, outcome = stage.run(stage.flow(command, about))
    assert asked == msgspec.json.decode(case.frame, type=list[stage.Asked])
    assert isinstance(outcome, Done)
    assert outcome.ref is None


@pytest.mark.parametrize("case", OUTCOMES.values(), ids=OUTCOMES.keys())
def test_a_reply_is_read_as_the_vendor_s_library_reads_it(case: FrameCase) -> None:
    command = msgspec.json.decode(b'{"type":"interaction.accept","interaction_id":"i4"}', type=AnyCommand)
    about = Context(interaction=stage.interaction(refs={"interaction": "4"}))
    running = stage.flow(command, about)
    assert next(running) == Call(method="interaction.accept", params=("4",))
    expected = msgspec.json.decode(case.canonical, type=Expected)
    outcome: Outcome = Done() if expected.failed is None else expected.failed
    with pytest.raises(StopIteration) as ended:
        running.send(Reply(case.frame))
    assert ended.value.value == outcome


@pytest.mark.parametrize("case", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_client_s_request_means_the_canonical_command(case: FrameCase) -> None:
    client = stage.client(
        stage.interaction(), stage.interaction("blocked", completion_blocked="no", state="held", muted=True)
    )
    outputs = client.received(bytes(case.frame), stage.NOW)
    got = [one.command for one in outputs if isinstance(one, Execute)]
    assert got == msgspec.json.decode(case.canonical, type=list[AnyCommand])
    assert len(outputs) == (len(got) or 1)  # no command: answered from what is known


@pytest.mark.parametrize("case", EVENTS.values(), ids=EVENTS.keys())
def test_an_event_is_told_as_the_document_prints_it(case: FrameCase) -> None:
    told = bodies(event_encoder(Settings()), msgspec.json.decode(case.canonical, type=AnyEvent))
    assert same(b"[" + b",".join(told) + b"]", case.frame)


@pytest.mark.parametrize("case", RESULTS.values(), ids=RESULTS.keys())
def test_a_result_is_answered_as_the_vendor_answers(case: FrameCase) -> None:
    client = stage.client(stage.interaction())
    [execute] = stage.ask(client, "interaction.markdone", "i4")
    assert isinstance(execute, Execute)
    [answer] = client.finished(
        execute.token, msgspec.json.decode(case.canonical, type=FinalResult), stage.NOW
    )
    assert isinstance(answer, Send)
    assert same(answer.frame, case.frame)


def test_all_thirty_states_stand_in_the_tables() -> None:
    assert len(set(tables.STATE_IN) | tables.NOTIFICATIONS) == 30
    assert not set(tables.STATE_IN) & tables.NOTIFICATIONS


def test_all_seventy_four_methods_are_known() -> None:
    assert len({row.name for row in methods.ROWS}) == len(methods.ROWS) == 74
    assert {row.name for row in methods.ROWS if row.read is None} == methods.UNAVAILABLE.keys()


@pytest.mark.parametrize(
    "command",
    [
        {"type": "agent.logout", "session_id": "s"},
        {"type": "interaction.send_dtmf", "interaction_id": "i4", "tones": "1"},
        {"type": "chat.send", "interaction_id": "i4", "text": "hello"},
        {"type": "interaction.dial", "session_id": "s", "destination": "1", "caller_id": "2"},
        {"type": "interaction.dial", "session_id": "s", "destination": "1", "destination_kind": "skill"},
        {"type": "interaction.release", "interaction_id": "i4"},
        {"type": "interaction.consult", "interaction_id": "i4", "destination": "1", "extensions": {"a": 1}},
    ],
)
def test_what_the_api_cannot_say_is_refused_before_anything_is_sent(command: Json) -> None:
    about = Context(interaction=stage.interaction(media="chat", refs={"interaction": "4"}))
    with pytest.raises(UnsupportedError):
        stage.flow(msgspec.convert(command, AnyCommand), about)
