"""A WWE client over a WWE platform reads what the platform sent, member for member; the handles are ours."""

from collections.abc import Mapping

import msgspec
import pytest

from adapters.dialect import Context, Execute
from adapters.genesys_wwe import methods, passing
from adapters.genesys_wwe.settings import Settings
from schemas import commands as c
from schemas import events as ev
from schemas.agent import AgentSession, AgentState
from schemas.results import Succeeded
from schemas.values import Json
from tests.dialects.genesys_wwe import stage
from tests.dialects.genesys_wwe.desk import Desk
from tests.dialects.genesys_wwe.test_codec import OBSERVATIONS, context, frames
from tests.dialects.golden import FrameCase

TALKING: dict[str, Json] = {
    "interactionId": "4",
    "parentInteractionId": None,
    "caseId": "4401820b-c4e6-4994-69c2-6ae7fdbc4905",
    "userData": {"Segment": "Gold", "Price": 12345678901234567890, "Notes": "x", "Empty": None},
    "state": "TALKING",
    "previousState": "",
    "parties": [{"name": "Kim Lee"}, {"name": "Ann", "role": "host"}],
    "isMainCaseInteraction": True,
    "callUuid": "u-1",
    "direction": "SIDEWAYS",
    "ronaCallState": None,
    "interactionUUID": "u-1",
    "contact": {"displayName": "Ann Bell", "firstNname": "Ann", "loyalty": 3},
    "mood": {"of": ["the", "caller"]},
}
LABEL = "ESTABLISHED"
# What our model knows already, or never gets to know: no event is told, and so no frame.
UNCHANGED = {
    ("agent_types", 1): "an agent of whom nothing is known does not sign out",
}
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
    for index, one in enumerate(frames(case.frame)):
        channel, data = posted(bytes(one))
        shown = data.get("interaction") if isinstance(data, dict) else None
        if isinstance(shown, dict) and shown["interactionId"] not in handles(desk):
            offered = {"interactionId": shown["interactionId"], "state": "HELD"}
            desk.see(stage.changed(offered))  # what is over when it is first seen is told to nobody
        told = desk.see(bytes(one))
        if (name, index) in UNCHANGED:
            assert told == []
        else:
            assert told == [notification(channel, renamed(data, handles(desk)))]


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


SAID: dict[str, Json] = {
    "agent.get": {
        "employeeId": "1001",
        "firstname": "",
        "roles": ["ROLE_SUPERVISOR", "ROLE_POET"],
        "desk": 4,
    },
    "agent.getState": {"type": "DND_ON", "displayName": "Bitte nicht stören", "operationName": "Dnd", "x": 1},
    "agent.getStateList": [
        {"type": "READY", "displayName": "Bereit", "operationName": "Ready"},
        {"type": "MEDITATING", "displayName": "Om", "operationName": "Om"},
        {"type": "LOGOUT", "displayName": "Abmelden", "operationName": "LogOff"},
        {"type": "READY", "displayName": "Bereit 2", "operationName": "Ready2"},
    ],
    "media.getMediaList": [
        {"name": "voice", "state": {"type": "READY"}, "dn": "7001"},
        {"media": "fax", "state": None},
    ],
}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> None:
    for method, data in SAID.items():
        monkeypatch.setitem(stage.ANSWERS, method, {"data": data})


@pytest.mark.usefixtures("said")
def test_the_agent_is_read_as_the_platform_said_it() -> None:
    desk = Desk()
    for method, data in SAID.items():
        assert desk.ask(method) == data
    fax, voice = desk.ask("media.getMediaByName", "fax"), desk.ask("media.getMediaByName", "voice")
    assert [voice, fax] == SAID["media.getMediaList"]
    assert desk.ask("media.getMediaByName", "telex") is None


@pytest.mark.usefixtures("said")
def test_the_agent_s_state_is_read_as_its_last_event_said_it() -> None:
    desk = Desk()
    state = {"type": "READY", "displayName": "Bereit", "operationName": "Ready"}
    desk.see(stage.event("agent", state))
    assert desk.ask("agent.getState") == state


