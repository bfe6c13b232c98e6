"""North: sessions prepared and started, requests answered, events told once and in the documented order."""

from collections.abc import Sequence

import msgspec
import pytest

from adapters.channel_session.announce import encode
from adapters.channel_session.requests import COMMANDS
from adapters.channel_session.tables import NOT_SAID
from adapters.dialect import ClientOutput, Execute, Follow, Send
from schemas import events as ev
from schemas.agent import AgentSession, AgentState
from schemas.commands import Complete, Dial, Hold, Login, Reject, SetState
from schemas.errors import MalformedFrame
from schemas.ids import AgentId, EventId, InteractionId, PlatformId
from schemas.interaction import EndCause, Interaction, InteractionState, Media, Party
from schemas.needinfo import Choice, Field, FieldType, NeedInfoKind, Question
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json
from tests.dialects.channel_session.stage import (
    A1,
    AGENT,
    CALL,
    CONSULTATION,
    GROUPED,
    NOW,
    PREPARE,
    TAKE_OVER,
    Desk,
    North,
    frames,
    names,
)

I1 = f"{GROUPED}.i1"
OUT = msgspec.structs.replace(AGENT, state=AgentState.LOGGED_OUT)
ASKED = Failed(code=ErrorCode.NEEDS_INFO)


def started(*interactions: Interaction, incontact: bool = False) -> North:
    north = North(Desk(*interactions), incontact=incontact)
    north.start()
    return north


def about(kind: type[ev.AnyInteractionEvent], now: Interaction, *, sequence: int = 5) -> ev.AnyEvent:
    return kind(  # type: ignore[call-arg]  # those with a party are not made here
        id=EventId("e"),
        time=NOW,
        platform_id=now.platform_id,
        session_id=now.session_id,
        agent_id=now.agent_id,
        sequence=sequence,
        interaction=now,
    )


def of_agent(kind: type[ev.AnyAgentEvent], now: AgentSession) -> ev.AnyEvent:
    return kind(
        id=EventId("e"),
        time=NOW,
        platform_id=now.platform_id,
        session_id=now.id,
        agent_id=now.agent_id,
        agent=now,
    )


def hears(north: North, *events: ev.AnyEvent) -> list[str]:
    return names([frame for event in events for frame in north.connection.event(event, encode(event))])


def finish(north: North, execute: ClientOutput, result: FinalResult) -> list[dict[str, Json]]:
    assert isinstance(execute, Execute)
    return frames(north.connection.finished(execute.token, result, NOW))


def code(answer: dict[str, Json]) -> Json:
    failure = answer["failure"]
    assert isinstance(failure, dict)
    return failure["code"]


def now(interaction: Interaction, state: InteractionState, cause: EndCause | None = None) -> Interaction:
    return msgspec.structs.replace(interaction, state=state, end_cause=cause)


# --- signing in


def test_an_agent_with_a_session_is_confirmed_first() -> None:
    north = North(Desk())
    (confirm,) = frames(north.say(PREPARE))
    assert (confirm["result"], confirm["original"]) == ("confirm", PREPARE)
    assert confirm["message"]
    assert frames(north.say(TAKE_OVER)) == [
        {"command": "prepareSession", "result": "success", "data": {"resourceId": "s1"}}
    ]


def test_an_agent_without_one_is_signed_in() -> None:
    north = North(Desk(agent=OUT))
    follow, execute = north.say(PREPARE)
    assert follow == Follow(A1)
    assert isinstance(execute, Execute)
    assert execute.command == Login(platform_id=PlatformId(""), agent_id=A1, password="p")
    north.desk.session = AGENT
    (answer,) = finish(north, execute, Succeeded())
    assert answer["data"] == {"resourceId": "s1"}


def test_a_session_seen_only_after_the_login_is_answered_then() -> None:
    north = North(Desk(agent=None))
    _, execute = north.say(PREPARE)
    assert finish(north, execute, Succeeded()) == []
    assert hears(north, of_agent(ev.AgentLoggedIn, AGENT)) == ["prepareSession"]


