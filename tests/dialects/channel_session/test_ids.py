"""Ids that are no plain words, and objects that are told again.

A processor makes a session id of its own name and the agent's, which is an e-mail address on some platforms.
"""

from typing import Final

import msgspec
import pytest

from adapters.dialect import Ready
from schemas.agent import AgentState, ChannelState
from schemas.ids import Ref
from schemas.interaction import InteractionState
from schemas.observations import AgentObserved, InteractionGone
from tests.dialects.channel_session.bridge import Bridge, Frame
from tests.dialects.channel_session.played import is_event, play
from tests.dialects.channel_session.sequences import SEQUENCES, Step
from tests.dialects.channel_session.stage import (
    GROUPED,
    I1,
    V1,
    South,
    answered,
    ringing,
    stated,
    talking,
    told,
)

SESSION: Final = "node1-ann.berg@crm.example"
GROUP: Final = "team 7.nørd"


def dotted(frame: bytes) -> bytes:
    """The same frame, of a session and a group with such ids."""
    group = GROUP.encode()
    return (
        frame.replace(b'"s1', b'"' + SESSION.encode())
        .replace(b'"grp"', b'"' + group + b'"')
        .replace(b".grp", b"." + group)
    )


class Dotted(Bridge):
    """A platform with such ids."""

    def hear(self, *frames: bytes) -> list[Frame]:
        """Of the frames of another one."""
        return super().hear(*map(dotted, frames))

    def ours(self, target: str) -> str:
        """A target of the other one, or of this, with our handles."""
        handles = self._known()
        _, *below = target.removeprefix(SESSION).replace(GROUP, "grp").split(".")
        path = [handles.get(one, one) for one in below]
        return ".".join((handles["s1"], *(GROUP if one == "grp" else one for one in path)))

    def renamed(self, frame: bytes) -> Frame:
        """An event of the other one, as the client has to read it."""
        return super().renamed(dotted(frame))


@pytest.mark.parametrize("steps", SEQUENCES.values(), ids=SEQUENCES.keys())
def test_ids_with_dots_and_blanks_are_read_and_passed_on_like_any(steps: tuple[Step, ...]) -> None:
    bridge = Dotted()
    for step in steps:
        heard = [one for one in play(bridge, step) if "messageType" in one]
        assert heard == [bridge.renamed(frame) for frame in step.frames if is_event(frame)]


def test_a_session_named_by_an_e_mail_address_comes_up_with_its_refs() -> None:
    south = South("a1")
    south.open()
    south.hear(
        answered("prepareSession", "", data={"resourceId": SESSION}),
        answered("session.start", SESSION),
        told("channelgroup.created", SESSION, {"channelgroup": {"id": GROUP}}),
        told("channel.created", f"{SESSION}.{GROUP}", {"channel": {"id": "+47.22.00", "type": "Telephony"}}),
    )
    agent, _, ready = south.hear(told("session.initialized", SESSION))
    assert isinstance(agent, AgentObserved)
    channel = f"{SESSION}.{GROUP}.+47.22.00"
    assert agent.refs == {"session": SESSION, "group": f"{SESSION}.{GROUP}", "channel": channel}
    assert ready == Ready()
    for target in (channel, f"{SESSION}.+47.22.00"):
        ref = f"i.{target == channel}"
        south.hear(told("interaction.created", target, {"interaction": {"id": ref, "type": "Telephony"}}))
        (call,) = south.calls(stated("interaction", f"{target}.{ref}", "ALERTING"))
        assert isinstance(call.refs, dict)
        assert (call.ref, call.refs["group"]) == (f"{channel}.{ref}", f"{SESSION}.{GROUP}")


def test_of_two_sessions_the_longer_id_is_meant() -> None:
    south = South("a1", "a2")
    first, second = south.open()
    for request, session in ((first, "ann"), (second, "ann.berg")):
        prepared = answered(
            "prepareSession", "", requestId=request["requestId"], data={"resourceId": session}
        )
        south.hear(prepared, answered("session.start", session), told("session.initialized", session))
    (seen,) = south.see(told("channelgroup.created", "ann.berg", {"channelgroup": {"id": "g"}}))
    assert seen.agent == "a2"


# --- told again


