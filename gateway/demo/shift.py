"""An endless, quiet shift at the simulated platforms: contacts come in, agents deal with them, as on any day.

The contacts come in at the platforms; what the agents do goes through the gateway's public API. Only contacts
of its own are dealt with: what somebody else begins, as at the soft phone, is left to him, and his agent is
given nothing more meanwhile.
"""

import asyncio
from random import Random
from typing import Final

import structlog

from gateway.demo.api import ApiError
from gateway.demo.dealing import Deal, Hands, Pace
from gateway.demo.triggers import At, Stage, Wanted, asking_service
from gateway.runtime.ids import session_id
from gateway.runtime.tasks import Tasks
from schemas import events as ev
from schemas.agent import AgentSession, AgentState
from schemas.errors import RefusedError
from schemas.ids import AgentId, InteractionId, PlatformId, SessionId
from schemas.interaction import Interaction, InteractionState, Media
from schemas.values import Json

log = structlog.get_logger("trunkline.demo")

LONGEST_S: Final = 120.0  # of a contact: then the customer has had enough
_CALLS: Final = frozenset({"direct", "queue"})
_KINDS: Final = {"direct": 35, "queue": 20, "chat": 18, "dial": 14, "email": 5, "pause": 8}
_ASKED: Final = 0.5  # of the calls: of a service that wants to know what came of them
_WORDS: Final = (
    "Where is my parcel?",
    "I would like to change my address.",
    "Can I still return this?",
    "Thank you, that helps.",
)


