"""A WWE client over a WWE platform reads what the platform sent, member for member; the handles are ours."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from adapters.genesys_wwe.settings import Settings
from schemas import events as ev
from schemas.values import Json
from tests.dialects.genesys_wwe import stage
from tests.dialects.genesys_wwe.desk import TALKING, Desk
from tests.dialects.genesys_wwe.test_codec import OBSERVATIONS, context, frames
from tests.dialects.golden import FrameCase

NAMES = msgspec.json.decode(Path(__file__).with_name("reference_names.json").read_bytes())
LABEL = "ESTABLISHED"
# What our model knows already, or never gets to know: no event is told, and so no frame.
BEFORE = {
    "case_collapsed": {"eventType": "CASE_EXPANDED", "selectedCaseId": "4401820b-c4e6-4994-69c2-6ae7fdbc4905"}
}


def renamed(value: Json, ours: Mapping[str, str]) -> Json:
    """The same with our handles in place of the platform's."""
    if not isinstance(value, dict):
        return value
    found = {name: renamed(one, ours) if name == "interaction" else one for name, one in value.items()}
    for name in ("interactionId", "parentInteractionId"):
        if found.get(name):
            found[name] = ours.get(str(found[name]), found[name])
    return found


def handles(desk: Desk) -> dict[str, str]:
    """Our ids by the platform's, of all that was ever seen."""
    seen = [one.interaction for one in desk.events if isinstance(one, ev.InteractionEvent)]
    return {one.ref: one.id for one in seen}


def posted(frame: bytes) -> tuple[str, Json]:
    """Channel and data, out of the envelope if there is one."""
    message = msgspec.json.decode(frame)
    [data] = message["params"]
    if isinstance(data, dict) and "userAgent" in data:
        return data["event"], data["data"]
    return message["method"], data


def notification(channel: str, data: Json) -> Json:
    return msgspec.json.decode(stage.event(channel, data))


# --- events


@pytest.mark.parametrize("name", OBSERVATIONS)
def test_a_documented_frame_is_told_as_it_came_and_once(name: str) -> None:
    case: FrameCase = OBSERVATIONS[name]
    desk = Desk(context(case).interactions)
    if name in BEFORE:
        desk.see(stage.event("interaction", BEFORE[name]))
    for one in frames(case.frame):
        channel, data = posted(bytes(one))
        shown = data.get("interaction") if isinstance(data, dict) else None
        if isinstance(shown, dict) and shown["interactionId"] not in handles(desk):
            offered = {"interactionId": shown["interactionId"], "state": "HELD"}
            desk.see(stage.changed(offered))  # what is over when it is first seen is told to nobody
        told = desk.see(bytes(one))
        assert told == [notification(channel, renamed(data, handles(desk)))]


@pytest.mark.parametrize("name", NAMES["events"])
def test_every_event_of_the_reference_is_told_as_it_came(name: str) -> None:
    channel, _, event_type = name.replace("<channel>", "x").partition("/")
    state = event_type if event_type in NAMES["enums"]["state"] else "HELD"
    shown = {**TALKING, "state": state, "isMainCaseInteraction": None}
    expanded = {"eventType": "CASE_EXPANDED", "selectedCaseId": TALKING["caseId"]}
    data: Json
    match channel, event_type:
        case "interaction", "CASE_SELECTED" | "CASE_EXPANDED" | "CASE_COLLAPSED":
            data = {**expanded, "eventType": event_type}
        case "interaction", _:
            data = {"eventType": event_type, "interaction": shown}
        case "agent", _:
            data = {"type": "NOT_READY", "operationName": "NotReady"}
        case "media", _:
            data = {"media": "voice", "state": {"type": "NOT_READY"}}
        case _:
            data = {"eventType": event_type, "interactionId": "4", "campaign": "Spring"}
    desk = Desk([TALKING])
    if event_type == "CASE_COLLAPSED":
        desk.see(stage.event("interaction", expanded))
    told = desk.see(stage.event(channel, data))
    about = channel in {"interaction", "markdone"}
    assert told == [notification(channel, renamed(data, handles(desk)) if about else data)]


