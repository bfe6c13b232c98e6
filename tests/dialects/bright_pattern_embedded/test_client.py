"""North: a page that takes us for the agent's Embedded Agent Desktop."""

from collections.abc import Callable

import msgspec
import pytest

from adapters.bright_pattern.embedded.client import REFUSED, Client
from adapters.bright_pattern.embedded.encode import event_encoder
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.contract.dialect import Close, Execute, Follow
from adapters.kit.jsonrpc import INVALID_PARAMS, METHOD_NOT_FOUND
from adapters.kit.page_client import MAX_OPEN
from schemas import commands as c
from schemas import events as e
from schemas.agent import AgentSession, AgentState
from schemas.ids import InteractionId, PlatformId, SessionId
from schemas.interaction import Disposition, Interaction, RecordingState
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode, Failed, Succeeded
from schemas.values import Json
from tests.clients import bodies
from tests.dialects.bright_pattern_embedded import stage
from tests.dialects.bright_pattern_embedded.stage import AGENT, NOW

ENCODE = event_encoder(EmbeddedSettings())
ASKS_STATE = Failed(
    code=ErrorCode.NEEDS_INFO,
    missing=Question(
        kind=NeedInfoKind.AGENT_STATE,
        title="Which state next?",
        fields=(Field(key="agent_state", type=FieldType.CHOICE, choices=(Choice(id="ready"),)),),
    ),
)


def happened(kind: Callable[..., e.AnyEvent], one: Interaction) -> e.AnyEvent:
    return kind(time=NOW, platform_id=PlatformId("p"), agent_id=one.agent_id, interaction=one)


class Listed(msgspec.Struct):
    """What a getState answer lists."""

    interactions: list[dict[str, Json]]


def executed(outputs: list[object]) -> Execute:
    [one] = outputs
    assert isinstance(one, Execute)
    return one


def test_a_page_follows_the_agent_of_its_token() -> None:
    client = Client(EmbeddedSettings(), stage.Seen(), AGENT)
    assert client.opened(NOW) == [Follow(AGENT)]
    [close] = Client(EmbeddedSettings(), stage.Seen(), None).opened(NOW)
    assert isinstance(close, Close)


# --- getState


def test_a_signed_out_agent_is_offline_and_nothing_else_is_answered() -> None:
    view = stage.Seen()
    view.session = None
    client = stage.client(view=view)
    [state] = stage.ask(client, "GET_STATE")
    assert state == {"agent_id": "kim", "status": "offline", "reason": "", "interactions": []}
    assert stage.ask(client, "LOGOUT") == [(REFUSED, "The agent is not signed in")]


def test_data_of_a_platform_of_this_dialect_stay_apart() -> None:
    extras = {"screenpop_data": "case=7", "attached_data": {"tier": "gold"}}
    client = stage.client(stage.interaction(extras=extras))
    [state] = stage.ask(client, "GET_STATE")
    [item] = msgspec.convert(state, Listed).interactions
    assert (item["screenpop_data"], item["attached_data"]) == ("case=7", {"tier": "gold"})


@pytest.mark.parametrize(
    ("state", "own", "told"),
    [
        (AgentState.RESERVED, "", "ready"),
        (AgentState.RESERVED, "ringing", "ringing"),
        (AgentState.BUSY, "DND_ON", "busy"),
        (AgentState.AFTER_CALL_WORK, "", "after_call_work"),
        (AgentState.UNKNOWN, "", "unknown"),
    ],
)
def test_a_status_is_told_in_words_of_this_api(state: AgentState, own: str, told: str) -> None:
    view = stage.Seen()
    view.session = AgentSession(
        id=SessionId("s"), platform_id=PlatformId("p"), agent_id=AGENT, state=state, vendor_state=own
    )
    [answer] = stage.ask(stage.client(view=view), "GET_STATE")
    assert msgspec.convert(answer, dict[str, Json])["status"] == told


def test_the_queue_is_not_shown() -> None:
    queued = stage.interaction(state="queued")
    [state] = stage.ask(stage.client(queued), "GET_STATE")
    assert msgspec.convert(state, Listed).interactions == []
    assert bodies(ENCODE, happened(e.InteractionQueued, queued)) == []


# --- what is wrong


