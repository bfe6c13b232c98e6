"""South: commands that need several calls, and those that cannot be said."""

import msgspec
import pytest

from adapters.bright_pattern import flows
from adapters.bright_pattern.binding import CAPABILITIES
from adapters.bright_pattern.encode_events import encoder
from adapters.bright_pattern.platform import BrightPatternPlatform
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.capabilities import Support
from adapters.contract.dialect import Call, Context, Done, Outcome, Reply
from adapters.kit import jsonrpc
from schemas import events as e
from schemas.commands import COMMANDS, AnyCommand
from schemas.errors import UnsupportedError
from schemas.ids import EventId, InteractionId, PlatformId, Ref
from schemas.interaction import (
    Direction,
    Interaction,
    InteractionState,
    Media,
    Party,
    PartyRole,
    RecordingState,
)
from schemas.needinfo import Question
from schemas.observations import InteractionObserved
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json
from tests.clients import bodies
from tests.dialects.bright_pattern.peers import NOW, interaction

OK = '{"status":"success","data":null}'


def error(code: int, name: str) -> str:
    return msgspec.json.encode({"status": "error", "error": {"code": code, "name": name}}).decode()


def command(verb: str, **fields: object) -> AnyCommand:
    made: AnyCommand = msgspec.convert({"type": verb, **fields}, AnyCommand)
    return made


def run(
    asked: AnyCommand, *answers: str, one: Interaction | None = None, others: tuple[Interaction, ...] = ()
) -> tuple[list[tuple[object, ...]], Outcome]:
    """The calls of a flow that gets these answers, and its outcome."""
    flow = flows.begin(asked, Context(interaction=one, others=others))
    made: list[Call] = []
    try:
        made.append(next(flow))
        for answer in answers:
            made.append(flow.send(Reply(msgspec.Raw(answer))))  # noqa: PERF401  # a generator that ends
    except StopIteration as end:
        outcome: Outcome = end.value
        assert len(made) == len(answers)
        return [(call.method, *call.params) for call in made], outcome
    raise AssertionError(f"still asking for {made[-1]}")


MAIN = interaction("I1", focused=True)
CONSULT = interaction("C1", consult_of=InteractionId("I1"), state=InteractionState.HELD)


def test_consultation_makes_its_call_active_first() -> None:
    asked = command("interaction.consult", interaction_id="I1", destination="2002")
    behind = msgspec.structs.replace(MAIN, focused=False)
    made, outcome = run(asked, OK, OK, one=behind)
    assert made == [("switchActiveInteraction", "i1"), ("consultCall", "2002")]
    assert outcome == Done()


@pytest.mark.parametrize(("one", "other"), [(MAIN, CONSULT), (CONSULT, MAIN)], ids=["main", "consultation"])
def test_alternate_holds_the_one_and_takes_the_other(one: Interaction, other: Interaction) -> None:
    made, _ = run(command("interaction.alternate", interaction_id=one.id), OK, OK, one=one, others=(other,))
    assert made == [("setCallHold", True, "i1"), ("setCallHold", False, "c1")]


def test_alternate_that_breaks_in_the_middle_may_have_had_an_effect() -> None:
    asked = command("interaction.alternate", interaction_id="I1")
    _, outcome = run(asked, OK, error(15, "not_suitable_state"), one=MAIN, others=(CONSULT,))
    assert isinstance(outcome, Failed)
    assert outcome.effect is Effect.UNKNOWN


def test_transfer_is_completed_on_the_consulted_call() -> None:
    asked = command("interaction.complete_transfer", interaction_id="C1")
    behind = msgspec.structs.replace(MAIN, focused=False)
    made, _ = run(asked, OK, OK, one=CONSULT, others=(behind,))
    assert made == [("switchActiveInteraction", "i1"), ("transfer",)]


def test_the_steps_of_a_transfer_are_named_for_people() -> None:
    asked = command("interaction.complete_transfer", interaction_id="C1")
    behind = msgspec.structs.replace(MAIN, focused=False)
    flow = flows.begin(asked, Context(interaction=CONSULT, others=(behind,)))
    steps = [next(flow).step, flow.send(Reply(msgspec.Raw(OK))).step]
    assert steps == ["bring the interaction to the front", "complete the transfer"]


