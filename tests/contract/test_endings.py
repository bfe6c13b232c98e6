"""An end that crosses our own command on the way: it is ours only if the platform says that it did it.

The agent asks for the transfer to be completed; at the same moment both calls end. Perhaps by that, perhaps
because the customer and the colleague hung up first, and the platform refuses. Its answer comes before the
end, after it, or not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from adapters.bright_pattern.platform import BrightPatternPlatform
from adapters.contract.dialect import Call, PlatformConnection, PlatformOutput, Send
from adapters.kit.end_causes import HELD_BACK, Endings
from schemas.ids import AgentId, Ref
from schemas.interaction import EndCause, InteractionState, Side
from schemas.observations import InteractionGone, InteractionObserved
from schemas.values import Json
from tests.dialects.channel_session import stage as cs
from tests.dialects.genesys_wwe import stage as wwe

NOW: Final = wwe.NOW
CALL_ID: Final = 7

Ends = dict[Ref, tuple[EndCause | UnsetType, Side | UnsetType]]


@dataclass(frozen=True)
class Vendor:
    """A platform with a held call and a consultation about it, in its vendor's frames."""

    connect: Callable[[], PlatformConnection]
    main: Ref
    consult: Ref
    transfer: Call
    over: tuple[bytes, ...]  # both calls end
    consult_over: tuple[bytes, ...]  # only the consultation ends
    done: bytes
    refused: bytes
    release: Call  # of the consultation


# --- Bright Pattern: reference sections 2, 3, 4 and 6


def _bp(method: str, *params: Json) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "method": method, "params": params})


def _bp_answer(number: Json, result: Json) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "result": result})


def _bp_call(name: str, state: str, direction: str, start: int) -> dict[str, Json]:
    return {
        "interactionId": name,
        "globalInteractionId": "g-1",
        "state": state,
        "type": "voice",
        "callParties": [],
        "chatParties": [],
        "callMuted": False,
        "callRecording": False,
        "attachedData": {},
        "internal": False,
        "callDirection": direction,
        "startTime": start,
    }


_BP_OPEN: Final = [_bp_call("m", "hold", "inbound", 1000), _bp_call("k", "delivered", "outbound", 2000)]
_BP_START: Final[Mapping[str, Json]] = {
    "getLoginState": {"isLoggedIn": True, "agentId": "ada"},
    "getAgentState": {"state": "busy", "reservedForIncomingInteraction": False},
    "getAgentNotReadyReasons": [],
    "getInteractionsState": {"activeInteractionId": "m", "interactions": _BP_OPEN},
}


def _bright_pattern() -> PlatformConnection:
    connection = BrightPatternPlatform(AgentId("ada"))
    for asked in connection.opened(NOW):
        assert isinstance(asked, Send)
        request = msgspec.json.decode(asked.frame, type=dict[str, Json])
        answer = {"status": "success", "data": _BP_START[str(request["method"])]}
        connection.received(_bp_answer(request["id"], answer), NOW)
    return connection


_BP_CONSULT_OVER: Final = (_bp("ON_INTERACTION_REMOVED", _bp_call("k", "completed", "outbound", 2000)),)
BRIGHT_PATTERN: Final = Vendor(
    _bright_pattern,
    Ref("m"),
    Ref("k"),
    Call(method="transfer"),
    (
        _bp("ON_INTERACTION_STATE_CHANGE", _bp_call("m", "wrap_up", "inbound", 1000)),
        *_BP_CONSULT_OVER,
    ),
    _BP_CONSULT_OVER,
    _bp_answer(CALL_ID, {"status": "success", "data": None}),
    _bp_answer(CALL_ID, {"status": "error", "error": {"code": 15, "name": "not_suitable_state"}}),
    Call(method="leaveInteraction", params=("k",)),
)

# --- Genesys WWE: reference sections 2 and 5

_WWE_MAIN: Final[dict[str, Json]] = {"interactionId": "4", "callUuid": "u-4", "state": "HELD"}
_WWE_CONSULT: Final[dict[str, Json]] = {
    "interactionId": "5",
    "parentInteractionId": "4",
    "callUuid": "u-5",
    "callType": "CONSULT",
    "isConsultation": True,
    "state": "TALKING",
}
_WWE_CONSULT_OVER: Final = (
    wwe.changed({**_WWE_CONSULT, "state": "IDLE", "previousState": "TALKING"}, "RELEASED"),
)
GENESYS_WWE: Final = Vendor(
    lambda: wwe.connected([_WWE_MAIN, _WWE_CONSULT])[0],
    Ref("4"),
    Ref("5"),
    Call(method="interaction.completeTransfer", params=("5",)),
    (
        wwe.changed({**_WWE_MAIN, "state": "IDLE", "previousState": "HELD"}, "RELEASED"),
        *_WWE_CONSULT_OVER,
    ),
    _WWE_CONSULT_OVER,
    wwe.result(CALL_ID, {"data": None}),
    wwe.result(CALL_ID, {"errorMessage": "Wrong state"}),
    Call(method="voice.hangUp", params=("5",)),
)

# --- channel/session: reference section 4.4, the order of consulttransfer


def _channel_session() -> PlatformConnection:
    south = cs.talking()
    south.consult()
    south.hear(cs.stated("conversation", cs.V2, "TALKING"))
    return south.connection