@pytest.mark.parametrize(
    "frame",
    [
        stage.event("interaction", {"eventType": LABEL, "interaction": TALKING}),
        stage.event("interaction", {"eventType": "NEWER_THAN_OURS", **TALKING}),
        stage.event("markdone", {"eventType": "MARKDONE_BLOCKED", "interaction": TALKING, "more": None}),
        stage.event(
            "markdone", {"eventType": "MARKDONE_BLOCKED", "interactionId": "4", "warningMessage": ""}
        ),
        stage.event("markdone", {"eventType": "MARKDONE_POSTPONED", "interactionId": "4", "by": 2}),
        stage.event("interaction", {"eventType": "CASE_RENAMED", "selectedCaseId": "c-9"}),
        stage.event("agent", {"type": "MEDITATING", "displayName": "Om", "operationName": "Om", "since": 7}),
        stage.event("agent", {"eventType": "x", "state": {"type": "NOT_READY", "operationName": "NotReady"}}),
        stage.event("media", {"media": "fax", "state": {"type": "READY"}, "more": []}),
        stage.event("outbound", {"eventType": "CampaignStarted", "campaign": "Spring", "mode": "Telepathic"}),
        stage.event("system", {"eventType": "serviceAvailability", "services": {"a": 1.50}}),
        stage.event("system", {"state": "LEADING"}),
        stage.event("messenger:x", {"any": [None, {"thing": 1}]}),
    ],
    ids=lambda frame: str(msgspec.json.decode(frame)["params"][0])[:40],
)
def test_what_is_newer_than_our_tables_null_or_empty_is_told_as_it_came(frame: bytes) -> None:
    desk = Desk([{"interactionId": "4", "state": "RINGING", "callUuid": "u-1"}])
    channel, data = posted(frame)
    assert desk.see(frame) == [notification(channel, renamed(data, handles(desk)))]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("previousState", "DIALING"),
        ("isMainCaseInteraction", False),
        ("mood", "better"),
        ("direction", "UPWARDS"),
        ("parties", [{"name": "Kim Lee"}, {"name": "Ann", "role": "guest"}]),
        ("contact", {"displayName": "Ann Bell", "firstNname": "Ann", "loyalty": 4}),
        ("state", "SAVED"),
        ("callType", "SECRET"),
        ("ronaCallState", "DIVERTED"),
        ("recordingState", "REWINDING"),
    ],
)
def test_a_member_without_a_place_in_the_model_is_told_though_nothing_else_changes(
    member: str, value: Json
) -> None:
    desk = Desk([TALKING])
    before = len(desk.events)
    changed = {**TALKING, member: value}
    if value == "SAVED":
        changed["previousState"] = "TALKING"
    assert desk.see(stage.changed(changed)) == [
        notification("interaction", {"eventType": "ANY", "interaction": renamed(changed, handles(desk))})
    ]
    [event] = desk.events[before:]
    assert isinstance(event, ev.InteractionUpdated)
    assert event.interaction.extras[member] == value  # a canonical client sees it too
    assert desk.see(stage.changed(changed)) == []


def test_a_consultation_s_parent_is_named_by_our_id_of_it() -> None:
    desk = Desk([TALKING])
    consultation = {
        "interactionId": "5",
        "parentInteractionId": "4",
        "isConsultation": True,
        "state": "DIALING",
    }
    [told] = desk.see(stage.changed(consultation))
    ours = handles(desk)
    assert told == notification(
        "interaction",
        {
            "eventType": "ANY",
            "interaction": {
                **consultation,
                "interactionId": ours["5"],
                "parentInteractionId": ours["4"],
            },
        },
    )


def test_a_selected_case_is_told_once_however_many_interactions_it_has() -> None:
    more = [{**TALKING, "interactionId": str(number), "interactionUUID": f"u-{number}"} for number in (5, 6)]
    desk = Desk([TALKING, *more])
    selected = {"eventType": "CASE_SELECTED", "selectedCaseId": TALKING["caseId"]}
    for _ in range(2):
        desk.see(stage.event("interaction", {**selected, "selectedCaseId": "another"}))
        assert desk.see(stage.event("interaction", selected)) == [notification("interaction", selected)]


def test_a_notice_is_told_each_time_though_it_is_the_same() -> None:
    desk = Desk()
    frame = stage.event("outbound", {"eventType": "CampaignLoaded", "campaign": "Spring"})
    assert desk.see(frame) == desk.see(frame) == [msgspec.json.decode(frame)]


def test_what_an_answer_shows_is_told_as_an_event_with_the_platform_s_object() -> None:
    desk = Desk([TALKING])
    changed = {**TALKING, "state": "HELD", "previousState": "TALKING"}
    assert desk.reconnect([changed]) == [
        notification("interaction", {"eventType": "HELD", "interaction": renamed(changed, handles(desk))})
    ]


def test_what_is_not_listed_any_more_is_told_as_removed_and_what_said_so_itself_is_not() -> None:
    mail = {"interactionId": "7", "media": "email", "state": "ACCEPTED"}
    desk = Desk([TALKING, mail])
    ours = handles(desk)
    sent = {**mail, "state": "SENT", "previousState": "ACCEPTED"}
    assert [label(one) for one in desk.see(stage.changed(sent, "SENT"))] == [("SENT", ours["7"])]
    assert [label(one) for one in desk.reconnect([sent])] == [("RELEASED", ours["4"]), ("REMOVED", ours["4"])]


def label(told: Json) -> tuple[str, str]:
    data = msgspec.convert(told, dict[str, Json])["params"][0]  # type: ignore[index]  # an event's
    return data["eventType"], data["interaction"]["interactionId"]


