"""A word that no table knows is no failure: it is kept, and a canonical client can see it."""

from collections.abc import Callable

import msgspec
import pytest

from schemas import events as ev
from schemas.agent import AgentSession
from schemas.interaction import Interaction
from schemas.values import Json
from tests.dialects.genesys_wwe import stage
from tests.dialects.genesys_wwe.desk import Desk

NEW = "BRAND_NEW"
CALL: dict[str, Json] = {"interactionId": "4", "callUuid": "u-1", "caseId": "c-1", "state": "TALKING"}

_Seen = Callable[[Desk], Json]


def shown(desk: Desk) -> Interaction:
    [one] = desk.state.snapshots.interactions()
    return one


def agent(desk: Desk) -> AgentSession:
    [one] = desk.state.snapshots.sessions.values()
    return one


def told(desk: Desk) -> ev.AnyEvent:
    return desk.events[-1]


def notice(desk: Desk) -> str:
    event = told(desk)
    assert isinstance(event, ev.PlatformNotice)
    return f"{event.code} {event.message}"


def unrecognised(desk: Desk) -> str:
    event = told(desk)
    assert isinstance(event, ev.VendorUnrecognised)
    return event.name


def framed(desk: Desk) -> str:
    event = told(desk)
    assert event.vendor is not None
    return bytes(event.vendor.frame).decode()


WORDS: dict[str, tuple[bytes, _Seen, Json]] = {
    "state": (stage.changed({**CALL, "state": NEW}), lambda d: shown(d).vendor_state, NEW),
    "previousState": (
        stage.changed({**CALL, "previousState": NEW}),
        lambda d: shown(d).extras["previousState"],
        NEW,
    ),
    "direction": (stage.changed({**CALL, "direction": NEW}), lambda d: shown(d).extras["direction"], NEW),
    "callType": (stage.changed({**CALL, "callType": NEW}), lambda d: shown(d).extras["callType"], NEW),
    "recordingState": (
        stage.changed({**CALL, "recordingState": NEW}),
        lambda d: shown(d).extras["recordingState"],
        NEW,
    ),
    "ronaCallState": (
        stage.changed({**CALL, "state": "IDLE", "ronaCallState": NEW}),
        lambda d: shown(d).extras["ronaCallState"],
        NEW,
    ),
    "media name of an interaction": (
        stage.changed({**CALL, "media": NEW}),
        lambda d: shown(d).channel_type,
        NEW,
    ),
    "State.type": (stage.event("agent", {"type": NEW}), lambda d: agent(d).vendor_state, NEW),
    "media name of the agent": (
        stage.event("media", {"media": NEW, "state": {"type": "READY"}}),
        lambda d: agent(d).channels[-1].media,
        NEW,
    ),
    "State.type of a medium": (
        stage.event("media", {"media": "fax", "state": {"type": NEW, "operationName": NEW}}),
        lambda d: agent(d).channels[-1].reason,
        NEW,
    ),
    "eventType of interaction": (
        stage.changed({**CALL, "state": "HELD"}, NEW),
        lambda d: NEW in framed(d),
        True,
    ),
    "eventType of a case": (
        stage.event("interaction", {"eventType": NEW, "selectedCaseId": "c-1"}),
        unrecognised,
        f"interaction.{NEW}",
    ),
    "eventType of markdone": (
        stage.event("markdone", {"eventType": NEW, "interactionId": "4"}),
        unrecognised,
        f"markdone.{NEW}",
    ),
    "eventType of agent": (
        stage.event("agent", {"eventType": NEW, "type": "NOT_READY"}),
        lambda d: NEW in framed(d),
        True,
    ),
    "eventType of media": (
        stage.event("media", {"eventType": NEW, "media": "voice", "state": {"type": "READY"}}),
        lambda d: NEW in framed(d),
        True,
    ),
    "eventType of outbound": (
        stage.event("outbound", {"eventType": NEW, "campaign": "Spring"}),
        notice,
        f"{NEW} Spring",
    ),
    "campaign mode": (
        stage.event("outbound", {"eventType": "CampaignStarted", "campaign": "Spring", "mode": NEW}),
        notice,
        f"CampaignStarted Spring {NEW}",
    ),
    "eventType of system": (stage.event("system", {"eventType": NEW}), notice, f"{NEW} "),
    "a channel": (stage.event(NEW, {"eventType": "x"}), unrecognised, f"{NEW}.x"),
}


@pytest.mark.parametrize("where", WORDS)
def test_an_unknown_word_is_kept_and_seen(where: str) -> None:
    frame, seen, expected = WORDS[where]
    desk = Desk([CALL])
    before = len(desk.events)
    desk.see(frame)
    assert len(desk.events) > before
    assert seen(desk) == expected


@pytest.mark.parametrize(
    ("member", "found"),
    [
        ("state", lambda one: one.vendor_state),
        ("direction", lambda one: one.extras["direction"]),
        ("media", lambda one: one.channel_type),
    ],
)
def test_it_is_so_in_the_first_snapshot_too(member: str, found: Callable[[Interaction], Json]) -> None:
    assert found(shown(Desk([{**CALL, member: NEW}]))) == NEW


def test_an_unknown_right_of_the_agent_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"data": {"employeeId": "1001", "roles": ["ROLE_AGENT", NEW]}}
    monkeypatch.setitem(stage.ANSWERS, "agent.get", answer)
    desk = Desk()
    said = msgspec.json.decode(desk.state.snapshots.private(agent(desk).id)["agent.get"])
    assert said["roles"] == ["ROLE_AGENT", NEW]


def test_an_unknown_state_of_the_menu_is_a_choice_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"type": NEW, "displayName": "New", "operationName": "New!"}
    monkeypatch.setitem(stage.ANSWERS, "agent.getStateList", {"data": [state]})
    [choice] = agent(Desk()).choices
    assert (choice.id, choice.label) == ("New!", "New")


def test_an_unknown_kind_of_target_is_named_in_the_refusal_where_the_platform_cannot_know_it() -> None:
    client = stage.client(stage.interaction())
    target = {"type": NEW, "destination": "1"}
    [refused] = stage.ask(client, "interaction.consult", "i4", target)
    assert refused == {"errorMessage": f"Unknown target type: {NEW}"}