def test_a_login_that_the_platform_wants_confirmed_is_a_confirm() -> None:
    north = North(Desk(agent=OUT))
    _, execute = north.say(PREPARE)
    question = Question(
        kind=NeedInfoKind.CONFIRM, title="Really?", fields=(Field(key="confirm", type=FieldType.BOOLEAN),)
    )
    (answer,) = finish(north, execute, msgspec.structs.replace(ASKED, missing=question))
    assert (answer["result"], answer["message"]) == ("confirm", "Really?")
    _, again = North(Desk(agent=OUT)).say(TAKE_OVER)
    assert isinstance(again, Execute)
    assert isinstance(again.command, Login)
    assert again.command.force


def test_a_refused_login_is_a_failure() -> None:
    north = North(Desk(agent=OUT))
    _, execute = north.say(PREPARE)
    (answer,) = finish(north, execute, Failed(code=ErrorCode.BAD_CREDENTIALS))
    assert code(answer) == "bad-credentials"


def test_a_client_of_one_agent_prepares_no_other() -> None:
    (answer,) = frames(North(Desk(), AgentId("a2")).say(TAKE_OVER))
    assert code(answer) == "bad-credentials"


def test_the_start_announces_group_channels_and_what_is_open() -> None:
    north = North(Desk(CALL, msgspec.structs.replace(CONSULTATION, state=InteractionState.HELD)))
    north.say(TAKE_OVER)
    out: Sequence[ClientOutput] = north.ask("session.start", "s1")
    assert out[1] == Follow(A1)
    sent = [one.frame for one in out if isinstance(one, Send)]
    assert frames(out)[0] == {"command": "session.start", "target": "s1", "result": "success"}
    assert names(sent)[1:] == [
        "channelgroup.created",
        "channel.created",
        "channel.infochanged",
        "channel.initialized",
        "channelgroup.initialized",
        "interaction.created",
        "state.updated interaction STARTED",
        "conversation.created",
        "state.updated conversation TALKING",
        "conversation.initialized",
        "interaction.datachanged",
        "interaction.initialized",
        "conversation.created",
        "state.updated conversation HELD",
        "conversation.initialized",
        "interaction.focuschanged",
        "session.initialized",
    ]


# --- requests that are answered at once


def test_nothing_goes_before_the_start() -> None:
    north = North(Desk(CALL))
    assert code(north.reply("interaction.complete", I1)) == "not-started"
    north.say(TAKE_OVER)
    assert code(north.reply("interaction.complete", I1)) == "not-started"
    assert code(north.reply("session.start", "s2")) == "not-started"


@pytest.mark.parametrize(
    ("command", "target", "expected"),
    [
        ("session.start", "s1", "already-started"),
        ("interaction.juggle", I1, "unknown-command"),
        ("interaction.complete", f"{GROUPED}.i9", "unknown-target"),
        ("interaction.complete", "s9.grp.voice.i1", "unknown-target"),
        ("interaction.complete", "s1.grp.chat.i1", "unknown-target"),
        ("interaction.complete", "s1.grp.fax", "unknown-target"),
        ("interaction.complete", f"{I1}.i1.x.y", "unknown-target"),
        ("interaction.complete", GROUPED, "wrong-target-kind"),
        ("conversation.hold", I1, "wrong-target-kind"),
        ("channel.dial", "s1.grp", "wrong-target-kind"),
        ("channel.dial", GROUPED, "bad-request"),
        ("channel.request.setagentstate", GROUPED, "bad-request"),
    ],
)
def test_a_wrong_request_is_answered_with_its_code(command: str, target: str, expected: str) -> None:
    answer = started(CALL).reply(command, target)
    assert (answer["result"], code(answer)) == ("failure", expected)
    assert answer["original"] == {"command": command, "target": target, "data": {}}


@pytest.mark.parametrize("command", sorted(NOT_SAID))
def test_a_documented_request_without_a_counterpart_is_unsupported(command: str) -> None:
    assert command not in COMMANDS
    assert code(started(CALL).reply(command, "s1")) == "unsupported"


@pytest.mark.parametrize("frame", [b"", b"{", b"[]", b"{}", b'{"command":7}', b'{"result":"success"}'])
def test_a_malformed_frame_is_refused_and_the_connection_goes_on(frame: bytes) -> None:
    north = started(CALL)
    with pytest.raises(MalformedFrame):
        north.connection.received(frame, NOW)
    assert north.order("conversation.hold", f"{I1}.i1").command == Hold(interaction_id=CALL.id)