class Shift:
    """Tell it of every event by `seen`."""

    def __init__(self, stage: Stage, tasks: Tasks, chance: Random, pace: Pace | None = None) -> None:
        """`tasks` own what goes on: two for each agent and contact at most."""
        self._stage = stage
        self._tasks = tasks
        self._chance = chance
        self._pace = pace or Pace()
        self.hands = Hands(stage.gateway, chance, self._pace)
        self._open: dict[InteractionId, Interaction] = {}
        self._deals: dict[InteractionId, Deal] = {}
        self._sessions: dict[SessionId, AgentSession] = {}
        self._contacts: dict[str, str] = {}  # by address: the platform's ref; '' for whom an agent has called
        self._services: dict[PlatformId, str] = {}
        self._paused: set[SessionId] = set()  # by the shift itself
        self._expected: set[SessionId] = set()  # written to: some platforms do not tell by whom
        self.contacts = 0

    def begin(self) -> None:
        """It goes on until the tasks are ended."""
        for platform, agents in self._stage.agents.items():
            for agent in agents:
                at = At(self._stage, platform, agent, Wanted(event=""))
                here = session_id(platform, agent)
                session = self._sessions.get(here)
                if session is not None and session.state is AgentState.NOT_READY:
                    self._paused.add(here)  # whoever had a break before the shift comes back
                self._tasks.start(self._day(at), f"shift of {agent}")

    def seen(self, event: ev.AnyEvent) -> None:
        """Something happened at the gateway."""
        if isinstance(event, ev.AgentEvent):
            self._sessions[event.agent.id] = event.agent
        if not isinstance(event, ev.InteractionEvent):
            return
        one = event.interaction
        if one.state is InteractionState.COMPLETED:
            self._open.pop(one.id, None)
        else:
            self._open[one.id] = one
        deal = self._deals.get(one.id)
        if deal is not None:
            deal.changed.set()
        elif one.id in self._open and (self._is_ours(one) or self._was_expected(one)):
            self._deals[one.id] = Deal(one, self, self.hands)
            self._tasks.start(self._deal(one), f"contact {one.id}")

    async def _deal(self, one: Interaction) -> None:
        try:
            async with asyncio.timeout(2 * LONGEST_S):
                await self._deals[one.id].run()
        except TimeoutError:
            log.debug("left as it is", interaction=one.id)
        finally:
            self._deals.pop(one.id, None)

    # --- what a deal has to know

    def now(self, one: Interaction) -> Interaction | None:
        """It, as it is; None once it is completed."""
        return self._open.get(one.id)

    def disturbed(self, one: Interaction) -> bool:
        """Whether the agent has something that is not ours."""
        return any(
            each.session_id == one.session_id and not self._is_ours(each) for each in self._open.values()
        )

    def colleague(self, one: Interaction) -> str:
        """Somebody of the platform who is free."""
        for agent in self._stage.agents[one.platform_id]:
            if agent != one.agent_id and self._free(one.platform_id, agent):
                return agent
        return ""

    async def hang_up(self, one: Interaction) -> None:
        """The customer leaves; where the platform does not know him by now, the agent does."""
        ref = next((ref for each in _addresses(one) if (ref := self._contacts.get(each))), "")
        try:
            if ref:
                at = At(self._stage, one.platform_id, one.agent_id, Wanted(event=""))
                await at.simulate("remote_hangup", ref=ref)
                return
        except (ApiError, RefusedError) as error:
            log.debug("no hang-up", why=str(error))
        await self.hands.do({"type": "interaction.release", "interaction_id": one.id})

    def _is_ours(self, one: Interaction) -> bool:
        parent = self._open.get(one.consult_of) if one.consult_of else None
        return one.id in self._deals or (
            any(each in self._contacts for each in _addresses(one))
            or (parent is not None and self._is_ours(parent))
        )

    def _was_expected(self, one: Interaction) -> bool:
        """Whether it is what we wrote to the agent, of which nothing but the medium is told."""
        written = one.media is not Media.VOICE and one.state is InteractionState.ALERTING
        if one.session_id not in self._expected or not written or _addresses(one):
            return False
        self._expected.discard(one.session_id)
        return True

    # --- an agent's day

    async def _day(self, at: At) -> None:
        await self.hands.sleep(self._pace.first)
        while True:
            try:
                await self._next(at)
            except (ApiError, RefusedError) as error:
                log.debug("the shift goes on", agent=at.agent, why=str(error))
            await self.hands.sleep(self._pace.between)

    def _free(self, platform: PlatformId, agent: AgentId) -> bool:
        """Whether the agent is there, and has nothing to do."""
        here = session_id(platform, agent)
        session = self._sessions.get(here)
        busy = any(one.session_id == here for one in self._open.values())
        return not busy and session is not None and session.state is AgentState.READY

    async def _next(self, at: At) -> None:
        here = session_id(at.platform, at.agent)
        if here in self._paused:
            self._paused.discard(here)
            await self.hands.do({"type": "agent.set_state", "session_id": here, "state": "ready"})
        elif self._free(at.platform, at.agent):
            (kind,) = self._chance.choices(list(_KINDS), list(_KINDS.values()))
            if kind == "pause":
                await self._pause(here)
            else:
                await self._contact(at, kind)

    async def _pause(self, here: SessionId) -> None:
        choices = [one.id for one in self._sessions[here].choices if one.state is AgentState.NOT_READY]
        body: dict[str, Json] = {"session_id": here, "state": "not_ready"}
        if any(choices):
            body["reason"] = self._chance.choice([one for one in choices if one])
        if await self.hands.do({"type": "agent.set_state", **body}):
            self._paused.add(here)

    async def _contact(self, at: At, kind: str) -> None:
        number = self._chance.randrange(1_000, 9_999)
        called = kind in _CALLS or kind == "dial"
        address = f"+1555010{number}" if called else f"visitor-{number}@shop.example"
        if address in self._contacts:
            return
        self.contacts += 1
        self._contacts[address] = ""
        self._tasks.start(self._patience(at, address), f"patience of {address}")
        words = self._chance.choice(_WORDS)
        if not called:
            self._expected.add(session_id(at.platform, at.agent))
        match kind:
            case "dial":
                here = session_id(at.platform, at.agent)
                await self.hands.do({"type": "interaction.dial", "session_id": here, "destination": address})
                return
            case "chat":
                told = await at.simulate("inbound_chat", address=address, agent=at.agent, text=words)
            case "email":
                told = await at.simulate("inbound_email", address=address, agent=at.agent, subject=words)
            case _:
                agent = at.agent if kind == "direct" else ""
                service = await self._service(at)
                told = await at.simulate("inbound_call", ani=address, agent=agent, service=service)
        if address in self._contacts:
            self._contacts[address] = str(told.get("ref", ""))

    async def _patience(self, at: At, address: str) -> None:
        """Nobody waits for ever, and nobody is remembered for ever."""
        await asyncio.sleep(LONGEST_S)
        ref = self._contacts.get(address)
        try:
            if ref:
                await at.simulate("remote_hangup", ref=ref)
        except (ApiError, RefusedError):
            pass  # he has left long ago
        await asyncio.sleep(LONGEST_S)
        self._contacts.pop(address, None)

    async def _service(self, at: At) -> str:
        if at.platform not in self._services:
            self._services[at.platform] = await asking_service(at)
        return self._services[at.platform] if self._chance.random() < _ASKED else ""


def _addresses(one: Interaction) -> set[str]:
    """Where a contact may be told from."""
    contact = () if one.contact is None else (one.contact.phone, one.contact.email)
    parties = [each for party in one.parties for each in (party.address, party.email)]
    return {one.remote_address, one.ani, one.dnis, *contact, *parties} - {""}
