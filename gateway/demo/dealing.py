"""How an agent of the shift deals with one interaction, by what its `allowed` says."""

import asyncio
from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple, Protocol

from gateway.demo.api import Api, ApiError
from schemas.interaction import Interaction, InteractionState, Media
from schemas.needinfo import AnswerAction, Field, FieldType, NeedInfo
from schemas.results import NeedsInfo, Succeeded
from schemas.values import Json

S = InteractionState
_CHANGE_S: Final = 5.0  # to wait for what a command was to bring about
_EXPERTS: Final = ("+15550160", "+15550161")
_REPLIES: Final = ("Let me look that up.", "It left the warehouse today.", "Is there anything else?")
_NOTES: Final = ("Will call back", "Parcel found", "Address changed", "Sent the return label")
_ON: Final = frozenset({S.CONNECTED, S.HELD})


class Pace(NamedTuple):
    """How long things take, in seconds, from and to."""

    first: tuple[float, float] = (0.0, 1.5)  # until the first contact of an agent
    between: tuple[float, float] = (2.0, 8.0)
    ringing: tuple[float, float] = (1.0, 4.0)
    talking: tuple[float, float] = (2.0, 6.0)  # from one thing to the next
    thinking: tuple[float, float] = (1.5, 5.0)  # about a question
    after: tuple[float, float] = (1.5, 5.0)  # wrap-up


class Around(Protocol):
    """What a deal has to know of the shift."""

    def now(self, one: Interaction) -> Interaction | None:
        """It, as it is; None once it is completed."""

    def disturbed(self, one: Interaction) -> bool:
        """Whether somebody else wants the agent: then make room."""

    def colleague(self, one: Interaction) -> str:
        """Who could take it over; '' if nobody."""

    async def hang_up(self, one: Interaction) -> None:
        """The customer leaves."""


class Hands:
    """Gives commands at the gateway, and answers what they are asked."""

    def __init__(self, gateway: Api, chance: Random, pace: Pace) -> None:
        self.chance = chance
        self.pace = pace
        self.questions = 0
        self._gateway = gateway

    async def sleep(self, span: tuple[float, float]) -> None:
        """So long, or so."""
        await asyncio.sleep(self.chance.uniform(*span))

    async def do(self, body: dict[str, Json]) -> bool:
        """Whether it succeeded. A refusal is part of the day."""
        try:
            record = await self._gateway.command(body)
            while isinstance(record.result, NeedsInfo):
                asked = record.result.needinfo
                self.questions += 1
                await self.sleep(self.pace.thinking)
                record = await self._gateway.answer(asked, AnswerAction.SUBMIT, self._answers(asked))
        except ApiError:  # somebody else has answered, or the gateway is going down
            return False
        return isinstance(record.result, Succeeded)

    def _answers(self, asked: NeedInfo) -> dict[str, Json]:
        return {one.key: self._answer(one) for one in asked.fields}

    def _answer(self, field: Field) -> Json:
        match field.type:
            case FieldType.CHOICE:
                ids = [one.id for one in field.choices]
                return "ready" if "ready" in ids else self.chance.choice(ids) if ids else ""
            case FieldType.TEXT:
                return self.chance.choice(_NOTES)
            case FieldType.BOOLEAN:
                return True
            case FieldType.NUMBER:
                return 1


class Deal:
    """One interaction, from the first ring to the end of the work after it."""

    def __init__(self, one: Interaction, around: Around, hands: Hands) -> None:
        self._first = one
        self._around = around
        self._hands = hands
        self._plan = iter(_plan(one, hands.chance))
        self.changed = asyncio.Event()  # to be set whenever it looks different

    async def run(self) -> None:
        """Until it is completed."""
        while (one := self._around.now(self._first)) is not None:
            self.changed.clear()
            await self._hands.sleep(self._span(one))
            now = self._around.now(one)
            if now is None or now.state is not one.state:
                continue
            await self._step(now)
            try:
                async with asyncio.timeout(_CHANGE_S):
                    await self.changed.wait()
            except TimeoutError:
                continue

    def _span(self, one: Interaction) -> tuple[float, float]:
        match one.state:
            case S.ALERTING:
                return self._hands.pace.ringing
            case S.CONNECTED | S.HELD:
                return self._hands.pace.talking
            case S.WRAP_UP:
                return self._hands.pace.after
            case _:
                return (0.0, 0.0)

    async def _step(self, one: Interaction) -> None:
        if self._around.disturbed(one) and one.state in _ON:
            await self._around.hang_up(one)
            return
        match one.state:
            case S.ALERTING:
                await self._do(one, "interaction.accept")
            case S.HELD if not one.transferring:
                await self._do(one, "interaction.retrieve")
            case S.CONNECTED:
                await self._talk(one)
            case S.WRAP_UP:
                await self._do(one, "interaction.complete")
            case _:
                pass  # the far end has the next word

    async def _talk(self, one: Interaction) -> None:
        for verb in self._plan:
            if verb == "hang_up":
                await self._around.hang_up(one)
                return
            args = self._args(one, verb)
            if verb in one.allowed and args is not None:
                await self._do(one, verb, **args)
                return
        if not await self._do(one, "interaction.release"):
            await self._do(one, "interaction.complete")  # what is not voice ends so

    def _args(self, one: Interaction, verb: str) -> dict[str, Json] | None:
        """What the verb takes; None: it cannot be done."""
        chance = self._hands.chance
        match verb:
            case "interaction.consult":
                return {"destination": chance.choice(_EXPERTS)}
            case "interaction.single_step_transfer":
                colleague = self._around.colleague(one)
                return {"destination": colleague, "destination_kind": "agent"} if colleague else None
            case "chat.send":
                return {"text": chance.choice(_REPLIES)}
            case "interaction.set_data":
                return {"data": {"order": f"A-{chance.randrange(10, 99)}"}}
            case _:
                return {}

    async def _do(self, one: Interaction, verb: str, **args: Json) -> bool:
        if verb not in one.allowed:
            return False
        return await self._hands.do({"type": verb, "interaction_id": one.id, **args})


def _plan(one: Interaction, chance: Random) -> Iterator[str]:
    """What the agent does while they talk, in order; then he takes his leave."""
    if one.consult_of is not None:
        yield chance.choice(("interaction.complete_transfer", "interaction.release"))
        return
    if one.media is not Media.VOICE:
        yield from ["chat.send"] * chance.randrange(1, 4)
        return
    some = ("interaction.hold", "interaction.set_data", "interaction.mute", "interaction.unmute")
    yield from some[: chance.randrange(0, len(some) + 1)]
    yield from chance.choices(
        ("interaction.consult", "interaction.single_step_transfer", "hang_up", "interaction.release"),
        (20, 10, 35, 35),
    )
