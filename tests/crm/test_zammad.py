"""Zammad's generic CTI, played by a server that behaves as its documentation and source say."""

import json
from datetime import timedelta

import pytest

from adapters.contract.crm import Answer, Request
from gateway.store.memory import MemoryStore
from schemas import events as ev
from schemas.interaction import Direction, EndCause, Media
from tests.crm.calls import answered, leg, over
from tests.crm.world import World
from tests.fakes import START, FakeClock


class Zammad:
    """It errs on a second `newCall` of a call, and on whatever comes of a call that it does not know."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        self.erred = 0
        self.dies = 0  # so many of the next requests, after it did what they say

    async def close(self) -> None:
        """Nothing to do."""

    async def send(self, request: Request) -> tuple[Answer, float | None]:
        """One post."""
        said: dict[str, str] = json.loads(request.body)
        known = any(one["callId"] == said["callId"] for one in self.heard)
        if known == (said["event"] == "newCall"):
            self.erred += 1
            return Answer(500, b"{}"), None
        self.heard.append(said)
        if self.dies:
            self.dies -= 1
            raise ConnectionResetError
        return Answer(200, b"{}"), None

    def told(self) -> list[str]:
        """What it heard, in short."""
        return [
            f"{one['event']} {one.get('answeringNumber', one.get('cause', ''))}".strip() for one in self.heard
        ]


async def world(zammad: Zammad, clock: FakeClock) -> World:
    made = World(MemoryStore(clock.now), clock, zammad, "zammad", {})
    await made.start()
    return made


async def test_a_call_is_told_in_three_posts() -> None:
    zammad, clock = Zammad(), FakeClock()
    it = await world(zammad, clock)
    ringing = leg("i1", "r1")
    await it.happen(ev.InteractionAlerting, ringing)
    await it.go(5)
    await it.happen(ev.InteractionConnected, answered(ringing))
    await it.go(60)
    await it.happen(ev.InteractionEnded, over(answered(ringing)))
    await it.go(10)
    await it.kill()
    common = {"from": "12015550123", "to": "8005550100", "direction": "in", "callId": "r1"}
    assert zammad.heard == [
        {"event": "newCall", **common, "user": "42", "queue": "Support"},
        {"event": "answer", **common, "user": "42", "answeringNumber": "42"},
        {"event": "hangup", **common, "cause": "normalClearing"},
    ]


async def test_a_transfer_is_another_answer_of_the_same_call() -> None:
    zammad, clock = Zammad(), FakeClock()
    it = await world(zammad, clock)
    first = answered(leg("i1", "r1"), START)
    second = leg("i2", "r1", agent="bo", created_at=START + timedelta(seconds=3))
    await it.happen(ev.InteractionAlerting, leg("i1", "r1"))
    await it.happen(ev.InteractionConnected, first)
    await it.go(3)
    await it.happen(ev.InteractionEnded, over(first, clock.now(), EndCause.TRANSFERRED))
    await it.go(1)
    await it.happen(ev.InteractionAlerting, second)
    await it.go(3)
    await it.happen(ev.InteractionConnected, answered(second, clock.now()))
    await it.go(20)
    await it.happen(ev.InteractionEnded, over(answered(second, clock.now()), clock.now()))
    await it.go(20)
    await it.kill()
    assert zammad.told() == ["newCall", "answer 42", "answer", "hangup normalClearing"]
    assert not zammad.erred


@pytest.mark.parametrize("killed_after_s", [0.0, 1.0])
async def test_no_post_is_made_twice_by_a_kill_or_a_break(killed_after_s: float) -> None:
    zammad, clock = Zammad(), FakeClock()
    it = await world(zammad, clock)
    zammad.dies = 1
    await it.happen(ev.InteractionAlerting, leg("i1", "r1"))
    await it.go(killed_after_s)
    await it.kill()
    await it.start()
    await it.go(1)
    await it.happen(ev.InteractionEnded, over(leg("i1", "r1"), clock.now(), EndCause.ABANDONED))
    await it.go(20)
    await it.kill()
    assert zammad.told() == ["newCall", "hangup cancel"]
    assert not zammad.erred


async def test_a_call_that_is_heard_of_too_late_is_told_nothing_of() -> None:
    zammad, clock = Zammad(), FakeClock()
    it = await world(zammad, clock)
    await it.go(1)
    await it.kill()
    await it.happen(ev.InteractionAlerting, leg("i1", "r1"))
    await clock.advance(60)
    await it.start()
    await it.go(1)
    await it.happen(ev.InteractionEnded, over(leg("i1", "r1"), clock.now()))
    await it.go(60)
    await it.kill()
    assert not zammad.heard


@pytest.mark.parametrize(
    ("direction", "media"), [(Direction.INTERNAL, Media.VOICE), (Direction.INBOUND, Media.CHAT)]
)
async def test_what_is_no_outside_call_is_none_of_its(direction: Direction, media: Media) -> None:
    zammad, clock = Zammad(), FakeClock()
    it = await world(zammad, clock)
    await it.happen(ev.InteractionAlerting, leg("i1", "r1", direction=direction, media=media))
    await it.go(60)
    await it.kill()
    assert not zammad.heard
