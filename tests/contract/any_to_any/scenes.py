"""Situations in which commands are given: one agent, what there is to talk about, how each vendor names it.

North, a client sees our ids: `i1`, `c1`, `t1`, the case `r1`, targets below `s1.grp`. South, snapshots hold
the vendor's own: they are in REFS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import msgspec

from adapters.dialect import Context
from schemas.agent import AgentSession, AgentState, Channel, StateChoice
from schemas.commands import AnyCommand, InteractionCommand, Login
from schemas.ids import AgentId, InteractionId, PlatformId, RootId, SessionId
from schemas.interaction import Direction, Interaction, InteractionState, Media, Party, PartyRole
from schemas.values import Json

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
P: Final = PlatformId("p")
S: Final = SessionId("s1")
A: Final = AgentId("a1")
I: Final = InteractionId("i1")  # noqa: E741  # the call
C: Final = InteractionId("c1")  # the consultation about it
T: Final = InteractionId("t1")  # a chat

# The vendor's ids of the agent and of the three, as the snapshots of such a platform hold them.
AGENT_REFS: Final[Mapping[str, dict[str, str]]] = {
    "bright_pattern": {"agentId": "a1"},
    "genesys_wwe": {"ready": "Ready", "not_ready": "NotReady"},
    "channel_session": {"session": "S", "group": "S.G", "channel": "S.G.C"},
}
# What is told at least: a channel that stands alone, no list of states yet.
BARE_REFS: Final[Mapping[str, dict[str, str]]] = {
    "bright_pattern": {},
    "genesys_wwe": {},
    "channel_session": {"session": "S", "channel": "S.C"},
}
# What such a platform announced beside them, and how its client then calls what others know by our words.
_CHANNEL: Final[dict[str, Json]] = {"name": "", "type": "Telephony"}
_CHAT_CHANNEL: Final[dict[str, Json]] = {"name": "", "type": "Chat"}
AGENT_EXTRAS: Final[Mapping[tuple[str, bool], dict[str, Json]]] = {
    ("channel_session", False): {
        "channelgroups": {"G": {"name": ""}},
        "channels": {"G.C": {"created": _CHANNEL}, "G.T": {"created": _CHAT_CHANNEL}},
    },
    ("channel_session", True): {"channels": {"C": {"created": _CHANNEL}}},
}
OWN_TARGETS: Final[Mapping[bool, Mapping[str, str]]] = {
    False: {
        "s1.grp.voice": "s1.G.C",
        "s1.grp.chat": "s1.G.T",
        "s1.grp": "s1.G",
        "s1.voice": "s1.C",
        "s1.chat": "s1.T",
    },
    True: {"s1.grp.voice": "s1.C"},
}
_SESSION: Final = {"session": "S", "group": "S.G"}
REFS: Final[Mapping[str, Mapping[InteractionId, dict[str, str]]]] = {
    "bright_pattern": {
        I: {"interactionId": "bp-1"},
        C: {"interactionId": "bp-2"},
        T: {"interactionId": "bp-3"},
    },
    "genesys_wwe": {
        I: {"interaction": "4", "case": "case-4"},
        C: {"interaction": "5", "case": "case-4", "parent": "4"},
        T: {"interaction": "6", "case": "case-6"},
    },
    "channel_session": {
        I: {**_SESSION, "channel": "S.G.C", "target": "S.G.C.I", "conversation": "S.G.C.I.V"},
        C: {**_SESSION, "channel": "S.G.C", "target": "S.G.C.I", "conversation": "S.G.C.I.W"},
        T: {**_SESSION, "channel": "S.G.T", "target": "S.G.T.I"},
    },
}

_AGENT: Final = AgentSession(
    id=S,
    platform_id=P,
    agent_id=A,
    name="Ann Ames",
    state=AgentState.READY,
    choices=(
        StateChoice(id="", state=AgentState.READY, label="Ready"),
        StateChoice(id="", state=AgentState.NOT_READY, label="Not ready"),
        StateChoice(id="Lunch", state=AgentState.NOT_READY, label="Lunch"),
    ),
    channels=(Channel(id="voice", media="voice"),),
)
_CUSTOMER: Final = Party(id="p1", role=PartyRole.CUSTOMER, address="+15550100")
_COLLEAGUE: Final = Party(id="p2", role=PartyRole.AGENT, address="2002")


@dataclass(frozen=True)
class Scene:
    """The agent and its open interactions, oldest first."""

    open: tuple[Interaction, ...] = ()
    agent: AgentSession = _AGENT
    bare: bool = False

    def agent_on(self, platform: str) -> AgentSession:
        """The agent, with its names on such a platform."""
        refs = BARE_REFS if self.bare else AGENT_REFS
        extras = AGENT_EXTRAS.get((platform, self.bare), {})
        return msgspec.structs.replace(self.agent, refs=refs[platform], extras=extras)

    def shown(self, platform: str) -> tuple[Interaction, ...]:
        """The interactions, with their names on such a platform."""
        refs = REFS[platform]
        return tuple(msgspec.structs.replace(one, refs=refs[one.id]) for one in self.open)

    def context(self, command: AnyCommand, platform: str) -> Context:
        """What the flow of a command is told on such a platform (as gateway.commands.targets does)."""
        shown = self.shown(platform)
        named = getattr(command, "interaction_id", None)
        if isinstance(command, InteractionCommand):
            assert any(one.id == named for one in shown), "the row's interaction is not in its scene"
        return Context(
            agent=None if isinstance(command, Login) else self.agent_on(platform),
            interaction=next((one for one in shown if one.id == named), None),
            others=tuple(one for one in shown if one.id != named),
        )


class Desk:
    """A View of a scene."""

    same_dialect = False  # no pair is of one platform here

    def __init__(self, scene: Scene, platform: str) -> None:
        self.session = scene.agent_on(platform)
        self.open = scene.shown(platform)

    def sign_in(self) -> None:
        """The agent is signed in now."""
        self.session = msgspec.structs.replace(self.session, state=AgentState.READY)

    def agent(self, agent_id: AgentId) -> AgentSession | None:
        """The one agent."""
        return self.session if agent_id == A else None

    def interactions(self, agent_id: AgentId) -> Sequence[Interaction]:
        """What the one agent has."""
        return self.open if agent_id == A else ()

    def interaction(self, interaction_id: InteractionId) -> Interaction | None:
        """One of them."""
        return next((one for one in self.open if one.id == interaction_id), None)

    def private(self, agent_id: AgentId) -> Mapping[str, str]:
        """Nothing."""
        del agent_id
        return {}

    def frame(self, interaction_id: InteractionId) -> msgspec.Raw | None:
        """No pair is of one platform here."""
        del interaction_id
        return None


def _call(**changes: object) -> Interaction:
    usual = Interaction(
        id=I,
        root_id=RootId("r1"),
        platform_id=P,
        session_id=S,
        agent_id=A,
        state=InteractionState.CONNECTED,
        direction=Direction.INBOUND,
        remote_address="+15550100",
        parties=(_CUSTOMER,),
        focused=True,
    )
    return msgspec.structs.replace(usual, **changes)


def _alone(**changes: object) -> Scene:
    """One call, in front."""
    return Scene((_call(**changes),), msgspec.structs.replace(_AGENT, focused_interaction_id=I))


_CONSULTATION: Final = _call(
    id=C, consult_of=I, focused=False, direction=Direction.OUTBOUND, remote_address="2002"
)
_CHAT: Final = _call(id=T, root_id=RootId("r2"), media=Media.CHAT, parties=(_CUSTOMER,))

SIGNED_OUT: Final = Scene(agent=msgspec.structs.replace(_AGENT, state=AgentState.LOGGED_OUT))
IDLE: Final = Scene()
AWAY: Final = Scene(agent=msgspec.structs.replace(_AGENT, state=AgentState.NOT_READY))
BARE: Final = Scene(bare=True)
OFFERED: Final = _alone(state=InteractionState.ALERTING)
PREVIEW: Final = _alone(state=InteractionState.PREVIEW)
TALKING: Final = _alone()
MUTED: Final = _alone(muted=True)
HELD: Final = _alone(state=InteractionState.HELD)
CONFERENCE: Final = _alone(parties=(_CUSTOMER, _COLLEAGUE), conference=True)
WITH_DATA: Final = _alone(data={"case": "7", "tier": "gold"})
BLOCKED: Final = _alone(completion_blocked="Save first")
WRAP_UP: Final = _alone(state=InteractionState.WRAP_UP, ended_at=NOW)
BEHIND: Final = Scene(  # the call is connected, the chat is in front
    (_call(focused=False), _CHAT), msgspec.structs.replace(_AGENT, focused_interaction_id=T)
)
CONSULTING: Final = replace(
    TALKING, open=(_call(state=InteractionState.HELD), _CONSULTATION)
)  # the colleague has answered; the call is still the one in front
CONSULTING_BEHIND: Final = Scene(  # likewise, with the consultation in front
    (
        _call(state=InteractionState.HELD, focused=False),
        msgspec.structs.replace(_CONSULTATION, focused=True),
    ),
    msgspec.structs.replace(_AGENT, focused_interaction_id=C),
)
CHAT_OFFERED: Final = Scene(
    (msgspec.structs.replace(_CHAT, state=InteractionState.ALERTING),),
    msgspec.structs.replace(_AGENT, focused_interaction_id=T),
)
CHAT: Final = Scene((_CHAT,), msgspec.structs.replace(_AGENT, focused_interaction_id=T))
