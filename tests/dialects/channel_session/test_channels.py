"""North: a client's own channels, group and agent leg; the rules of activation and of signing out."""

import msgspec
import pytest

from adapters.contract.dialect import Execute, Send
from schemas import events as ev
from schemas.agent import AgentSession, AgentState, Channel, ChannelState
from schemas.commands import Complete, SetState
from schemas.ids import EventId, InteractionId
from schemas.interaction import InteractionState, Media
from schemas.observations import Noticed
from schemas.results import ErrorCode, Failed, FinalResult, Succeeded
from schemas.values import Json
from tests.dialects.channel_session.stage import (
    AGENT,
    CALL,
    GROUPED,
    I1,
    NOW,
    Desk,
    North,
    about,
    hears,
    names,
    ringing,
    started,
    told,
)

RESTING = msgspec.structs.replace(AGENT, state=AgentState.NOT_READY)
BOTH = msgspec.structs.replace(
    RESTING, channels=(Channel(id="voice", media="voice"), Channel(id="chat", media="chat"))
)
CHAT = msgspec.structs.replace(CALL, id=InteractionId("c1"), media=Media.CHAT)


def at_rest(session: AgentSession = RESTING, *, incontact: bool = False) -> North:
    north = North(Desk(agent=session), incontact=incontact)
    north.start()
    return north


def told_of(north: North, command: str, target: str, data: Json = None) -> list[str]:
    """The result or the code, then the events."""
    out = north.ask(command, target, data)
    return read([one.frame for one in out if isinstance(one, Send)])


def read(sent: list[bytes]) -> list[str]:
    first = msgspec.json.decode(sent[0])
    return [first["failure"]["code"] if "failure" in first else first["result"], *names(sent[1:])]


def finish(north: North, execute: Execute, result: FinalResult) -> list[str]:
    return read(
        [o.frame for o in north.connection.finished(execute.token, result, NOW) if isinstance(o, Send)]
    )


STATED = ["channel.infochanged", "state.updated channel INACTIVE"]
ACTIVE = ["channel.infochanged", "state.updated channel ACTIVE"]


def test_a_channel_is_created_inactive_and_then_told_as_it_is() -> None:
    by_name = {str(one.get("name")): one.get("data") for one in North(Desk()).start()}
    assert by_name["channel.created"] == {
        "channel": {"id": "voice", "name": "Telephony", "type": "Telephony", "state": "INACTIVE"}
    }
    shown = by_name["channel.infochanged"]
    assert isinstance(shown, dict)
    assert shown["channel"]["state"] == "ACTIVE"


@pytest.mark.parametrize("spelling", ["channel.deactivate", "channel.request.deactivate"])
def test_a_deactivated_channel_takes_no_dial_until_it_is_activated(spelling: str) -> None:
    north = at_rest()
    assert told_of(north, spelling, GROUPED) == ["success", *STATED]
    assert told_of(north, spelling, GROUPED) == ["bad-state"]
    assert told_of(north, "channel.dial", GROUPED, {"destination": "1"}) == ["channel-not-active"]
    assert told_of(north, "channel.request.setagentstate", GROUPED, {"state": "READY"}) == [
        "channel-not-active"
    ]
    assert told_of(north, "channelgroup.request.setagentstate", "s1.grp", {"state": "READY"}) == [
        "channel-not-active"
    ]
    assert told_of(north, "channel.activate", GROUPED, {"channeloptions": {"queue": "q"}}) == [
        "success",
        *ACTIVE,
    ]
    north.order("channel.dial", GROUPED, {"destination": "1"})


def test_ready_goes_not_ready_before_a_channel_is_deactivated() -> None:
    north = started()
    execute = north.order("channelgroup.request.deactivateall", "s1.grp")
    assert execute.command == SetState(session_id=AGENT.id, state=AgentState.NOT_READY)
    assert finish(north, execute, Succeeded()) == ["success", *STATED]


