"""South: a frame of the documented sequences with a member missing or of another kind."""

from collections.abc import Iterator
from contextlib import suppress

import msgspec
import pytest

from schemas.errors import MalformedFrame
from schemas.values import Json
from tests.dialects.channel_session.bridge import Bridge
from tests.dialects.channel_session.played import is_event, play
from tests.dialects.channel_session.sequences import SEQUENCES, Step
from tests.dialects.channel_session.stage import told


def without_one_member(value: Json) -> Iterator[Json]:
    """The value with one member of one object left out, or another thing in its place: each in turn."""
    if isinstance(value, dict):
        for key, member in value.items():
            rest = {name: one for name, one in value.items() if name != key}
            yield rest
            others: tuple[Json, ...] = (None, 7, "x", [], {})
            yield from ({**value, key: other} for other in others)
            yield from ({**value, key: less} for less in without_one_member(member))


@pytest.mark.parametrize("steps", SEQUENCES.values(), ids=SEQUENCES.keys())
def test_a_frame_with_a_member_missing_or_wrong_is_malformed_or_does_no_harm(steps: tuple[Step, ...]) -> None:
    played: list[Step] = []
    for step in steps:
        for place, frame in enumerate(step.frames):
            if not is_event(frame):
                continue
            bridge = Bridge()
            for earlier in played:
                play(bridge, earlier)
            bridge.hear(*(one for one in step.frames[:place] if is_event(one)))
            for wrong in without_one_member(msgspec.json.decode(frame)):
                with suppress(MalformedFrame):
                    bridge.hear(msgspec.json.encode(wrong))
            assert bridge.hear(told("session.motd", "s1", {"text": "still here"})) != []
        played.append(step)
