"""A client of this protocol over the simulated platform, with nothing between them but the gateway's fold.

Commands are carried out at once; as in the gateway, a result reaches the client before the events it caused.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec

from adapters.channel_session.client import ChannelSessionClient
from adapters.channel_session.encode import encode
from adapters.channel_session.settings import ChannelSessionSettings
from adapters.contract.dialect import ClientOutput, Context, Execute, Flow, Outcome, Replied, Reply, Send
from adapters.softswitch import codec
from adapters.softswitch.binding import DIALECT
from adapters.softswitch.connection import SoftswitchConnection
from adapters.softswitch.peer import SoftswitchPeer
from adapters.softswitch.settings import SoftswitchSettings
from gateway.facades.view import PlatformView
from gateway.runtime.ids import Minter
from gateway.state.fold import State
from schemas import events as ev
from schemas.commands import Accept, AnyCommand, InteractionCommand, VendorCall
from schemas.ids import InteractionId, PlatformId, Ref, SessionId
from schemas.interaction import Interaction
from schemas.observations import AnyObservation
from schemas.values import Json
from tests.clients import heard_by
from tests.dialects.channel_session.bridge import Frame, result_of
from tests.dialects.channel_session.stage import NOW, names, text

P: Final = PlatformId("p")
CALLER: Final = "+15550100"
COLLEAGUE: Final = "102"


class OnSwitch:
    """Agent a1, extension 101, has started; a2, extension 102, is a colleague without a client."""

    def __init__(
        self, *, state: str = "ready", incontact: bool = False, agent_id: str = "a1", **settings: object
    ) -> None:
        agents = [
            {
                "id": agent_id,
                "extension": "101",
                "password": "p",
                "state": state,
                "skills": _skills(settings),
            },
            {"id": "a2", "extension": COLLEAGUE},
        ]
        options = SoftswitchSettings.model_validate({"agents": agents, "answer_after_s": None, **settings})
        self._peer = SoftswitchPeer(options)
        self._south = SoftswitchConnection(options, None)
        self.state = State({P: DIALECT.capabilities}, {P: DIALECT.name}, Minter())
        self.client = ChannelSessionClient(
            ChannelSessionSettings(incontact=incontact), PlatformView(self.state.snapshots, P, None)
        )
        self.now = NOW
        self.done: list[AnyCommand] = []  # that the platform was given for the client
        self._calls = 1_000
        self._events: list[ev.AnyEvent] = []
        for output in self._south.opened(NOW):
            assert isinstance(output, Send)
            self._take(self._peer.received(output.frame, NOW))
        self.session = str(self.state.snapshots.session_of(P, Ref(agent_id)))
        self._events.clear()
        credentials = {"model": "default", "override": True, "agent": {"id": agent_id, "password": "p"}}
        self.say("prepareSession", "", credentials)
        self.begun = self.say("session.start", self.session)
        self.voice = f"{self.session}.grp.voice"

    # --- the client

    def say(self, command: str, target: str, data: Json = None, **more: Json) -> list[Frame]:
        """What the client is told upon a request: the response, then what it caused."""
        asked = {"command": command, "target": target, "data": {} if data is None else data, **more}
        return [text(one) for one in self._said(asked)]

    def told(self, command: str, target: str, data: Json = None) -> list[str]:
        """The result, or the failure's code; then the events' names."""
        response, *events = self._said({"command": command, "target": target, "data": data or {}})
        answer = text(response)
        failure = answer.get("failure")
        first = failure["code"] if isinstance(failure, dict) else answer["result"]
        return [str(first), *self._names(events)]

    def _said(self, asked: Json) -> list[bytes]:
        sent = self._do(self.client.received(msgspec.json.encode(asked), self.now))
        return [*sent, *self._delivered()]

    def _do(self, outputs: Sequence[ClientOutput]) -> list[bytes]:
        sent: list[bytes] = []
        for output in outputs:
            if isinstance(output, Send):
                sent.append(output.frame)
            elif isinstance(output, Execute):
                self.done.append(output.command)
                flow = self._south.flow(output.command, self._context(output.command))
                result = result_of(self._carried_out(flow))
                sent += self._do(self.client.finished(output.token, result, self.now))
        return sent

    def _carried_out(self, flow: Flow) -> Outcome:
        step = partial(next, flow)
        while True:
            try:
                call = step()
            except StopIteration as stopped:
                outcome: Outcome = stopped.value
                return outcome
            self._calls += 1
            sent = self._south.send(call, self._calls)
            (reply,) = self._take(self._peer.received(sent, self.now))
            step = partial(flow.send, reply)

    def _context(self, command: AnyCommand) -> Context:
        named = command.interaction_id if isinstance(command, InteractionCommand | VendorCall) else None
        session_id = SessionId(self.session)
        return Context(
            agent=self.state.snapshots.sessions[session_id],
            interaction=self.state.snapshots.interaction(named) if named is not None else None,
            others=tuple(one for one in self.state.snapshots.interactions(session_id) if one.id != named),
        )

    def _names(self, frames: Sequence[bytes]) -> list[str]:
        """The events' names; the agent's other channels, which change with that for calls, are left out."""
        others = tuple(f"{self.session}.grp.{media}" for media in ("chat", "email"))
        return names([one for one in frames if text(one).get("target") not in others])

    # --- the platform

    def _take(self, frames: Sequence[bytes]) -> list[Reply]:
        replies: list[Reply] = []
        for frame in frames:
            for output in self._south.received(frame, self.now):
                if isinstance(output, AnyObservation):
                    self._events += self.state.observe(P, output, self.now)
                elif isinstance(output, Replied):
                    replies.append(output.reply)
        return replies

    def _delivered(self) -> list[bytes]:
        events, self._events = self._events, []
        return heard_by(self.client, encode, *events)

    def ask(self, agent: str, command: AnyCommand) -> list[str]:
        """Somebody else's command to the platform; the names of what the client is told."""
        self._calls += 1
        self._take(self._peer.received(codec.encode_command(self._calls, agent, command), self.now))
        return self._names(self._delivered())

    def simulate(self, method: str, *params: Json, **named: Json) -> list[str]:
        """What happens in the world; the names of what the client is told."""
        given = params or ((named,) if named else ())
        call = VendorCall(session_id=SessionId("s"), method=f"simulate.{method}", params=given)
        return self.ask("a1", call)

    def wait(self, seconds: float) -> list[str]:
        """Let time pass."""
        until = self.now + timedelta(seconds=seconds)
        while (due := self._peer.due()) is not None and due <= until:
            self.now = max(self.now, due)
            self._take(self._peer.advance(self.now))
        self.now = until
        return self._names(self._delivered())

    # --- what a test begins with

    def mine(self) -> list[Interaction]:
        """The client's open interactions, oldest first."""
        return self.state.snapshots.interactions(SessionId(self.session))

    def target(self, nth: int = 0) -> str:
        """The target of one of them."""
        one = self.mine()[nth]
        return f"{self.session}.grp.{one.media}.{one.consult_of or one.id}"

    def leg(self, nth: int = 0) -> str:
        """The target of its conversation."""
        return f"{self.target(nth)}.{self.mine()[nth].id}"

    def ring(self, **more: Json) -> None:
        """Somebody calls."""
        self.simulate("inbound_call", ani=CALLER, dnis="800", agent="a1", **more)

    def talk(self, **more: Json) -> None:
        """Somebody called, and the client answered."""
        self.ring(**more)
        self.told("conversation.answer", self.leg())

    def consult(self, *, answered: bool = True) -> None:
        """The client consults the colleague, who answers."""
        self.talk()
        self.told("interaction.consult", self.target(), {"destination": COLLEAGUE})
        if answered:
            self.answer()

    def answer(self) -> list[str]:
        """The colleague answers what rings there."""
        (ringing,) = (one for one in self.state.snapshots.interactions() if one.agent_id == "a2")
        return self.ask("a2", Accept(interaction_id=InteractionId(ringing.refs["id"])))


def _skills(settings: dict[str, object]) -> list[str]:
    services = settings.get("services", [])
    return [one["id"] for one in services] if isinstance(services, list) else []
