"""Whatever the other end says: nothing but MalformedFrame is ever raised, in either role."""

from contextlib import suppress
from typing import Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.bright_pattern.embedded import tables
from adapters.bright_pattern.embedded.encode import event_encoder
from adapters.bright_pattern.embedded.methods import COMMANDS
from adapters.bright_pattern.embedded.platform import Connection
from adapters.bright_pattern.embedded.settings import EmbeddedSettings
from adapters.bright_pattern.embedded.tables import NAME
from adapters.contract.dialect import Call, Execute
from schemas import events as e
from schemas.errors import MalformedFrame
from schemas.ids import PlatformId
from schemas.observations import Observation
from schemas.results import Succeeded
from schemas.values import Json
from tests.clients import heard_by
from tests.dialects.bright_pattern_embedded import stage
from tests.dialects.golden import load

GOLDEN: Final = sorted(
    {
        bytes(case.frame)
        for kind in ("observation", "command", "local", "outcome", "answer")
        for case in load(NAME, kind).values()
    }
)
ENCODE: Final = event_encoder(EmbeddedSettings())

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
members = st.sampled_from(
    ["item_id", "global_id", "screenpop_data", "attached_data", "login", "status", "recording", "muted"]
)
values = st.recursive(
    scalars | st.sampled_from(["17", "18", "i17", "1", "0"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(members | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A documented frame with some bytes cut, changed or put in."""
    frame = bytearray(draw(st.sampled_from(GOLDEN)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(frame)))
        frame[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(frame)


frames = (
    st.binary(max_size=64)
    | mutated()
    | st.builds(stage.event, st.sampled_from(sorted(tables.EVENTS)), values)
    | st.builds(stage.result, st.sampled_from([-1, -2, -3, 5, "x"]), values)
)


@settings(max_examples=400, deadline=None)
@given(st.lists(frames, min_size=1, max_size=6), st.booleans())
def test_a_desktop_may_say_anything(said: list[bytes], introduced: bool) -> None:  # noqa: FBT001  # drawn
    connection = stage.connected(stage.ITEM) if introduced else Connection(EmbeddedSettings(), None)
    connection.opened(stage.NOW)
    connection.send(Call(method="MUTE_CALL_RECORDING", params=("17",)), 5)
    for frame in said:
        with suppress(MalformedFrame):
            for one in connection.received(frame, stage.NOW):
                if isinstance(one, Observation) and bytes(one.vendor):
                    told(frame)


def told(frame: bytes) -> None:
    """What was read can be told to a client of the same dialect."""
    vendor = e.VendorFrame(dialect=NAME, frame=msgspec.Raw(frame))
    event = e.VendorUnrecognised(
        time=stage.NOW, platform_id=PlatformId("p"), agent_id=stage.AGENT, name="x", vendor=vendor
    )
    heard_by(stage.client(), ENCODE, event)


requests = st.builds(
    lambda command, params: stage.frame({"jsonrpc": "2.0", "id": 1, "method": command, "params": params}),
    st.sampled_from(sorted(COMMANDS)),
    st.lists(values, max_size=5) | values,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.binary(max_size=64) | mutated() | requests, min_size=1, max_size=6), values)
def test_a_client_may_say_anything(said: list[bytes], data: Json) -> None:
    client = stage.client(stage.interaction(), stage.interaction("i18", consult_of="i17"))
    for frame in said:
        with suppress(MalformedFrame):
            for one in client.received(frame, stage.NOW):
                if isinstance(one, Execute):
                    client.finished(one.token, Succeeded(data=data), stage.NOW)
