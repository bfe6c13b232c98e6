"""This protocol on both ends: what the platform says is what the client reads, but for the handles.

No order is regrouped: every frame of the platform is passed on when it comes. One that says the same as the
frame before it about the same object, with no command between them, is told once.
"""

import msgspec
import pytest

from schemas.values import Json
from tests.dialects.channel_session.bridge import ANNOUNCED, CHANNEL, INITIALIZED, Bridge, Frame
from tests.dialects.channel_session.played import is_event, play
from tests.dialects.channel_session.sequences import (
    ANSWER,
    ANSWERED,
    CALL_DATA,
    COLLEAGUE,
    COMPLETE,
    CUSTOMER,
    OFFER,
    RELEASE,
    SEQUENCES,
    I,
    Step,
    V,
    W,
)
from tests.dialects.channel_session.stage import answered, stated, told


def expected(bridge: Bridge, step: Step) -> list[Frame]:
    """What it has to read: the response to its own request, then the platform's events."""
    events = [bridge.renamed(frame) for frame in step.frames if is_event(frame)]
    if not step.command:
        return events
    response: Frame = {
        "command": step.command,
        "target": bridge.ours(step.target),
        "result": "success",
        "data": step.data,
    }
    return [response, *events]


@pytest.mark.parametrize("steps", SEQUENCES.values(), ids=SEQUENCES.keys())
def test_the_client_reads_what_the_platform_says(steps: tuple[Step, ...]) -> None:
    bridge = Bridge()
    for step in steps:
        heard = play(bridge, step)
        assert heard == expected(bridge, step)


def ungrouped(frame: bytes) -> bytes:
    """An event with its target in the other form; a response repeats the request's."""
    return frame.replace(b'"target":"s1.grp.', b'"target":"s1.') if is_event(frame) else frame


@pytest.mark.parametrize("steps", SEQUENCES.values(), ids=SEQUENCES.keys())
def test_a_platform_that_leaves_the_group_out_of_its_targets_is_read_the_same(
    steps: tuple[Step, ...],
) -> None:
    bridge = Bridge()
    for step in steps:
        heard = play(bridge, msgspec.structs.replace(step, frames=tuple(map(ungrouped, step.frames))))
        assert [grouped(one) for one in heard] == [grouped(one) for one in expected(bridge, step)]


def grouped(frame: Frame) -> Frame:
    """A frame with the group left out of its target: what is told of a creation has it anyway."""
    return {**frame, "target": str(frame["target"]).replace(".grp.", ".")}


def test_a_client_may_leave_the_group_out_too() -> None:
    bridge = Bridge()
    play(bridge, OFFER)
    short = msgspec.structs.replace(ANSWER, target=V.replace(".grp.", "."))
    assert play(bridge, short) == expected(bridge, short)
    (sent,) = bridge.sent
    assert (sent["command"], sent["target"]) == ("conversation.answer", V)


# --- questions, failures and lists: in the response


def refused(bridge: Bridge, step: Step, result: str, **answer: Json) -> Frame:
    """How the client is answered when the platform answers this."""
    assert bridge.say(step.command, step.target, step.data) == []
    (response,) = bridge.hear(answered(step.command, step.target, result, **answer))
    return response


