"""North: events told once and in the documented order."""

import msgspec
import pytest

from adapters.channel_session.encode import encode
from schemas import events as ev
from schemas.ids import EventId, InteractionId
from schemas.interaction import EndCause, Interaction, InteractionState, Media, Party
from tests.clients import bodies
from tests.dialects.channel_session.stage import (
    CALL,
    CONSULTATION,
    NOW,
    TAKE_OVER,
    Desk,
    North,
    about,
    hears,
    now,
    started,
)


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
    dialing = about(ev.InteractionDialing, call, sequence=2, part=1)
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
    north.desk.open[:] = [now(CALL, InteractionState.WRAP_UP, EndCause.TRANSFERRED)]
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


def test_a_transfer_that_leaves_the_consultation_ends_the_interaction_at_once() -> None:
    north = started(now(CALL, InteractionState.HELD), now(CONSULTATION, InteractionState.CONNECTED))
    over = now(CALL, InteractionState.WRAP_UP, EndCause.TRANSFERRED)
    assert "interaction.ended" in hears(north, about(ev.InteractionEnded, over))


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
    created = about(ev.InteractionCreated, call, sequence=1)
    alerting = about(ev.InteractionAlerting, call, sequence=2, part=1)
    party = ev.PartyAdded(
        id=EventId("e"),
        time=NOW,
        platform_id=CALL.platform_id,
        session_id=CALL.session_id,
        agent_id=CALL.agent_id,
        sequence=3,
        part=2,
        interaction=call,
        party=msgspec.convert({"id": "m1"}, Party),
    )
    assert bodies(encode, created, alerting, party) == bodies(encode, created)


@pytest.mark.parametrize("kind", [ev.InteractionWrapUp, ev.DispositionChanged, ev.InteractionUpdated])
def test_what_the_protocol_has_no_word_for_is_not_told(kind: type[ev.AnyInteractionEvent]) -> None:
    assert bodies(encode, about(kind, CALL)) == []