@pytest.mark.parametrize(
    ("command", "params", "code"),
    [
        ("DIAL_NUMBER", ("",), INVALID_PARAMS),
        ("DIAL_NUMBER", ("  ",), INVALID_PARAMS),
        ("DIAL_NUMBER", (), INVALID_PARAMS),
        ("DIAL_NUMBER", (None,), INVALID_PARAMS),
        ("DIAL_NUMBER", (True,), INVALID_PARAMS),
        ("DIAL_NUMBER", ({"number": "1"},), INVALID_PARAMS),
        ("SINGLE_STEP_TRANSFER", ("",), INVALID_PARAMS),
        ("CHANGE_STATE", ("BUSY",), INVALID_PARAMS),
        ("CHANGE_STATE", (), INVALID_PARAMS),
        ("POST_VARIABLE", ("i17", "", "x"), INVALID_PARAMS),
        ("COMPLETE_INTERACTION_WITH_DISPOSITION", ("i17",), INVALID_PARAMS),
        ("SET_NOTES", ("nobody", "x"), REFUSED),
        ("TERMINATE_INTERACTION_FROM_API", ("17",), REFUSED),  # that is the platform's own id
        ("MERGE_ALL_CALLS_INTO_CONFERENCE", (), REFUSED),
        ("LOGIN_CHANGED", (), METHOD_NOT_FOUND),
        ("setStatus", ("READY",), METHOD_NOT_FOUND),
    ],
)
def test_a_command_that_cannot_be_is_refused(command: str, params: tuple[Json, ...], code: int) -> None:
    [answer] = stage.ask(stage.client(stage.interaction()), command, *params)
    assert isinstance(answer, tuple)
    assert answer[0] == code


def test_params_that_are_no_list_are_refused() -> None:
    frame = stage.frame({"jsonrpc": "2.0", "id": 1, "method": "SET_NOTES", "params": {"notes": "x"}})
    [answer] = stage.client(stage.interaction()).received(frame, NOW)
    code, _ = msgspec.convert(stage.plain(answer), tuple[int, str])
    assert code == INVALID_PARAMS


def test_without_an_id_nothing_is_answered_but_everything_is_done() -> None:
    client = stage.client(stage.interaction())
    for command in ("GET_STATE", "SELECT_SERVICE", "DIAL_NUMBER"):
        assert client.received(stage.event(command), NOW) == []
    [execute] = client.received(stage.event("LOGOUT"), NOW)
    assert isinstance(execute, Execute)


def test_more_than_is_bearable_is_refused() -> None:
    client = stage.client(stage.interaction())
    for _ in range(MAX_OPEN):
        executed(stage.ask(client, "LOGOUT"))
    assert stage.ask(client, "LOGOUT") == [(REFUSED, "Too many requests under way")]


# --- which interaction


def test_no_id_means_the_active_interaction_else_the_only_one_else_none() -> None:
    first, second = stage.interaction("i1"), stage.interaction("i2", focused=True)
    notes = c.SetNotes(interaction_id=InteractionId("i2"), notes="x")
    for item in (None, ""):
        assert stage.commands(stage.ask(stage.client(first, second), "SET_NOTES", item, "x")) == [notes]
    only = stage.interaction("i2")
    assert stage.commands(stage.ask(stage.client(only), "SET_NOTES", "", "x")) == [notes]
    neither = stage.client(first, only)
    assert stage.ask(neither, "SET_NOTES", "", "x") == [(REFUSED, "No interaction is active")]


def test_a_number_for_a_text_is_taken_for_its_digits() -> None:
    [dial] = stage.commands(stage.ask(stage.client(), "DIAL_NUMBER", 102))
    assert dial == c.Dial(session_id=SessionId("s"), destination="102")


# --- several commands


@pytest.mark.parametrize("state", ["dialing", "connected", "held"])
def test_completing_a_call_releases_it_first(state: str) -> None:
    client = stage.client(stage.interaction(state=state))
    release = executed(stage.ask(client, "COMPLETE_INTERACTION_FROM_API", "i17"))
    assert isinstance(release.command, c.Release)
    [complete] = client.finished(release.token, Succeeded(), NOW)
    assert isinstance(complete, Execute)
    assert complete.command == c.Complete(interaction_id=InteractionId("i17"))
    [answer] = client.finished(complete.token, Succeeded(), NOW)
    assert stage.plain(answer) is None


def test_what_could_not_be_released_is_not_completed() -> None:
    client = stage.client(stage.interaction())
    release = executed(stage.ask(client, "COMPLETE_INTERACTION_FROM_API", "i17"))
    [answer] = client.finished(release.token, Failed(code=ErrorCode.WRONG_STATE), NOW)
    assert stage.plain(answer) == (REFUSED, "wrong state")


def test_what_was_chosen_already_goes_along_with_the_completion() -> None:
    chosen = stage.interaction(state="wrap_up", notes="two", disposition=Disposition(id="d1", name="Sold"))
    [complete] = stage.commands(stage.ask(stage.client(chosen), "COMPLETE_INTERACTION_FROM_API", "i17"))
    assert complete == c.Complete(
        interaction_id=InteractionId("i17"), answers={"disposition": "d1", "notes": "two"}
    )


