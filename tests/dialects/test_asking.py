"""Flows of several calls: what they get, and how they end where one fails."""

from collections.abc import Generator
from typing import Final, TypeVar

import msgspec
import pytest

from adapters.contract.capabilities import Ability
from adapters.contract.dialect import Call, Done, Outcome, Reply
from adapters.kit.asking import UNREADABLE, Asker, CallError, ended
from adapters.kit.methods import Plainly
from schemas.needinfo import Choice
from schemas.results import Effect, ErrorCode, Failed

T = TypeVar("T")
CALL: Final = Call(method="list")
REFUSED: Final = Failed(code=ErrorCode.WRONG_STATE)


def read(reply: Reply) -> msgspec.Raw | Failed:
    """A reply that is `no` is refused."""
    return REFUSED if bytes(reply.body) == b'"no"' else reply.body


CALLS: Final = Asker(read)


def drive(flow: Generator[Call, Reply, T], *replies: str) -> T:
    """What it comes to."""
    try:
        next(flow)
        for reply in replies:
            flow.send(Reply(msgspec.Raw(reply.encode())))
    except StopIteration as end:
        found: T = end.value
        return found
    raise AssertionError("it waits for more")


def in_turn(*replies: str) -> Outcome:
    commands: dict[str, Ability] = {}
    return drive(Plainly("any", (), commands, CALLS.failed).in_turn(CALL, CALL), *replies)


def test_a_call_gives_what_it_is_asked_for() -> None:
    assert drive(CALLS.ask(CALL, tuple[int, ...]), "[1,2]") == (1, 2)


@pytest.mark.parametrize(("before", "effect"), [(False, Effect.NONE), (True, Effect.UNKNOWN)])
def test_a_refusal_after_an_effect_may_have_had_one(before: bool, effect: Effect) -> None:  # noqa: FBT001  # a parameter
    with pytest.raises(CallError) as raised:
        drive(CALLS.do(CALL, before=before), '"no"')
    assert raised.value.failed == msgspec.structs.replace(REFUSED, effect=effect)


def test_an_answer_of_another_shape_cannot_be_read() -> None:
    with pytest.raises(CallError) as raised:
        drive(CALLS.ask(CALL, int), '"text"')
    assert raised.value.failed == UNREADABLE


@pytest.mark.parametrize("listed", ["[]", '"no"', "{}"])
def test_where_nothing_can_be_chosen_the_refusal_stands(listed: str) -> None:
    refused = CallError(REFUSED)
    choices = CALLS.choices(refused, CALL, tuple[str, ...], lambda one: Choice(id=one))
    with pytest.raises(CallError) as raised:
        drive(choices, listed)
    assert raised.value is refused


def test_what_is_listed_can_be_chosen() -> None:
    choices = CALLS.choices(CallError(REFUSED), CALL, tuple[str, ...], lambda one: Choice(id=one))
    assert drive(choices, '["a"]') == (Choice(id="a"),)


def test_a_flow_ends_as_the_call_that_failed() -> None:
    def flow() -> Generator[Call, Reply, Outcome]:
        yield from CALLS.do(CALL)
        return Done()

    assert drive(ended(flow()), '"no"') == REFUSED


def test_calls_in_turn_end_with_the_first_that_fails_and_undo_nothing() -> None:
    assert in_turn("1", "2") == Done()
    assert in_turn('"no"') == REFUSED
    assert in_turn("1", '"no"') == msgspec.structs.replace(REFUSED, effect=Effect.UNKNOWN)