def test_incontact_wants_the_kind_of_destination() -> None:
    north = started(CALL, incontact=True)
    assert code(north.reply("channel.dial", GROUPED, {"destination": "+1"})) == "bad-request"
    refused = north.reply("channel.dial", GROUPED, {"destination": "+1", "extensions": {"type": "moon"}})
    assert code(refused) == "bad-request"


def test_releasing_an_offer_rejects_it() -> None:
    north = started(now(CALL, InteractionState.ALERTING))
    assert north.order("conversation.release", f"{I1}.i1").command == Reject(interaction_id=CALL.id)


def test_a_conversation_of_a_consultation_is_the_consultation() -> None:
    north = started(CALL, CONSULTATION)
    for target in (f"{I1}.i2", "s1.voice.i1.i2"):
        assert north.order("conversation.hold", target).command == Hold(interaction_id=CONSULTATION.id)


# --- needinfo


def test_the_repeated_dial_carries_the_skill() -> None:
    north = started(incontact=True)
    data = {"destination": "+1", "extensions": {"type": "external"}}
    question = Question(
        kind=NeedInfoKind.OUTBOUND_SKILL,
        title="Skill",
        fields=(Field(key="skill", type=FieldType.CHOICE, choices=(Choice(id="k1", label="Sales"),)),),
    )
    (asked,) = finish(
        north,
        north.order("channel.dial", GROUPED, data),
        msgspec.structs.replace(ASKED, missing=question),
    )
    assert asked["uiExtension"] == {
        "id": "inContact.outboundskill",
        "skills": [{"id": "k1", "skillName": "Sales"}],
    }
    again = north.order(
        "channel.dial", GROUPED, {"destination": "+1", "extensions": {"type": "external", "skill": "k1"}}
    )
    assert again.command == Dial(session_id=AGENT.id, destination="+1", answers={"skill": "k1"})


def disposition(*ids: str, skippable: bool = False) -> Failed:
    choices = tuple(Choice(id=one, label=one) for one in ids)
    question = Question(
        kind=NeedInfoKind.DISPOSITION,
        title="Disposition",
        fields=(Field(key="disposition", type=FieldType.CHOICE, choices=choices),),
        skippable=skippable,
    )
    return msgspec.structs.replace(ASKED, missing=question)


def test_dispositions_that_are_no_numbers_are_numbered_for_the_client() -> None:
    north = started(now(CALL, InteractionState.WRAP_UP))
    (asked,) = finish(north, north.order("interaction.complete", I1), disposition("sold", "lost"))
    extension = asked["uiExtension"]
    assert isinstance(extension, dict)
    assert [one["dispositionId"] for one in extension["dispositions"]] == [1, 2]
    assert extension["dispositionRequired"] is True
    again = north.order("interaction.complete", I1, {"dispositionId": 2, "notes": "n"})
    assert again.command == Complete(interaction_id=CALL.id, answers={"disposition": "lost", "notes": "n"})


def test_an_optional_disposition_can_be_skipped() -> None:
    north = started(now(CALL, InteractionState.WRAP_UP))
    (asked,) = finish(north, north.order("interaction.complete", I1), disposition("7", skippable=True))
    extension = asked["uiExtension"]
    assert isinstance(extension, dict)
    assert extension["dispositionRequired"] is False
    again = north.order("interaction.complete", I1, {"skipDisposition": True})
    assert again.command == Complete(interaction_id=CALL.id, answers={"skip_disposition": True})
    both = north.reply("interaction.complete", I1, {"skipDisposition": True, "dispositionId": 7})
    assert code(both) == "bad-request"


def test_the_agent_state_after_agentstate_completes_the_interaction() -> None:
    north = started(now(CALL, InteractionState.WRAP_UP))
    question = Question(kind=NeedInfoKind.AGENT_STATE, title="State", fields=())
    first = north.order("interaction.request.complete", I1, {"dispositionId": 7, "notes": "n"})
    (asked,) = finish(north, first, msgspec.structs.replace(ASKED, missing=question))
    assert (asked["command"], asked["uiExtension"]) == (
        "interaction.request.complete",
        {"type": "agentstate"},
    )
    again = north.order("channelgroup.request.setagentstate", "s1.grp", {"state": "READY"})
    assert again.command == Complete(
        interaction_id=CALL.id, answers={"disposition": "7", "notes": "n", "agent_state": "ready"}
    )
    later = north.order("channelgroup.request.setagentstate", "s1.grp", {"state": "READY"})
    assert later.command == SetState(session_id=AGENT.id, state=AgentState.READY)