@pytest.mark.parametrize(
    ("command", "state", "verb"),
    [
        ("MUTE_CALL_RECORDINGS", RecordingState.RECORDING, c.PauseRecording),
        ("UNMUTE_CALL_RECORDINGS", RecordingState.PAUSED, c.ResumeRecording),
    ],
)
def test_all_recordings_are_one_command_for_each_call_and_one_answer(
    command: str, state: RecordingState, verb: type[c.PauseRecording | c.ResumeRecording]
) -> None:
    client = stage.client(
        stage.interaction("i1", recording_state=state),
        stage.interaction("i2", recording_state=state, state="held"),
        stage.interaction("i3"),
        stage.interaction("i4", recording_state=state, state="wrap_up"),
        stage.interaction("i5", recording_state=state, media="chat"),
    )
    first, second = stage.ask(client, command)
    assert isinstance(first, Execute)
    assert isinstance(second, Execute)
    assert [first.command, second.command] == [
        verb(interaction_id=InteractionId(name)) for name in ("i1", "i2")
    ]
    assert client.finished(first.token, Failed(code=ErrorCode.BUSY), NOW) == []
    [answer] = client.finished(second.token, Succeeded(), NOW)
    assert stage.plain(answer) == (REFUSED, "busy")
    assert client.finished(second.token, Succeeded(), NOW) == []


def test_no_recording_to_mute_is_no_failure() -> None:
    assert stage.ask(stage.client(stage.interaction()), "MUTE_CALL_RECORDINGS") == [None]


def test_all_calls_are_merged_where_there_is_a_consultation() -> None:
    consult = stage.interaction("i18", consult_of="i17", focused=True)
    [merge] = stage.commands(
        stage.ask(stage.client(stage.interaction(), consult), "MERGE_ALL_CALLS_INTO_CONFERENCE")
    )
    assert merge == c.CompleteConference(interaction_id=InteractionId("i18"))


# --- what a platform needs more


def test_a_selected_service_is_the_answer_when_the_client_dials() -> None:
    client = stage.client()
    assert stage.ask(client, "SELECT_SERVICE", "Sales") == [None]
    [dial] = stage.commands(stage.ask(client, "DIAL_NUMBER", "1"))
    assert dial.answers == {"service": "Sales", "skill": "Sales"}


def test_a_status_that_a_completion_was_refused_for_goes_along_with_the_next_try() -> None:
    client = stage.client(stage.interaction(state="wrap_up"))
    stage.ask(client, "CHANGE_STATE", "READY")
    refused = executed(stage.ask(client, "COMPLETE_INTERACTION_FROM_API", "i17"))
    assert refused.command.answers == {}
    [answer] = client.finished(refused.token, ASKS_STATE, NOW)
    assert stage.plain(answer) == (REFUSED, "Which state next? (setStatus: ready)")
    again = executed(stage.ask(client, "COMPLETE_INTERACTION_FROM_API", "i17"))
    assert again.command.answers == {}  # the one of before was no answer
    stage.ask(client, "CHANGE_STATE", "NOT_READY", "Lunch")
    last = executed(stage.ask(client, "COMPLETE_INTERACTION_FROM_API", "i17"))
    assert last.command.answers == {"agent_state": "not_ready:lunch"}


def test_notes_that_a_platform_takes_with_the_completion_only_wait_for_it() -> None:
    client = stage.client(stage.interaction(state="wrap_up"))
    notes = executed(stage.ask(client, "SET_NOTES", "i17", "two"))
    [answer] = client.finished(notes.token, Failed(code=ErrorCode.UNSUPPORTED), NOW)
    assert stage.plain(answer) is None
    complete = executed(stage.ask(client, "COMPLETE_INTERACTION_FROM_API", "i17"))
    assert complete.command.answers == {"notes": "two"}
    other = executed(stage.ask(client, "COMPLETE_INTERACTION_WITH_DISPOSITION", "i17", "Sold", "three"))
    assert other.command.answers == {"disposition": "Sold", "notes": "three"}


def test_the_data_of_a_call_that_was_passed_on_are_the_answer() -> None:
    client = stage.client(stage.interaction())
    passed = executed(stage.ask(client, "GET_SCREEN_RECORDING_STATUS", "i17"))
    assert passed.command == c.VendorCall(
        session_id=SessionId("s"),
        method="GET_SCREEN_RECORDING_STATUS",
        params=("17",),
        interaction_id=InteractionId("i17"),
    )
    [answer] = client.finished(passed.token, Succeeded(data={"recording": "1"}), NOW)
    assert stage.plain(answer) == {"recording": "1"}
