"""Same dialect north and south: what the platform sent is what the client reads, field for field.

Only the handle `interactionId` is ours, one for one. Frames are those of the documents and those below, in
which every member of the reference stands, with members and words that it does not have.
"""

from typing import Final

import msgspec
import pytest

from adapters.bright_pattern import notices, tables
from adapters.bright_pattern.settings import BrightPatternSettings
from adapters.contract.dialect import Asked, Call
from adapters.kit import jsonrpc
from adapters.kit.jsonrpc import Message
from schemas import events as e
from schemas.interaction import RecordingState
from schemas.queries import SaveActivity
from schemas.values import Json
from tests.dialects.bright_pattern.bridge import ADA, Bridge, Told, renamed
from tests.dialects.bright_pattern.peers import NOW, call, message, success
from tests.dialects.bright_pattern.samples import SAMPLES
from tests.dialects.bright_pattern.test_vocabulary import TOLD
from tests.dialects.golden import FrameCase, load

Members = dict[str, Json]
CHANGED, REMOVED, NEW = "ON_INTERACTION_STATE_CHANGE", "ON_INTERACTION_REMOVED", "ON_NEW_INTERACTION"
GOLDEN: Final = {
    name: case
    for name, case in load("bright_pattern", "observation").items()
    if b"ON_INTERACTION" in bytes(case.frame) or b"ON_NEW" in bytes(case.frame)
}
FULL: Final[Members] = {**SAMPLES["InteractionData"], "interactionId": "i-1"}
# Objects as a platform may write them: of the other generation, with nothing, with nulls, with what is newer.
WRITTEN: Final[dict[str, Members]] = {
    "every member": FULL,
    "seed 000": {k: v for k, v in FULL.items() if k not in ("subject", "associatedObjects", "agentId")},
    "seed 001": {k: v for k, v in FULL.items() if k not in ("chatParties", "internal", "ANI")},
    "the least": call("i-1"),
    "nulls": {**FULL, **dict.fromkeys(("subject", "phoneNumber", "description", "ANI", "service"))},
    "empty": {**FULL, **dict.fromkeys(("subject", "phoneNumber", "description", "ANI", "service"), "")},
    "one selected": {**FULL, "associatedObjects": {"list": [], "selected": "r-1"}},
    "newer members": {**FULL, "sentiment": {"score": 0.25, "tags": ["a", None]}, "queuePosition": 3},
    "newer words": {
        **FULL,
        "state": "parked",
        "type": "video",
        "callDirection": "sideways",
        "origination": "oracle",
        "interactionKind": "seance",
        "disposition": "Perhaps",
    },
    "half a second": {**FULL, "startTime": 1700000000000.5, "duration": 12.75},
    "another page": {**FULL, "globalInteractionId": "g-9", "agentId": "somebody else"},
}


def ours(bridge: Bridge, written: Members) -> Members:
    """The object with the client's handle."""
    return {**written, "interactionId": bridge.one().id}


def test_objects_have_every_member_of_the_reference() -> None:
    assert set(FULL) == set(SAMPLES["InteractionData"])
    assert FULL["interactionId"] == "i-1"


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_interaction_is_read_as_it_was_written(written: Members) -> None:
    bridge = Bridge()
    ((method, params),) = bridge.say(NEW, written)
    assert (method, params) == (NEW, [ours(bridge, written)])
    result, _ = bridge.ask("getInteractionsState")
    assert result == {
        "status": "success",
        "data": {"activeInteractionId": None, "interactions": [ours(bridge, written)]},
    }


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_change_is_told_once_and_as_it_was_written(written: Members) -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i-1", callMuted=True, state="queued"))
    assert bridge.say(CHANGED, written) == [(CHANGED, [ours(bridge, written)])]
    assert bridge.say(CHANGED, written) == []


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_end_is_told_by_the_one_event_that_told_it(written: Members) -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i-1"))
    expected = ours(bridge, written)
    assert bridge.say(REMOVED, written) == [(REMOVED, [expected])]
    assert bridge.say(REMOVED, written) == []