EXTENSIONS: list[Json] = [
    {"type": "agentstate"},
    {
        "type": "disposition",
        "dispositionRequired": True,
        "dispositions": [
            {"dispositionId": 7, "dispositionName": "Sold", "priority": 4, "isPreviewDisposition": True},
            {"dispositionId": 9, "dispositionName": "", "priority": 0, "isPreviewDisposition": False},
        ],
    },
    {"type": "disposition", "dispositionRequired": False, "dispositions": [], "hint": "none needed"},
    {"id": "inContact.outboundskill", "skills": [{"id": 12, "skillName": "Sales", "site": "Oslo"}]},
    {"type": "logoutreason", "reasons": [{"id": "1", "name": "Home", "paid": False}]},
    {"type": "riddle", "question": "what has keys and no locks?"},
    {"id": "acme.tariff", "tariffs": [1, 2]},
]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_what_the_platform_asks_is_asked_in_its_words(extension: Json) -> None:
    bridge = Bridge()
    for step in (OFFER, ANSWER, RELEASE):
        play(bridge, step)
    response = refused(bridge, COMPLETE, result="needinfo", uiExtension=extension, original={})
    assert response == {
        "command": "interaction.complete",
        "target": bridge.ours(I),
        "result": "needinfo",
        "uiExtension": extension,
        "original": {"command": "interaction.complete", "target": bridge.ours(I), "data": {}},
    }


def test_the_disposition_that_was_asked_for_goes_to_the_platform_as_it_was_listed() -> None:
    bridge = Bridge()
    for step in (OFFER, ANSWER, RELEASE):
        play(bridge, step)
    listed: Json = [{"dispositionId": 7, "dispositionName": "Sold", "priority": 4}]
    asked: Json = {"type": "disposition", "dispositionRequired": True, "dispositions": listed}
    refused(bridge, COMPLETE, result="needinfo", uiExtension=asked)
    again = msgspec.structs.replace(COMPLETE, data={"dispositionId": 7, "notes": "n"})
    assert play(bridge, again) == expected(bridge, again)
    assert bridge.sent[-1]["data"] == {"dispositionId": 7, "notes": "n"}


@pytest.mark.parametrize(
    "failure",
    [
        {"code": "bad-state", "message": "m", "context": "at line 1"},
        {"code": "E-4711", "message": "brand new", "retryAfter": 3},
        {"code": "", "message": "", "context": ""},
    ],
)
def test_a_failure_is_told_as_it_was_printed(failure: Json) -> None:
    bridge = Bridge()
    play(bridge, OFFER)
    response = refused(bridge, ANSWER, result="failure", failure=failure, original={})
    assert response["failure"] == failure
    assert response["original"] == {"command": ANSWER.command, "target": bridge.ours(V), "data": {}}


def test_the_address_book_is_the_platforms_with_groups_and_properties() -> None:
    bridge = Bridge(incontact=True)
    entry: Json = {
        "name": "Sales",
        "type": "skill",
        "destinations": [{"label": "a", "value": "1"}, {"label": "b", "value": "2"}],
        "properties": {
            "mediaType": "Chat",
            "numAvailable": 3,
            "numUnavailable": 0,
            "ewt": "00:02",
            "sla": 0.8,
        },
    }
    books: Json = {
        "addressbooks": [
            {"name": "All", "groups": [{"name": "In", "groups": [], "entries": [entry]}], "entries": []},
            {"name": "Odd", "groups": [], "entries": [{"name": "X", "type": "robot", "destinations": []}]},
        ]
    }
    command = "session.request.incontact.addressbook"
    bridge.say(command, "s1", {"realtime": True})
    (response,) = bridge.hear(answered(command, "s1", data=books))
    assert response["data"] == books


@pytest.mark.parametrize(
    ("command", "target", "data", "result"),
    [
        (
            "channel.request.incontact.getscripts",
            CHANNEL,
            {},
            {"scripts": [{"scriptId": 9, "scriptName": "Welcome"}]},
        ),
        ("interaction.request.incontact.signal", I, {"p1": "x", "p20": "y"}, {}),
        (
            "channel.request.setagentstate",
            CHANNEL,
            {"state": "AUTO_IN", "x": 1},
            {"state": "AUTO_IN", "x": 1},
        ),
        ("interaction.request.snooze", I, {"minutes": 5}, {"until": "noon"}),
        ("conversation.park", V, {}, {"slot": 4}),
        ("channelgroup.request.activateall", "s1.grp", {"channeloptions": {}}, {"channeloptions": {}}),
    ],
)
def test_a_request_without_a_canonical_command_goes_to_the_platform_as_it_is(
    command: str, target: str, data: Json, result: Json
) -> None:
    bridge = Bridge()
    play(bridge, OFFER)
    assert bridge.say(command, target, data) == []
    sent = bridge.sent[-1]
    assert (sent["command"], sent["target"], sent["data"]) == (command, target, data)
    (response,) = bridge.hear(answered(command, target, data=result))
    assert response == {
        "command": command,
        "target": bridge.ours(target),
        "result": "success",
        "data": result,
    }


