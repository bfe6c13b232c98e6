"""A hand-driven switch: commands go in as frames, what comes out is folded the way a client would."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.contract.dialect import Done, Outcome, Ready, Send
from adapters.softswitch import codec
from adapters.softswitch.connection import SoftswitchConnection
from adapters.softswitch.peer import SoftswitchPeer
from adapters.softswitch.settings import SoftswitchSettings
from schemas.agent import AgentState
from schemas.commands import Accept, AnyCommand, Dial, VendorCall, verb
from schemas.ids import AgentId, InteractionId, PlatformId, Ref, RootId, SessionId
from schemas.interaction import EndCause, Interaction, InteractionState, Side
from schemas.observations import AgentObserved, AnyObservation, InteractionObserved
from schemas.results import ErrorCode, Failed
from schemas.values import Json

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SESSION = SessionId("s")
CUSTOMER = "+15550100"
ONLY_INTERACTION = {
    name for name in Interaction.__struct_fields__ if name in InteractionObserved.__struct_fields__
}


def agents(*ids: str, **more: object) -> list[dict[str, object]]:
    """Agents a1, a2, ... with extensions 101, 102, ..."""
    return [{"id": one, "extension": f"10{one[1:]}", **more} for one in ids]


class Driver:
    """One switch, its clock and what has been seen of it."""

    def __init__(self, **settings: object) -> None:
        settings.setdefault("agents", agents("a1", "a2", "a3"))
        self.settings = SoftswitchSettings.model_validate(settings)
        self.peer = SoftswitchPeer(self.settings)
        self.connection = SoftswitchConnection(self.settings, None)
        self.now = START
        self.seen: dict[Ref, InteractionObserved] = {}
        self.agents: dict[Ref, AgentObserved] = {}
        self.log: list[AnyObservation] = []
        self.frames: list[bytes] = []
        self.ends: Counter[Ref] = Counter()
        self.outcomes: list[tuple[str, str]] = []
        self._calls = 0
        (hello,) = self.connection.opened(self.now)
        assert isinstance(hello, Send)
        self._take(self.peer.received(hello.frame, self.now))
        self.log.clear()

    def ask(self, agent: str, command: AnyCommand) -> Outcome:
        """Give a command; what it caused is folded."""
        self._calls += 1
        frames = self.peer.received(codec.encode_command(self._calls, agent, command), self.now)
        answers = [down for frame in frames if (down := codec.decode_down(frame)).id == self._calls]
        self._take(frames)
        assert len(answers) == 1
        assert isinstance(answers[0].outcome, msgspec.Raw)
        outcome = codec.decode_outcome(answers[0].outcome)
        self.outcomes.append((verb(command), type(outcome).__name__))
        return outcome

    def did(self, agent: str, command: AnyCommand) -> Done:
        """Give a command that must succeed."""
        outcome = self.ask(agent, command)
        assert isinstance(outcome, Done), outcome
        return outcome

    def refused(self, agent: str, command: AnyCommand) -> ErrorCode:
        """Give a command that must fail, and change nothing; why it did."""
        before = len(self.log)
        outcome = self.ask(agent, command)
        assert isinstance(outcome, Failed), outcome
        assert len(self.log) == before
        return outcome.code

    def simulate(self, method: str, *params: Json, **named: Json) -> Done:
        """Let the world do something."""
        given = params or ((named,) if named else ())
        return self.did("a1", VendorCall(session_id=SESSION, method=f"simulate.{method}", params=given))

    def wait(self, seconds: float) -> None:
        """Let time pass, timer by timer, as the owner of a peer does."""
        until = self.now + timedelta(seconds=seconds)
        while (due := self.peer.due()) is not None and due <= until:
            self.now = max(self.now, due)
            self._take(self.peer.advance(self.now))
        self.now = until
        self._take(self.peer.advance(until))

    # --- what a test begins with

    def called(self, agent: str = "a1", **more: Json) -> Ref:
        """An inbound call, answered by the agent."""
        ref = self.simulate("inbound_call", ani=CUSTOMER, dnis="800", agent=agent, **more).ref
        assert ref is not None
        self.did(agent, accept(ref))
        return ref

    def dialled(self, agent: str, destination: str) -> Ref:
        """An outbound call under way."""
        ref = self.did(agent, Dial(session_id=SESSION, destination=destination)).ref
        assert ref is not None
        return ref

    # --- what a test looks at

    def state(self, ref: Ref) -> object:
        """The state of an interaction as last seen."""
        return self.seen[ref].state

    def end(self, ref: Ref) -> tuple[object, object]:
        """Why and by whom it ended; it must have, once."""
        assert self.ends[ref] == 1
        return self.seen[ref].end_cause, self.seen[ref].ended_by

    def agent(self, agent: str) -> tuple[object, object]:
        """State and reason as last seen."""
        return self.agents[Ref(agent)].state, self.agents[Ref(agent)].reason

    def open(self, agent: str) -> list[Ref]:
        """The agent's open interactions, oldest first."""
        return [
            one.ref
            for one in self.seen.values()
            if one.agent == agent and one.state is not InteractionState.COMPLETED
        ]

    def only(self, agent: str) -> Ref:
        """The agent's one open interaction."""
        (ref,) = self.open(agent)
        return ref

    def canonical(self, ref: Ref) -> Interaction:
        """As the core would have it, with the switch's refs as ids."""
        seen = self.seen[ref]
        told = {name: getattr(seen, name) for name in ONLY_INTERACTION - {"refs"}}
        values = {name: value for name, value in told.items() if value is not msgspec.UNSET}
        interaction: Interaction = Interaction(
            id=InteractionId(ref),
            root_id=RootId(str(seen.root_ref)),
            platform_id=PlatformId("p"),
            session_id=SESSION,
            agent_id=AgentId(seen.agent),
            consult_of=InteractionId(str(seen.consult_of_ref)) if seen.consult_of_ref else None,
            refs={"id": ref},
            **values,
        )
        return interaction

    def check(self) -> None:
        """What must hold whatever happened."""
        for name, agent in self.agents.items():
            mine = [self.seen[ref] for ref in self.open(name)]
            states = {one.state for one in mine}
            talking = states & {InteractionState.CONNECTED, InteractionState.HELD, InteractionState.DIALING}
            assert (agent.state is AgentState.BUSY) == bool(talking)
            assert (agent.state is AgentState.RESERVED) == (
                InteractionState.ALERTING in states and not talking
            )
            assert (agent.state is AgentState.AFTER_CALL_WORK) == (states == {InteractionState.WRAP_UP})
            assert [one.ref for one in mine if one.focused] == ([agent.focused] if agent.focused else [])
            assert bool(mine) == bool(agent.focused)
            voice = [one for one in mine if one.media == "voice" and one.state is InteractionState.CONNECTED]
            assert len(voice) <= 1
            for one in mine:
                ids = [party.id for party in one.parties or ()]
                assert name not in ids
                assert len(set(ids)) == len(ids)
        assert not [ref for ref, count in self.ends.items() if count != 1]

    def _take(self, frames: object) -> None:
        assert isinstance(frames, list)
        self.frames += frames
        for frame in frames:
            for output in self.connection.received(frame, self.now):
                if isinstance(output, AgentObserved):
                    kept = self.agents.get(output.agent)
                    if output.focused is msgspec.UNSET and kept is not None:
                        output = msgspec.structs.replace(output, focused=kept.focused)  # noqa: PLW2901
                    self.agents[output.agent] = output
                    self.log.append(output)
                elif isinstance(output, InteractionObserved):
                    self._fold(output)
                    self.log.append(output)
                elif not isinstance(output, Ready):
                    assert not isinstance(output, Send)
                    if isinstance(output, AnyObservation):
                        self.log.append(output)

    def _fold(self, new: InteractionObserved) -> None:
        old = self.seen.get(new.ref)
        self.seen[new.ref] = new
        over = new.state in (InteractionState.WRAP_UP, InteractionState.COMPLETED)
        assert over == new.ended
        assert over == isinstance(new.end_cause, EndCause) == isinstance(new.ended_by, Side)
        if old is None or not old.ended:
            self.ends.update([new.ref] if over else [])
        else:
            assert new.ended, "an ended interaction came back to life"
            assert (new.end_cause, new.ended_by, new.ended_at) == (old.end_cause, old.ended_by, old.ended_at)
            assert old.state is not InteractionState.COMPLETED, "a completed interaction changed"
        for related in (new.consult_of_ref, new.parent_ref):
            assert not related or related in self.seen, "a ref nobody knows"


def of(ref: Ref) -> InteractionId:
    """The switch takes its refs where the canonical command has our ids."""
    return InteractionId(ref)


def accept(ref: Ref) -> AnyCommand:
    """Take it."""
    return Accept(interaction_id=of(ref))
