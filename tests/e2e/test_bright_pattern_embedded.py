"""The older API of Bright Pattern on real sockets: as a client of every platform, and as the platform.

It can neither take a call nor hold one: the agent does that in the desktop, which the simulated platform is
told directly. What it is told by command it answers with nothing, so what came of it is seen by its events.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import msgspec
import pytest

from adapters.bright_pattern.embedded.methods import HANDED_OVER
from gateway.demo.simulation import Pump, Simulated, facade_url
from schemas import events as ev
from schemas.agent import AgentState
from schemas.ids import Ref
from schemas.interaction import EndCause, Interaction
from schemas.results import CommandRecord, ErrorCode, Failed, Succeeded
from schemas.values import Json
from tests.e2e.clients.bright_pattern_embedded import BrightPatternEmbedded
from tests.e2e.clients.page import State
from tests.e2e.world import PLATFORM, VENDORS, Stream, World, platform, world
from tests.fakes import until

NAME: Final = BrightPatternEmbedded.dialect
CUSTOMER: Final = "+15550100"
DATA: Final[dict[str, Json]] = {"case": "7", "tier": "gold"}
SWITCH: Final[Mapping[str, Json]] = {
    "services": [
        {
            "id": "sales",
            "name": "Sales",
            "outbound": True,
            "dispositions": [{"id": "sold", "name": "Sold"}, {"id": "lost", "name": "Lost"}],
        }
    ],
    "default_service": "sales",
    "not_ready_reasons": ["lunch"],
}


def simulated(vendor: str, **service: Json) -> Simulated:
    """A platform with that switch, whose agents have the one service there is."""
    one = platform(vendor, switch=SWITCH)
    agents = msgspec.convert(one.switch["agents"], list[dict[str, Json]])
    (sales,) = msgspec.convert(one.switch["services"], list[dict[str, Json]])
    skilled = {"agents": [{**agent, "skills": ["sales"]} for agent in agents]}
    return dataclasses.replace(one, switch={**one.switch, **skilled, "services": [{**sales, **service}]})


async def in_the_desktop(world: World, verb: str) -> None:
    """The agent a1 does something to the newest contact, in the platform's own desktop."""
    state = world.switch.state
    contact = state.snapshots.interactions(state.snapshots.session_of(PLATFORM, Ref("a1")))[-1]
    body = msgspec.json.encode({"type": f"interaction.{verb}", "interaction_id": contact.id})
    async with world.http.post(world.switch.addresses[0] + "/v1/commands", data=body) as response:
        record = msgspec.json.decode(await response.read(), type=CommandRecord)
    assert isinstance(record.result, Succeeded), record


async def told(stream: Stream, kind: type[ev.AnyInteractionEvent], since: int = 0) -> Interaction:
    event = await stream.until(lambda one: isinstance(one, kind), since)
    assert isinstance(event, ev.InteractionEvent)
    return event.interaction


# --- as a client