@pytest.mark.parametrize("case", GOLDEN.values(), ids=GOLDEN)
def test_documented_frame_reaches_the_client_as_it_is(case: FrameCase) -> None:
    said = msgspec.json.decode(case.frame, type=Message)
    ((written, *_),) = [msgspec.json.decode(said.params, type=list[Members])]
    bridge = Bridge()
    if said.method != NEW:
        bridge.say(NEW, call(str(written["interactionId"]), internal=True, attachedData={"other": "1"}))
    told = bridge.hear(bytes(case.frame))
    handle = bridge.events[-1].interaction.id if isinstance(bridge.events[-1], e.InteractionEvent) else ""
    assert told == [(said.method, [{**written, "interactionId": handle}])]


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_reloaded_page_gives_what_it_gave_before_under_the_same_handle(written: Members) -> None:
    bridge = Bridge()
    bridge.say(NEW, {**written, "globalInteractionId": "g-1"})
    handle = bridge.one().id
    again = {**written, "globalInteractionId": "g-1", "interactionId": "i-77"}
    bridge.reload({-4: {"activeInteractionId": "i-77", "interactions": [again]}})
    result, _ = bridge.ask("getInteractionsState")
    data = msgspec.convert(result, dict[str, Json])["data"]
    assert data == {"activeInteractionId": handle, "interactions": [{**again, "interactionId": handle}]}


def test_change_that_a_reload_shows_is_told_out_of_the_snapshot() -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i-1"))
    later = {**FULL, "sentiment": 1}
    told = bridge.reload({-4: {"activeInteractionId": None, "interactions": [call("i-2"), later]}})
    assert (CHANGED, [{**later, "interactionId": bridge.state.snapshots.interactions()[0].id}]) in told
    assert [method for method, _ in told] == [NEW, CHANGED]


@pytest.mark.parametrize("member", ["agentId", "interactionKind", "email", "transferANI"])
def test_change_of_a_member_without_a_place_in_the_model_is_told(member: str) -> None:
    bridge = Bridge()
    bridge.say(NEW, FULL)
    changed = {**FULL, member: "other"}
    assert bridge.say(CHANGED, changed) == [(CHANGED, [ours(bridge, changed)])]
    assert isinstance(bridge.events[-1], e.InteractionUpdated)


def test_interaction_that_is_new_to_the_client_is_told_as_new_whatever_told_it() -> None:
    bridge = Bridge()
    ((method, params),) = bridge.say(CHANGED, FULL)
    assert (method, params) == (NEW, [ours(bridge, FULL)])
    changed = {**FULL, "callMuted": False}
    assert bridge.say(NEW, changed) == [(CHANGED, [ours(bridge, changed)])]


def test_completed_interaction_stays_until_it_is_removed_with_its_final_data() -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i-1"))
    completed = call("i-1", state="completed")
    assert bridge.say(CHANGED, completed) == [(CHANGED, [ours(bridge, completed)])]
    final = {**completed, "recordingUrl": "https://rec.example/9"}
    expected = ours(bridge, final)
    assert bridge.say(REMOVED, final) == [(REMOVED, [expected])]
    last = bridge.events[-1]
    assert isinstance(last, e.InteractionCompleted)
    assert last.interaction.recording is not None


def test_focus_alone_is_told_alone() -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i-1"))
    assert bridge.say("ON_ACTIVE_INTERACTION_SWITCHED", "i-1") == [
        ("ON_ACTIVE_INTERACTION_SWITCHED", [bridge.one().id])
    ]
    assert bridge.say("ON_ACTIVE_INTERACTION_SWITCHED", None) == [("ON_ACTIVE_INTERACTION_SWITCHED", [None])]


def test_pause_of_the_recording_is_no_news_where_no_member_shows_it() -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i-1", callRecording=True))
    result, made = bridge.ask("setCallRecordingMute", True, answers=[{"status": "success", "data": None}])
    assert (result, made[0].params) == ({"status": "success", "data": None}, (True, "i-1"))
    bridge.page.send(made[0], 1)
    assert bridge.hear(success(1, None)) == []
    assert isinstance(bridge.events[-1], e.RecordingChanged)


def test_logout_ends_what_is_open_in_the_words_of_the_last_snapshot() -> None:
    bridge = Bridge()
    bridge.say(NEW, FULL)
    expected = ours(bridge, FULL)
    (removed, logout) = bridge.say("ON_LOGOUT")
    assert logout == ("ON_LOGOUT", [])
    assert removed[0] == REMOVED
    (told,) = msgspec.convert(removed[1], list[Members])
    rest = {"endTime", "chatParties"}  # ended now; of a call no chat party is kept
    assert {k: v for k, v in told.items() if k not in rest} == {
        k: v for k, v in expected.items() if k not in rest
    }


# --- what is no interaction

