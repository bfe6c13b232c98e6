"""South: events folded by what went before, and what is not known or wrong."""

from collections.abc import Iterable
from itertools import groupby

import msgspec
import pytest

from adapters.dialect import Call
from schemas.errors import MalformedFrame
from schemas.interaction import Direction, EndCause, InteractionState, Kind, Media, RecordingState, Side
from schemas.observations import (
    AgentObserved,
    AnyObservation,
    InteractionGone,
    InteractionObserved,
    Unrecognised,
)
from tests.dialects.channel_session.stage import (
    GROUPED,
    I1,
    REFS,
    V1,
    V2,
    South,
    answered,
    ringing,
    stated,
    talking,
    told,
)


def states(seen: Iterable[AnyObservation]) -> list[InteractionState]:
    """The states that are told, each once in a row."""
    told_states = [one.state for one in seen if isinstance(one, InteractionObserved)]
    known = [one for one in told_states if isinstance(one, InteractionState)]
    return [state for state, _ in groupby(known)]


# --- interactions


def test_an_offer_is_told_with_its_state_then_parties_then_data() -> None:
    south = South("a1")
    south.start()
    seen = [one for one in south.ring() if isinstance(one, InteractionObserved)]
    assert {one.ref for one in seen} == {I1}
    first, last = seen[0], seen[-1]
    assert (first.state, first.direction, first.media) == (
        InteractionState.ALERTING,
        Direction.INBOUND,
        Media.VOICE,
    )
    assert first.refs == {"session": "s1", "group": "s1.grp", "channel": GROUPED, "target": I1}
    assert last.refs == REFS
    assert isinstance(last.parties, tuple)
    assert [one.address for one in last.parties] == ["+15550100"]
    assert last.remote_address == "+15550100"
    assert last.data == {"case": "42"}


def test_a_dial_in_the_order_of_the_seed_is_one_dialing_interaction() -> None:
    south = South("a1")
    south.start()
    seen = south.calls(
        told("channel.infochanged", GROUPED, {"channel": {"id": "voice", "agentstate": "BUSY"}}),
        stated("channel", GROUPED, "ACTIVE", agentstate="BUSY"),
        told("interaction.created", GROUPED, {"interaction": {"id": "i1", "type": "TELEPHONY"}}),
        stated("interaction", I1, "DIALING"),
        told("conversation.created", I1, {"conversation": {"id": "v1", "role": "primary"}}),
        stated("conversation", V1, "DIALING"),
        told("conversation.member.added", V1, {"member": {"id": "m1", "address": "+15550100"}}),
        told("conversation.initialized", V1),
        told("interaction.datachanged", I1, {}),
        told("interaction.preview", I1, {}),
        told("interaction.initialized", I1),
    )
    assert states(seen) == [InteractionState.DIALING]
    assert {one.direction for one in seen} == {Direction.OUTBOUND}


def test_answer_hold_retrieve_end_and_completion() -> None:
    south = ringing()
    seen = south.see(
        stated("conversation", V1, "TALKING"),
        told("interaction.screenpop", I1, {"case": "42"}),
        stated("interaction", I1, "STARTED"),
        stated("conversation", V1, "HELD"),
        stated("conversation", V1, "TALKING"),
        stated("conversation", V1, "ENDED"),
        told("conversation.disposed", V1),
        told("interaction.ended", I1),
        stated("interaction", I1, "ENDED"),
        told("interaction.complete", I1),
        stated("interaction", I1, "COMPLETED"),
        told("interaction.disposed", I1),
    )
    assert states(seen) == [
        InteractionState.CONNECTED,
        InteractionState.HELD,
        InteractionState.CONNECTED,
        InteractionState.WRAP_UP,
    ]
    *_, last = seen
    assert isinstance(last, InteractionGone)  # completed with the last word about it


def test_accept_of_a_call_connects_though_the_conversation_is_not_told() -> None:
    seen = ringing().calls(told("interaction.screenpop", I1, {}), stated("interaction", I1, "STARTED"))
    assert states(seen) == [InteractionState.ALERTING, InteractionState.CONNECTED]


def test_disposed_without_completion_is_gone() -> None:
    (gone,) = ringing().see(told("interaction.disposed", I1))
    assert isinstance(gone, InteractionGone)
    assert gone.ref == I1


