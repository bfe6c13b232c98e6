"""Which request a reply answers."""

from datetime import timedelta

import pytest

from adapters.kit.replies import LATE, MOST_LATE, Request, Requests, Words, forms
from tests.fakes import START as NOW

DIAL = "channel.dial"


def sent(number: int, method: str = DIAL, target: str = "s.g.c", **data: object) -> Request[int]:
    return Request(Words(str(number), method, target, data), number, forms(target, "s.c", "s"))


def open_now(*requests: Request[int]) -> Requests[int]:
    made: Requests[int] = Requests()
    for one in requests:
        made.add(one)
    return made


def answered(known: Requests[int], said: Words, repeated: Words | None = None) -> int | None:
    found = known.answered(said, repeated, NOW)
    return None if found is None else found.about


@pytest.mark.parametrize(
    ("said", "repeated", "whose"),
    [
        (Words("2", "anything"), None, 2),
        (Words("9", DIAL, "s.g.c"), None, None),  # another's id is no other request's
        (Words("9", DIAL), Words("2"), 2),
        (Words("", DIAL, "s.g.c"), Words("", DIAL, "s.g.c", {"n": 2}), 2),
        (Words("", DIAL, "s.g.c", {"n": 2}), None, 2),
        (Words("", DIAL, "s.c", {"n": 2}), None, 2),  # without the group
        (Words("", DIAL, "s.g", {"n": 2}), None, 2),  # as what it is below
        (Words("", DIAL, "", {"n": 2}), None, 2),
        (Words("", DIAL, "s.g.c"), None, 1),  # the oldest
        (Words("", DIAL, "s.g.c", {"n": 3}), None, None),
        (Words("", DIAL, "s.x"), None, None),
        (Words("", "channel.hold", "s.g.c"), None, 3),  # and no dial, however old
        (Words("", "channel.mute", "s.g.c"), None, None),
    ],
)
def test_a_reply_finds_its_request(said: Words, repeated: Words | None, whose: int | None) -> None:
    known = open_now(sent(1, n=1), sent(2, n=2), sent(3, "channel.hold"))
    assert answered(known, said, repeated) == whose


def test_a_late_reply_belongs_to_what_nobody_waits_for_any_more() -> None:
    old, young = sent(1), sent(2)
    known = open_now(old, young)
    known.forget(old, NOW)
    assert [one.about for one in known] == [2]
    assert answered(known, Words("", DIAL, "s.g.c")) is None
    assert answered(known, Words("", DIAL, "s.g.c")) == 2


def test_what_is_too_late_is_expected_no_more() -> None:
    old, young = sent(1), sent(2)
    known = open_now(old, young)
    known.forget(old, NOW - LATE - timedelta(seconds=1))
    assert answered(known, Words("", DIAL, "s.g.c")) == 2


def test_of_those_that_nobody_waits_for_the_newest_are_kept() -> None:
    requests = [sent(number) for number in range(MOST_LATE + 2)]
    known = open_now(*requests)
    for one in requests:
        known.forget(one, NOW)
    late = [known.answered(Words("", DIAL), None, NOW) for _ in range(MOST_LATE)]
    assert late == [None] * MOST_LATE
    known.add(sent(1000))
    assert answered(known, Words("", DIAL)) == 1000


def test_a_request_that_is_replied_to_takes_no_second_reply_without_an_id() -> None:
    one = sent(1)
    known = open_now(one)
    one.replied = True
    assert answered(known, Words("", DIAL, "s.g.c")) is None
    assert answered(known, Words("1")) == 1