@pytest.mark.parametrize("vendor", [*VENDORS, NAME])
async def test_a_client_dials_says_what_came_of_it_and_completes_over_any_platform(vendor: str) -> None:
    async with world([simulated(vendor)]) as played:
        stream = await played.stream(filter={"agents": ["a1"]})
        page = await BrightPatternEmbedded.open(played)
        await page.sign_in()
        await page.succeed("SELECT_SERVICE", "sales")
        await page.dial(CUSTOMER)
        await page.until(State.DIALING)
        await page.until(State.CONNECTED)
        item = page.place("call")
        [listed] = (await page.succeed("GET_STATE"))["interactions"]
        assert (listed["item_id"], listed["phone_number"]) == (item, CUSTOMER)
        await page.succeed("POST_VARIABLE", item, "case", "7")
        await page.release()
        await page.until(State.ENDED)
        await page.succeed("SET_NOTES", "", "two of them")
        await page.succeed("SET_DISPOSITION", item, "sold")
        await page.complete()
        await page.until(State.COMPLETED)
        done = await told(stream, ev.InteractionCompleted)
        assert done.id == item
        assert done.notes == "two of them" or vendor == "channel_session"  # it tells no notes
        ends = played.switch.state.snapshots.interactions(
            played.switch.state.snapshots.session_of(PLATFORM, Ref("a1"))
        )
        assert ends == []
    rendered = [one for one in page.frames if one.get("method") == "INTERACTION_RENDERED"]
    assert [one["params"][0]["item_id"] for one in rendered] == [item]


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_client_sees_what_the_agent_does_elsewhere(vendor: str) -> None:
    async with world([platform(vendor)]) as played:
        page = await BrightPatternEmbedded.open(played)
        await page.sign_in()
        await played.simulate("a1", "inbound_call", ani=CUSTOMER, dnis="+18005550199", data=DATA)
        await page.until(State.ALERTING)
        for verb, state in (
            ("accept", State.CONNECTED),
            ("hold", State.HELD),
            ("retrieve", State.CONNECTED),
            ("release", State.ENDED),
        ):
            await in_the_desktop(played, verb)
            await page.until(state)
        assert page.last("_CALL_ENDED")["screenpop_data"] == DATA
        await in_the_desktop(played, "complete")
        await page.until(State.COMPLETED)


async def test_a_client_that_lacks_something_is_told_which_call_gives_it() -> None:
    async with world([simulated("bright_pattern", disposition_required=True)]) as played:
        page = await BrightPatternEmbedded.open(played)
        await page.succeed("SELECT_SERVICE", "sales")
        await page.dial(CUSTOMER)
        await page.until(State.CONNECTED)
        await page.release()
        await page.until(State.ENDED)
        why = await page.refused("COMPLETE_INTERACTION_FROM_API", "")
        assert "setDisposition: sold, lost" in why
        await page.succeed("SET_DISPOSITION", "", "sold")
        await page.complete()
        await page.until(State.COMPLETED)
        assert page.last("INTERACTION_COMPLETED")["disposition"] == "Sold"  # that platform tells names


async def test_a_client_changes_the_agent_s_state_and_is_told_of_it() -> None:
    async with world([platform("genesys_wwe", switch=SWITCH)]) as played:
        page = await BrightPatternEmbedded.open(played)
        await page.succeed("CHANGE_STATE", "NOT_READY", "lunch")
        await page.eventually(
            lambda: any(one.get("method") == "STATE_CHANGED" for one in page.frames) or None
        )
        assert page.last("STATE_CHANGED")["status"] == "not_ready"
        assert played.agent().state is AgentState.NOT_READY


# --- as the platform


async def test_a_call_is_offered_taken_and_held_in_the_desktop_and_completed_by_command() -> None:
    async with world([platform(NAME, switch=SWITCH)]) as played:
        stream = await played.stream(filter={"agents": ["a1"]})
        await played.simulate("a1", "inbound_call", ani=CUSTOMER, dnis="+18005550199", data=DATA)
        offered = await told(stream, ev.InteractionAlerting)
        assert (offered.remote_address, offered.data, offered.service) == (CUSTOMER, DATA, "sales")
        refused = await played.command(type="interaction.accept", interaction_id=offered.id)
        assert isinstance(refused.result, Failed)
        assert refused.result.code is ErrorCode.UNSUPPORTED
        await in_the_desktop(played, "accept")
        connected = await told(stream, ev.InteractionConnected)
        assert "interaction.release" in connected.allowed
        assert "interaction.hold" not in connected.allowed
        await in_the_desktop(played, "hold")
        await told(stream, ev.InteractionHeld)
        await in_the_desktop(played, "retrieve")
        await told(stream, ev.InteractionRetrieved)
        for body in (
            {"type": "interaction.start_recording"},
            {"type": "interaction.set_data", "data": {"case": "8"}},
            {"type": "interaction.release"},
            {"type": "interaction.set_notes", "notes": "two of them"},
            {"type": "interaction.set_disposition", "disposition": "sold"},
            {"type": "interaction.complete"},
        ):
            record = await played.command(**body, interaction_id=offered.id)
            assert isinstance(record.result, Succeeded), record
            exact = body["type"] == "interaction.start_recording"
            assert record.result.warnings == (() if exact else (HANDED_OVER,))
        done = await told(stream, ev.InteractionCompleted)
        assert done.notes == "two of them"
        assert done.disposition is not None
        assert done.disposition.code == "sold"
        assert done.data == {**DATA, "case": "8"}
        assert done.end_cause is EndCause.UNKNOWN  # no event says it
        states = [
            type(event)
            for event in stream.seen
            if type(event) in {ev.InteractionEnded, ev.InteractionWrapUp, ev.InteractionCompleted}
        ]
        assert states == [ev.InteractionEnded, ev.InteractionWrapUp, ev.InteractionCompleted]
        assert ev.RecordingChanged in {type(event) for event in stream.seen}