def test_rejected_in_the_order_of_the_seed() -> None:
    south = ringing()
    south.connection.send(Call(method="interaction.reject", params=({},), target=I1), 1)
    seen = south.calls(
        answered("interaction.reject", I1), told("interaction.ended", I1), stated("interaction", I1, "ENDED")
    )
    assert {(one.state, one.end_cause, one.ended_by) for one in seen} == {
        (InteractionState.WRAP_UP, EndCause.DECLINED, Side.AGENT)
    }


def test_a_refused_release_is_no_reason_for_a_later_end() -> None:
    south = talking()
    south.connection.send(Call(method="conversation.release", params=({},), target=V1), 1)
    (seen,) = south.calls(
        answered("conversation.release", V1, "failure"), stated("conversation", V1, "ENDED")
    )
    assert seen.end_cause is msgspec.UNSET


def test_mute_and_recording_ride_on_the_state() -> None:
    south = talking()
    (muted,) = south.calls(stated("conversation", V1, "TALKING", muted=True))
    assert muted.muted is True
    (recording,) = south.calls(stated("interaction", I1, "STARTED", recording="PAUSED"))
    assert recording.recording_state is RecordingState.PAUSED


def test_the_other_form_of_a_target_finds_the_same_object() -> None:
    (seen,) = ringing().calls(stated("conversation", "s1.voice.i1.v1", "TALKING"))
    assert seen.ref == I1


def test_a_state_without_its_type_is_resolved_by_lookup() -> None:
    south = ringing()
    (seen,) = south.calls(told("state.updated", V1, {"state": "TALKING"}))
    assert seen.state is InteractionState.CONNECTED


def test_a_chat_has_no_conversation() -> None:
    south = South("a1")
    south.start()
    seen = south.calls(
        told("channel.created", "s1.grp", {"channel": {"id": "chat", "type": "Chat"}}),
        told("interaction.created", "s1.grp.chat", {"interaction": {"id": "i3"}}),
        stated("interaction", "s1.grp.chat.i3", "ALERTING"),
        stated("interaction", "s1.grp.chat.i3", "STARTED"),
    )
    assert [one.state for one in seen] == [InteractionState.ALERTING, InteractionState.CONNECTED]
    assert seen[0].media is Media.CHAT


# --- consultation


def test_a_consult_conversation_is_an_interaction_of_its_own() -> None:
    seen = talking().consult()
    original = [one for one in seen if isinstance(one, InteractionObserved) and one.ref == I1]
    first, *_, last = (one for one in seen if isinstance(one, InteractionObserved) and one.ref == V2)
    assert states(original) == [InteractionState.HELD]
    assert first.consult_of_ref == I1
    assert (first.kind, first.state) == (Kind.CONSULT, InteractionState.DIALING)
    assert first.refs == {**REFS, "conversation": V2}
    assert last.remote_address == "2001"
    *_, focus = seen
    assert isinstance(focus, AgentObserved)
    assert focus.focused == V2


def test_alternate_in_the_order_of_the_seed() -> None:
    south = talking()
    south.consult()
    south.hear(stated("conversation", V2, "TALKING"))
    original, consultation, _, focus = south.see(
        stated("conversation", V1, "TALKING"),
        stated("conversation", V2, "HELD"),
        told("interaction.focuschanged", I1, {"conversation": {"id": "v1"}}),
    )
    assert isinstance(original, InteractionObserved)
    assert isinstance(consultation, InteractionObserved)
    assert isinstance(focus, AgentObserved)
    assert (original.ref, original.state) == (I1, InteractionState.CONNECTED)
    assert (consultation.ref, consultation.state) == (V2, InteractionState.HELD)
    assert focus.focused == I1


def test_a_released_consultation_is_ended_by_its_word_and_completed_when_disposed_of() -> None:
    south = talking()
    south.consult()
    ended, gone = south.see(stated("conversation", V2, "ENDED"), told("conversation.disposed", V2))
    assert isinstance(ended, InteractionObserved)
    assert (ended.ref, ended.ended) == (V2, True)
    assert isinstance(gone, InteractionGone)
    assert gone.ref == V2


