"""South: what the desktop can and cannot be told."""

from typing import Final

import msgspec
import pytest

from adapters.bright_pattern.embedded.methods import COMMANDS_SOUTH, HANDED_OVER, MERGES_ALL
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.contract.capabilities import Support
from adapters.contract.dialect import Context, Done
from schemas import commands as c
from schemas.errors import UnsupportedError
from schemas.ids import InteractionId, SessionId
from schemas.interaction import InteractionState
from schemas.results import Effect, ErrorCode, Failed
from schemas.values import Json
from tests.dialects.bright_pattern_embedded import stage

IT = InteractionId("i17")
ABOUT = Context(interaction=stage.interaction())
COMMANDS: Final[dict[str, dict[str, Json]]] = {
    "agent.set_state": {"session_id": "s", "state": "ready"},
    "interaction.dial": {"session_id": "s", "destination": "+15550100"},
    "interaction.set_data": {"interaction_id": "i17", "data": {"a": "b"}},
    "interaction.set_disposition": {"interaction_id": "i17", "disposition": "Sold"},
    "interaction.set_notes": {"interaction_id": "i17", "notes": "two"},
    "interaction.single_step_transfer": {"interaction_id": "i17", "destination": "102"},
    "interaction.single_step_conference": {"interaction_id": "i17", "destination": "102"},
    "vendor.call": {"session_id": "s", "method": "getCallRecordingStatus", "params": ["17"]},
}
REFUSED_ARGS: Final[dict[str, dict[str, Json]]] = {
    "agent.login": {"platform_id": "p", "agent_id": "kim"},
    "interaction.start_chat": {"session_id": "s", "channel_type": "sms", "destination": "+1"},
    "interaction.start_email": {"session_id": "s", "destination": "a@example.com"},
    "interaction.list_dispositions": {"session_id": "s"},
    "directory.list": {"session_id": "s"},
    "interaction.send_dtmf": {"interaction_id": "i17", "tones": "1"},
    "interaction.consult": {"interaction_id": "i17", "destination": "102"},
    "interaction.drop_party": {"interaction_id": "i17", "party_id": "x"},
    "interaction.delete_data": {"interaction_id": "i17", "key": "a"},
    "interaction.block_completion": {"interaction_id": "i17", "message": "no"},
    "interaction.extend_wrap_up": {"interaction_id": "i17", "by_s": 60},
    "chat.send": {"interaction_id": "i17", "text": "hi"},
    "email.reply": {"interaction_id": "i17", "text": "hi"},
    "email.forward": {"interaction_id": "i17", "destination": "a@example.com"},
}


def command(verb: str, fields: dict[str, Json] | None = None) -> c.AnyCommand:
    plain: dict[str, Json] = {"session_id": "s"} if verb == "agent.logout" else {"interaction_id": "i17"}
    body = {**(fields or COMMANDS.get(verb) or REFUSED_ARGS.get(verb) or plain), "type": verb}
    made: c.AnyCommand = msgspec.convert(body, c.AnyCommand)
    return made