def test_a_question_the_protocol_cannot_ask_is_a_failure() -> None:
    north = started(CALL)
    question = Question(kind=NeedInfoKind.SERVICE, title="Service", fields=())
    missing = msgspec.structs.replace(ASKED, missing=question)
    (answer,) = finish(north, north.order("interaction.alternate", I1), missing)
    assert (answer["result"], code(answer)) == ("failure", "bad-request")


# --- results


def test_results_are_answered_in_the_order_they_come_with_the_id_they_were_asked_with() -> None:
    north = started(CALL)
    (first,) = north.ask("conversation.hold", f"{I1}.i1", requestId=1)
    (second,) = north.ask("conversation.request.mute", f"{I1}.i1", requestId="b")
    (mute,) = finish(north, second, Succeeded())
    (hold,) = finish(north, first, Succeeded())
    assert (mute["requestId"], mute["command"]) == ("b", "conversation.request.mute")
    assert (hold["requestId"], hold["command"]) == (1, "conversation.hold")
    assert finish(north, first, Succeeded()) == []


def test_the_directory_follows_its_success() -> None:
    north = started()
    execute = north.order("session.request.getdirectory", "s1")
    listed = ev.DirectoryUpdated(
        id=EventId("e"), time=NOW, platform_id=AGENT.platform_id, session_id=AGENT.id, entries=()
    )
    assert hears(north, listed) == []
    done = Succeeded(data=[{"name": "Ann", "address": "2001", "category": "Sales"}])
    success, event = finish(north, execute, done)
    assert success["result"] == "success"
    assert event["data"] == {
        "categories": [{"name": "Sales", "entries": [{"name": "Ann", "number": "2001"}]}]
    }
    assert hears(north, listed) == ["directory.updated"]


def test_the_address_book_is_in_the_response() -> None:
    north = started()
    execute = north.order("session.request.incontact.addressbook", "s1", {"realtime": True})
    entry = {"name": "Ann", "address": "2001", "category": "Sales", "kind": "agent", "state": "busy"}
    (answer,) = finish(north, execute, Succeeded(data=[entry]))
    assert answer["data"] == {
        "addressbooks": [
            {
                "name": "Sales",
                "groups": [],
                "entries": [
                    {
                        "name": "Ann",
                        "type": "agent",
                        "destinations": [{"label": "", "value": "2001"}],
                        "properties": {"state": "busy"},
                    }
                ],
            }
        ]
    }


@pytest.mark.parametrize("event_first", [False, True])
def test_the_response_to_logout_is_the_last_word(*, event_first: bool) -> None:
    north = started()
    execute = north.order("session.request.logout", "s1")
    gone = of_agent(ev.AgentLoggedOut, OUT)
    heard = hears(north, gone) if event_first else []
    heard += [str(one.get("name") or one["command"]) for one in finish(north, execute, Succeeded())]
    heard += [] if event_first else hears(north, gone)
    assert heard[-3:] == ["channel.disposed", "channelgroup.disposed", "session.request.logout"]
    assert code(north.reply("session.request.getdirectory", "s1")) == "not-started"


# --- events


def test_before_the_start_nothing_is_told() -> None:
    north = North(Desk())
    north.say(TAKE_OVER)
    assert hears(north, about(ev.InteractionCreated, CALL, sequence=1)) == []


def test_a_dial_raises_the_eleven_events_of_the_seed() -> None:
    party = [{"id": "m1", "address": "+15550100"}]
    call = msgspec.convert(
        {**msgspec.to_builtins(now(CALL, InteractionState.DIALING)), "parties": party}, Interaction
    )
    north = started()
    dialing = about(ev.InteractionDialing, call, sequence=1)
    assert hears(north, about(ev.InteractionCreated, call, sequence=1), dialing) == [
        "channel.infochanged",
        "state.updated channel ACTIVE",
        "interaction.created",
        "state.updated interaction DIALING",
        "conversation.created",
        "state.updated conversation DIALING",
        "conversation.member.added",
        "conversation.initialized",
        "interaction.datachanged",
        "interaction.preview",
        "interaction.initialized",
    ]


