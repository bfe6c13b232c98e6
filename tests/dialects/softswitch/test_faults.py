"""Faults on demand, and the methods that ask for them."""

import pytest

from adapters.softswitch import codec
from schemas import commands as c
from schemas.agent import AgentState
from schemas.ids import InteractionId, Ref
from schemas.observations import AgentObserved, InteractionObserved
from schemas.results import ErrorCode
from schemas.values import Json
from tests.dialects.softswitch.driver import CUSTOMER, SESSION, Driver

BREAK = c.SetState(session_id=SESSION, state=AgentState.NOT_READY)
READY = c.SetState(session_id=SESSION, state=AgentState.READY)


def fault(method: str, *params: Json) -> c.VendorCall:
    return c.VendorCall(session_id=SESSION, method=f"simulate.{method}", params=params)


def test_the_next_observation_is_dropped() -> None:
    driver = Driver()
    driver.simulate("fault", "drop")
    driver.did("a1", BREAK)
    assert not driver.log
    driver.did("a1", READY)
    assert len(driver.log) == 1


def test_the_next_observation_comes_twice() -> None:
    driver = Driver()
    driver.simulate("fault", kind="duplicate")
    driver.did("a1", BREAK)
    assert len(driver.frames[-2:]) == 2
    assert driver.frames[-1] == driver.frames[-2]


def test_the_next_two_observations_change_places() -> None:
    driver = Driver()
    driver.simulate("fault", "reorder")
    driver.dialled("a1", CUSTOMER)
    assert [type(one) for one in driver.log[:2]] == [InteractionObserved, AgentObserved]


def test_answers_come_late_until_they_do_not() -> None:
    driver = Driver()
    driver.simulate("fault", kind="delay", delay_s=3)
    frames = driver.peer.received(codec.encode_command(99, "a1", BREAK), driver.now)
    assert [codec.decode_down(frame).id for frame in frames] != [99]
    assert len(frames) == 1
    due = driver.peer.due()
    assert due is not None
    assert (due - driver.now).total_seconds() == 3
    (late,) = driver.peer.advance(due)
    assert codec.decode_down(late).id == 99


def test_the_next_command_fails_undone() -> None:
    driver = Driver()
    driver.simulate("fault", kind="fail", code="rate_limited")
    assert driver.refused("a1", BREAK) is ErrorCode.RATE_LIMITED
    driver.did("a1", BREAK)


def test_an_interaction_is_forgotten_without_a_word() -> None:
    driver = Driver()
    ref = driver.called()
    driver.simulate("fault", kind="forget", ref=ref)
    assert not driver.ends[ref]
    hold = c.Hold(interaction_id=InteractionId(ref))
    assert driver.refused("a1", hold) is ErrorCode.UNKNOWN_INTERACTION
    frames = driver.peer.received(codec.SNAPSHOT, driver.now)
    assert not any(ref.encode() in frame for frame in frames)
    assert driver.agent("a1")[0] is AgentState.READY


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("nothing", (), ErrorCode.UNSUPPORTED),
        ("inbound_call", (), ErrorCode.INVALID_COMMAND),
        ("inbound_call", ({"ani": 7},), ErrorCode.INVALID_COMMAND),
        ("inbound_call", ({"ani": "1", "other": 1},), ErrorCode.INVALID_COMMAND),
        ("inbound_call", (1, 2, 3, 4, 5, 6, 7), ErrorCode.INVALID_COMMAND),
        ("inbound_call", ({"ani": "1", "service": "x"},), ErrorCode.UNKNOWN_OBJECT),
        ("inbound_call", ({"ani": "1", "agent": "x"},), ErrorCode.UNKNOWN_SESSION),
        ("remote_answer", ("i-0",), ErrorCode.UNKNOWN_INTERACTION),
        ("remote_hangup", (), ErrorCode.UNKNOWN_INTERACTION),
        ("remote_message", ("hi", "i-0"), ErrorCode.UNKNOWN_INTERACTION),
        ("fault", ("fire",), ErrorCode.INVALID_COMMAND),
        ("fault", ({"kind": "delay", "delay_s": -1},), ErrorCode.INVALID_COMMAND),
        ("fault", ({"kind": "forget", "ref": "i-0"},), ErrorCode.UNKNOWN_INTERACTION),
    ],
)
def test_a_wrong_wish_is_refused(method: str, params: tuple[Json, ...], code: ErrorCode) -> None:
    assert Driver().refused("a1", fault(method, *params)) is code


def test_wishes_about_the_wrong_kind_of_call_are_refused() -> None:
    driver = Driver()
    ref = driver.called()
    assert driver.refused("a1", fault("remote_answer", ref)) is ErrorCode.WRONG_STATE
    assert driver.refused("a1", fault("remote_message", "hi", ref)) is ErrorCode.UNSUPPORTED
    internal = driver.dialled("a2", "103")
    assert driver.refused("a1", fault("remote_hangup", internal)) is ErrorCode.WRONG_STATE


def test_positions_and_names_say_the_same() -> None:
    by_name, by_position = Driver(), Driver()
    by_name.simulate("inbound_call", ani="1", dnis="2")
    by_position.simulate("inbound_call", "1", "2")
    assert by_name.frames == by_position.frames


def test_the_world_may_name_a_contact_or_an_interaction_of_it() -> None:
    driver = Driver()
    ref = driver.called()
    done = driver.simulate("remote_hangup", driver.seen[ref].root_ref)
    assert done.data == {"ref": driver.seen[ref].root_ref}
    assert driver.end(Ref(ref)) == ("normal", "remote")
