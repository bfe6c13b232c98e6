"""What a command is about, and what is said of ids that lead nowhere."""

import pytest

from gateway.commands.targets import Targets
from gateway.platforms.config import PlatformConfig
from gateway.platforms.platform import Platform
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas.commands import (
    AnyCommand,
    Dial,
    Hold,
    ListDispositions,
    Login,
    Logout,
    VendorCall,
)
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId, PlatformId, Ref, SessionId
from schemas.interaction import InteractionState
from schemas.results import ErrorCode
from tests.fakes import START
from tests.gateway.handmade import CAPABILITIES, HANDMADE, NAME, P, agent, call

NOWHERE = SessionId("ses_nowhere")
NOTHING = InteractionId("int_nothing")


class Scene:
    """Agents a1 (with two calls) and a2 (with one)."""

    def __init__(self) -> None:
        self.state = State({P: CAPABILITIES}, {P: NAME}, Minter())
        config = PlatformConfig(dialect=NAME)
        platform = Platform(P, config, HANDMADE, HANDMADE.settings())
        self.targets = Targets({P: platform}, self.state)
        for seen in (agent(), agent(name=Ref("a2")), call("c1"), call("c2"), call("x", name=Ref("a2"))):
            self.state.observe(P, seen, START)
        self.a1, self.a2 = (self.state.snapshots.session_of(P, Ref(name)) for name in ("a1", "a2"))
        self.c1, self.c2 = (one.id for one in self.state.snapshots.interactions(self.a1))
        (self.x,) = (one.id for one in self.state.snapshots.interactions(self.a2))


def test_each_kind_of_command_finds_its_agent() -> None:
    scene = Scene()
    commands: list[AnyCommand] = [
        Login(platform_id=P, agent_id=AgentId("a1")),
        Logout(session_id=scene.a1),
        Dial(session_id=scene.a1, destination="1"),
        ListDispositions(session_id=scene.a1),
        Hold(interaction_id=scene.c1),
        ListDispositions(session_id=scene.a1, interaction_id=scene.c1),
        VendorCall(session_id=scene.a1, method="m", interaction_id=scene.c1),
    ]
    found = [scene.targets.of(command) for command in commands]
    assert {(one.platform.id, one.session_id, one.agent_id) for one in found} == {(P, scene.a1, "a1")}
    assert [one.interaction.id if one.interaction else None for one in found] == [None] * 4 + [scene.c1] * 3


def test_an_agent_who_was_never_seen_can_sign_in() -> None:
    found = Scene().targets.of(Login(platform_id=P, agent_id=AgentId("new")))
    assert found.agent_id == "new"


@pytest.mark.parametrize(
    ("command", "code", "named"),
    [
        (Login(platform_id=PlatformId("q"), agent_id=AgentId("a1")), ErrorCode.UNKNOWN_PLATFORM, "q"),
        (Login(platform_id=P, agent_id=AgentId("")), ErrorCode.INVALID_COMMAND, "agent_id"),
        (Logout(session_id=NOWHERE), ErrorCode.UNKNOWN_SESSION, NOWHERE),
        (Hold(interaction_id=NOTHING), ErrorCode.UNKNOWN_INTERACTION, NOTHING),
        (
            VendorCall(session_id=NOWHERE, method="m", interaction_id=NOTHING),
            ErrorCode.UNKNOWN_INTERACTION,
            NOTHING,
        ),
    ],
)
def test_an_id_that_leads_nowhere_is_named(command: AnyCommand, code: ErrorCode, named: str) -> None:
    with pytest.raises(RefusedError) as refused:
        Scene().targets.of(command)
    assert refused.value.code is code
    assert named in refused.value.message


def test_an_interaction_of_another_agent_is_no_target_of_this_session() -> None:
    scene = Scene()
    with pytest.raises(RefusedError) as refused:
        scene.targets.of(ListDispositions(session_id=scene.a1, interaction_id=scene.x))
    assert refused.value.code is ErrorCode.UNKNOWN_INTERACTION


def test_the_context_is_the_agent_the_interaction_as_it_is_now_and_the_others() -> None:
    scene = Scene()
    target = scene.targets.of(Hold(interaction_id=scene.c1))
    scene.state.observe(P, call("c1", InteractionState.CONNECTED), START)
    context = scene.targets.context(target)
    assert context.agent == scene.state.snapshots.sessions[scene.a1]
    assert context.interaction is not None
    assert context.interaction.state is InteractionState.CONNECTED
    assert [one.id for one in context.others] == [scene.c2]


def test_a_completed_interaction_is_still_found() -> None:
    scene = Scene()
    scene.state.observe(P, call("c1", InteractionState.COMPLETED), START)
    target = scene.targets.of(Hold(interaction_id=scene.c1))
    context = scene.targets.context(target)
    assert context.interaction is not None
    assert context.interaction.state is InteractionState.COMPLETED