def test_a_consultation_raises_the_seven_events_of_the_seed() -> None:
    north = started(CALL)
    north.desk.open = [now(CALL, InteractionState.HELD)]
    party = [{"id": "m2", "address": "2001"}]
    consultation = msgspec.convert({**msgspec.to_builtins(CONSULTATION), "parties": party}, Interaction)
    assert hears(north, about(ev.InteractionCreated, consultation, sequence=1)) == [
        "state.updated interaction STARTED",
        "state.updated conversation HELD",
        "conversation.created",
        "state.updated conversation DIALING",
        "conversation.member.added",
        "conversation.initialized",
        "interaction.focuschanged",
    ]


def test_alternate_raises_the_three_events_of_the_seed() -> None:
    north = started(now(CALL, InteractionState.HELD), now(CONSULTATION, InteractionState.CONNECTED))
    front = msgspec.structs.replace(CALL, focused=True)
    assert hears(
        north,
        about(ev.InteractionRetrieved, CALL),
        about(ev.InteractionHeld, now(CONSULTATION, InteractionState.HELD)),
        about(ev.FocusChanged, front),
    ) == [
        "state.updated conversation TALKING",
        "state.updated conversation HELD",
        "interaction.focuschanged",
    ]


@pytest.mark.parametrize("consultation_first", [False, True])
def test_a_consult_transfer_ends_the_interaction_after_both_conversations(
    *, consultation_first: bool
) -> None:
    north = started(now(CALL, InteractionState.HELD), now(CONSULTATION, InteractionState.CONNECTED))
    original = about(ev.InteractionEnded, now(CALL, InteractionState.WRAP_UP, EndCause.TRANSFERRED))
    consult = about(ev.InteractionEnded, now(CONSULTATION, InteractionState.COMPLETED, EndCause.TRANSFERRED))
    heard = hears(north, *((consult, original) if consultation_first else (original, consult)))
    assert heard[-1] == "interaction.ended"
    if not consultation_first:
        assert heard == [
            "state.updated conversation ENDED",
            "conversation.disposed",
            "interaction.focuschanged",
            "state.updated conversation ENDED",
            "conversation.disposed",
            "interaction.ended",
        ]


def test_a_released_consultation_gives_the_focus_back() -> None:
    north = started(CALL, CONSULTATION)
    over = now(CONSULTATION, InteractionState.COMPLETED, EndCause.NORMAL)
    assert hears(north, about(ev.InteractionEnded, over), about(ev.InteractionCompleted, over)) == [
        "state.updated conversation ENDED",
        "conversation.disposed",
        "interaction.focuschanged",
    ]


def test_after_interaction_disposed_nothing_is_told_of_it() -> None:
    north = started(CALL)
    done = now(CALL, InteractionState.COMPLETED)
    assert hears(north, about(ev.InteractionCompleted, done))[-1] == "interaction.disposed"
    assert hears(north, about(ev.InteractionDataChanged, done)) == []
    assert hears(north, about(ev.InteractionCreated, CONSULTATION, sequence=1)) == []


def test_what_the_start_announced_is_not_created_again() -> None:
    assert hears(started(CALL), about(ev.InteractionCreated, CALL, sequence=1)) == []


def test_a_missed_creation_is_made_up_for() -> None:
    assert "interaction.created" in hears(
        started(), about(ev.InteractionHeld, now(CALL, InteractionState.HELD))
    )


def test_a_channel_is_announced_before_the_first_contact_on_it() -> None:
    chat = msgspec.structs.replace(CALL, id=InteractionId("i7"), media=Media.CHAT)
    heard = hears(started(), about(ev.InteractionCreated, chat, sequence=1))
    assert heard[:3] == ["channel.created", "channel.infochanged", "channel.initialized"]


def test_what_the_creation_told_is_not_told_twice() -> None:
    call = now(CALL, InteractionState.ALERTING)
    assert encode(about(ev.InteractionAlerting, call, sequence=1)) == ()
    party = ev.PartyAdded(
        id=EventId("e"),
        time=NOW,
        platform_id=CALL.platform_id,
        sequence=3,
        part=2,
        interaction=call,
        party=msgspec.convert({"id": "m1"}, Party),
    )
    assert encode(party) == ()


@pytest.mark.parametrize("kind", [ev.InteractionWrapUp, ev.DispositionChanged, ev.InteractionUpdated])
def test_what_the_protocol_has_no_word_for_is_not_told(kind: type[ev.AnyInteractionEvent]) -> None:
    assert encode(about(kind, CALL)) == ()