def test_who_cannot_go_not_ready_keeps_the_channel() -> None:
    north = started()
    execute = north.order("channel.deactivate", GROUPED)
    assert finish(north, execute, Failed(code=ErrorCode.PLATFORM_ERROR)) == ["not-ready-failed"]
    north.order("channel.dial", GROUPED, {"destination": "1"})


def test_an_open_interaction_ends_the_run_and_leaves_earlier_channels_inactive() -> None:
    north = at_rest(BOTH)
    north.desk.open.append(CHAT)
    assert told_of(north, "channelgroup.request.deactivateall", "s1.grp") == ["ongoing-interaction", *STATED]
    assert told_of(north, "channel.activate", "s1.grp.chat") == ["bad-state"]
    assert told_of(north, "channelgroup.request.activateall", "s1.grp") == ["success", *ACTIVE]


def test_the_group_activates_the_channel_it_names() -> None:
    north = at_rest(BOTH)
    assert told_of(north, "channelgroup.deactivateall", "s1.grp") == ["success", *STATED, *STATED]
    named = {"channel": {"id": "chat"}}
    assert told_of(north, "channelgroup.request.activate", "s1.grp", named) == ["success", *ACTIVE]
    assert told_of(north, "channelgroup.request.activate", "s1.grp", {"channel": {"id": "fax"}}) == [
        "unknown-target"
    ]


def test_the_first_channel_that_the_platform_keeps_ends_the_run() -> None:
    taken = Channel(id="chat", media="chat", state=ChannelState.UNAVAILABLE)
    north = at_rest(msgspec.structs.replace(BOTH, channels=(BOTH.channels[0], taken)))
    assert told_of(north, "channel.deactivate", GROUPED) == ["success", *STATED]
    assert told_of(north, "channelgroup.activateall", "s1.grp") == ["activation-failed", *ACTIVE]


def test_other_news_of_the_agent_does_not_activate_a_channel() -> None:
    north = at_rest()
    told_of(north, "channel.deactivate", GROUPED)
    changed = ev.AgentStateChanged(
        id=EventId("e"),
        time=NOW,
        platform_id=AGENT.platform_id,
        session_id=AGENT.id,
        agent_id=AGENT.agent_id,
        agent=RESTING,
    )
    assert hears(north, changed) == []
    lunch = msgspec.structs.replace(changed, agent=msgspec.structs.replace(RESTING, reason="lunch"))
    assert hears(north, lunch) == STATED
    told_of(north, "channel.activate", GROUPED)
    assert hears(north, changed) == ACTIVE


ADDED = ["channel.created", "channel.infochanged", "channel.initialized"]


@pytest.mark.parametrize(("kind", "target"), [("session", "s1"), ("channelgroup", "s1.grp")])
def test_a_channel_is_removed_and_added_again(kind: str, target: str) -> None:
    north = at_rest()
    new: Json = {"channel": {"endpoint": "301", "type": "TELEPHONY"}}
    assert told_of(north, f"{kind}.request.addchannel", target, new) == ["bad-state"]
    assert told_of(north, f"{kind}.request.removechannel", target, {"channel": {"id": "voice"}}) == [
        "success",
        "channel.disposed",
    ]
    assert told_of(north, "channel.dial", GROUPED, {"destination": "1"}) == ["unknown-target"]
    assert told_of(north, f"{kind}.request.addchannel", target, new) == ["success", *ADDED]
    assert told_of(north, "channel.dial", GROUPED, {"destination": "1"}) == ["channel-not-active"]
    assert told_of(north, f"{kind}.addchannel", target, {"channel": {"type": "Fax"}}) == ["bad-request"]


def test_nothing_is_removed_under_an_open_interaction() -> None:
    north = started(CALL)
    assert told_of(north, "session.removechannel", "s1", {"channel": {"id": "voice"}}) == [
        "ongoing-interaction"
    ]
    assert told_of(north, "session.removechannelgroup", "s1", {"channelgroup": {"id": "grp"}}) == [
        "ongoing-interaction"
    ]