def test_signing_out_tells_what_the_platform_tells_and_then_the_response() -> None:
    bridge = Bridge()
    bridge.say("session.request.logout", "s1")
    frames = (
        stated("channel", CHANNEL, "INACTIVE", agentstate="LOGGED_OUT"),
        told("channel.disposed", CHANNEL),
        told("channelgroup.disposed", "s1.grp"),
    )
    heard = bridge.hear(*frames, answered("session.request.logout", "s1", data={}))
    response = {"command": "session.request.logout", "target": bridge.session_id, "result": "success"}
    assert heard == [*map(bridge.renamed, frames), response]
    assert bridge.say("session.request.getdirectory", "s1")[0]["result"] == "failure"


def test_a_platform_that_only_answers_a_logout_leaves_nothing_undisposed() -> None:
    bridge = Bridge()
    bridge.say("session.request.logout", "s1")
    *disposed, response = bridge.hear(answered("session.request.logout", "s1", data={}))
    frames = (told("channel.disposed", CHANNEL), told("channelgroup.disposed", "s1.grp"))
    assert disposed == [bridge.renamed(one) for one in frames]
    assert response["result"] == "success"


# --- what is there already


BUSY = tuple(one.replace(b'"agentstate":"READY"', b'"agentstate":"BUSY","reason":""') for one in ANNOUNCED)
RECOVERED: tuple[bytes, ...] = (*OFFER.frames[2:], *ANSWERED.frames)


def test_a_running_session_is_announced_as_the_platform_announced_it() -> None:
    call = (
        told(
            "interaction.created",
            CHANNEL,
            {"interaction": {"id": "i1", "type": "TELEPHONY", "modeltype": "T"}},
        ),
        stated("interaction", I, "STARTED", recording="PAUSED", since=5),
        told("conversation.created", I, {"conversation": {"id": "v1", "role": "primary", "line": 2}}),
        stated("conversation", V, "HELD", muted=True),
        told("conversation.member.added", V, {"member": CUSTOMER}),
        told("conversation.initialized", V),
        told("interaction.datachanged", I, CALL_DATA),
        told("interaction.initialized", I),
        told("conversation.created", I, {"conversation": {"id": "v2", "role": "consult"}}),
        stated("conversation", W, "TALKING", muted=False),
        told("conversation.member.added", W, {"member": COLLEAGUE}),
        told("conversation.initialized", W),
        told("interaction.focuschanged", I, {"conversation": {"id": "v2"}}),
    )
    bridge = Bridge(*call)
    start, *rest = bridge.begun
    assert start == {"command": "session.start", "target": bridge.session_id, "result": "success"}
    assert rest == [bridge.renamed(one) for one in (*ANNOUNCED, *call, INITIALIZED)]


def test_a_stand_alone_channel_and_one_of_an_unknown_type_are_announced_as_they_are() -> None:
    announced = (
        told(
            "channel.created", "s1", {"channel": {"id": "77", "name": "Fax", "type": "FaxMachine", "x": [1]}}
        ),
        told("channel.infochanged", "s1.77", {"channel": {"id": "77", "state": "OUT_OF_PAPER"}}),
        told("channel.initialized", "s1.77"),
    )
    bridge = Bridge(announced=announced)
    assert bridge.begun[1:] == [bridge.renamed(one) for one in (*announced, INITIALIZED)]
    offer = (
        told(
            "interaction.created", "s1.77", {"interaction": {"id": "i1", "type": "FaxPage", "modeltype": "F"}}
        ),
        stated("interaction", "s1.77.i1", "FEEDING"),
    )
    assert bridge.hear(*offer) == [bridge.renamed(one) for one in offer]
    assert bridge.say("interaction.accept", "s1.77.i1") == []
    assert bridge.sent[-1]["target"] == "s1.77.i1"


