"""Owed by every dialect that clients speak: a change is encoded as a whole, and each frame has its topic."""

import re
from typing import Final

import msgspec
import pytest

from adapters.contract.change import Change, changes
from adapters.contract.dialect import ErasedDialect
from adapters.registry import DIALECTS
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.interaction import Direction, InteractionState
from tests.architecture import ROOT
from tests.fakes import START
from tests.gateway.handmade import CAPABILITIES, NAME, P, agent, call

CLIENTS: Final = [one for one in DIALECTS if one.event_encoder is not None]
COUNTERS: Final = re.compile(r"event\.part\b|\.sequence - |def _once\b|frames\[:-1\]|body\.(startswith|part)")


def a_call_connected() -> list[ev.AnyEvent]:
    """An agent and a call, each told at once; and that it is connected, muted and at the front."""
    fold = State({P: CAPABILITIES}, {P: NAME}, Minter())
    ringing = msgspec.structs.replace(
        call(state=InteractionState.ALERTING), direction=Direction.INBOUND, remote_address="+15550100"
    )
    talking = msgspec.structs.replace(ringing, state=InteractionState.CONNECTED, muted=True, focused=True)
    return [event for one in (agent(), ringing, talking) for event in fold.observe(P, one, START)]


@pytest.mark.parametrize("dialect", CLIENTS, ids=lambda one: one.name)
def test_each_frame_has_its_topic_and_stands_with_its_event(dialect: ErasedDialect) -> None:
    encoder = dialect.event_encoder
    assert encoder is not None
    encode = encoder(dialect.settings.model_validate({}))
    events = a_call_connected()
    (change,) = changes(events)
    encoded = encode(change)
    assert len(encoded) == len(events)
    frames = [frame for told in encoded for frame in told]
    assert frames
    assert all(frame.topic and msgspec.json.decode(frame.body) for frame in frames)


def test_the_first_event_of_a_snapshot_is_known_as_such() -> None:
    events = a_call_connected()
    first = [event for event, is_first in Change(tuple(events)).told() if is_first]
    assert [type(event) for event in first if isinstance(event, ev.InteractionEvent)] == [
        ev.InteractionCreated,
        ev.InteractionConnected,
    ]


def test_no_dialect_rebuilds_a_change_or_looks_into_frames() -> None:
    for path in sorted((ROOT / "adapters").rglob("*.py")):
        if path.name != "change.py":
            assert not COUNTERS.search(path.read_text(encoding="utf-8")), path
