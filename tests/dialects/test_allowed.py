"""`allowed` tells the truth: for every dialect and every interaction, the verbs that its flow takes.

A flow may still fail, for what only the platform knows; what is allowed must not be refused as unsayable, and
what makes sense and is sayable must be allowed.
"""

from collections.abc import Iterator
from itertools import product
from typing import Final, get_args

import pytest
from msgspec.structs import replace

from adapters.contract.capabilities import Support, legal
from adapters.contract.dialect import Context, ErasedDialect, PlatformConnection
from adapters.contract.wrap_up import completing
from adapters.registry import DIALECTS
from schemas import commands as c
from schemas.agent import AgentSession, AgentState
from schemas.errors import UnsupportedError
from schemas.ids import AgentId, InteractionId, PlatformId, Ref, RootId, SessionId
from schemas.interaction import Interaction, InteractionState, Media, Party, PartyRole, RecordingState

I1: Final = InteractionId("i1")
S: Final = SessionId("s")
# The plainest of each verb: what a client can always say.
PLAIN: Final[tuple[c.AnyCommand, ...]] = (
    c.Logout(session_id=S),
    c.SetState(session_id=S, state=AgentState.READY),
    c.Dial(session_id=S, destination="+15550100"),
    c.StartChat(session_id=S, channel_type="sms", destination="+15550100"),
    c.StartEmail(session_id=S, destination="ada@example.com"),
    c.ListDispositions(session_id=S),
    c.ListDirectory(session_id=S),
    c.Accept(interaction_id=I1),
    c.Reject(interaction_id=I1),
    c.Release(interaction_id=I1),
    c.Complete(interaction_id=I1),
    c.BlockCompletion(interaction_id=I1, message="save first"),
    c.UnblockCompletion(interaction_id=I1),
    c.ExtendWrapUp(interaction_id=I1, by_s=60),
    c.EndWrapUp(interaction_id=I1),
    c.Hold(interaction_id=I1),
    c.Retrieve(interaction_id=I1),
    c.Mute(interaction_id=I1),
    c.Unmute(interaction_id=I1),
    c.SendDtmf(interaction_id=I1, tones="1"),
    c.Focus(interaction_id=I1),
    c.StartRecording(interaction_id=I1),
    c.StopRecording(interaction_id=I1),
    c.PauseRecording(interaction_id=I1),
    c.ResumeRecording(interaction_id=I1),
    c.SendChat(interaction_id=I1, text="hello"),
    c.ReplyEmail(interaction_id=I1, text="hello"),
    c.ForwardEmail(interaction_id=I1, destination="a@example.com"),
    c.Consult(interaction_id=I1, destination="102"),
    c.Alternate(interaction_id=I1),
    c.CompleteTransfer(interaction_id=I1),
    c.CompleteConference(interaction_id=I1),
    c.SingleStepTransfer(interaction_id=I1, destination="102"),
    c.SingleStepConference(interaction_id=I1, destination="102"),
    c.DropParty(interaction_id=I1, party_id="p1"),
    c.SetData(interaction_id=I1, data={"case": "7"}),
    c.DeleteData(interaction_id=I1, key="case"),
    c.SetDisposition(interaction_id=I1, disposition="7"),
    c.SetNotes(interaction_id=I1, notes="sold"),
)
BY_VERB: Final = {c.verb(command): command for command in PLAIN}
# Ids in every vendor's terms.
REFS: Final = {
    "interactionId": "v1",
    "interaction": "v1",
    "case": "c1",
    "item_id": "v1",
    "id": "v1",
    "session": "s",
    "group": "g",
    "channel": "s.g.c",
    "target": "s.g.c.v1",
    "conversation": "s.g.c.v1.k",
}
AGENT: Final = AgentSession(
    id=S, platform_id=PlatformId("p"), agent_id=AgentId("ada"), state=AgentState.READY, refs=dict(REFS)
)
CALL: Final = Interaction(
    id=I1,
    root_id=RootId("r1"),
    platform_id=PlatformId("p"),
    session_id=S,
    agent_id=AgentId("ada"),
    ref=Ref("v1"),
    refs=dict(REFS),
    state=InteractionState.CONNECTED,
    focused=True,
    parties=(Party(id="p1", role=PartyRole.CUSTOMER, address="+15550100"),),
)
OTHER: Final = replace(
    CALL,
    id=InteractionId("i2"),
    ref=Ref("v2"),
    refs={key: value.replace("v1", "v2") for key, value in REFS.items()},
    focused=False,
)


def every_interaction() -> Iterator[Interaction]:
    """In every state, of every medium, and so on: all that decides what makes sense."""
    for state, media, recording, muted, blocked, consultation in product(
        InteractionState, Media, RecordingState, (False, True), ("", "save first"), (None, OTHER.id)
    ):
        yield replace(
            CALL,
            state=state,
            media=media,
            recording_state=recording,
            muted=muted,
            completion_blocked=blocked,
            consult_of=consultation,
        )


def takes(connection: PlatformConnection, command: c.AnyCommand, context: Context) -> bool:
    """Whether the flow can say it, up to its first call."""
    try:
        next(connection.flow(completing(command), context), None)
    except UnsupportedError:
        return False
    return True


def context_of(one: Interaction) -> Context:
    """With the consultation about it, or what it is a consultation about."""
    other = replace(OTHER, media=one.media, state=InteractionState.HELD)
    if one.consult_of is None:
        other = replace(other, consult_of=one.id)
    return Context(agent=AGENT, interaction=one, others=(other,))


def test_there_is_one_of_each_verb_on_an_interaction_and_for_an_agent() -> None:
    left_out = {c.verb(kind) for kind in get_args(c.AnyCommand)} - set(BY_VERB)
    assert left_out == {"agent.login", "vendor.call"}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_allowed_are_the_verbs_that_make_sense_and_that_the_flow_takes(dialect: ErasedDialect) -> None:
    connection = dialect.platform_connection(dialect.settings(), AgentId("ada"))
    held = {
        verb for verb, one in dialect.capabilities.commands_south.items() if one.support is Support.GATEWAY
    }
    wrong: set[tuple[str, str, str]] = set()
    for one in every_interaction():
        context = context_of(one)
        sayable = {verb for verb in legal(one) if verb in held or takes(connection, BY_VERB[verb], context)}
        wrong |= {(verb, one.state, one.media) for verb in sayable ^ set(dialect.capabilities.allowed(one))}
    assert not wrong, sorted(wrong)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_allowed_for_an_agent_is_what_the_flow_takes(dialect: ErasedDialect) -> None:
    connection = dialect.platform_connection(dialect.settings(), AgentId("ada"))
    for state in AgentState:
        agent = replace(AGENT, state=state)
        for verb in dialect.capabilities.allowed_agent(state):
            if verb in BY_VERB:
                assert takes(connection, BY_VERB[verb], Context(agent=agent)), (verb, state)