NOTICES: Final = {
    **{name: TOLD[name] for name in notices.READ},
    "ON_SOMETHING_NEWER": ({"who": "i-1", "null": None}, ""),
    "ON_SERVER_ERROR": ({"code": "999", "name": "", "timestamp": None, "newer": [1.5]},),
    "ON_PHONE_CAPABILITIES_CHANGE": ({"canDial": True, "canFly": False}, "more"),
    "ON_OPEN_RECORD": ({**SAMPLES["InteractionAssociatedObjectData"], "newer": 1}, "i1", None, "more"),
    "ON_SOFTPHONE_STATUS_CHANGE": (False, ""),
    "ON_AUDIO_DEVICE_CHANGE": (None, None),
}


@pytest.mark.parametrize("name", NOTICES)
@pytest.mark.parametrize("waits", [False, True], ids=["told", "asked"])
def test_event_of_the_widget_is_told_as_it_came(name: str, *, waits: bool) -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i1"))
    params = NOTICES[name]
    frame = jsonrpc.request(5, name, params) if waits else jsonrpc.notification(name, params)
    assert bridge.hear(frame) == [(name, renamed(params, bridge.one().id))]


@pytest.mark.parametrize(
    "state",
    [
        *({"state": word, "reservedForIncomingInteraction": False} for word in tables.AGENT_STATE_IN),
        {"state": "ready", "reservedForIncomingInteraction": True},
        {"state": "busy", "reservedForIncomingInteraction": True},
        {"state": "not_ready", "reservedForIncomingInteraction": False, "notReadyReason": "Lunch"},
        {"state": "lunching", "reservedForIncomingInteraction": False},
    ],
    ids=str,
)
def test_agent_state_is_answered_as_the_platform_did(state: Members) -> None:
    if state["state"] in tables.NEWER_AGENT_STATES:
        state = {**state, "reservedForIncomingInteraction": True}  # the word says so already
    result, made = Bridge(answers={-2: state}).ask("getAgentState")
    assert (result, made) == ({"status": "success", "data": state}, [])


@pytest.mark.parametrize(
    "params", [("supervising",), ("ringing",), ("lunching",), ("not_ready", "Lunch"), ("not_ready", "", 1)]
)
def test_agent_state_is_told_as_it_came(params: tuple[Json, ...]) -> None:
    assert Bridge().say("ON_AGENT_STATE_CHANGE", *params) == [("ON_AGENT_STATE_CHANGE", list(params))]


def test_another_word_for_the_same_state_is_told() -> None:
    bridge = Bridge()
    bridge.say("ON_AGENT_STATE_CHANGE", "reserved")
    assert bridge.say("ON_AGENT_STATE_CHANGE", "ringing") == [("ON_AGENT_STATE_CHANGE", ["ringing"])]


@pytest.mark.parametrize(
    "state",
    [
        {"isLoggedIn": True},
        {"isLoggedIn": True, "agentId": "a-1"},
        {"isLoggedIn": True, "agentId": "a-1", "username": "", "sessionId": "s-1"},
    ],
    ids=str,
)
def test_login_state_is_answered_as_the_platform_did(state: Members) -> None:
    result, _ = Bridge(answers={-1: state}).ask("getLoginState")
    assert result == {"status": "success", "data": state}


def test_login_is_told_as_it_came() -> None:
    bridge = Bridge()
    bridge.say("ON_LOGOUT")
    login: Members = {"isLoggedIn": True, "agentId": "a-1", "username": None, "newer": {"x": [1]}}
    told: list[Told] = bridge.say("ON_LOGIN", login)
    told += bridge.hear(success(-5, {"state": "busy", "reservedForIncomingInteraction": False}))
    assert told == [("ON_LOGIN", [login]), ("ON_AGENT_STATE_CHANGE", ["busy"])]


# --- questions


@pytest.mark.parametrize("generation", ["InteractionActivityData", "InteractionData"])
def test_activity_is_asked_about_as_it_came(generation: str) -> None:
    bridge = Bridge()
    bridge.say(NEW, call("i1"))
    activity: Members = {**SAMPLES[generation], "newer": None}
    (asked,) = bridge.page.received(jsonrpc.request(3, "ON_SAVE_ACTIVITY_RECORD", (activity,)), NOW)
    assert isinstance(asked, Asked)
    assert isinstance(asked.query, SaveActivity)
    one = bridge.one()
    query = msgspec.structs.replace(asked.query, interaction_id=one.id, interaction=one)
    (sent,) = bridge.client.ask(query)
    assert msgspec.json.decode(message(sent).params) == [{**activity, "interactionId": one.id}]


# --- settings


