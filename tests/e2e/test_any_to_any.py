"""Any to any: one scripted call through every pair of client dialect and platform dialect, on real sockets.

The client speaks its vendor's frames, the platform another vendor's. Whatever the pair, the canonical events
tell the same story and the client is told the same states. What a platform's dialect cannot say stands in
CANNOT_SAY with the reason, and nowhere else.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from schemas import events as ev
from schemas.agent import AgentState
from schemas.interaction import EndCause, Interaction
from schemas.results import Succeeded
from schemas.values import Json
from tests.e2e.clients.page import Call, Page, State
from tests.e2e.clients.registry import CLIENTS
from tests.e2e.world import VENDORS, Stream, World, platform, world

CUSTOMER: Final = "+15550100"
COLLEAGUE: Final = "+15559999"
DATA: Final[dict[str, Json]] = {"case": "7", "tier": "gold"}

LIFECYCLE: Final = frozenset(
    f"interaction.{verb}"
    for verb in (
        "created",
        "alerting",
        "dialing",
        "connected",
        "held",
        "retrieved",
        "ended",
        "wrap_up_started",
        "completed",
    )
)


@dataclass(frozen=True)
class Told:
    """What the canonical events say of one interaction: its lifecycle, and where it stood in the end."""

    lifecycle: tuple[str, ...]
    direction: str
    remote_address: str
    end_cause: EndCause
    data: Mapping[str, Json]
    consults: bool  # it is a consultation about the main one, of the same root


@dataclass(frozen=True)
class Script:
    """A call, as the client drives it and as everybody tells it."""

    play: Callable[[World, Page], Awaitable[None]]
    commands: tuple[str, ...]
    canonical: Mapping[Call, Told]
    client: Mapping[Call, tuple[State, ...]]
    agent: tuple[AgentState, ...]


# --- the scripts


async def transferred(world: World, page: Page) -> None:
    """A call in, held and taken back, discussed with somebody outside and handed over."""
    await world.simulate("a1", "inbound_call", ani=CUSTOMER, dnis="+18005550199", data=DATA)
    await page.until(State.ALERTING)
    await page.accept()
    await page.until(State.CONNECTED)
    await page.hold()
    await page.until(State.HELD)
    await page.retrieve()
    await page.until(State.CONNECTED)
    await page.consult(COLLEAGUE)
    await page.until(State.HELD)
    await page.until(State.CONNECTED, Call.CONSULT)
    await page.complete_transfer()
    await page.until(State.COMPLETED, Call.CONSULT)
    await page.until(State.ENDED)
    await page.complete()
    await page.until(State.COMPLETED)


async def dialled(world: World, page: Page) -> None:
    """A call out; the customer hangs up."""
    await page.dial(CUSTOMER)
    await page.until(State.DIALING)
    await page.until(State.CONNECTED)
    await world.simulate("a1", "remote_hangup", ref=world.contact())
    await page.until(State.ENDED)
    await page.complete()
    await page.until(State.COMPLETED)


def _verbs(*verbs: str) -> tuple[str, ...]:
    return tuple(f"interaction.{verb}" for verb in verbs)


SCRIPTS: Final = {
    "transferred": Script(
        transferred,
        commands=_verbs("accept", "hold", "retrieve", "consult", "complete_transfer", "complete"),
        canonical={
            Call.MAIN: Told(
                _verbs("created", "alerting", "connected", "held", "retrieved", "held", "ended")
                + _verbs("wrap_up_started", "completed"),
                direction="inbound",
                remote_address=CUSTOMER,
                end_cause=EndCause.TRANSFERRED,
                data=DATA,
                consults=False,
            ),
            Call.CONSULT: Told(
                _verbs("created", "dialing", "connected", "ended", "completed"),
                direction="outbound",
                remote_address=COLLEAGUE,
                end_cause=EndCause.TRANSFERRED,
                data=DATA,
                consults=True,
            ),
        },
        client={
            Call.MAIN: (
                *(State.ALERTING, State.CONNECTED, State.HELD, State.CONNECTED, State.HELD),
                *(State.ENDED, State.COMPLETED),
            ),
            Call.CONSULT: (State.DIALING, State.CONNECTED, State.COMPLETED),
        },
        agent=(AgentState.AFTER_CALL_WORK, AgentState.READY),
    ),
    "dialled": Script(
        dialled,
        commands=_verbs("dial", "complete"),
        canonical={
            Call.MAIN: Told(
                _verbs("created", "dialing", "connected", "ended", "wrap_up_started", "completed"),
                direction="outbound",
                remote_address=CUSTOMER,
                end_cause=EndCause.NORMAL,
                data={},
                consults=False,
            )
        },
        client={
            Call.MAIN: (State.DIALING, State.CONNECTED, State.ENDED, State.COMPLETED),
            Call.CONSULT: (),
        },
        agent=(AgentState.AFTER_CALL_WORK, AgentState.READY),
    ),
}

# What a platform's dialect has no word for, so that the gateway cannot know it: (platform, script, call,
# member), the value told instead, and why.
NO_CAUSE: Final = "no member of an interaction says why it ended"
CANNOT_SAY: Final[Mapping[tuple[str, str, Call, str], tuple[object, str]]] = {
    # They know it of what our own command ended, and of nothing else.
    ("bright_pattern", "dialled", Call.MAIN, "end_cause"): (EndCause.UNKNOWN, NO_CAUSE),
    ("genesys_wwe", "dialled", Call.MAIN, "end_cause"): (EndCause.UNKNOWN, NO_CAUSE),
    ("channel_session", "dialled", Call.MAIN, "end_cause"): (EndCause.UNKNOWN, NO_CAUSE),
    ("channel_session", "transferred", Call.CONSULT, "data"): (
        {},
        "a consultation is a conversation, and data belong to the interaction it is in",
    ),
}


def expected(script: str, vendor: str) -> dict[Call, Told]:
    """The story as that platform can tell it."""
    told = dict(SCRIPTS[script].canonical)
    for (of, named, call, member), (value, _) in CANNOT_SAY.items():
        if (of, named) == (vendor, script):
            told[call] = _with(told[call], member, value)
    return told


def _with(told: Told, member: str, value: object) -> Told:
    return Told(**{**vars(told), member: value})


# --- what was told


async def record(script: str, vendor: str, dialect: str) -> tuple[Page, list[ev.AnyEvent]]:
    """Play a script; the client in the end, and every event of it."""
    async with world([platform(vendor)]) as played:
        stream = await played.stream(filter={"agents": ["a1"]})
        page = await CLIENTS[dialect].open(played)
        await page.sign_in()
        await SCRIPTS[script].play(played, page)
        await _over(stream)
        return page, stream.seen


async def _over(stream: Stream) -> None:
    await stream.until(
        lambda event: isinstance(event, ev.CommandFinished) and event.verb == "interaction.complete"
    )
    await stream.until(
        lambda event: isinstance(event, ev.AgentEvent) and event.agent.state is AgentState.READY
    )
    main = _ids(stream.seen)[Call.MAIN]
    await stream.until(
        lambda event: isinstance(event, ev.InteractionCompleted) and event.interaction.id == main
    )


def _ids(told: list[ev.AnyEvent]) -> dict[Call, str]:
    ids: dict[Call, str] = {}
    for event in told:
        if isinstance(event, ev.InteractionCreated):
            call = Call.MAIN if event.interaction.consult_of is None else Call.CONSULT
            assert call not in ids, "created twice"
            ids[call] = event.interaction.id
    return ids


def _of(told: list[ev.AnyEvent], interaction_id: str) -> list[ev.AnyInteractionEvent]:
    return [
        event
        for event in told
        if isinstance(event, ev.InteractionEvent) and event.interaction.id == interaction_id
    ]


def _tag(event: ev.AnyEvent) -> str:
    return str(event.__struct_config__.tag)


def story(told: list[ev.AnyEvent]) -> dict[Call, Told]:
    """The events of each interaction, as far as every platform can tell them."""
    ids = _ids(told)
    stories: dict[Call, Told] = {}
    last: dict[Call, Interaction] = {
        call: _of(told, interaction_id)[-1].interaction for call, interaction_id in ids.items()
    }
    for call, interaction_id in ids.items():
        lifecycle = [_tag(event) for event in _of(told, interaction_id) if _tag(event) in LIFECYCLE]
        now, main = last[call], last[Call.MAIN]
        assert now.root_id == main.root_id
        assert now.end_cause is not None
        stories[call] = Told(
            tuple(lifecycle),
            now.direction.value,
            now.remote_address,
            now.end_cause,
            now.data,
            now.consult_of == main.id,
        )
    return stories


# --- the tests


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("dialect", CLIENTS)
async def test_a_call_is_the_same_whoever_asks_and_whoever_carries_it(
    dialect: str, vendor: str, script: str
) -> None:
    page, told = await record(script, vendor, dialect)
    wanted = SCRIPTS[script]
    assert story(told) == expected(script, vendor)
    finished = [event for event in told if isinstance(event, ev.CommandFinished)]
    assert tuple(event.verb for event in finished) == wanted.commands
    assert all(isinstance(event.result, Succeeded) for event in finished)
    assert {call: tuple(states) for call, states in page.told.items()} == wanted.client


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("vendor", VENDORS)
async def test_no_event_shows_which_dialect_the_client_speaks(vendor: str, script: str) -> None:
    streams = [normal((await record(script, vendor, dialect))[1]) for dialect in CLIENTS]
    assert streams[1] == streams[0]
    assert streams[2] == streams[0]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("vendor", VENDORS)
async def test_sequences_are_gapless_and_the_end_is_told_once(vendor: str, script: str) -> None:
    _, told = await record(script, vendor, vendor)
    for interaction_id in _ids(told).values():
        events = _of(told, interaction_id)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        tags = [_tag(event) for event in events]
        assert tags[0] == "interaction.created"
        assert tags[-1] == "interaction.completed"
        assert tags.count("interaction.ended") == 1
    states = [event.agent.state for event in told if isinstance(event, ev.AgentEvent)]
    # One platform has no word for an agent who is talking; all know work after a call.
    said = [
        state
        for i, state in enumerate(states)
        if state is not AgentState.BUSY and states[i - 1 : i] != [state]
    ]
    assert tuple(said) == SCRIPTS[script].agent


# What differs from one run to the next: ids, times, and the moment at which the platform tells which case the
# screen shows (it races the answer to the command).
_VOLATILE: Final = frozenset(
    {
        "id",
        "root_id",
        "cursor",
        "time",
        "sequence",
        "ref",
        "durable_ref",
        "refs",
        "command_id",
        "interaction_id",
    }
    | {"created_at", "connected_at", "ended_at", "completed_at", "since", "part", "parties", "party"}
    | {"consult_of", "parent_id", "focused", "focused_interaction_id", "allowed"}
)


def normal(told: list[ev.AnyEvent]) -> dict[str, list[object]]:
    """All events by what they are about, without what no two runs share."""
    about: dict[str, list[object]] = {"agent": [], "commands": []}
    names = {interaction_id: call.value for call, interaction_id in _ids(told).items()}
    for event in told:
        told_as = (_tag(event), _scrub(msgspec.to_builtins(replace(event, vendor=None))))
        match event:
            case ev.FocusChanged():
                continue
            case ev.InteractionEvent():
                about.setdefault(names[event.interaction.id], []).append(told_as)
            case ev.AgentEvent():
                about["agent"].append(told_as)
            case _:
                about["commands"].append(told_as)
    return about


def _scrub(value: object) -> object:
    if isinstance(value, dict):
        return {key: _scrub(one) for key, one in value.items() if key not in _VOLATILE}
    return value