async def test_a_canonical_client_dials_and_the_far_end_hangs_up() -> None:
    async with world([platform(NAME)]) as played:
        stream = await played.stream(filter={"agents": ["a1"]})
        record = await played.command(
            type="interaction.dial", session_id=played.session(), destination=CUSTOMER
        )
        assert isinstance(record.result, Succeeded)
        assert record.result.interaction_id is None  # the platform does not tell
        await told(stream, ev.InteractionDialing)
        call = await told(stream, ev.InteractionConnected)
        assert (call.direction, call.remote_address) == ("outbound", CUSTOMER)
        await played.simulate("a1", "remote_hangup", ref=played.contact())
        await told(stream, ev.InteractionEnded)
        await played.command(type="interaction.complete", interaction_id=call.id)
        await told(stream, ev.InteractionCompleted)


async def test_an_agent_s_state_is_set_by_command_and_seen_by_its_event() -> None:
    async with world([platform(NAME, switch=SWITCH)]) as played:
        stream = await played.stream(filter={"agents": ["a1"]})
        session = played.session()
        record = await played.command(
            type="agent.set_state", session_id=session, state="not_ready", reason="lunch"
        )
        assert isinstance(record.result, Succeeded)
        await stream.until(
            lambda one: (
                isinstance(one, ev.AgentEvent)
                and (one.agent.state, one.agent.reason) == (AgentState.NOT_READY, "lunch")
            )
        )
        await played.command(type="agent.logout", session_id=session)
        await stream.until(lambda one: isinstance(one, ev.AgentLoggedOut))


async def test_a_page_that_comes_back_knows_its_calls_and_tells_nothing_twice() -> None:
    async with world([platform(NAME, agents=("a2",))]) as played, AsyncExitStack() as first:
        stream = await played.stream(filter={"agents": ["a1"]})
        await first.enter_async_context(page_of_a1(played))
        await played.simulate("a1", "inbound_call", ani=CUSTOMER, data=DATA)
        await in_the_desktop(played, "accept")
        call = await told(stream, ev.InteractionConnected)
        await first.aclose()
        await until(lambda: played.gateway.platforms[PLATFORM].links == 1)
        async with page_of_a1(played):
            since = len(stream.seen)
            await in_the_desktop(played, "hold")
            await in_the_desktop(played, "release")
            await told(stream, ev.InteractionWrapUp)
        about = [one for one in stream.seen[since:] if isinstance(one, ev.InteractionEvent)]
        assert [type(one) for one in about] == [
            ev.InteractionHeld,
            ev.InteractionEnded,
            ev.InteractionWrapUp,
        ]
        assert {one.interaction.id for one in about} == {call.id}


@asynccontextmanager
async def page_of_a1(played: World) -> AsyncIterator[None]:
    """The page of a1, until it is closed; entered when it is linked and has been told how things stand."""
    (one,) = played.simulated
    source = facade_url(played.switch.addresses[0], one, "a1")
    pump = Pump(played.http, source, f"{played.ws_url}/v1/links/{PLATFORM}", "a1")
    links = played.gateway.platforms[PLATFORM].links
    page = asyncio.create_task(pump.run())
    try:
        await until(lambda: played.gateway.platforms[PLATFORM].links > links)
        yield
    finally:
        page.cancel()
        await asyncio.wait([page])