RING: Final = (
    told("interaction.created", GROUPED, {"interaction": {"id": "i1", "type": "Telephony"}}),
    told("conversation.created", I1, {"conversation": {"id": "v1", "role": "primary"}}),
    told("conversation.created", I1, {"conversation": {"id": "v1"}}),
)


@pytest.mark.parametrize("again", RING)
def test_a_call_that_is_created_again_stays_as_it_is(again: bytes) -> None:
    south = talking()
    (before,) = south.calls(stated("conversation", V1, "HELD", muted=True))
    south.hear(again)
    (after,) = south.calls(told("interaction.datachanged", I1, {"case": "43"}))
    assert (after.state, after.remote_address, after.muted) == (InteractionState.HELD, "+15550100", True)
    assert (after.parties, after.direction, after.refs) == (before.parties, before.direction, before.refs)


def test_a_replay_of_the_whole_offer_does_not_ring_again() -> None:
    south = talking()
    assert {one.state for one in south.calls(*RING)} <= {InteractionState.CONNECTED}
    assert all(one.consult_of_ref in {None, msgspec.UNSET} for one in south.calls(*RING))


def test_a_consultation_that_is_created_again_stays_one_and_one_that_is_over_is_not_invented() -> None:
    south = talking()
    south.consult()
    v2 = f"{I1}.v2"
    created = told("conversation.created", I1, {"conversation": {"id": "v2"}})
    south.hear(created)
    (consult,) = south.calls(stated("conversation", v2, "TALKING"))
    assert (consult.ref, consult.remote_address) == (v2, "2001")
    south.hear(told("conversation.disposed", v2))
    assert south.see(created) == []
    refs = {
        one.ref
        for one in south.calls(stated("conversation", v2, "DIALING"), stated("conversation", V1, "TALKING"))
    }
    assert refs == {Ref(I1)}


def test_the_conversation_of_a_call_that_is_over_is_not_begun_again() -> None:
    south = talking()
    south.hear(told("conversation.disposed", V1), told("interaction.ended", I1))
    assert (
        south.see(told("conversation.created", I1, {"conversation": {"id": "v1", "role": "primary"}})) == []
    )
    (call,) = south.calls(told("interaction.datachanged", I1, {}))
    assert (call.state, call.remote_address) == (InteractionState.WRAP_UP, "+15550100")


def test_a_channel_that_is_created_again_stays_as_it_is() -> None:
    south = ringing()
    south.hear(stated("channel", GROUPED, "ACTIVE", agentstate="READY"))
    south.hear(
        told(
            "channel.created",
            "s1.grp",
            {"channel": {"id": "voice", "type": "Telephony", "state": "INACTIVE"}},
        )
    )
    (agent,) = south.see(told("channel.initialized", GROUPED))
    assert isinstance(agent, AgentObserved)
    assert isinstance(agent.channels, tuple)
    assert agent.channels[0].state is ChannelState.ACTIVE


# --- what goes with what it is in


def test_a_group_takes_its_channels_with_it_and_with_the_last_one_the_agent_is_signed_out() -> None:
    south = talking()
    (out,) = south.see(told("channelgroup.disposed", "s1.grp"))
    assert isinstance(out, AgentObserved)
    assert out.state is AgentState.LOGGED_OUT


def test_a_channel_takes_its_interactions_with_it() -> None:
    south = talking()
    south.consult()
    south.hear(told("channel.created", "s1.grp", {"channel": {"id": "chat", "type": "Chat"}}))
    *gone, agent = south.see(told("channel.disposed", GROUPED))
    assert [one.ref for one in gone if isinstance(one, InteractionGone)] == [f"{I1}.v2", I1]
    assert isinstance(agent, AgentObserved)
    assert south.see(told("interaction.disposed", I1)) == []


def test_a_session_that_is_over_before_it_has_started_is_signed_out_and_not_waited_for() -> None:
    south = South("a1")
    south.open()
    south.hear(
        answered("prepareSession", "", data={"resourceId": "s1"}),
        answered("session.start", "s1"),
        told("channelgroup.created", "s1", {"channelgroup": {"id": "grp"}}),
    )
    agent, ready = south.hear(told("channelgroup.disposed", "s1.grp"))
    assert isinstance(agent, AgentObserved)
    assert agent.state is AgentState.LOGGED_OUT
    assert ready == Ready()
