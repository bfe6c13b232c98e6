"""What holds whatever is done, in whatever order, whenever."""

import random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.softswitch import codec
from adapters.softswitch.binding import DIALECT
from schemas import commands as c
from schemas.agent import AgentState
from schemas.commands import COMMANDS, AnyCommand, DestinationKind
from schemas.ids import AgentId, InteractionId, PlatformId, Ref
from schemas.interaction import EndCause, InteractionState, Kind, Media
from schemas.needinfo import Question
from schemas.observations import AgentObserved, InteractionObserved
from schemas.results import ErrorCode, Failed
from schemas.values import Json
from tests.dialects.softswitch.driver import SESSION, Driver, agents

WORLD: dict[str, object] = {
    "agents": agents("a1", "a2", "a3", skills=["sales", "care"]),
    "services": [
        {"id": "sales", "outbound": True, "dispositions": [{"id": "sold"}], "wrap_up_s": 30},
        {"id": "care", "acw": True},
    ],
    "default_service": "sales",
    "not_ready_reasons": ["break"],
    "early_transfer": True,
    "ring_timeout_s": 10,
}
NEEDS_CONSULTATION = {
    "interaction.alternate",
    "interaction.complete_transfer",
    "interaction.complete_conference",
}
DESTINATIONS = (
    ("101", DestinationKind.EXTERNAL),
    ("102", DestinationKind.EXTERNAL),
    ("a3", DestinationKind.AGENT),
    ("care", DestinationKind.SKILL),
    ("+15550199", DestinationKind.EXTERNAL),
    ("+9994860", DestinationKind.EXTERNAL),
    ("nobody", DestinationKind.AGENT),
)
WORDS: dict[str, Json] = {
    "tones": "1#",
    "text": "hello",
    "party_id": "a2",
    "data": {"key": "value"},
    "key": "key",
    "disposition": "sold",
    "notes": "n",
    "message": "not yet",
    "by_s": 5,
}
VERBS = sorted(tag for tag, kind in COMMANDS.items() if issubclass(kind, c.InteractionCommand))
NEVER = {InteractionState.UNKNOWN, InteractionState.QUEUED, InteractionState.PREVIEW}
Step = tuple[str, int, int, int]


def command_of(verb: str, ref: str, pick: int) -> AnyCommand:
    """A command of that verb, with something in every field it has to have."""
    kind = COMMANDS[verb]
    values: dict[str, Json] = {"type": verb, "interaction_id": ref}
    values |= {name: WORDS[name] for name in kind.__struct_fields__ if name in WORDS}
    if "destination" in kind.__struct_fields__:
        values["destination"], values["destination_kind"] = DESTINATIONS[pick % len(DESTINATIONS)]
    if verb == "interaction.complete":
        values["answers"] = ({}, {"skip_disposition": True, "agent_state": "ready"})[pick % 2]
    command: AnyCommand = msgspec.convert(values, kind)
    return command


def world_step(driver: Driver, pick: int, agent: str) -> None:
    """Something that is not about one of the agent's interactions."""
    kind, which = pick % 10, pick // 10
    known = [*driver.seen, Ref("i-unknown")]
    ref = known[which % len(known)]

    def call(method: str, *params: Json) -> AnyCommand:
        return c.VendorCall(session_id=SESSION, method=f"simulate.{method}", params=params)

    destination, destination_kind = DESTINATIONS[which % len(DESTINATIONS)]
    commands: tuple[AnyCommand, ...] = (
        call("inbound_call", {"ani": "+15550100", "service": ("sales", "care", "")[which % 3]}),
        call("inbound_chat", {"address": "web-1", "agent": agent if which % 2 else ""}),
        call("inbound_email", {"address": "c@example.org"}),
        call("remote_hangup", ref),
        call("remote_answer", ref),
        call("remote_message", "hi", ref),
        c.Dial(session_id=SESSION, destination=destination, destination_kind=destination_kind),
        c.SetState(session_id=SESSION, state=(AgentState.READY, AgentState.NOT_READY)[which % 2]),
        c.Logout(session_id=SESSION),
        c.Login(platform_id=PlatformId("p"), agent_id=AgentId(agent)),
    )
    driver.ask(agent, commands[kind])


def take(driver: Driver, step: Step) -> None:
    """One step of a random walk."""
    verb, who, which, pick = step
    agent = f"a{who + 1}"
    if verb == "wait":
        driver.wait(pick % 25)
    elif verb == "world":
        world_step(driver, pick, agent)
    else:
        known = driver.open(agent) or [*driver.seen][-3:] or [Ref("i-unknown")]
        ref = known[which % len(known)]
        if verb == "allowed":
            if driver.open(agent):
                allowed_is_taken(driver, agent, ref, pick)
        else:
            driver.ask(agent, command_of(verb, ref, pick))


def allowed_is_taken(driver: Driver, agent: str, ref: Ref, pick: int) -> None:
    """What the snapshot says is allowed is not refused for the state."""
    allowed = DIALECT.capabilities.allowed(driver.canonical(ref))
    if not allowed:
        return
    verb = allowed[pick % len(allowed)]
    outcome = driver.ask(agent, command_of(verb, ref, pick // len(allowed)))
    if isinstance(outcome, Failed) and verb not in NEEDS_CONSULTATION:
        assert outcome.code is not ErrorCode.WRONG_STATE, (verb, outcome)
        assert outcome.code is not ErrorCode.UNKNOWN_INTERACTION, (verb, outcome)


# How often which step is taken: offers have to be accepted and consultations begun for there to be a race.
KINDS = (
    ["allowed"] * 40
    + ["world"] * 12
    + ["wait"] * 5
    + ["interaction.accept"] * 12
    + ["interaction.consult"] * 8
    + ["interaction.complete_transfer", "interaction.complete_conference", "interaction.alternate"] * 3
    + ["interaction.start_recording", "interaction.pause_recording", "interaction.resume_recording"] * 3
    + VERBS
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 2),
        st.integers(0, 3),
        st.integers(0, 999),
    ),
    min_size=30,  # left to itself hypothesis draws half a dozen, in which nobody ever talks
    max_size=90,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, seed=st.integers(0, 3))