def test_operator_may_choose_the_older_generation() -> None:
    bridge = Bridge(BrightPatternSettings(newer_agent_states=False, selected_as_list=False))
    ((_, params),) = bridge.say(NEW, FULL)
    (told,) = msgspec.convert(params, list[Members])
    objects = msgspec.convert(FULL["associatedObjects"], Members)
    assert told == {**ours(bridge, FULL), "associatedObjects": {**objects, "selected": "r-1"}}
    assert bridge.say("ON_AGENT_STATE_CHANGE", "ringing") == [("ON_AGENT_STATE_CHANGE", ["ready"])]
    result, _ = bridge.ask("getAgentState")
    assert result == {"status": "success", "data": {"state": "ready", "reservedForIncomingInteraction": True}}


def test_operator_may_choose_the_newer_generation() -> None:
    bridge = Bridge(BrightPatternSettings(newer_agent_states=True, selected_as_list=True))
    objects: Members = {"list": [], "selected": "r-1"}
    ((_, params),) = bridge.say(NEW, {**FULL, "associatedObjects": objects})
    (told,) = msgspec.convert(params, list[Members])
    assert told["associatedObjects"] == {"list": [], "selected": ["r-1"]}
    assert bridge.say("ON_AGENT_STATE_CHANGE", "ringing") == [("ON_AGENT_STATE_CHANGE", ["ringing"])]


def lives(bridge: Bridge) -> list[str]:
    """The kinds of events of interactions so far."""
    told = [str(one.__struct_config__.tag) for one in bridge.events]
    return [tag for tag in told if tag.startswith("interaction.")]


def test_a_call_that_is_there_again_after_a_new_login_goes_on_and_is_shown_as_new() -> None:
    bridge = Bridge()
    bridge.say(NEW, FULL)
    handle = bridge.one().id
    bridge.say("ON_LOGOUT")
    assert bridge.state.snapshots.interactions() == []
    del bridge.events[:]
    bridge.say("ON_LOGIN", {"isLoggedIn": True, "agentId": ADA})
    told = bridge.hear(success(-7, {"activeInteractionId": None, "interactions": [FULL]}))
    assert (NEW, [ours(bridge, FULL)]) in told
    bridge.say(CHANGED, {**FULL, "state": "hold"})
    assert lives(bridge) == ["interaction.reopened", "interaction.held"]
    assert bridge.one().id == handle


def test_a_pause_of_the_recording_outlasts_the_page() -> None:
    bridge = Bridge()
    recorded = {**FULL, "callRecording": True}
    bridge.say(NEW, recorded)
    pause(bridge, silent=True)
    bridge.reload({-4: {"activeInteractionId": None, "interactions": [recorded]}})
    bridge.say(CHANGED, {**recorded, "state": "hold"})
    assert bridge.one().recording_state is RecordingState.PAUSED
    pause(bridge, silent=False)
    assert bridge.one().recording_state is RecordingState.RECORDING
    bridge.say(CHANGED, {**recorded, "callRecording": False})
    assert bridge.one().recording_state is RecordingState.STOPPED


def pause(bridge: Bridge, *, silent: bool) -> None:
    """A call of ours that the page carried out."""
    call_id = 700 + silent
    bridge.page.send(
        Call(method="setCallRecordingMute", params=(silent, str(FULL["interactionId"]))), call_id
    )
    bridge.hear(success(call_id, None))


def test_a_duration_alone_is_no_news_live_or_after_a_reload() -> None:
    bridge = Bridge()
    bridge.say(NEW, FULL)
    for seconds in (61, 62):
        assert bridge.say(CHANGED, {**FULL, "duration": seconds}) == []
    del bridge.events[:]
    bridge.reload({-4: {"activeInteractionId": None, "interactions": [{**FULL, "duration": 63}]}})
    assert lives(bridge) == []
    bridge.say(CHANGED, {**FULL, "duration": 64, "state": "hold"})
    assert (lives(bridge), bridge.one().extras["duration"]) == (["interaction.held"], 64)


def test_where_the_recording_is_may_be_said_after_the_end() -> None:
    bridge = Bridge()
    bridge.say(NEW, FULL)
    handle = bridge.one().id
    over = {**FULL, "state": "completed"}
    bridge.say("ON_INTERACTION_REMOVED", over)
    del bridge.events[:]
    assert bridge.say(CHANGED, {**over, "recordingUrl": "https://r/1", "duration": 90}) == []
    assert lives(bridge) == ["interaction.updated"]
    done = bridge.state.snapshots.interaction(handle)
    assert done is not None
    assert done.recording is not None
    assert (done.recording.url, done.extras["duration"]) == ("https://r/1", 90)
