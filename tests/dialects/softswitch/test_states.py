"""Which verb is taken in which state, in which medium."""

from collections.abc import Callable

import msgspec
import pytest

from schemas import commands as c
from schemas.commands import AnyCommand, verb
from schemas.ids import InteractionId, Ref
from schemas.interaction import InteractionState
from schemas.results import ErrorCode
from tests.dialects.softswitch.driver import CUSTOMER, SESSION, Driver

S = InteractionState
TALK = {S.CONNECTED, S.HELD}
OPEN = {S.DIALING, S.ALERTING, S.CONNECTED, S.HELD, S.WRAP_UP}
ME = InteractionId("")

TAKEN: list[tuple[AnyCommand, set[InteractionState]]] = [
    (c.Accept(interaction_id=ME), {S.ALERTING}),
    (c.Reject(interaction_id=ME), {S.ALERTING}),
    (c.Release(interaction_id=ME), TALK | {S.DIALING}),
    (c.Hold(interaction_id=ME), {S.CONNECTED}),
    (c.Retrieve(interaction_id=ME), {S.HELD}),
    (c.Mute(interaction_id=ME), {S.CONNECTED}),
    (c.Unmute(interaction_id=ME), {S.CONNECTED}),
    (c.SendDtmf(interaction_id=ME, tones="12#"), {S.CONNECTED, S.DIALING}),
    (c.StartRecording(interaction_id=ME), TALK),
    (c.Consult(interaction_id=ME, destination="103"), TALK),
    (c.SingleStepTransfer(interaction_id=ME, destination="103"), TALK),
    (c.SingleStepConference(interaction_id=ME, destination="103"), TALK),
    (c.Complete(interaction_id=ME), {S.WRAP_UP}),
    (c.ExtendWrapUp(interaction_id=ME, by_s=5), {S.WRAP_UP}),
    (c.EndWrapUp(interaction_id=ME), {S.WRAP_UP}),
    (c.Focus(interaction_id=ME), OPEN),
    (c.SetData(interaction_id=ME, data={"k": 1}), OPEN),
    (c.SetNotes(interaction_id=ME, notes="n"), OPEN),
    (c.BlockCompletion(interaction_id=ME, message="m"), OPEN),
    (c.UnblockCompletion(interaction_id=ME), OPEN),
    (c.StopRecording(interaction_id=ME), set()),  # not without a recording
    (c.PauseRecording(interaction_id=ME), set()),
    (c.ResumeRecording(interaction_id=ME), set()),
    (c.Alternate(interaction_id=ME), set()),  # not without a consultation
    (c.CompleteTransfer(interaction_id=ME), set()),
    (c.CompleteConference(interaction_id=ME), set()),
]


def dialing(driver: Driver) -> Ref:
    return driver.dialled("a1", CUSTOMER)


def alerting(driver: Driver) -> Ref:
    ref = driver.simulate("inbound_call", ani=CUSTOMER, agent="a1").ref
    assert ref is not None
    return ref


def held(driver: Driver) -> Ref:
    ref = driver.called()
    driver.did("a1", c.Hold(interaction_id=InteractionId(ref)))
    return ref


def wrapping_up(driver: Driver) -> Ref:
    ref = driver.called()
    driver.did("a1", c.Release(interaction_id=InteractionId(ref)))
    return ref


MADE: dict[InteractionState, Callable[[Driver], Ref]] = {
    S.DIALING: dialing,
    S.ALERTING: alerting,
    S.CONNECTED: Driver.called,
    S.HELD: held,
    S.WRAP_UP: wrapping_up,
}


@pytest.mark.parametrize("state", MADE, ids=str)
@pytest.mark.parametrize(("command", "taken"), TAKEN, ids=[verb(command) for command, _ in TAKEN])
def test_a_verb_is_taken_in_its_states_and_refused_in_all_others(
    command: AnyCommand, taken: set[InteractionState], state: InteractionState
) -> None:
    driver = Driver()
    ref = MADE[state](driver)
    assert driver.state(ref) is state
    about = msgspec.structs.replace(command, interaction_id=InteractionId(ref))
    if state in taken:
        driver.did("a1", about)
    else:
        assert driver.refused("a1", about) is ErrorCode.WRONG_STATE
    driver.check()


VOICE_ONLY: list[AnyCommand] = [
    c.Hold(interaction_id=ME),
    c.Retrieve(interaction_id=ME),
    c.Mute(interaction_id=ME),
    c.SendDtmf(interaction_id=ME, tones="1"),
    c.Alternate(interaction_id=ME),
    c.StartRecording(interaction_id=ME),
]


@pytest.mark.parametrize("method", ["inbound_chat", "inbound_email"])
@pytest.mark.parametrize("command", VOICE_ONLY, ids=[verb(command) for command in VOICE_ONLY])
def test_what_is_for_voice_is_unsupported_elsewhere(command: AnyCommand, method: str) -> None:
    driver = Driver()
    ref = driver.simulate(method, address="c@example.org", agent="a1").ref
    assert ref is not None
    driver.did("a1", c.Accept(interaction_id=InteractionId(ref)))
    about = msgspec.structs.replace(command, interaction_id=InteractionId(ref))
    assert driver.refused("a1", about) is ErrorCode.UNSUPPORTED


def test_chat_is_not_for_voice() -> None:
    driver = Driver()
    ref = InteractionId(driver.called())
    assert driver.refused("a1", c.SendChat(interaction_id=ref, text="hi")) is ErrorCode.UNSUPPORTED


