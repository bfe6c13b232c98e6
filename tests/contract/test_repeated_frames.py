"""A frame that is read in one go comes to what it comes to the long way, whatever came before it."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.bright_pattern.embedded.methods import POST_VARIABLE
from adapters.contract.dialect import Call, PlatformConnection, PlatformOutput, Send
from adapters.contract.remarks import Remarking
from adapters.contract.repeating import Repeating
from adapters.registry import DIALECTS
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, PlatformId
from schemas.observations import Observation
from schemas.values import Json
from tests.fakes import START

P: Final = PlatformId("p")
AGENT: Final = AgentId("a1")
_DIALECTS: Final = {one.name: one for one in DIALECTS}
_encode: Final = msgspec.json.Encoder().encode


def _notification(method: str, *params: Json) -> bytes:
    return _encode({"jsonrpc": "2.0", "method": method, "params": list(params)})


def _result(asked: dict[str, Json], value: Json) -> bytes:
    return _encode({"jsonrpc": "2.0", "id": asked["id"], "result": value})


# --- of each dialect: what its platform answers, the frames of calls, and a call of the core


def _bright_pattern(ref: str, state: Json, **more: Json) -> bytes:
    call = {
        "interactionId": ref,
        "globalInteractionId": f"g-{ref}",
        "state": state,
        "type": "voice",
        "callParties": [{"id": "p1", "name": "Zoë", "phone": "+15555550123"}],
        "attachedData": {"a": "1"},
        "callRecording": True,
        "callDirection": "inbound",
        "duration": 1,
    }
    return _notification("ON_INTERACTION_STATE_CHANGE", {**call, **more})


def _bright_pattern_says(asked: dict[str, Json]) -> list[bytes]:
    said: dict[str, Json] = {
        "getLoginState": {"isLoggedIn": True, "agentId": AGENT},
        "getAgentState": {"state": "ready"},
        "getAgentNotReadyReasons": [],
        "getInteractionsState": {"interactions": [], "activeInteractionId": None},
    }
    return [_result(asked, {"status": "success", "data": said.get(str(asked["method"]))})]


_MORE: Final[Sequence[dict[str, Json]]] = (
    {"duration": 2},
    {"duration": None},
    {"duration": "odd"},
    {"attachedData": {"a": "2"}},
    {"callMuted": True},
    {"callRecording": False},
    {"callParties": 7},
    {"unheard": {"of": 1}},
)
_BRIGHT_PATTERN: Final = [
    *(_bright_pattern(ref, state) for ref in ("i1", "i2") for state in ("delivered", "hold")),
    *(_bright_pattern("i1", state, **more) for state in ("delivered", "hold") for more in _MORE),
    *(_bright_pattern("i1", state) for state in ("wrap_up", "completed", "delivery_pending", "odd", None)),
    _notification("ON_NEW_INTERACTION", {"interactionId": "i1", "state": "delivered"}),
    _notification("ON_INTERACTION_REMOVED", {"interactionId": "i1", "state": "completed"}),
    _notification("ON_ACTIVE_INTERACTION_SWITCHED", "i1", None),
    _notification("ON_LOGOUT"),
]


def _embedded(event: str, ref: Json = "i1", **more: Json) -> bytes:
    return _notification(event, {"item_id": ref, "global_id": f"g-{ref}", "screenpop_data": {"a": 1}, **more})


_EMBEDDED_MORE: Final[Sequence[dict[str, Json]]] = (
    {"phone_number": "+1"},
    {"service": None},
    {"screenpop_data": {"a": 2}},
    {"item_id": ""},
    {"item_id": []},
)
_EMBEDDED: Final = [
    *(_embedded(event, ref) for ref in ("i1", "i2", 3) for event in ("_CALL_HELD", "_CALL_RESUMED")),
    *(_embedded(event, **more) for event in ("_CALL_HELD", "_CALL_RESUMED") for more in _EMBEDDED_MORE),
    *(
        _embedded(event)
        for event in ("_I_CALL_OFFERED", "_I_CALL_ANSWERED", "_CALL_ENDED", "_BLIND_TRANSFER")
    ),
    _embedded("INTERACTION_COMPLETED"),
    _notification("CALL_RECORDING_STATUS", {"item_id": "i1", "recording": "1", "muted": "0"}),
    _notification("_CALL_HELD"),
    _notification("LOGIN_CHANGED", {"login": "0"}),
]


def _wwe(state: Json, ref: Json = "i1", label: Json = "HELD", **more: Json) -> bytes:
    call = {
        "interactionId": ref,
        "caseId": f"case-{ref}",
        "state": state,
        "previousState": "RINGING",
        "userData": {"a": "1"},
        "parties": [{"name": "Zoë"}],
        "isConsultation": False,
        "callUuid": ref,
        "direction": "IN",
        "media": "voice",
    }
    return _notification("interaction", {"eventType": label, "interaction": {**call, **more}})


def _wwe_says(asked: dict[str, Json]) -> list[bytes]:
    said: dict[str, Json] = {
        "subscribe": {"subscriptionId": "s-1"},
        "agent.get": {"data": {"employeeId": AGENT}},
        "agent.getState": {"data": {"type": "READY"}},
    }
    return [_result(asked, said.get(str(asked["method"]), {"data": []}))]


_WWE_MORE: Final[Sequence[dict[str, Json]]] = (
    {"previousState": "HELD"},
    {"previousState": "TALKING"},
    {"previousState": None},
    {"previousState": 1},
    {"userData": {"a": "2"}},
    {"isCaseSelected": True},
    {"duration": 5},
    {"parties": 7},
    {"label": "REMOVED"},
    {"label": "ODD"},
    {"label": None},
    {"isConsultation": True},
)
_WWE: Final = [
    *(_wwe(state, ref) for ref in ("i1", "i2") for state in ("TALKING", "HELD")),
    *(_wwe(state, **more) for state in ("TALKING", "HELD") for more in _WWE_MORE),
    *(_wwe(state) for state in ("RINGING", "IDLE", "COMPLETED", "TRANSFERRING", "SAVED", "ODD", None)),
    _notification("interaction", {"eventType": "CASE_SELECTED", "selectedCaseId": "case-i1"}),
    _notification("markdone", {"eventType": "BLOCK_MARKDONE", "interactionId": "i1"}),
    _notification("agent", {"type": "NOT_READY"}),
]


def _told(target: str, name: str, data: Json = None) -> bytes:
    return _encode({"messageType": "objectEvent", "target": target, "name": name, "data": data or {}})


def _channel_says(asked: dict[str, Json]) -> list[bytes]:
    data = {"resourceId": "s1"} if asked["command"] == "prepareSession" else {}
    frames = [_encode({**asked, "result": "success", "data": data})]
    if asked["command"] == "session.start":
        frames += [
            _told("s1", "channelgroup.created", {"channelgroup": {"id": "grp", "name": "g"}}),
            _told("s1.grp", "channel.created", {"channel": {"id": "voice", "type": "Telephony"}}),
            _told("s1", "session.initialized"),
        ]
    return frames


_CHANNEL: Final = "s1.grp.voice"


def _leg(state: Json, of: Json = "i1", **more: Json) -> bytes:
    target = f"{_CHANNEL}.{of}.v1"
    return _told(target, "state.updated", {"type": "conversation", "state": state, **more})


_LEG_MORE: Final[Sequence[dict[str, Json]]] = (
    {"muted": True},
    {"muted": "odd"},
    {"unheard": [1]},
    {"type": None},
    {"type": "interaction"},
)
_CHANNEL_SESSION: Final = [
    *(
        one
        for of in ("i1", "i2")
        for one in (
            _told(_CHANNEL, "interaction.created", {"interaction": {"id": of, "type": "Telephony"}}),
            _told(f"{_CHANNEL}.{of}", "state.updated", {"type": "interaction", "state": "STARTED"}),
            _told(
                f"{_CHANNEL}.{of}", "conversation.created", {"conversation": {"id": "v1", "role": "primary"}}
            ),
        )
    ),
    *(_leg(state, of) for of in ("i1", "i2") for state in ("TALKING", "HELD")),
    *(_leg(state, **more) for state in ("TALKING", "HELD") for more in _LEG_MORE),
    *(_leg(state) for state in ("ENDED", "DIALING", "held", "odd", 7)),
    _told(f"{_CHANNEL}.i1", "state.updated", {"type": "interaction", "state": "ENDED"}),
    _told(f"{_CHANNEL}.i1", "interaction.datachanged", {"b": 1}),
    _told(f"{_CHANNEL}.i1", "conversation.created", {"conversation": {"id": "v2", "role": "consult"}}),
    _told(f"{_CHANNEL}.i1.v2", "state.updated", {"type": "conversation", "state": "HELD"}),
    _told(f"{_CHANNEL}.i1.v1", "conversation.disposed"),
    _told(f"{_CHANNEL}.i1", "interaction.disposed"),
]

_Says = Callable[[dict[str, Json]], list[bytes]]
CASES: Final[dict[str, tuple[_Says, list[bytes], Call]]] = {
    "bright_pattern": (
        _bright_pattern_says,
        _BRIGHT_PATTERN,
        Call(method="setCallRecordingMute", params=(True, "i1")),
    ),
    "bright_pattern_embedded": (
        lambda asked: [_result(asked, {"agent_id": AGENT, "status": "ready", "interactions": []})],
        _EMBEDDED,
        Call(method=POST_VARIABLE.command, params=("a", "b")),
    ),
    "genesys_wwe": (_wwe_says, _WWE, Call(method="voice.hangUp", params=("i1",))),
    "channel_session": (
        _channel_says,
        _CHANNEL_SESSION,
        Call(method="conversation.release", target=f"{_CHANNEL}.i1.v1"),
    ),
}


class _End:
    """A connection, and what is known by it."""

    def __init__(self, dialect: str, *, repeats: bool) -> None:
        one = _DIALECTS[dialect]
        options: dict[str, Json] = {"agents": {AGENT: "p"}} if dialect == "channel_session" else {}
        self.connection: PlatformConnection = one.platform_connection(
            one.settings.model_validate(options), AGENT
        )
        made = count()
        self._state = State(
            {P: one.capabilities}, {P: dialect}, Minter(lambda: f"{next(made):024}"), {P: one.naming}
        )
        self._repeats = repeats
        self._says = CASES[dialect][0]
        self.in_one_go = 0
        self._take(self.connection.opened(START))

    def received(self, frame: bytes) -> list[object]:
        """What a frame comes to: what it tells, what is remarked of it, and when there is more to do."""
        again = None
        if self._repeats:
            assert isinstance(self.connection, Repeating)
            again = self.connection.repeated(frame)
        self.in_one_go += again is not None
        try:
            told = self._take(self.connection.received(frame, START) if again is None else (again,))
        except MalformedFrame as error:
            told = [str(error)]
        remarks = list(self.connection.remarks()) if isinstance(self.connection, Remarking) else []
        return [told, remarks, self.connection.due()]

    def sent(self, call: Call, number: int) -> None:
        """The core calls, and is answered."""
        asked = msgspec.json.decode(self.connection.send(call, number), type=dict[str, Json])
        for frame in self._says(asked):
            self.received(frame)

    def _take(self, outputs: Sequence[PlatformOutput]) -> list[object]:
        told: list[object] = []
        for output in outputs:
            if isinstance(output, Observation):
                told += [_encode(event) for event in self._state.observe(P, output, START, link=1)]
            elif isinstance(output, Send):
                asked = msgspec.json.decode(output.frame, type=dict[str, Json])
                for frame in self._says(asked) if "result" not in asked and "error" not in asked else ():
                    told.append(self.received(frame))
            else:
                told.append(type(output))
        return told


@pytest.mark.parametrize("dialect", CASES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_it_comes_to_what_it_would_the_long_way(dialect: str, data: st.DataObject) -> None:
    """Mostly holding a call and going on with it; now and then anything else."""
    _, frames, call = CASES[dialect]
    plain = [one for one in frames if b'"i1"' in one or b".i1.v1" in one][:8]
    steps = data.draw(
        st.lists(st.one_of(st.sampled_from(plain), st.sampled_from(frames), st.none()), max_size=25)
    )
    short, long = _End(dialect, repeats=True), _End(dialect, repeats=False)
    for number, step in enumerate(steps, 1):
        if step is None:
            short.sent(call, number)
            long.sent(call, number)
        else:
            assert short.received(step) == long.received(step)


@pytest.mark.parametrize(
    ("dialect", "held", "back"),
    [
        ("bright_pattern", _bright_pattern("i1", "hold"), _bright_pattern("i1", "delivered", duration=2)),
        ("bright_pattern_embedded", _embedded("_CALL_HELD"), _embedded("_CALL_RESUMED")),
        ("genesys_wwe", _wwe("HELD"), _wwe("TALKING", previousState="HELD")),
        ("channel_session", _leg("HELD"), _leg("TALKING")),
    ],
)
def test_a_call_on_hold_and_back_is_read_in_one_go(dialect: str, held: bytes, back: bytes) -> None:
    """Else the property above might compare little."""
    end = _End(dialect, repeats=True)
    for frame in _CHANNEL_SESSION[:3] if dialect == "channel_session" else ():
        end.received(frame)
    for _ in range(10):
        end.received(held)
        end.received(back)
    assert end.in_one_go >= 17


def test_a_consultation_is_not_taken_for_its_call() -> None:
    """What is said of its conversation looks like what is said of the call's."""
    consult = {"conversation": {"id": "v2", "role": "consult"}}
    other = f"{_CHANNEL}.i1.v2"
    short, long = _End("channel_session", repeats=True), _End("channel_session", repeats=False)
    for frame in (
        *_CHANNEL_SESSION[:3],
        _leg("TALKING"),
        _told(f"{_CHANNEL}.i1", "conversation.created", consult),
        _leg("HELD"),
        *(
            _told(other, "state.updated", {"type": "conversation", "state": state})
            for state in ("TALKING", "HELD")
        ),
        _leg("HELD"),
        _leg("TALKING"),
    ):
        assert short.received(frame) == long.received(frame)
