"""What can be sent again, and which of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.config import Config
from gateway.store.deliveries import DeliveryState
from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore
from gateway.webhooks import replay
from gateway.webhooks.replay import Replay, Replayed
from schemas.errors import RefusedError
from schemas.ids import Cursor, WebhookId
from schemas.values import Json
from tests.fakes import START
from tests.gateway.webhook_world import Receiver, World, running

_read = msgspec.json.Decoder(Replay).decode


@pytest.fixture(params=["memory", "sqlite"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    store = MemoryStore() if request.param == "memory" else SqliteStore(str(tmp_path / "trunkline.db"))
    async with running(store) as made:
        yield made


def wanted(**fields: Json) -> Replay:
    return _read(msgspec.json.encode(fields))


def at(hour: float) -> str:
    return (START + timedelta(hours=hour)).isoformat()


async def states(world: World, hook: WebhookId, *new: DeliveryState) -> None:
    """Set the states of the deliveries there are, in order."""
    for delivery, state in zip(await world.all(hook), new, strict=True):
        await world.store.deliveries.put_deliveries(
            [msgspec.structs.replace(delivery, state=state, attempts=3, error="once")]
        )


async def delivered(world: World, receiver: Receiver, *interactions: str) -> WebhookId:
    """A webhook whose deliveries are through."""
    hook = await world.subscribe(receiver.url)
    await world.happen(*interactions)
    await receiver.events(len(interactions))
    await world.counted("delivered", len(interactions))
    return hook


async def test_what_is_dead_is_sent_again_unless_another_state_is_named(
    world: World, receiver: Receiver
) -> None:
    hook = await delivered(world, receiver, "a", "b", "c")
    await states(world, hook, DeliveryState.DEAD, DeliveryState.EXPIRED, DeliveryState.DELIVERED)
    through = 3
    asked: tuple[tuple[Replay, list[int]], ...] = (
        (wanted(), [1]),
        (wanted(states=["expired"]), [2]),
        (wanted(states=["delivered"]), [1, 2, 3]),
    )
    for one, again in asked:
        assert await world.subscriptions.replay_some(hook, one) == Replayed(replayed=len(again))
        assert sorted(await receiver.events(len(again))) == again
        through += len(again)
        await world.counted("delivered", through)
    assert receiver.got.empty()
    assert world.deliverer.lag() == {hook: 0}


async def test_what_is_pending_is_left_alone_unless_it_is_asked_for(world: World, receiver: Receiver) -> None:
    receiver.answers["/"] = 500
    hook = await world.subscribe(receiver.url + "/")
    await world.happen("a")
    await world.counted("failed", 1)
    everything = wanted(states=["dead", "expired", "delivered", "missed"])
    assert (await world.subscriptions.replay_some(hook, everything)).replayed == 0
    assert (await world.all(hook))[0].attempts == 1
    assert (await world.subscriptions.replay_some(hook, wanted(states=["pending"]))).replayed == 1
    await world.counted("failed", 2)
    for wrong in (b'{"states":["waiting"]}', b'{"from":"2026-03-02T09:00:00"}', b'{"state":"dead"}'):
        with pytest.raises(msgspec.ValidationError):
            _read(wrong)
    with pytest.raises(RefusedError, match="there are no events"):
        await world.subscriptions.replay_some(hook, wanted(types=["call.*"]))
    with pytest.raises(RefusedError, match="no such webhook"):
        await world.subscriptions.replay_some(WebhookId("whk_none"), wanted())


@pytest.mark.parametrize(
    ("fields", "again"),
    [
        ({}, [1, 2, 3, 4]),
        ({"types": ["interaction.held"]}, [1, 3, 4]),
        ({"types": ["party.*"]}, [2]),
        ({"platform_ids": ["support"]}, [3]),
        ({"agent_ids": ["bert", "carl"]}, [4]),
        ({"interaction_ids": ["b", "c"]}, [2, 3]),
        ({"from": at(1)}, [2, 3, 4]),
        ({"until": at(2)}, [1, 2]),
        ({"from": at(1), "until": at(3)}, [2, 3]),
        ({"from": at(1), "types": ["interaction.*"], "agent_ids": ["anna"]}, [3]),
        ({"after": 2}, [3, 4]),
    ],
)
@pytest.mark.parametrize("state", ["delivered", "missed"])
async def test_a_replay_is_chosen_by_type_place_and_time(
    world: World, receiver: Receiver, fields: dict[str, Json], again: list[int], state: str
) -> None:
    hook = await world.subscribe(receiver.url) if state == "delivered" else ""
    await world.happen("a")
    await world.clock.advance(3600)
    await world.happen("b", kind="party.added")
    await world.clock.advance(3600)
    await world.happen("c", platform="support")
    await world.clock.advance(3600)
    await world.happen("d", agent="bert")
    if hook:
        await receiver.events(4)
        await world.counted("delivered", 4)
    else:
        hook = await world.subscribe(receiver.url)
    before = world.count("delivered")
    told = await world.subscriptions.replay_some(WebhookId(hook), wanted(states=[state], **fields))
    assert told == Replayed(replayed=len(again))
    assert sorted(await receiver.events(len(again))) == again
    await world.counted("delivered", before + len(again))
    assert receiver.got.empty()


async def test_what_came_while_it_was_disabled_is_missed_and_can_be_made_up_for(
    world: World, receiver: Receiver
) -> None:
    await world.happen("early")
    hook = await world.subscribe(receiver.url + "/", ["interaction.held", "webhook.*"])
    receiver.answers["/"] = 410
    await world.happen("a")
    await world.counted("disabled", 1)  # 3 tells operators so
    await world.happen("b")
    await world.happen("b", kind="party.added")
    assert (await world.subscriptions.replay_some(hook, wanted(states=["missed"]))).replayed == 2
    receiver.answers["/"] = 204
    await receiver.next()
    await world.subscriptions.resume(hook)
    await world.clock.advance(5)
    assert sorted(await receiver.events(3)) == [1, 2, 4]  # but not 3, of itself, nor 5
    await world.counted("delivered", 3)
    missed = wanted(states=["missed"])
    assert (await world.subscriptions.replay_some(hook, missed)).replayed == 0
    await world.happen("c")
    assert await receiver.events(1) == [6]
    await world.counted("delivered", 4)
    assert (await world.subscriptions.replay_some(hook, missed)).replayed == 0


async def test_one_interaction_keeps_its_order_whatever_became_of_its_events(
    world: World, receiver: Receiver
) -> None:
    await world.happen("a", "a")
    hook = await delivered(world, receiver, "a", "a")
    await states(world, hook, DeliveryState.DEAD, DeliveryState.DELIVERED)
    told = await world.subscriptions.replay_some(hook, wanted(states=["missed", "dead", "delivered"]))
    assert told.replayed == 4
    assert await receiver.events(4) == [1, 2, 3, 4]
    await world.counted("delivered", 6)


@pytest.mark.parametrize("state", ["delivered", "missed"])
async def test_a_call_does_a_step_and_says_where_to_go_on(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(replay, "MAX_LOOKED_AT", 4)
    monkeypatch.setattr(replay, "_PAGE", 2)
    names = [f"i{n}" for n in range(10)]
    async with running() as world:
        if state == "missed":
            await world.happen(*names)
            hook = await world.subscribe(receiver.url)
        else:
            hook = await delivered(world, receiver, *names)
        steps: list[Replayed] = []
        after = 0
        while not steps or after:
            steps.append(await world.subscriptions.replay_some(hook, wanted(states=[state], after=after)))
            after = steps[-1].next or 0
        assert [(one.replayed, one.next) for one in steps] == [(4, 4), (4, 8), (2, None)]
        assert sorted(await receiver.events(10)) == list(range(1, 11))


async def test_a_replay_stops_where_no_more_may_wait(receiver: Receiver) -> None:
    config = Config.model_validate({"limits": {"webhook_backlog": 3}})
    async with running(config=config) as world:
        await world.happen("a", "b", "c", "d", "e")
        hook = await world.subscribe(receiver.url)
        await world.subscriptions.pause(hook)
        missed = wanted(states=["missed"])
        assert await world.subscriptions.replay_some(hook, missed) == Replayed(replayed=3, next=Cursor(3))
        assert world.deliverer.lag() == {hook: 3}
        await world.subscriptions.resume(hook)
        await receiver.events(3)
        await world.counted("delivered", 3)
        rest = wanted(states=["missed"], after=3)
        assert await world.subscriptions.replay_some(hook, rest) == Replayed(replayed=2)
        assert sorted(await receiver.events(2)) == [4, 5]


async def test_what_the_journal_forgot_is_not_replayed(receiver: Receiver) -> None:
    async with running() as world:
        hook = await delivered(world, receiver, "a", "b")
        await world.store.prune(datetime.now(UTC) + timedelta(days=1), 0)
        for state in ("delivered", "missed"):
            told = await world.subscriptions.replay_some(hook, wanted(states=[state]))
            assert told == Replayed(replayed=0)
        assert {one.state for one in await world.all(hook)} == {DeliveryState.DELIVERED}