def test_two_channels_of_one_type_stay_two_and_a_group_may_have_a_channels_id() -> None:
    announced = (
        told("channelgroup.created", "s1", {"channelgroup": {"id": "301", "name": "g"}}),
        *(
            frame
            for one in ("301", "302")
            for frame in (
                told("channel.created", "s1.301", {"channel": {"id": one, "name": one, "type": "Telephony"}}),
                told("channel.infochanged", f"s1.301.{one}", {"channel": {"id": one, "state": "ACTIVE"}}),
                told("channel.initialized", f"s1.301.{one}"),
            )
        ),
        told("channelgroup.initialized", "s1.301"),
    )
    bridge = Bridge(announced=announced)
    assert bridge.begun[1:] == [bridge.renamed(one) for one in (*announced, INITIALIZED)]
    for command, target, meant in (
        ("channelgroup.request.activateall", "s1.301", "s1.301"),
        ("channel.activate", "s1.301", "s1.301.301"),
        ("channel.activate", "s1.301.302", "s1.301.302"),
    ):
        bridge.say(command, target)
        assert bridge.sent[-1]["target"] == meant
        bridge.hear(answered(command, meant, data={}))


def test_after_a_lost_link_the_client_is_told_what_it_missed_and_no_more() -> None:
    bridge = Bridge()
    play(bridge, OFFER)
    play(bridge, ANSWER)
    assert bridge.reconnect(*RECOVERED, announced=BUSY) == []
    held = stated("conversation", V, "HELD", muted=False, parked="yes")
    assert bridge.reconnect(*RECOVERED, held, announced=BUSY) == [bridge.renamed(held)]
    second = (
        told("channel.created", "s1.grp", {"channel": {"id": "chat", "name": "Web", "type": "Chat"}}),
        told("channel.initialized", "s1.grp.chat"),
    )
    announced = (*BUSY[:-1], *second, BUSY[-1])
    assert bridge.reconnect(*RECOVERED, held, announced=announced) == [bridge.renamed(one) for one in second]
    gone = bridge.reconnect(announced=BUSY)
    assert [one["name"] for one in gone if str(one["name"]).endswith("disposed")] == [
        "channel.disposed",
        "conversation.disposed",
        "interaction.disposed",
    ]


def test_a_frame_that_comes_twice_in_a_row_is_told_once() -> None:
    bridge = Bridge()
    doubled = tuple(one for frame in OFFER.frames for one in (frame, frame))
    assert bridge.hear(*doubled) == expected(bridge, OFFER)


def test_the_debugging_aid_names_our_objects() -> None:
    bridge = Bridge()
    play(bridge, OFFER)
    frame = msgspec.json.decode(stated("conversation", V, "TALKING"))
    channel = {"id": "301", "name": "Desk", "type": "TELEPHONY", "session": {"id": "s1"}}
    frame["context"] = {
        "conversation": {"id": "v1", "interaction": {"id": "i1", "type": "T", "channel": channel}}
    }
    (heard,) = bridge.hear(msgspec.json.encode(frame))
    call = bridge.interaction_id("i1")
    assert heard["context"] == {
        "conversation": {
            "id": call,
            "interaction": {
                "id": call,
                "type": "T",
                "channel": {**channel, "session": {"id": bridge.session_id}},
            },
        }
    }


def test_another_agent_than_the_clients_is_no_affair_of_its() -> None:
    bridge = Bridge()
    assert bridge.hear(told("interaction.ended", "s2.grp.301.i1")) == []
