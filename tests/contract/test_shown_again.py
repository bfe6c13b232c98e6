"""A client of any dialect is shown what goes on after all as its vendor shows what is there."""

from collections.abc import Sequence
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from adapters.registry import DIALECTS
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.agent import AgentState
from schemas.interaction import Direction, InteractionState, Recording
from schemas.values import Json
from tests.clients import bodies
from tests.fakes import START
from tests.gateway.handmade import CAPABILITIES, NAME, P, agent, call

S = InteractionState
CLIENTS: Final = {one.name: one for one in DIALECTS if one.event_encoder is not None}


def seen(events: Sequence[ev.AnyEvent], dialect: str) -> list[dict[str, Json]]:
    """The frames of these events."""
    one = CLIENTS[dialect]
    assert one.event_encoder is not None
    encode = one.event_encoder(one.settings.model_validate({}))
    return [msgspec.json.decode(frame, type=dict[str, Json]) for frame in bodies(encode, *events)]


def cut_short(state: S) -> tuple[State, list[ev.AnyEvent]]:
    """A call that a logout ended, and is there again."""
    fold = State({P: CAPABILITIES}, {P: NAME}, Minter())
    shown = replace(call(state=state), direction=Direction.INBOUND, remote_address="+15550100")
    for one in (agent(), shown, agent(AgentState.LOGGED_OUT)):
        fold.observe(P, one, START)
    return fold, list(fold.observe(P, shown, START))


WORDS: Final[dict[str, dict[S, list[str]]]] = {  # by each vendor's documents
    "bright_pattern": {state: ["ON_NEW_INTERACTION"] for state in (S.ALERTING, S.CONNECTED, S.HELD)},
    "bright_pattern_embedded": {
        S.ALERTING: ["_I_CALL_OFFERED"],
        S.CONNECTED: ["_I_CALL_ANSWERED"],
        S.HELD: ["_CALL_HELD"],
    },
    "genesys_wwe": {state: ["interaction"] for state in (S.ALERTING, S.CONNECTED, S.HELD)},
    "channel_session": {},
}


@pytest.mark.parametrize("dialect", CLIENTS)
@pytest.mark.parametrize("state", [S.ALERTING, S.CONNECTED, S.HELD])
def test_what_goes_on_is_shown_as_what_is_there(dialect: str, state: S) -> None:
    _, told = cut_short(state)
    assert [type(event) for event in told] == [ev.InteractionReopened]
    frames = seen(told, dialect)
    wanted = WORDS[dialect].get(state)
    if wanted is not None:
        assert [frame["method"] for frame in frames] == wanted
    else:  # the whole block that announces a call, with its conversation
        names = [frame.get("event", frame.get("name")) for frame in frames]
        assert names[0] == "interaction.created"
        assert "conversation.created" in names
        assert names[-1] == "interaction.initialized"


@pytest.mark.parametrize("dialect", CLIENTS)
def test_of_what_is_completed_nothing_more_is_shown(dialect: str) -> None:
    fold = State({P: CAPABILITIES}, {P: NAME}, Minter())
    over = call(state=S.COMPLETED)
    for one in (agent(), call(state=S.CONNECTED), over):
        fold.observe(P, one, START)
    (late,) = fold.observe(P, replace(over, recording=Recording(url="https://r/1")), START)
    assert isinstance(late, ev.InteractionUpdated)
    assert late.late
    assert seen([late], dialect) == []
