"""Which interaction a client's request began, where the platform does not say it."""

from datetime import UTC, datetime
from typing import Final

import msgspec
import pytest

from adapters.kit.new_interactions import MAX_AWAITED, SHOWN_WITHIN, Awaiting
from schemas.commands import Dial
from schemas.ids import AgentId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Direction, Interaction, InteractionState, Media

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
NEW: Final = InteractionId("n")
DIAL: Final = Dial(session_id=SessionId("s"), destination="+1 (555) 01-42")


def call(name: str = "n", address: str = "+15550142", **changes: object) -> Interaction:
    """A call out."""
    plain = Interaction(
        id=InteractionId(name),
        root_id=RootId("r"),
        platform_id=PlatformId("p"),
        session_id=SessionId("s"),
        agent_id=AgentId("ada"),
        state=InteractionState.DIALING,
        media=Media.VOICE,
        direction=Direction.OUTBOUND,
        remote_address=address,
    )
    return msgspec.structs.replace(plain, **changes)


def awaiting(*there: Interaction) -> Awaiting[str]:
    """One dialled, and these are there now."""
    made = Awaiting[str](lambda: there)
    made.add("request", DIAL, frozenset({InteractionId("old")}), NOW)
    return made


def test_the_call_to_that_number_is_the_one() -> None:
    made = awaiting(call("other", "+15550199"), call())
    assert made.shown() == [("request", NEW)]
    assert made.due() is None


@pytest.mark.parametrize(
    "other",
    [
        call("old"),
        call(direction=Direction.INBOUND),
        call(media=Media.CHAT),
        call(consult_of=InteractionId("old")),
    ],
    ids=["there before", "inbound", "another medium", "a consultation"],
)
def test_another_interaction_is_not(other: Interaction) -> None:
    made = awaiting(other)
    assert made.shown() == []
    assert made.late(NOW + SHOWN_WITHIN) == [("request", None)]


def test_in_the_end_the_only_new_one_is_taken_and_of_two_none() -> None:
    one, two = call("one", "+15550198"), call("two", "+15550199")
    assert awaiting(one).shown() == []
    assert awaiting(one).late(NOW + SHOWN_WITHIN) == [("request", one.id)]
    assert awaiting(one, two).late(NOW + SHOWN_WITHIN) == [("request", None)]


def test_two_requests_do_not_get_the_same_one() -> None:
    made = awaiting(call())
    made.add("second", DIAL, frozenset(), NOW)
    assert made.shown() == [("request", NEW)]


def test_too_many_are_not_waited_for() -> None:
    made = awaiting()
    for _ in range(MAX_AWAITED):
        made.add("more", DIAL, frozenset(), NOW)
    assert made.late(NOW) == [("request", None)]


@pytest.mark.parametrize("dialled", ["030 12345678", "0049 30 12345678", "49-30-12345678"])
def test_a_number_is_the_same_with_its_country_and_without(dialled: str) -> None:
    there = (call("other", "+493087654321"), call(address="+493012345678"))
    made = Awaiting[str](lambda: there)
    made.add("request", Dial(session_id=SessionId("s"), destination=dialled), frozenset(), NOW)
    assert made.shown() == [("request", NEW)]


def test_an_extension_is_not_the_end_of_a_number() -> None:
    made = Awaiting[str](lambda: (call(address="+493012345678"),))
    made.add("request", Dial(session_id=SessionId("s"), destination="5678"), frozenset(), NOW)
    assert made.shown() == []