def test_a_refusal_names_the_state() -> None:
    driver = Driver()
    ref = InteractionId(wrapping_up(driver))
    outcome = driver.ask("a1", c.Release(interaction_id=ref))
    assert "wrap_up" in getattr(outcome, "message", "")


def test_a_second_release_is_refused_and_ends_nothing_twice() -> None:
    driver = Driver()
    ref = wrapping_up(driver)
    assert driver.refused("a1", c.Release(interaction_id=InteractionId(ref))) is ErrorCode.WRONG_STATE
    assert driver.ends[ref] == 1


def test_another_agents_interaction_is_unknown() -> None:
    driver = Driver()
    ref = InteractionId(driver.called("a1"))
    assert driver.refused("a2", c.Hold(interaction_id=ref)) is ErrorCode.UNKNOWN_INTERACTION


def test_recording_goes_its_own_way_and_stops_with_the_call() -> None:
    driver = Driver()
    ref = driver.called()
    me = InteractionId(ref)
    driver.did("a1", c.StartRecording(interaction_id=me))
    driver.did("a1", c.PauseRecording(interaction_id=me))
    assert driver.refused("a1", c.PauseRecording(interaction_id=me)) is ErrorCode.WRONG_STATE
    driver.did("a1", c.ResumeRecording(interaction_id=me))
    assert driver.seen[ref].recording_state == "recording"
    assert driver.state(ref) is S.CONNECTED
    driver.did("a1", c.Release(interaction_id=me))
    assert driver.seen[ref].recording_state == "stopped"


def test_one_call_is_talked_in_at_a_time() -> None:
    driver = Driver()
    first, second = driver.called(), driver.called()
    assert (driver.state(first), driver.state(second)) == (S.HELD, S.CONNECTED)
    driver.did("a1", c.Retrieve(interaction_id=InteractionId(first)))
    assert (driver.state(first), driver.state(second)) == (S.CONNECTED, S.HELD)


def test_focus_goes_to_the_first_to_the_accepted_and_back() -> None:
    driver = Driver()
    first = driver.called()
    second = driver.simulate("inbound_call", ani=CUSTOMER, agent="a1").ref
    assert second is not None
    assert driver.agents[Ref("a1")].focused == first
    driver.did("a1", c.Accept(interaction_id=InteractionId(second)))
    assert driver.agents[Ref("a1")].focused == second
    driver.did("a1", c.Focus(interaction_id=InteractionId(first)))
    driver.check()
    driver.did("a1", c.Release(interaction_id=InteractionId(first)))
    driver.did("a1", c.Complete(interaction_id=InteractionId(first)))
    assert driver.agents[Ref("a1")].focused == second


def test_the_agent_is_seen_busy_before_the_call_is_seen() -> None:
    driver = Driver()
    driver.dialled("a1", CUSTOMER)
    assert [type(one).__name__ for one in driver.log] == [
        "AgentObserved",
        "InteractionObserved",
        "AgentObserved",  # the focus, on an interaction that is known by now
    ]


@pytest.mark.parametrize("tones", ["", "x", "1 2"])
def test_tones_that_no_keypad_has_are_invalid(tones: str) -> None:
    driver = Driver()
    ref = InteractionId(driver.called())
    assert driver.refused("a1", c.SendDtmf(interaction_id=ref, tones=tones)) is ErrorCode.INVALID_COMMAND


@pytest.mark.parametrize("destination", ["", "101", "a1", "nobody", "1"])
def test_nobody_and_oneself_cannot_be_dialled(destination: str) -> None:
    driver = Driver()
    command = c.Dial(session_id=SESSION, destination=destination)
    assert driver.refused("a1", command) is ErrorCode.BAD_DESTINATION


@pytest.mark.parametrize(
    ("destination", "cause", "after_s"),
    [
        ("+9994041", "bad_destination", 2),
        ("+9994081", "no_answer", 20),
        ("+9994801", "device_unavailable", 2),
        ("+9994861", "busy", 2),
        ("+9995031", "congestion", 2),
        ("+9996031", "declined", 2),
    ],
)
def test_a_call_that_is_not_answered_says_why(destination: str, cause: str, after_s: float) -> None:
    driver = Driver()
    ref = driver.dialled("a1", destination)
    driver.wait(after_s - 0.1)
    assert driver.state(ref) is S.DIALING
    driver.wait(0.1)
    assert driver.state(ref) is S.COMPLETED
    assert driver.end(ref) == (cause, "remote")
    assert driver.agent("a1") == ("ready", "")


def test_numbers_are_matched_at_both_ends() -> None:
    driver = Driver(numbers=[{"prefix": "+1", "suffix": "9", "cause": "busy"}])
    busy, fine = driver.dialled("a1", "+15559"), driver.dialled("a2", "+25559")
    driver.wait(2)
    assert (driver.state(busy), driver.state(fine)) == (S.COMPLETED, S.CONNECTED)


def test_an_own_hang_up_before_the_answer_is_abandoned_by_the_agent() -> None:
    driver = Driver()
    ref = driver.dialled("a1", "102")
    there = driver.only("a2")
    driver.did("a1", c.Release(interaction_id=InteractionId(ref)))
    assert driver.end(ref) == ("abandoned", "agent")
    assert driver.end(there) == ("abandoned", "remote")
    assert driver.agent("a2") == ("ready", "")


def test_with_no_answering_time_only_the_scenario_answers() -> None:
    driver = Driver(answer_after_s=None)
    ref = driver.dialled("a1", CUSTOMER)
    driver.wait(3600)
    assert driver.state(ref) is S.DIALING
    driver.simulate("remote_answer", ref)
    assert driver.state(ref) is S.CONNECTED