def test_the_end_that_no_frame_tells_keeps_the_platform_s_ids_and_members() -> None:
    desk = Desk([TALKING])
    released, removed = desk.reconnect([])
    for told in (released, removed):
        one = msgspec.json.decode(msgspec.json.encode(told))["params"][0]["interaction"]
        same = ("caseId", "callUuid", "interactionUUID", "mood", "isMainCaseInteraction", "userData")
        assert {name: one[name] for name in same} == {name: TALKING[name] for name in same}
        assert (one["state"], one["interactionId"]) == ("IDLE", handles(desk)["4"])


def test_the_read_list_of_the_client_s_settings_still_hides_keys() -> None:
    desk = Desk(
        [TALKING], Settings(user_data_read_allowed=("Segment", "Price"), user_data_read_denied=("Price",))
    )
    frame = stage.changed({**TALKING, "state": "HELD"})
    [told] = desk.see(frame)
    expected = {**TALKING, "state": "HELD", "userData": {"Segment": "Gold"}}
    assert told == notification(
        "interaction", {"eventType": "ANY", "interaction": renamed(expected, handles(desk))}
    )
    assert desk.ask("interaction.getInteractions") == [renamed(expected, handles(desk))]


# --- reads


@pytest.mark.parametrize("way", ["snapshot", "event", "bare", "markdone"])
def test_the_interaction_is_read_as_the_platform_showed_it_last_also_after_a_reload(way: str) -> None:
    desk = Desk([TALKING] if way == "snapshot" else [{**TALKING, "state": "RINGING", "gone": 1}])
    match way:
        case "event":
            desk.see(stage.changed(TALKING))
        case "bare":
            desk.see(stage.event("interaction", TALKING))
        case "markdone":
            desk.see(stage.event("markdone", {"eventType": "?", "interaction": TALKING}))
        case _:
            pass
    desk.reload()
    ours = handles(desk)
    shown = renamed(TALKING, ours)
    assert desk.ask("interaction.getInteractions") == [shown]
    assert desk.ask("interaction.getByInteractionId", ours["4"]) == shown
    assert desk.ask("interaction.getByInteractionId", "4") is None


def test_a_reload_of_the_platform_s_page_changes_no_handle_of_the_client_s() -> None:
    desk = Desk([TALKING])
    before = handles(desk)["4"]
    reloaded = {**TALKING, "interactionId": "1"}
    desk.reconnect([reloaded])
    assert desk.ask("interaction.getInteractions") == [{**reloaded, "interactionId": before}]


def test_two_calls_whose_numbers_a_reload_swaps_stay_who_they_are() -> None:
    first, second = TALKING, {**TALKING, "interactionId": "5", "interactionUUID": "u-2", "callUuid": "u-2"}
    desk = Desk([first, second])
    before = {ref: one.id for ref, one in desk.all().items()}
    told = desk.reconnect([{**second, "interactionId": "4"}, {**first, "interactionId": "5"}])
    after = {ref: one.id for ref, one in desk.all().items()}
    assert (after["4"], after["5"]) == (before["5"], before["4"])
    assert not [one for one in told if "interaction" in str(one)]


def test_one_call_is_found_again_by_whichever_durable_name_the_page_shows() -> None:
    known = {**TALKING, "connId": "0071", "interactionUUID": "u-1", "callUuid": "u-1"}
    desk = Desk([known])
    before = desk.all()["4"].id
    shown = {name: value for name, value in known.items() if name not in {"interactionUUID", "callUuid"}}
    desk.reconnect([{**shown, "interactionId": "9"}])
    assert desk.all()["9"].id == before


def test_which_case_is_selected_is_read_as_the_case_events_told_it() -> None:
    other = {**TALKING, "interactionId": "5", "interactionUUID": "u-2", "caseId": "c-2"}
    desk = Desk([{**TALKING, "isCaseSelected": True}, other])
    for event_type in ("CASE_SELECTED", "CASE_EXPANDED"):
        desk.see(stage.event("interaction", {"eventType": event_type, "selectedCaseId": "c-2"}))
    first, second = msgspec.convert(desk.ask("interaction.getInteractions"), list[dict[str, Json]])
    assert (first["isCaseSelected"], second["isCaseSelected"]) == (False, True)
    assert second["isCaseExpanded"] is True
    assert "isCaseExpanded" not in first  # never said
    assert first["mood"] == TALKING["mood"]


# --- frames that change nothing of ours

READY: dict[str, Json] = {"type": "READY", "displayName": "Ready", "operationName": "Ready"}


@pytest.mark.parametrize(
    ("channel", "data"),
    [
        ("agent", {**READY, "eventType": "MOOD", "mood": "good"}),
        ("agent", {"eventType": "STATISTICS"}),
        ("media", {"eventType": "CAPACITY", "media": "voice", "state": READY, "capacity": 2}),
        ("media", {"eventType": "CAPACITY"}),
    ],
    ids=str,
)
def test_what_says_nothing_new_of_the_agent_is_told_as_it_came_and_once(
    channel: str, data: dict[str, Json]
) -> None:
    desk = Desk([TALKING])
    desk.see(stage.event("media", {"media": "voice", "state": READY}))
    assert desk.see(stage.event(channel, data)) == [notification(channel, data)]
    assert desk.see(stage.event(channel, data)) == []
