"""The heart of the softswitch: what it holds, how legs come to life, change and end.

All changes go through here, so that what changed is known: `changes` gives one observation for each agent and
interaction that looks different from when it was last told, agents first.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET

from adapters.softswitch import view
from adapters.softswitch.model import EPOCH, Agent, Call, Leg, Outsider, Root
from adapters.softswitch.settings import ServiceConfig, SoftswitchSettings
from adapters.softswitch.timers import Timers
from adapters.softswitch.wire import NULL
from schemas.errors import RefusedError
from schemas.ids import Ref
from schemas.interaction import (
    Contact,
    Direction,
    EndCause,
    InteractionState,
    Kind,
    Media,
    RecordingState,
    Side,
    WrapUpSetBy,
)
from schemas.observations import AnyObservation, AttachmentsObserved, MessageObserved, Noticed
from schemas.results import ErrorCode
from schemas.values import Json

S = InteractionState
PAST_KEPT = 1024  # completed interactions whose end is still named in a refusal


class Switch:
    """State and its primitives; the verbs are in the modules beside it. Raises RefusedError for look-ups."""

    def __init__(self, settings: SoftswitchSettings) -> None:
        self.settings = settings
        self.now = EPOCH
        self.timers = Timers()
        self.services: dict[str, ServiceConfig] = {service.id: service for service in settings.services}
        self.agents: dict[str, Agent] = {
            config.id: Agent(
                config=config, extension=config.extension, logged_in=config.logged_in, chosen=config.state
            )
            for config in settings.agents
        }
        self.roots: dict[Ref, Root] = {}
        self.legs: dict[Ref, Leg] = {}
        self.outsiders: dict[str, Outsider] = {}
        self.queue: list[Call] = []
        self.menu = view.choices(settings)
        self.past: dict[Ref, str] = {}  # agent's id
        self._random = random.Random(settings.seed)  # noqa: S311  # simulated ids are no secrets
        self._minted = 0
        self._dirty_agents: dict[str, Agent] = {}
        self._dirty_legs: dict[Ref, Leg] = {}
        self.notices: list[Noticed | MessageObserved | AttachmentsObserved] = []  # told after the states
        for agent in self.agents.values():
            agent.shown = agent.state

    # --- look-ups

    def agent(self, agent_id: str) -> Agent:
        """Somebody configured."""
        agent = self.agents.get(agent_id)
        if agent is None:
            raise RefusedError(ErrorCode.UNKNOWN_SESSION, f"no agent {agent_id!r}")
        return agent

    def leg(self, agent: Agent, ref: str) -> Leg:
        """One of the agent's open interactions."""
        leg = agent.legs.get(Ref(ref))
        if leg is not None:
            return leg
        if self.past.get(Ref(ref)) == agent.id:
            raise RefusedError(ErrorCode.WRONG_STATE, "the interaction is completed")
        raise RefusedError(ErrorCode.UNKNOWN_INTERACTION, f"no interaction {ref!r}")

    def service(self, name: str) -> ServiceConfig:
        """A service by id or name."""
        found = self.services.get(name) or next((s for s in self.services.values() if s.name == name), None)
        if found is None:
            raise RefusedError(ErrorCode.UNKNOWN_OBJECT, f"no service {name!r}")
        return found

    def consultation(self, leg: Leg) -> Leg | None:
        """The open consultation that is about this leg."""
        return next((one for one in leg.agent.legs.values() if one.consult_of is leg and one.live), None)

    def later(self, seconds: float) -> datetime:
        """That many seconds from now."""
        return self.now + timedelta(seconds=seconds)

    # --- coming to life

    def mint(self, prefix: str) -> Ref:
        """A new id: counted, so that it is new, and random, so that nobody can count on it."""
        self._minted += 1
        return Ref(f"{prefix}-{self._minted}-{self._random.getrandbits(32):08x}")

    def new_root(self, contact: Contact | None, data: dict[str, Json]) -> Root:
        """A new customer contact."""
        root = Root(ref=self.mint("c"), contact=contact, data=dict(data))
        self.roots[root.ref] = root
        return root

    def new_call(
        self,
        root: Root,
        media: Media,
        direction: Direction,
        *,
        service: str = "",
        ani: str = "",
        dnis: str = "",
        channel_type: str = "",
        subject: str = "",
    ) -> Call:
        """A new call of a contact, with nobody in it."""
        call = Call(
            ref=self.mint("k"),
            root=root,
            media=media,
            direction=direction,
            service=service,
            ani=ani,
            dnis=dnis,
            channel_type=channel_type,
            subject=subject,
        )
        root.calls.append(call)
        return call

    def new_outsider(self, call: Call, address: str, *, connected: bool = False) -> Outsider:
        """Somebody from outside, in the call or about to be called."""
        outsider = Outsider(id=self.mint("p"), call=call, address=address, connected=connected)
        self.outsiders[outsider.id] = outsider
        call.outsiders.append(outsider)
        return outsider

    def new_leg(
        self,
        agent: Agent,
        call: Call,
        state: InteractionState,
        kind: Kind,
        origination: str,
        *,
        parent: Ref | None = None,
        consult_of: Leg | None = None,
    ) -> Leg:
        """An agent's leg: dialling, alerting (and timed), or connected at once."""
        leg = Leg(
            ref=self.mint("i"),
            agent=agent,
            call=call,
            state=state,
            kind=kind,
            origination=origination,
            created_at=self.now,
            service=call.service,
            parent=parent,
            consult_of=consult_of,
        )
        self.legs[leg.ref] = agent.legs[leg.ref] = leg
        call.legs.append(leg)
        call.root.legs.append(leg)
        if agent.focused is None:
            agent.focused = leg
        if state is S.ALERTING:
            self.timers.start(("ring", leg.ref), self.later(self.settings.ring_timeout_s))
        self.touch_agent(agent)
        self.touch_call(call)
        return leg

    # --- talking

    def answered(self, call: Call) -> None:
        """Somebody who was called is there: whoever dialled is connected."""
        for leg in call.legs:
            if leg.state is S.DIALING:
                self.connect(leg)
        self.touch_call(call)

    def connect(self, leg: Leg) -> None:
        """Put the agent through. An agent talks in one voice call at a time: the others are held."""
        self.timers.cancel(("ring", leg.ref))
        leg.state = S.CONNECTED
        leg.answered = True
        if leg.call.media is Media.VOICE:
            self.hold_voice(leg.agent, but=leg)
        self.touch_agent(leg.agent)
        self.touch_call(leg.call)

    def hold_voice(self, agent: Agent, *, but: Leg | None = None) -> None:
        """Hold the voice call the agent talks in."""
        for other in agent.legs.values():
            if other is not but and other.state is S.CONNECTED and other.call.media is Media.VOICE:
                other.state = S.HELD
                self.touch(other)

    def focus(self, leg: Leg) -> None:
        """Bring to the front; whatever was there steps back."""
        before, leg.agent.focused = leg.agent.focused, leg
        if before is not None:
            self.touch(before)
        self.touch(leg)
        self.touch_agent(leg.agent)

    # --- ending

    def leave(self, leg: Leg, cause: EndCause, by: Side) -> None:
        """The agent leaves the call; whoever stays alone in it is released."""
        self.end(leg, cause, by)
        self.settle(leg.call, EndCause.ABANDONED)

    def end(self, leg: Leg, cause: EndCause, by: Side) -> None:
        """Media over for a live leg: on to wrap-up, or completed. The call is left as it is."""
        self.timers.cancel(("ring", leg.ref))
        parties = view.parties_of(leg)
        wraps = self.settings.wrap_up and leg.answered and leg.kind is not Kind.CONSULT
        leg.state = S.WRAP_UP if wraps else S.COMPLETED
        leg.last_parties = parties
        leg.end_cause, leg.ended_by, leg.ended_at = cause, by, self.now
        leg.muted = False
        leg.recording_state = RecordingState.STOPPED
        leg.call.legs.remove(leg)
        self.touch(leg)
        self.touch_call(leg.call)
        self.touch_agent(leg.agent)
        service = self.services.get(leg.service)
        if not wraps:
            self._close(leg)
        elif service is not None and service.wrap_up_s is not None:
            self.limit_wrap_up(leg, self.later(service.wrap_up_s), WrapUpSetBy.PLATFORM)

    def limit_wrap_up(self, leg: Leg, until: datetime, by: WrapUpSetBy) -> None:
        """The work after the contact ends by itself then."""
        leg.wrap_up_until, leg.wrap_up_set_by = until, by
        self.timers.start(("wrap_up", leg.ref), until)

    def complete(self, leg: Leg) -> None:
        """The work is over too. The leg is out of its call."""
        leg.state = S.COMPLETED
        self.touch(leg)
        self._close(leg)

    def settle(self, call: Call, unanswered: EndCause) -> None:
        """End a call in which nobody talks or waits any more; `unanswered` is what a dialling leg is told."""
        if call.over:
            return
        there = sum(one.connected for one in call.outsiders) + sum(
            leg.state is not S.ALERTING for leg in call.legs
        )
        called = (
            call.waiting is not None
            or any(not one.connected for one in call.outsiders)
            or any(leg.state is S.ALERTING for leg in call.legs)
        )
        if (there and called) or (there > 1 and call.legs):
            return
        call.over = True
        call.root.calls.remove(call)
        self.dequeue(call)
        for leg in list(call.legs):
            match leg.state:
                case S.ALERTING:
                    self.end(leg, EndCause.ABANDONED, Side.REMOTE)
                case S.DIALING:
                    self.end(leg, unanswered, Side.REMOTE)
                case _:
                    self.end(leg, EndCause.NORMAL, Side.REMOTE)
        for outsider in list(call.outsiders):
            self.remove(outsider)
        self._tidy(call.root)

    def remove(self, outsider: Outsider) -> None:
        """Somebody from outside is gone; the call is left as it is."""
        self.timers.cancel(("outsider", outsider.id))
        self.touch_call(outsider.call)
        outsider.call.outsiders.remove(outsider)
        del self.outsiders[outsider.id]

    def dequeue(self, call: Call) -> None:
        """The call waits for no agent any more."""
        if call.waiting is not None:
            call.waiting = None
            self.queue.remove(call)

    def forget(self, leg: Leg) -> None:
        """Lose an interaction without a word: nobody is told that it ended."""
        self.end(leg, EndCause.PLATFORM_FAILURE, Side.PLATFORM)
        if leg.state is S.WRAP_UP:
            self.complete(leg)
        self.settle(leg.call, EndCause.PLATFORM_FAILURE)
        self._dirty_legs.pop(leg.ref, None)
        del self.past[leg.ref]

    def _close(self, leg: Leg) -> None:
        agent, root = leg.agent, leg.call.root
        self.timers.cancel(("wrap_up", leg.ref))
        self.timers.cancel(("block", leg.ref))
        del agent.legs[leg.ref], self.legs[leg.ref]
        root.legs.remove(leg)
        self.past[leg.ref] = agent.id
        if len(self.past) > PAST_KEPT:
            del self.past[next(iter(self.past))]
        if agent.focused is leg:
            agent.focused = None
            open_legs = agent.legs.values()
            if following := next((one for one in open_legs if one.state is S.CONNECTED), None) or next(
                iter(open_legs), None
            ):
                self.focus(following)
        if not agent.legs and agent.pending is not None:
            agent.chosen, agent.reason = agent.pending
            agent.pending = None
        self.touch_agent(agent)
        self._tidy(root)

    def _tidy(self, root: Root) -> None:
        if not root.calls and not root.legs:
            self.roots.pop(root.ref, None)

    # --- what changed

    def touch(self, leg: Leg) -> None:
        """It may look different."""
        self._dirty_legs[leg.ref] = leg

    def touch_call(self, call: Call) -> None:
        """All legs in it may look different."""
        for leg in call.legs:
            self._dirty_legs[leg.ref] = leg

    def touch_agent(self, agent: Agent) -> None:
        """The agent may look different."""
        self._dirty_agents[agent.id] = agent
        if agent.state is not agent.shown:
            agent.shown, agent.since = agent.state, self.now

    def notice(self, agent: Agent, code: str, message: str) -> None:
        """Tell an agent something that is no state."""
        self.notices.append(Noticed(agent=Ref(agent.id), vendor=NULL, code=code, message=message))

    def changes(self) -> Iterator[AnyObservation]:
        """What looks different: agents, then interactions; a focus on a new interaction comes after it."""
        again = []
        for agent in self._dirty_agents.values():
            seen = view.agent_view(agent, self.menu)
            if seen == agent.published:
                continue
            if agent.focused is not None and agent.focused.published is None:
                again.append(agent)
                before = agent.published
                unfocused = UNSET if before is None else before.focused
                if before == msgspec.structs.replace(seen, focused=unfocused):
                    continue
                agent.published = msgspec.structs.replace(seen, focused=unfocused)
            else:
                agent.published = seen
            yield msgspec.structs.replace(agent.published, time=self.now)
        for leg in self._dirty_legs.values():
            told = view.leg_view(leg)
            if told != leg.published:
                leg.published = told
                yield msgspec.structs.replace(told, time=self.now)
        for agent in again:
            agent.published = view.agent_view(agent, self.menu)
            yield msgspec.structs.replace(agent.published, time=self.now)
        for notice in self.notices:
            yield msgspec.structs.replace(notice, time=self.now)
        self._dirty_agents.clear()
        self._dirty_legs.clear()
        self.notices.clear()

    def snapshot(self) -> Iterator[AnyObservation]:
        """Everything as it is, agent by agent."""
        self._dirty_agents.clear()
        self._dirty_legs.clear()
        for agent in self.agents.values():
            seen = view.agent_view(agent, self.menu)
            agent.published = seen
            early = msgspec.structs.replace(seen, focused=UNSET) if agent.focused else seen
            yield msgspec.structs.replace(early, time=self.now)
            for leg in agent.legs.values():
                leg.published = view.leg_view(leg)
                yield msgspec.structs.replace(leg.published, time=self.now)
            if agent.focused:
                yield msgspec.structs.replace(seen, time=self.now)
            yield msgspec.structs.replace(view.listed(agent), time=self.now)