def test_a_consultation_disposed_of_without_a_word_is_gone() -> None:
    south = talking()
    south.consult()
    (seen,) = south.see(told("conversation.disposed", V2))
    assert isinstance(seen, InteractionGone)
    assert seen.ref == V2


def test_a_consult_transfer_ends_both_as_transferred() -> None:
    south = talking()
    south.consult()
    south.hear(stated("conversation", V2, "TALKING"))
    south.connection.send(Call(method="interaction.consulttransfer", params=({},), target=I1), 1)
    seen = south.see(
        answered("interaction.consulttransfer", I1),
        stated("conversation", V1, "ENDED"),
        told("conversation.disposed", V1),
        told("interaction.focuschanged", I1, {"conversation": {"id": "v2"}}),
        stated("conversation", V2, "ENDED"),
        told("conversation.disposed", V2),
        told("interaction.ended", I1),
    )
    over = [one for one in seen if isinstance(one, InteractionObserved)]
    assert {(one.ref, one.state, one.end_cause) for one in over if one.ref == I1} == {
        (I1, InteractionState.WRAP_UP, EndCause.TRANSFERRED)
    }
    assert [(one.ended, one.end_cause) for one in over if one.ref == V2] == [(True, EndCause.TRANSFERRED)]
    assert [one.ref for one in seen if isinstance(one, InteractionGone)] == [V2]


def test_a_consult_conference_folds_the_colleague_into_the_interaction() -> None:
    south = talking()
    south.consult()
    south.hear(stated("conversation", V2, "TALKING"))
    south.connection.send(Call(method="interaction.consultconference", params=({},), target=I1), 1)
    south.hear(answered("interaction.consultconference", I1))
    over, joined, back = south.calls(
        stated("conversation", V2, "ENDED"),
        told("conversation.disposed", V2),
        told("conversation.member.added", V1, {"member": {"id": "m2", "address": "2001"}}),
        stated("conversation", V1, "TALKING"),
    )
    assert (over.ref, over.end_cause) == (V2, EndCause.CONFERENCED)
    assert isinstance(joined.parties, tuple)
    assert len(joined.parties) == 2
    assert joined.conference is True
    assert (back.ref, back.state) == (I1, InteractionState.CONNECTED)


# --- what is not known, and what is wrong


def test_an_unknown_state_is_kept_and_not_guessed() -> None:
    south = talking()
    (odd,) = south.calls(stated("conversation", V1, "PARKED"))
    assert (odd.state, odd.vendor_state) == (InteractionState.CONNECTED, "PARKED")
    (back,) = south.calls(stated("conversation", V1, "TALKING"))
    assert (back.state, back.vendor_state) == (InteractionState.CONNECTED, "TALKING")


def test_a_new_interaction_in_an_unknown_state_is_unknown() -> None:
    south = South("a1")
    south.start()
    (seen,) = south.calls(
        told("interaction.created", GROUPED, {"interaction": {"id": "i1", "type": "Telephony"}}),
        stated("interaction", I1, "DREAMING"),
    )
    assert (seen.state, seen.vendor_state) == (InteractionState.UNKNOWN, "DREAMING")


@pytest.mark.parametrize(
    "frame",
    [
        told("interaction.sparkled", I1, {"x": 1}),
        told("interaction.ended", f"{GROUPED}.nobody"),
        told("interaction.ended", "s9.c.i"),
        stated("wormhole", I1, "STARTED"),
        told("interaction.ended", I1).replace(b"objectEvent", b"otherEvent"),
    ],
)
def test_an_unknown_event_travels_on_raw(frame: bytes) -> None:
    (seen,) = ringing().see(frame)
    assert isinstance(seen, Unrecognised)
    assert bytes(seen.vendor) == frame


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"command":7,"result":"success"}',
        b'{"messageType":"objectEvent","target":"s1","name":"channelgroup.created","data":{}}',
        b'{"messageType":"objectEvent","target":"s1.grp","name":"channel.created","data":{"channel":{}}}',
    ],
)
def test_a_malformed_frame_is_refused_and_the_connection_goes_on(frame: bytes) -> None:
    south = ringing()
    with pytest.raises(MalformedFrame):
        south.hear(frame)
    (seen,) = south.calls(stated("conversation", V1, "TALKING"))
    assert seen.state is InteractionState.CONNECTED