def test_no_sequence_breaks_the_switch(steps: list[Step], seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201  # shown when it fails
    driver = Driver(**WORLD, seed=seed)
    for step in steps:
        take(driver, step)
        driver.check()
    driver.wait(3600)
    driver.check()
    everything_was_told(driver)


def everything_was_told(driver: Driver) -> None:
    """Asking anew brings nothing that was not known from what was observed."""
    interactions, signed_in = snapshot(driver)
    still_open = [ref for name in driver.agents for ref in driver.open(name)]
    assert sorted(interactions) == sorted(still_open)
    for ref in still_open:
        assert without_time(interactions[ref]) == without_time(driver.seen[ref]), "a change was not told"
    for name, agent in driver.agents.items():
        assert without_time(signed_in[name]) == without_time(agent), "a change was not told"


def walked(seed: int) -> Driver:
    """A long random walk, checked at every step."""
    choose = random.Random(seed)  # noqa: S311  # a walk that can be repeated
    driver = Driver(**WORLD, seed=seed)
    for _ in range(800):
        step = (choose.choice(KINDS), choose.randrange(3), choose.randrange(4), choose.randrange(1000))
        take(driver, step)
        driver.check()
        everything_was_told(driver)
        if choose.randrange(60) == 0:  # nobody takes calls after a while otherwise
            for agent in ("a1", "a2", "a3"):
                driver.ask(agent, c.Login(platform_id=PlatformId("p"), agent_id=AgentId(agent)))
                driver.ask(agent, c.SetState(session_id=SESSION, state=AgentState.READY))
    return driver


def test_long_walks_go_everywhere_and_break_nothing() -> None:
    walks = [walked(seed) for seed in range(20)]
    succeeded = {verb for walk in walks for verb, outcome in walk.outcomes if outcome == "Done"}
    assert set(VERBS) - succeeded == set()
    told = [one for walk in walks for one in walk.log if isinstance(one, InteractionObserved)]
    assert {one.state for one in told} == set(InteractionState) - NEVER
    assert {one.kind for one in told} == {
        Kind.DIRECT,
        Kind.QUEUE,
        Kind.CONSULT,
        Kind.TRANSFER,
        Kind.CONFERENCE,
    }
    assert {one.end_cause for one in told if one.ended} == {
        EndCause.NORMAL,
        EndCause.NO_ANSWER,
        EndCause.DECLINED,
        EndCause.BUSY,
        EndCause.DEVICE_UNAVAILABLE,
        EndCause.ABANDONED,
        EndCause.TRANSFERRED,
        EndCause.CONFERENCED,
    }
    assert {one.media for one in told if one.kind is Kind.CONSULT} == {Media.VOICE, Media.CHAT, Media.EMAIL}
    assert any(len(one.parties or ()) > 2 for one in told)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, seed=st.integers(0, 2**32))
def test_same_seed_and_input_give_the_same_frames(steps: list[Step], seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201  # shown when it fails
    first, second = Driver(**WORLD, seed=seed), Driver(**WORLD, seed=seed)
    for step in steps:
        take(first, step)
        take(second, step)
    first.wait(100)
    second.wait(100)
    assert first.frames == second.frames


def test_another_seed_gives_other_ids() -> None:
    assert Driver(seed=1).dialled("a1", "102") != Driver(seed=2).dialled("a1", "102")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_an_interaction_knows_an_unknown_one(verb: str) -> None:
    driver = Driver(**WORLD)
    assert driver.refused("a1", command_of(verb, "i-nobody", 0)) is ErrorCode.UNKNOWN_INTERACTION


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_an_interaction_is_refused_once_it_is_completed(verb: str) -> None:
    driver = Driver(**WORLD, wrap_up=False)
    ref = driver.called()
    driver.did("a1", c.Release(interaction_id=InteractionId(ref)))
    assert driver.state(ref) is InteractionState.COMPLETED
    assert driver.refused("a1", command_of(verb, ref, 0)) is ErrorCode.WRONG_STATE


def test_a_question_changes_nothing() -> None:
    driver = Driver(**WORLD)
    ref = driver.called(service="care")
    driver.did("a1", c.Release(interaction_id=InteractionId(ref)))
    before = len(driver.log)
    assert isinstance(driver.ask("a1", c.Complete(interaction_id=InteractionId(ref))), Question)
    assert len(driver.log) == before


def snapshot(driver: Driver) -> tuple[dict[Ref, InteractionObserved], dict[Ref, AgentObserved]]:
    """What the switch says there is, asked anew."""
    interactions: dict[Ref, InteractionObserved] = {}
    signed_in: dict[Ref, AgentObserved] = {}
    for frame in driver.peer.received(codec.SNAPSHOT, driver.now):
        for output in driver.connection.received(frame, driver.now):
            if isinstance(output, InteractionObserved):
                interactions[output.ref] = output
            elif isinstance(output, AgentObserved):
                signed_in[output.agent] = output
    return interactions, signed_in


def without_time(seen: AgentObserved | InteractionObserved) -> AgentObserved | InteractionObserved:
    """Comparable whenever it was told."""
    return msgspec.structs.replace(seen, time=None, vendor=msgspec.Raw(b""))
