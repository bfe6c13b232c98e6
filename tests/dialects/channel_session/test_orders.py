"""North, over the simulated platform: the response first, then the events in the documented order.

Over a platform of this protocol the order is that platform's: test_lossless. Source: seed 003; reference
channel-session.md section 4. What changes for the agent besides is told before it, as AGENT.
"""

from collections.abc import Callable
from typing import Final

import pytest

from schemas.values import Json
from tests.dialects.channel_session.on_switch import CALLER, COLLEAGUE, OnSwitch

AGENT: Final = ("channel.infochanged", "state.updated channel ACTIVE")
SALES: Final = {
    "id": "sales",
    "name": "Sales",
    "outbound": True,
    "dispositions": [{"id": "7", "name": "Sold"}],
}
Setup = Callable[[OnSwitch], None]
Where = Callable[[OnSwitch], str]


def nothing(_: OnSwitch) -> None:
    """The agent is idle."""


def chat(desk: OnSwitch) -> None:
    """A chat is offered."""
    desk.simulate("inbound_chat", address="ann@example", agent="a1")


def worked(desk: OnSwitch) -> None:
    """The call is over; its work is not."""
    desk.talk()
    desk.told("conversation.release", desk.leg())


def held(desk: OnSwitch) -> None:
    desk.talk()
    desk.told("conversation.hold", desk.leg())


def muted(desk: OnSwitch) -> None:
    desk.talk()
    desk.told("conversation.request.mute", desk.leg())


def recorded(desk: OnSwitch) -> None:
    desk.talk()
    desk.told("interaction.request.recording.start", desk.target())


def paused(desk: OnSwitch) -> None:
    recorded(desk)
    desk.told("interaction.request.recording.pause", desk.target())


def alternated(desk: OnSwitch) -> None:
    desk.consult()
    desk.told("interaction.alternate", desk.target())


def session(desk: OnSwitch) -> str:
    return desk.session


def group(desk: OnSwitch) -> str:
    return f"{desk.session}.grp"


def voice(desk: OnSwitch) -> str:
    return desk.voice


def consultation(desk: OnSwitch) -> str:
    return desk.leg(1)