@pytest.mark.usefixtures("said")
@pytest.mark.parametrize(
    ("operation", "state", "reason"),
    [
        ("Ready2", AgentState.READY, ""),
        ("Ready", AgentState.READY, "Ready"),
        ("Om", AgentState.UNKNOWN, "Om"),
        ("LogOff", AgentState.LOGGED_OUT, ""),
    ],
)
def test_an_operation_out_of_the_platform_s_list_is_the_one_that_is_called(
    operation: str, state: AgentState, reason: str
) -> None:
    desk = Desk()
    [execute] = stage.ask(desk.client, "agent.setState", operation)
    assert isinstance(execute, Execute)
    assert execute.command == c.SetState(session_id=session(desk).id, state=state, reason=reason)
    flow = desk.connection.flow(execute.command, Context(agent=session(desk)))
    calls, _ = stage.run(flow, stage.ANSWERS["agent.getStateList"], {"data": None})
    assert (calls[-1].method, calls[-1].params) == ("agent.setState", [operation])


def session(desk: Desk) -> AgentSession:
    [one] = desk.state.sessions.values()
    return one


# --- calls


@pytest.mark.parametrize("case", ["theirs", "ours"])
def test_a_case_is_selected_by_its_own_id_or_by_ours(case: str) -> None:
    desk = Desk([TALKING])
    one = desk.all()["4"]
    wanted = TALKING["caseId"] if case == "theirs" else one.root_id
    [execute] = stage.ask(desk.client, "interaction.selectCaseByCaseId", wanted)
    assert isinstance(execute, Execute)
    assert execute.command == c.Focus(interaction_id=one.id)


@pytest.mark.parametrize("method", sorted(methods.PASSED))
def test_what_only_the_same_vendor_s_platform_knows_is_passed_on_to_it(method: str) -> None:
    desk = Desk([TALKING])
    one = desk.all()["4"]
    first, theirs = (one.id, "4") if method in passing.ON_INTERACTION else ("Spring", "Spring")
    [execute] = stage.ask(desk.client, method, first, {"deep": [1]})
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, c.VendorCall)
    assert (execute.command.method, execute.command.params) == (method, (theirs, {"deep": [1]}))
    [answer] = desk.client.finished(execute.token, Succeeded(data={"id": 7}), stage.NOW)
    assert stage.plain(answer) == {"data": {"id": 7}}
    assert method in str(desk.ask("system.getAllowedServices"))


def test_a_target_of_a_kind_that_the_model_has_not_got_is_passed_on() -> None:
    desk = Desk([TALKING])
    one = desk.all()["4"]
    target = {"type": "ROBOT", "destination": "r2", "media": "beeps"}
    for method in (
        "interaction.consult",
        "interaction.singleStepTransfer",
        "interaction.singleStepConference",
    ):
        [execute] = stage.ask(desk.client, method, one.id, target, None, {"a": 1})
        assert isinstance(execute, Execute)
        assert execute.command == c.VendorCall(
            session_id=one.session_id,
            method=method,
            params=("4", target, None, {"a": 1}),
            interaction_id=one.id,
        )


def test_the_state_of_one_medium_and_the_record_of_a_chain_are_passed_on() -> None:
    preview = {"interactionId": "8", "media": "outboundpreview", "state": "READY"}
    desk = Desk([preview])
    one = desk.all()["8"]
    [execute] = stage.ask(desk.client, "media.setState", "voice", "NotReady")
    assert isinstance(execute, Execute)
    assert execute.command == c.VendorCall(
        session_id=one.session_id, method="media.setState", params=("voice", "NotReady")
    )
    [execute] = stage.ask(desk.client, "outbound.callPreviewRecord", one.id, 3)
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, c.VendorCall)
    assert execute.command.params == ("8", 3)
    [execute] = stage.ask(desk.client, "outbound.cancelPreviewRecord")  # not named: there is only one
    assert isinstance(execute, Execute)
    assert isinstance(execute.command, c.VendorCall)
    assert execute.command.params == ("8",)