def test_a_group_is_removed_and_added_again() -> None:
    north = at_rest(BOTH)
    gone: Json = {"channelgroup": {"id": "grp"}}
    assert told_of(north, "session.removechannelgroup", "s1", gone) == [
        "success",
        "channel.disposed",
        "channel.disposed",
        "channelgroup.disposed",
    ]
    assert told_of(north, "session.removechannelgroup", "s1", gone) == ["unknown-target"]
    assert told_of(north, "channelgroup.activateall", "s1.grp") == ["unknown-target"]
    assert told_of(north, "session.addchannelgroup", "s1", {"channelgroup": {"name": "More"}}) == [
        "success",
        "channelgroup.created",
        *ADDED,
        *ADDED,
        "channelgroup.initialized",
    ]
    assert told_of(north, "session.addchannelgroup", "s1") == ["unsupported"]


def test_a_contact_brings_back_its_channel_and_group() -> None:
    north = at_rest()
    told_of(north, "session.removechannelgroup", "s1", {"channelgroup": {"id": "grp"}})
    heard = hears(north, about(ev.InteractionCreated, CALL, sequence=1))
    assert heard[:8] == [
        "channelgroup.created",
        *ADDED,
        "channelgroup.initialized",
        *ACTIVE,
        "interaction.created",
    ]


def test_an_open_interaction_forbids_signing_out() -> None:
    assert told_of(started(CALL), "session.request.logout", "s1") == ["ongoing-interaction"]


def test_the_agent_leg_is_connected_and_disconnected() -> None:
    north = at_rest(incontact=True)
    leg = "session.request.incontact.agentleg"
    assert told_of(north, f"{leg}.disconnect", "s1") == ["bad-state"]
    assert told_of(north, f"{leg}.connect", "s1") == ["success", "session.agentleg.connected"]
    assert told_of(north, f"{leg}.disconnect", "s1") == ["success", "session.agentleg.disconnected"]


def test_scripts_are_none_and_none_takes_a_signal() -> None:
    north = started(CALL, incontact=True)
    answer = north.reply("channel.request.incontact.getscripts", GROUPED)
    assert answer["data"] == {"scripts": []}
    assert told_of(north, "interaction.request.incontact.signal", I1, {"p1": "x"}) == ["bad-state"]
    assert told_of(north, "interaction.request.incontact.signal", I1, {"p21": "x"}) == ["bad-request"]


@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("session.request.incontact.agentleg.connect", "s1"),
        ("session.request.incontact.agentleg.disconnect", "s1"),
        ("channel.request.incontact.getscripts", GROUPED),
        ("interaction.request.incontact.signal", I1),
    ],
)
def test_what_only_incontact_has_is_unsupported_elsewhere(command: str, target: str) -> None:
    assert told_of(started(CALL), command, target) == ["unsupported"]


def test_a_wrong_state_is_told_in_the_closest_code() -> None:
    wrong = Failed(code=ErrorCode.WRONG_STATE)
    north = started(CALL)
    assert finish(north, north.order("interaction.alternate", I1), wrong) == ["no-consult"]
    completing = north.order("interaction.complete", I1)
    assert isinstance(completing.command, Complete)
    assert finish(north, completing, wrong) == ["conversations-open"]
    over = started(msgspec.structs.replace(CALL, state=InteractionState.WRAP_UP))
    assert finish(over, over.order("interaction.complete", I1), wrong) == ["bad-state"]


@pytest.mark.parametrize("became", ["connected", "disconnected", "failed"])
def test_the_platforms_agent_leg_is_a_notice(became: str) -> None:
    failure: Json = {"failure": {"code": "x", "message": "busy"}} if became == "failed" else {}
    (seen,) = ringing().see(told(f"session.agentleg.{became}", "s1", failure))
    assert isinstance(seen, Noticed)
    assert (seen.code, seen.error) == (f"agentleg.{became}", became == "failed")
    assert seen.message == ("busy" if became == "failed" else "")