def test_transfer_without_a_consultation_sends_nothing() -> None:
    made, outcome = run(command("interaction.complete_transfer", interaction_id="I1"), one=MAIN)
    assert made == []
    assert isinstance(outcome, Failed)
    assert outcome.code is ErrorCode.WRONG_STATE


def test_merge_of_more_calls_than_two_warns() -> None:
    third = interaction("I9", state=InteractionState.HELD)
    asked = command("interaction.complete_conference", interaction_id="I1")
    made, outcome = run(asked, OK, one=MAIN, others=(CONSULT, third))
    assert made == [("mergeAllCallsIntoConference",)]
    assert isinstance(outcome, Done)
    assert outcome.warnings


def test_answered_service_is_selected_before_the_call() -> None:
    asked = command("interaction.dial", session_id="s", destination="1", answers={"service": "sv-1"})
    made, outcome = run(asked, OK, '{"status":"success","data":{"id":"i-7"}}')
    assert made == [("setService", "sv-1"), ("startCall", "1")]
    assert outcome == Done(ref=Ref("i-7"))


def test_caller_id_and_data_have_calls_of_their_own() -> None:
    asked = command("interaction.dial", session_id="s", destination="1", caller_id="+1555", data={"k": 1})
    made, _ = run(asked, OK, '{"status":"success","data":{"id":"i-7"}}', OK)
    assert made == [("setDIDNumber", "+1555"), ("startCall", "1"), ("setVariable", "k", "1", "i-7")]


def test_answered_disposition_is_set_before_completing() -> None:
    answers = {"disposition": "d-1", "notes": "n", "agent_state": "not_ready:Lunch"}
    asked = command("interaction.complete", interaction_id="I1", answers=answers)
    wrap_up = msgspec.structs.replace(MAIN, state=InteractionState.WRAP_UP)
    made, outcome = run(asked, OK, OK, OK, OK, one=wrap_up)
    assert made == [
        ("setDisposition", "d-1", "i1"),
        ("replaceNote", "n", "i1"),
        ("completeInteraction", "i1"),
        ("setAgentState", "not_ready", "Lunch"),
    ]
    assert outcome == Done()


def test_completing_a_call_never_leaves_it() -> None:
    asked = command("interaction.complete", interaction_id="I1", answers={"disposition": "d-1"})
    made, outcome = run(asked, OK, error(15, "not_suitable_state"), one=MAIN)
    assert made == [("setDisposition", "d-1", "i1"), ("completeInteraction", "i1")]
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.effect) == (ErrorCode.WRONG_STATE, Effect.UNKNOWN)  # the disposition is set
    made, outcome = run(asked, error(17, "object_not_found"), one=MAIN)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.effect) == (ErrorCode.UNKNOWN_OBJECT, Effect.NONE)


def test_a_chat_that_goes_on_is_left_and_completed_once_its_disposition_stands() -> None:
    asked = command("interaction.complete", interaction_id="I1", answers={"disposition": "d-1"})
    chat = msgspec.structs.replace(MAIN, media=Media.CHAT)
    made, _ = run(asked, error(17, "object_not_found"), one=chat)
    assert made == [("setDisposition", "d-1", "i1")]
    made, _ = run(asked, OK, OK, one=chat)
    assert made[1:] == [("leaveAndCompleteInteraction", None, None, "i1")]
    made, _ = run(asked, OK, error(15, "not_suitable_state"), OK, one=chat)
    assert made[2:] == [("completeInteraction", "i1")]


def test_answered_reason_is_given_and_not_asked_again() -> None:
    answers = {"agent_state": "not_ready:Lunch"}
    asked = command("agent.set_state", session_id="s", state="not_ready", answers=answers)
    made, outcome = run(asked, error(3, "invalid_args"))
    assert made == [("setAgentState", "not_ready", "Lunch")]
    assert not isinstance(outcome, Question)


def test_widget_without_login_shows_its_own_page() -> None:
    asked = command("agent.login", platform_id="p", agent_id="ada", password="x")
    made, outcome = run(asked, error(14, "api_method_not_implemented"), OK)
    assert [call[0] for call in made] == ["login", "openLogin"]
    assert isinstance(outcome, Done)
    assert outcome.warnings


