"""What was delivered is recorded many at once, and what follows waits for that."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest
from msgspec.structs import replace

from gateway.outbound import signature
from gateway.security.rights import Rights
from gateway.store.deliveries import Delivery, DeliveryState, Webhook
from gateway.webhooks.endpoint_queue import SAVING
from gateway.webhooks.owners import Owners
from schemas.errors import StoreError
from schemas.grants import UNNARROWED, Grant
from schemas.ids import Cursor, WebhookId
from tests.fakes import until
from tests.gateway.webhook_world import Receiver, World


class Slow:
    """Stands before the store's `put_deliveries`; holds the calls until it may go on, or fails them."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = asyncio.Event()
        self.calls: list[Sequence[Delivery]] = []
        self.error: StoreError | None = None
        self._put = world.store.deliveries.put_deliveries
        monkeypatch.setattr(world.store.deliveries, "put_deliveries", self)

    async def __call__(self, deliveries: Sequence[Delivery]) -> None:
        """In place of it."""
        self.calls.append(deliveries)
        await self.go.wait()
        if self.error is not None:
            raise self.error
        await self._put(deliveries)


async def test_what_ends_during_one_write_is_the_next_one_for_all_webhooks_together(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = [await world.subscribe(f"{receiver.url}/{name}") for name in ("one", "two")]
    slow = Slow(world, monkeypatch)
    await world.happen("first")
    await receiver.events(2)
    await until(lambda: len(slow.calls) == 1)
    await world.happen(*(f"i{n}" for n in range(20)))
    await receiver.events(40)
    recorder = world.deliverer._recorder  # noqa: SLF001
    await until(lambda: len(recorder._waiting) + len(slow.calls[0]) == 42)  # noqa: SLF001
    assert world.count("delivered") == 0
    slow.go.set()
    await world.counted("delivered", 42)
    assert len(slow.calls) == 2
    for hook in hooks:
        assert {one.state for one in await world.all(hook)} == {DeliveryState.DELIVERED}
    assert world.deliverer.lag() == dict.fromkeys(hooks, 0)


async def test_the_next_of_an_interaction_waits_until_the_first_is_recorded(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.subscribe(receiver.url)
    slow = Slow(world, monkeypatch)
    await world.happen("a", "a", "b")
    assert sorted(await receiver.events(2)) == [1, 3]
    await until(lambda: len(slow.calls) == 1)
    await world.clock.settle()
    assert receiver.got.empty()
    slow.go.set()
    assert await receiver.events(1) == [2]


async def test_no_more_than_a_bound_waits_to_be_recorded(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.subscribe(receiver.url)
    slow = Slow(world, monkeypatch)
    await world.happen(*(f"i{n}" for n in range(3 * SAVING)))
    await receiver.events(SAVING)
    await world.clock.settle()
    sent = SAVING + receiver.got.qsize()
    assert sent < SAVING + 16  # those that were under way as the bound was reached
    slow.go.set()
    await world.counted("delivered", 3 * SAVING)


async def test_what_could_not_be_recorded_is_delivered_again_by_every_webhook_concerned(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = [await world.subscribe(f"{receiver.url}/{name}") for name in ("one", "two")]
    slow = Slow(world, monkeypatch)
    slow.error = StoreError("no room")
    slow.go.set()
    await world.happen("a", "b")
    await receiver.events(4)
    await until(lambda: sum(map(len, slow.calls)) == 4)
    await world.clock.settle()
    slow.error = None
    assert world.count("delivered") == 0
    await world.clock.advance(1)
    assert sorted(await receiver.events(4)) == [1, 1, 2, 2]
    await world.counted("delivered", 4)
    assert world.deliverer.lag() == dict.fromkeys(hooks, 0)


async def test_an_end_waits_for_what_is_being_recorded(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = await world.subscribe(receiver.url)
    slow = Slow(world, monkeypatch)
    await world.happen("a", "a")
    assert await receiver.events(1) == [1]
    await until(lambda: len(slow.calls) == 1)
    stopping = asyncio.create_task(world.deliverer.stop(30.0))
    await world.clock.settle()
    assert not stopping.done()
    slow.go.set()
    await stopping
    states = [one.state for one in await world.all(hook)]
    assert states == [DeliveryState.DELIVERED, DeliveryState.PENDING]


async def test_what_is_queued_while_all_before_is_known_is_not_read_again(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.subscribe(receiver.url)
    await world.happen("a")
    await receiver.events(1)
    await world.counted("delivered", 1)
    kept, read = world.store.deliveries.pending, list[Cursor]()

    async def pending(webhook_id: WebhookId, after: Cursor, limit: int) -> list[Delivery]:
        read.append(after)
        return await kept(webhook_id, after, limit)

    monkeypatch.setattr(world.store.deliveries, "pending", pending)
    await world.happen("a", "b", "a")
    await world.counted("delivered", 4)
    assert read == []
    assert sorted(await receiver.events(3)) == [2, 3, 4]
    assert receiver.got.empty()


async def test_what_the_store_has_in_another_state_is_read_from_there(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.subscribe(receiver.url)
    kept = world.store.deliveries.queue

    async def queue(deliveries: Sequence[Delivery], mark: Cursor) -> int:
        await kept([replace(deliveries[0], state=DeliveryState.DELIVERED)], mark)  # as before a crash
        return await kept(deliveries, mark)

    monkeypatch.setattr(world.store.deliveries, "queue", queue)
    await world.happen("a", "b")
    await world.counted("delivered", 1)
    assert await receiver.events(1) == [2]
    await world.clock.settle()
    assert receiver.got.empty()


async def test_signers_and_rights_are_made_once_and_anew_as_soon_as_the_grant_is_another(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted, made = [UNNARROWED], list[str]()

    def rights(grant: Grant) -> Rights:
        made.append("rights")
        return Rights(agents=grant.agents or None)

    world.deliverer.owners = Owners(lambda _principal, _then: granted[0], rights)
    hook = await world.subscribe(receiver.url)
    kept = signature.signers

    def signers(webhook: Webhook, now: datetime) -> list[signature.Signer]:
        made.append("signers")
        return kept(webhook, now)

    monkeypatch.setattr(signature, "signers", signers)
    await world.happen("a")
    await world.counted("delivered", 1)
    made.clear()
    await world.happen("a", "b")
    await world.counted("delivered", 3)
    assert made == []
    granted[0] = Grant(agents=frozenset({"bob"}))
    await world.happen("c")  # of anna
    await world.counted("dead", 1)
    granted[0] = Grant(agents=frozenset({"anna"}))
    await world.happen("d")
    await world.counted("delivered", 4)
    assert "signers" not in made
    await world.subscriptions.rotate(hook)
    await world.happen("e")
    await world.counted("delivered", 5)
    assert "signers" in made
