"""What a dialect says that it can do, and what makes sense for an interaction as it is."""

import dataclasses
from typing import Final

import pytest
from msgspec.structs import replace

from adapters.contract.capabilities import Support, legal
from adapters.contract.dialect import ErasedDialect
from adapters.registry import DIALECTS
from schemas.agent import AgentState
from schemas.ids import AgentId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Interaction, InteractionState

CALL: Final = Interaction(
    id=InteractionId("i1"),
    root_id=RootId("r1"),
    platform_id=PlatformId("p"),
    session_id=SessionId("s"),
    agent_id=AgentId("ada"),
    state=InteractionState.CONNECTED,
)
ENDS_A_CONSULTATION: Final = {
    "interaction.alternate",
    "interaction.complete_transfer",
    "interaction.complete_conference",
}
BEGINS_ANOTHER: Final = {
    "interaction.consult",
    "interaction.single_step_transfer",
    "interaction.single_step_conference",
}


@pytest.mark.parametrize("state", [InteractionState.CONNECTED, InteractionState.HELD])
def test_a_consultation_is_not_consulted_about_or_transferred_by_itself(state: InteractionState) -> None:
    call = replace(CALL, state=state)
    consultation = replace(call, id=InteractionId("i2"), consult_of=call.id)
    assert legal(call) - legal(consultation) == BEGINS_ANOTHER


def test_what_ends_a_consultation_is_legal_on_both_its_sides() -> None:
    assert legal(CALL) >= ENDS_A_CONSULTATION
    assert legal(replace(CALL, consult_of=InteractionId("i0"))) >= ENDS_A_CONSULTATION


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_completion_can_be_vetoed_on_every_platform(dialect: ErasedDialect) -> None:
    blocked = replace(CALL, completion_blocked="save first")
    assert "interaction.block_completion" in dialect.capabilities.allowed(CALL)
    assert "interaction.unblock_completion" in dialect.capabilities.allowed(blocked)


@pytest.mark.parametrize("name", ["bright_pattern", "bright_pattern_embedded", "channel_session"])
def test_a_veto_that_the_platform_does_not_know_is_held_by_the_gateway(name: str) -> None:
    (capabilities,) = (one.capabilities for one in DIALECTS if one.name == name)
    for verb in ("interaction.block_completion", "interaction.unblock_completion"):
        assert capabilities.commands_south[verb].support is Support.GATEWAY
        assert capabilities.commands_north[verb].support is Support.UNSUPPORTED


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_an_agent_may_do_what_the_platform_can_be_told_in_that_state(dialect: ErasedDialect) -> None:
    capabilities = dialect.capabilities
    signed_in = capabilities.allowed_agent(AgentState.READY)
    assert {"agent.set_state", "interaction.dial"} <= set(signed_in)
    assert "agent.login" not in signed_in
    login = capabilities.commands_south["agent.login"].support is not Support.UNSUPPORTED
    assert capabilities.allowed_agent(AgentState.LOGGED_OUT) == (("agent.login",) if login else ())


def test_a_table_that_leaves_a_verb_out_or_names_one_that_there_is_not_is_refused() -> None:
    whole = DIALECTS[0].capabilities
    lacking = {tag: one for tag, one in whole.commands_south.items() if tag != "interaction.hold"}
    with pytest.raises(ValueError, match=r"commands_south: .*interaction\.hold"):
        dataclasses.replace(whole, commands_south=lacking)
    with pytest.raises(ValueError, match=r"voice_only: .*interaction\.fold"):
        dataclasses.replace(whole, voice_only=frozenset({"interaction.fold"}))