call, leg = OnSwitch.target, OnSwitch.leg
STARTED: Final = "state.updated interaction STARTED"
LEG_OVER: Final = ("state.updated conversation ENDED", "conversation.disposed")
ORDERS: Final[dict[str, tuple[Setup, str, Where, Json, tuple[str, ...]]]] = {
    "dial": (
        nothing,
        "channel.dial",
        voice,
        {"destination": CALLER},
        (
            *AGENT,
            "interaction.created",
            "state.updated interaction DIALING",
            "conversation.created",
            "state.updated conversation DIALING",
            "conversation.member.added",
            "conversation.initialized",
            "interaction.datachanged",
            "interaction.preview",
            "interaction.initialized",
        ),
    ),
    "dispositions": (
        nothing,
        "channel.request.externaldispositions",
        voice,
        {},
        ("channel.externaldispositions.updated",),
    ),
    "scripts": (nothing, "channel.request.incontact.getscripts", voice, {}, ()),
    "agent state": (nothing, "channel.request.setagentstate", voice, {"state": "NOT_READY"}, AGENT),
    "agent state of a group": (
        nothing,
        "channelgroup.request.setagentstate",
        group,
        {"state": "NOT_READY"},
        AGENT,
    ),
    "directory": (nothing, "session.request.getdirectory", session, {}, ("directory.updated",)),
    "address book": (nothing, "session.request.incontact.addressbook", session, {"realtime": True}, ()),
    "agent leg": (
        nothing,
        "session.request.incontact.agentleg.connect",
        session,
        {},
        ("session.agentleg.connected",),
    ),
    "answer": (
        OnSwitch.ring,
        "conversation.answer",
        leg,
        {},
        ("state.updated conversation TALKING", "interaction.screenpop", STARTED),
    ),
    "accept": (chat, "interaction.accept", call, {}, ("interaction.screenpop", STARTED)),
    "reject": (
        chat,
        "interaction.reject",
        call,
        {},
        (*AGENT, "interaction.ended", "state.updated interaction ENDED"),
    ),
    "release of an offer rejects": (
        OnSwitch.ring,
        "conversation.release",
        leg,
        {},
        (*AGENT, "interaction.ended", "state.updated interaction ENDED"),
    ),
    "set data": (
        OnSwitch.talk,
        "interaction.setinteractiondata",
        call,
        {"key": "k", "value": "v"},
        ("interaction.datachanged",),
    ),
    "set disposition": (OnSwitch.talk, "interaction.setdisposition", call, {"disposition": "7"}, ()),
    "complete": (
        worked,
        "interaction.complete",
        call,
        {"dispositionId": 7, "notes": "n"},
        (
            *AGENT,
            "interaction.complete",
            "state.updated interaction COMPLETED",
            "interaction.disposed",
        ),
    ),
    "consult": (
        OnSwitch.talk,
        "interaction.consult",
        call,
        {"destination": COLLEAGUE},
        (
            STARTED,
            "state.updated conversation HELD",
            "conversation.created",
            "state.updated conversation DIALING",
            "conversation.member.added",
            "conversation.initialized",
            "interaction.focuschanged",
        ),
    ),
    "alternate": (
        OnSwitch.consult,
        "interaction.alternate",
        call,
        {},
        (
            "state.updated conversation TALKING",
            "state.updated conversation HELD",
            "interaction.focuschanged",
        ),
    ),
    "alternate back": (
        alternated,
        "interaction.alternate",
        call,
        {},
        (
            "state.updated conversation HELD",
            "state.updated conversation TALKING",
            "interaction.focuschanged",
        ),
    ),
    "consult transfer": (
        OnSwitch.consult,
        "interaction.consulttransfer",
        call,
        {},
        (*AGENT, *LEG_OVER, "interaction.focuschanged", *LEG_OVER, "interaction.ended"),
    ),
    "consult conference": (
        OnSwitch.consult,
        "interaction.consultconference",
        call,
        {},
        (
            *LEG_OVER,
            "conversation.member.added",
            "state.updated conversation TALKING",
            "interaction.focuschanged",
        ),
    ),
    "recording start": (OnSwitch.talk, "interaction.request.recording.start", call, {}, (STARTED,)),
    "recording start again": (recorded, "interaction.request.recording.start", call, {}, (STARTED,)),
    "recording stop": (recorded, "interaction.request.recording.stop", call, {}, (STARTED,)),
    "recording stop again": (OnSwitch.talk, "interaction.request.recording.stop", call, {}, (STARTED,)),
    "recording pause": (recorded, "interaction.request.recording.pause", call, {}, (STARTED,)),
    "recording resume": (paused, "interaction.request.recording.resume", call, {}, (STARTED,)),
    "release": (
        OnSwitch.talk,
        "conversation.release",
        leg,
        {},
        (*AGENT, *LEG_OVER, "interaction.ended", "state.updated interaction ENDED"),
    ),
    "release of a consult": (
        OnSwitch.consult,
        "conversation.release",
        consultation,
        {},
        (*LEG_OVER, "interaction.focuschanged"),
    ),
    "hold": (OnSwitch.talk, "conversation.hold", leg, {}, ("state.updated conversation HELD",)),
    "retrieve": (held, "conversation.retrieve", leg, {}, ("state.updated conversation TALKING",)),
    "mute": (OnSwitch.talk, "conversation.request.mute", leg, {}, ("state.updated conversation TALKING",)),
    "unmute": (muted, "conversation.request.unmute", leg, {}, ("state.updated conversation TALKING",)),
    "tones": (OnSwitch.talk, "conversation.senddtmf", leg, {"digits": "1#"}, ()),
    "blind transfer": (
        OnSwitch.talk,
        "conversation.blindtransfer",
        leg,
        {"destination": COLLEAGUE},
        (*AGENT, *LEG_OVER, "interaction.ended"),
    ),
}


@pytest.mark.parametrize(("setup", "command", "target", "data", "events"), ORDERS.values(), ids=ORDERS.keys())
def test_the_response_comes_first_and_its_events_in_order(
    setup: Setup, command: str, target: Where, data: Json, events: tuple[str, ...]
) -> None:
    desk = OnSwitch(services=[SALES], default_service="sales", incontact=command.count("incontact") > 0)
    setup(desk)
    result, *told = desk.told(command, target(desk), data)
    assert result == "success"
    assert tuple(told[: len(events)]) == events
    # A platform without work after a refusal or a transfer goes on to complete it.
    rest = ("interaction.complete", "state.updated interaction COMPLETED", "interaction.disposed")
    assert tuple(told[len(events) :]) in ((), rest)


def test_what_was_put_in_order_once_holds_nothing_back_later() -> None:
    desk = OnSwitch()
    desk.consult()
    desk.told("interaction.consultconference", desk.target())
    for command, state in (("hold", "HELD"), ("retrieve", "TALKING")):
        told = desk.told(f"conversation.{command}", desk.leg())
        assert told == ["success", f"state.updated conversation {state}"]