def test_setting_several_keys_says_when_only_some_were_set() -> None:
    asked = command("interaction.set_data", interaction_id="I1", data={"a": "1", "b": {"c": 2}})
    made, outcome = run(asked, OK, error(13, "no_interaction"), one=MAIN)
    assert made[1] == ("setVariable", "b", '{"c":2}', "i1")
    assert isinstance(outcome, Failed)
    assert outcome.effect is Effect.UNKNOWN


@pytest.mark.parametrize(
    "asked",
    [
        command("interaction.block_completion", interaction_id="I1", message="no"),
        command("interaction.unblock_completion", interaction_id="I1"),
        command("interaction.delete_data", interaction_id="I1", key="k"),
        command("agent.set_state", session_id="s", state="busy"),
        command("interaction.dial", session_id="s", destination="x", destination_kind="skill"),
        command("interaction.consult", interaction_id="I1", destination="x", media="chat"),
        command("interaction.single_step_transfer", interaction_id="I1", destination="x", data={"a": {}}),
        command("vendor.call", session_id="s", method="deleteEverything"),
    ],
    ids=lambda asked: type(asked).__name__,
)
def test_what_cannot_be_said_is_refused_before_anything_is_sent(asked: AnyCommand) -> None:
    with pytest.raises(UnsupportedError):
        flows.begin(asked, Context(interaction=MAIN))


def test_every_verb_but_the_declared_ones_has_a_flow() -> None:
    fields: dict[str, Json] = {"interaction_id": "I1", "session_id": "s"}
    fields |= {"platform_id": "p", "agent_id": "ada"}
    fields |= dict.fromkeys(("destination", "tones", "text", "party_id", "disposition", "notes"), "1")
    fields |= {
        "by_s": 60,
        "message": "m",
        "key": "k",
        "state": "ready",
        "channel_type": "sms",
        "method": "getConfig",
    }
    for verb in COMMANDS:
        asked = command(verb, **fields, data={})
        if CAPABILITIES.commands_south[verb].support in (Support.UNSUPPORTED, Support.GATEWAY):
            with pytest.raises(UnsupportedError):
                flows.begin(asked, Context(interaction=MAIN))
        else:
            flows.begin(asked, Context(interaction=MAIN)).close()


# --- both roles of the dialect against each other; the golden frames say that neither is wrong on its own


@pytest.mark.parametrize("state", InteractionState)
@pytest.mark.parametrize("media", [Media.VOICE, Media.CHAT, Media.EMAIL])
def test_what_clients_are_told_is_what_a_platform_would_mean(state: InteractionState, media: Media) -> None:
    told = interaction(
        "I1",
        state=state,
        media=media,
        direction=Direction.OUTBOUND if state is InteractionState.DIALING else Direction.INBOUND,
        parties=(Party(id="p-1", role=PartyRole.CUSTOMER, name="Ada", address="1"),),
        muted=media is Media.VOICE,
        recording_state=RecordingState.RECORDING if media is Media.VOICE else RecordingState.STOPPED,
        remote_address="1",
        data={"k": "v"},
        refs={},  # of another platform: one of this dialect is told in its own words
    )
    event = e.InteractionUpdated(
        id=EventId("e"), time=NOW, platform_id=PlatformId("p"), sequence=5, interaction=told
    )
    frame, *_ = bodies(encoder(BrightPatternSettings()), event)
    platform = BrightPatternPlatform(None)
    platform.opened(NOW)
    platform.received(
        jsonrpc.response(-1, {"status": "success", "data": {"isLoggedIn": True, "agentId": "ada"}}), NOW
    )
    (seen,) = platform.received(frame, NOW)
    assert isinstance(seen, InteractionObserved)
    same = ("media", "muted", "recording_state", "remote_address", "data", "notes", "internal", "conference")
    assert [getattr(seen, name) for name in same] == [getattr(told, name) for name in same]
    assert seen.root_ref == Ref(told.root_id)
    preview = media is not Media.VOICE and state is InteractionState.DIALING
    expected = InteractionState.ALERTING if preview or state is InteractionState.PREVIEW else state
    assert seen.state is expected
    if media is not Media.EMAIL:
        assert seen.parties == told.parties
