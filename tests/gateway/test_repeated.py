"""A frame that repeats the last one but for the state comes to what it comes to if nothing is remembered."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from schemas import events as ev
from schemas.ids import Ref
from schemas.interaction import Party, PartyRole, RecordingState
from schemas.observations import AnyObservation, InteractionGone, InteractionObserved, InteractionsListed
from tests.fakes import START
from tests.gateway.folding import ANN, S, new_state, see
from tests.gateway.handmade import A1, call

# What a frame may say beside the state, each as the default or one of the others.
_SAID: Final[Mapping[str, st.SearchStrategy[object]]] = {
    "extras": st.sampled_from([UNSET, {}, {"duration": 1}, {"duration": 2}, {"odd": 1}, {"created_at": "x"}]),
    "vendor_event": st.sampled_from([UNSET, "state.updated", "interaction.saved"]),
    "vendor_state": st.sampled_from([UNSET, "talking", "on hold"]),
    "data": st.sampled_from([UNSET, {"a": 1}]),
    "muted": st.sampled_from([UNSET, True, False]),
    "parties": st.sampled_from([UNSET, (ANN,), (Party(id="3", role=PartyRole.AGENT),)]),
    "recording_state": st.sampled_from([UNSET, RecordingState.RECORDING, RecordingState.PAUSED]),
    "consult_of_ref": st.sampled_from([UNSET, None, Ref("c2")]),
    "created_at": st.sampled_from([UNSET, START]),
    "time": st.sampled_from([None, START]),
    "ended": st.booleans(),
}
_MADE: Final = re.compile(rb"(int|con)_[a-z2-7]+")
_STATES: Final = st.sampled_from([UNSET, *S])


@st.composite
def _frames(draw: st.DrawFn) -> list[AnyObservation]:
    """Mostly the same again; now and then it says something else, or somebody else is spoken of."""
    told: list[AnyObservation] = []
    last = call("c1", S.CONNECTED)
    for _ in range(draw(st.integers(2, 12))):
        for name in draw(st.lists(st.sampled_from(sorted(_SAID)), max_size=2)):
            last = replace(last, **{name: draw(_SAID[name])})
        last = replace(last, state=draw(_STATES))
        told.append(last)
        told += draw(
            st.lists(
                st.sampled_from(
                    [
                        call("c2", S.HELD),
                        InteractionGone(agent=A1, ref=Ref("c2")),
                        InteractionsListed(agent=A1, refs=(Ref("c1"),)),
                        InteractionObserved(agent=A1, ref=Ref("c1"), muted=True),
                    ]
                ),
                max_size=1,
            )
        )
    return told


@given(_frames())
def test_what_is_repeated_comes_to_the_same(frames: list[AnyObservation]) -> None:
    quick, slow = new_state(), new_state()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slow.snapshots.repeated, "changed", lambda _old, _seen: None)
        for one in frames:
            assert _nameless(see(quick, one)) == _nameless(see(slow, one))


def _nameless(events: Sequence[ev.AnyEvent]) -> list[bytes]:
    """The events but for the ids that each state makes of its own."""
    return [_MADE.sub(b"", msgspec.json.encode(one)) for one in events]


def test_only_what_is_known_by_its_last_frame_is_not_looked_at_again() -> None:
    state = new_state()
    known = replace(call(state=S.CONNECTED), data={"a": 1}, extras={"duration": 1})
    see(state, known, known)
    (old,) = state.snapshots.interactions()
    repeated = state.snapshots.repeated
    again = replace(known, state=S.HELD, extras={"duration": 2})
    assert repeated.changed(old, again) == {"extras": {"duration": 2}}
    assert repeated.changed(old, replace(again, data={"a": 2})) is None
    assert repeated.changed(replace(old, muted=True), again) is None
    assert repeated.changed(old, replace(again, consult_of_ref=Ref("c2"))) is None


def test_what_is_over_is_not_remembered() -> None:
    state = new_state()
    repeated = state.snapshots.repeated
    see(state, call(state=S.CONNECTED), call(state=S.CONNECTED))
    (old,) = state.snapshots.interactions()
    assert repeated.changed(old, call(state=S.HELD)) == {}
    see(state, call(state=S.COMPLETED))
    assert repeated.changed(old, call(state=S.HELD)) is None