@pytest.mark.parametrize(
    "verb",
    [v for v, one in COMMANDS_SOUTH.items() if one.support in {Support.UNSUPPORTED, Support.GATEWAY}],
)
def test_what_the_desktop_has_no_command_for_is_refused_with_its_reason(verb: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        stage.flow(command(verb), ABOUT)
    assert COMMANDS_SOUTH[verb].note in str(refused.value)


@pytest.mark.parametrize(
    "verb",
    [v for v, one in COMMANDS_SOUTH.items() if one.support in {Support.EXACT, Support.APPROXIMATE}],
)
def test_what_is_only_handed_over_says_so(verb: str) -> None:
    about = Context(interaction=stage.interaction(), others=())
    if verb == "interaction.complete_conference":
        about = Context(interaction=stage.interaction(), others=(stage.interaction("i18"),))
    asked, outcome = stage.run(stage.flow(command(verb), about))
    assert asked
    assert isinstance(outcome, Done)
    wanted = (HANDED_OVER,) if COMMANDS_SOUTH[verb].support is Support.APPROXIMATE else ()
    more = (MERGES_ALL,) if verb == "interaction.complete_conference" else ()
    assert outcome.warnings == wanted + more


@pytest.mark.parametrize(
    "refused",
    [
        {"type": "agent.set_state", "session_id": "s", "state": "busy"},
        {"type": "interaction.dial", "session_id": "s", "destination": "1", "caller_id": "2"},
        {"type": "interaction.dial", "session_id": "s", "destination": "1", "destination_kind": "skill"},
        {"type": "interaction.set_disposition", "interaction_id": "i17", "disposition": ""},
        {
            "type": "interaction.single_step_transfer",
            "interaction_id": "i17",
            "destination": "1",
            "destination_kind": "queue",
        },
        {"type": "vendor.call", "session_id": "s", "method": "onAgentLogin"},
    ],
)
def test_what_cannot_be_said_accurately_is_refused_before_anything_is_sent(refused: Json) -> None:
    with pytest.raises(UnsupportedError):
        stage.flow(msgspec.convert(refused, c.AnyCommand), ABOUT)


def test_what_a_call_cannot_take_along_is_said() -> None:
    dial = c.Dial(session_id=SessionId("s"), destination="1", data={"case": "7"})
    asked, outcome = stage.run(stage.flow(dial, Context()))
    assert [one.method for one in asked] == ["DIAL_NUMBER"]
    assert isinstance(outcome, Done)
    assert len(outcome.warnings) == 2


@pytest.mark.parametrize("verb", ["interaction.single_step_transfer", "interaction.single_step_conference"])
@pytest.mark.parametrize(
    ("focused", "other", "taken"),
    [
        (True, InteractionState.CONNECTED, True),
        (False, InteractionState.CONNECTED, False),
        (False, InteractionState.UNKNOWN, False),
        (False, InteractionState.WRAP_UP, True),
        (False, None, True),
    ],
)
def test_only_the_call_on_the_screen_can_be_passed_on(
    verb: str, other: InteractionState | None, *, focused: bool, taken: bool
) -> None:
    others = () if other is None else (stage.interaction("i18", state=other),)
    about = Context(interaction=stage.interaction(focused=focused), others=others)
    asked, outcome = stage.run(stage.flow(command(verb), about))
    assert bool(asked) is taken
    assert isinstance(outcome, Done if taken else Failed)


def test_a_conference_takes_two_calls() -> None:
    merge = command("interaction.complete_conference")
    over = stage.interaction("i18", state="wrap_up")
    for others in ((), (over,)):
        about = Context(interaction=stage.interaction(), others=others)
        asked, outcome = stage.run(stage.flow(merge, about))
        assert asked == []
        assert isinstance(outcome, Failed)
        assert outcome.code is ErrorCode.WRONG_STATE


def test_an_interaction_that_the_desktop_does_not_have_is_refused() -> None:
    _, outcome = stage.run(stage.flow(command("interaction.release"), Context()))
    assert isinstance(outcome, Failed)
    assert outcome.code is ErrorCode.UNKNOWN_INTERACTION


def test_what_went_before_a_refusal_is_not_undone() -> None:
    ok = {"jsonrpc": "2.0", "id": 1, "result": None}
    refusal = {"jsonrpc": "2.0", "id": 2, "error": {"code": -32602, "message": "which?"}}
    transfer = c.SingleStepTransfer(interaction_id=IT, destination="1", data={"a": "b"})
    _, first = stage.run(stage.flow(transfer, ABOUT), refusal)
    _, second = stage.run(stage.flow(transfer, ABOUT), ok, refusal)
    assert isinstance(first, Failed)
    assert isinstance(second, Failed)
    assert (first.effect, second.effect) == (Effect.NONE, Effect.UNKNOWN)


def test_a_state_that_cannot_be_set_after_the_work_is_a_warning() -> None:
    complete = c.Complete(interaction_id=IT, answers={"agent_state": "busy"})
    asked, outcome = stage.run(stage.flow(complete, ABOUT))
    assert [one.method for one in asked] == ["COMPLETE_INTERACTION_FROM_API"]
    assert isinstance(outcome, Done)
    assert outcome.warnings[-1] == "The agent cannot be set to busy"


def test_any_method_is_called_by_its_name_or_by_its_command() -> None:
    for name in ("getScreenRecordingStatus", "GET_SCREEN_RECORDING_STATUS"):
        call = c.VendorCall(session_id=SessionId("s"), method=name, params=("17",))
        answer = {"jsonrpc": "2.0", "id": 1, "result": {"recording": "1"}}
        asked, outcome = stage.run(stage.flow(call, Context()), answer)
        assert [(one.method, one.params) for one in asked] == [("GET_SCREEN_RECORDING_STATUS", ["17"])]
        assert outcome == Done(data={"recording": "1"})


def test_the_settings_choose_how_a_disposition_is_said() -> None:
    said = c.SetDisposition(interaction_id=IT, disposition="7")
    for by, method in (("code", "SET_DISPOSITION"), ("name", "SET_DISPOSITION_BY_NAME")):
        settings = EmbeddedSettings.model_validate({"disposition_by": by})
        [asked], _ = stage.run(stage.flow(said, ABOUT, settings))
        assert asked.method == method