_CS_CONSULT_OVER: Final = (
    cs.stated("conversation", cs.V2, "ENDED"),
    cs.told("conversation.disposed", cs.V2),
)
_NO_CONSULT: Final[Json] = {"code": "no-consult", "message": "", "context": ""}
CHANNEL_SESSION: Final = Vendor(
    _channel_session,
    Ref(cs.I1),
    Ref(cs.V2),
    Call(method="interaction.consulttransfer", params=({},), target=cs.I1),
    (
        cs.stated("conversation", cs.V1, "ENDED"),
        cs.told("conversation.disposed", cs.V1),
        cs.told("interaction.focuschanged", cs.I1, {"conversation": {"id": "v2"}}),
        *_CS_CONSULT_OVER,
        cs.told("interaction.ended", cs.I1),
    ),
    _CS_CONSULT_OVER,
    cs.answered("interaction.consulttransfer", cs.I1),
    cs.answered("interaction.consulttransfer", cs.I1, "failure", failure=_NO_CONSULT, original={}),
    Call(method="conversation.release", params=({},), target=cs.V2),
)

VENDORS: Final = {
    "bright_pattern": BRIGHT_PATTERN,
    "genesys_wwe": GENESYS_WWE,
    "channel_session": CHANNEL_SESSION,
}
OURS: Final = (EndCause.TRANSFERRED, Side.AGENT)
UNSAID: Final = (UNSET, UNSET)


class Bench:
    """One connection, and the ends that it told."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.connection = vendor.connect()
        self.ends: Ends = {}

    def ask(self, call: Call) -> None:
        """Let a call of ours go out."""
        self.connection.send(call, CALL_ID)

    def hear(self, *frames: bytes) -> None:
        """Let the platform speak."""
        for frame in frames:
            self.tell(self.connection.received(frame, NOW))

    def tell(self, outputs: Sequence[PlatformOutput]) -> None:
        """Note what is told of ends: of each interaction the first word."""
        for one in outputs:
            over = isinstance(one, InteractionGone) or (
                isinstance(one, InteractionObserved)
                and one.state in (InteractionState.WRAP_UP, InteractionState.COMPLETED)
            )
            if over and isinstance(one, InteractionObserved | InteractionGone):
                self.ends.setdefault(one.ref, (one.end_cause, one.ended_by))

    def both(self, end: tuple[EndCause | UnsetType, Side | UnsetType]) -> Ends:
        """Both calls have ended so."""
        return {self.vendor.main: end, self.vendor.consult: end}


@pytest.fixture(params=VENDORS)
def bench(request: pytest.FixtureRequest) -> Bench:
    return Bench(VENDORS[str(request.param)])


def test_what_the_platform_did_first_and_told_then_is_ours(bench: Bench) -> None:
    bench.ask(bench.vendor.transfer)
    bench.hear(bench.vendor.done, *bench.vendor.over)
    assert bench.ends == bench.both(OURS)


def test_what_the_platform_told_first_is_ours_once_it_says_that_it_did_it(bench: Bench) -> None:
    bench.ask(bench.vendor.transfer)
    bench.hear(*bench.vendor.over)
    assert bench.ends == {}
    bench.hear(bench.vendor.done)
    assert bench.ends == bench.both(OURS)


def test_what_ended_before_the_platform_refused_was_somebody_else(bench: Bench) -> None:
    bench.ask(bench.vendor.transfer)
    bench.hear(*bench.vendor.over, bench.vendor.refused)
    assert bench.ends == bench.both(UNSAID)


def test_what_ends_after_the_platform_refused_was_somebody_else(bench: Bench) -> None:
    bench.ask(bench.vendor.transfer)
    bench.hear(bench.vendor.refused, *bench.vendor.over)
    assert bench.ends == bench.both(UNSAID)


def test_an_end_does_not_wait_for_ever_for_an_answer(bench: Bench) -> None:
    bench.ask(bench.vendor.transfer)
    bench.hear(*bench.vendor.over)
    due = bench.connection.due()
    assert due is not None
    assert due <= NOW + HELD_BACK
    bench.tell(bench.connection.advance(NOW + HELD_BACK))
    assert bench.ends == bench.both(UNSAID)


def test_an_end_does_not_wait_for_an_answer_that_nobody_waits_for(bench: Bench) -> None:
    bench.ask(bench.vendor.transfer)
    bench.connection.forget(CALL_ID)
    bench.hear(*bench.vendor.over)
    assert bench.ends == bench.both(UNSAID)


def test_a_cause_that_the_platform_gives_is_not_replaced_by_ours() -> None:
    agent, ref, endings = Ref("a"), Ref("c"), Endings()
    talking = InteractionObserved(agent=agent, ref=ref, state=InteractionState.CONNECTED)
    endings.through([talking], NOW)
    endings.sent(CALL_ID, {ref: EndCause.TRANSFERRED})
    endings.answered(CALL_ID, done=True)
    over = InteractionObserved(
        agent=agent,
        ref=ref,
        state=InteractionState.WRAP_UP,
        end_cause=EndCause.ABANDONED,
        ended_by=Side.REMOTE,
    )
    assert endings.through([over], NOW) == [over]
    gone = InteractionGone(agent=agent, ref=ref, end_cause=EndCause.NORMAL)
    assert endings.through([gone], NOW) == [gone]


def test_the_end_of_another_interaction_does_not_wait(bench: Bench) -> None:
    bench.ask(bench.vendor.release)
    bench.hear(*bench.vendor.over)
    assert bench.ends == {bench.vendor.main: UNSAID}


def test_the_colleague_leaves_and_nobody_asked_for_it(bench: Bench) -> None:
    bench.hear(*bench.vendor.consult_over)
    assert bench.ends == {bench.vendor.consult: UNSAID}
