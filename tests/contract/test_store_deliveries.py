"""What every store owes: webhooks, and what is to be delivered to them."""

from datetime import timedelta

import msgspec

from gateway.store.base import Store
from gateway.store.deliveries import Attempt, DeliveryState
from schemas.ids import Cursor, DeliveryId, WebhookId
from tests.contract.records import NOW, delivery, webhook


async def test_webhooks_are_kept_and_replaced(store: Store) -> None:
    await store.deliveries.put_webhook(webhook("w2", 1))
    await store.deliveries.put_webhook(webhook("w1"))
    changed = msgspec.structs.replace(webhook("w1"), events=("interaction.*",))
    await store.deliveries.put_webhook(changed)
    assert await store.deliveries.list_webhooks() == [changed, webhook("w2", 1)]
    assert await store.deliveries.webhook(WebhookId("w1")) == changed
    assert await store.deliveries.webhook(WebhookId("w3")) is None


async def test_deliveries_are_queued_once_with_the_mark(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    assert await kept.mark() == 0
    await kept.queue([delivery(n) for n in range(1, 6)], Cursor(5))
    again = msgspec.structs.replace(delivery(5), id=DeliveryId("another"))
    await kept.queue([again, delivery(6)], Cursor(6))
    assert await kept.mark() == 6
    assert await kept.pending(WebhookId("w1"), Cursor(2), 3) == [delivery(3), delivery(4), delivery(5)]
    assert await kept.count_pending(WebhookId("w1")) == 6
    assert await kept.delivery(DeliveryId("d-w1-5")) == delivery(5)
    assert await kept.delivery(DeliveryId("another")) is None


async def test_nothing_is_queued_for_a_webhook_that_is_gone(store: Store) -> None:
    await store.deliveries.queue([delivery(1)], Cursor(1))
    assert await store.deliveries.delivery(DeliveryId("d-w1-1")) is None


async def test_a_delivery_changes_and_attempts_at_it_are_kept(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    await kept.queue([delivery(1), delivery(2)], Cursor(2))
    after = msgspec.structs.replace(delivery(1), attempts=1, state=DeliveryState.DELIVERED)
    attempt = Attempt(delivery_id=after.id, number=1, at=NOW, duration_ms=12, status=204, response="ok")
    await kept.put_deliveries([after])
    await kept.log_attempts([attempt])
    assert await kept.delivery(after.id) == after
    assert await kept.attempts(after.id) == [attempt]
    assert await kept.pending(WebhookId("w1"), Cursor(0), 10) == [delivery(2)]
    assert await kept.deliveries(WebhookId("w1"), DeliveryState.DELIVERED, Cursor(0), 10) == [after]
    assert await kept.deliveries(WebhookId("w1"), None, Cursor(0), 10) == [after, delivery(2)]
    await kept.put_deliveries([delivery(1)])
    assert await kept.count_pending(WebhookId("w1")) == 2


async def test_what_is_over_is_queued_again_and_what_never_was_is_queued(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    over = msgspec.structs.replace(
        delivery(1), state=DeliveryState.DEAD, attempts=10, error="answered 500", expires_at=None
    )
    await kept.queue([over, delivery(2)], Cursor(9))
    later = NOW + timedelta(days=1)
    again = [
        msgspec.structs.replace(
            delivery(n), id=DeliveryId(f"again-{n}"), created_at=later, next_attempt_at=later, expires_at=None
        )
        for n in (1, 2, 3)
    ]
    assert await kept.requeue([*again, delivery(1, "gone")]) == 2
    first = msgspec.structs.replace(again[0], id=over.id, created_at=over.created_at)
    assert await kept.pending(WebhookId("w1"), Cursor(0), 9) == [first, delivery(2), again[2]]
    assert await kept.mark() == 9
    assert await kept.requeue(again) == 0


async def test_what_follows_in_a_chain_is_found_without_what_stands_aside(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    other = msgspec.structs.replace(delivery(2), key="i2")
    aside = msgspec.structs.replace(delivery(3), aside=True, step=4, attempts=6)
    over = msgspec.structs.replace(delivery(4), state=DeliveryState.DELIVERED)
    await kept.queue([delivery(1), other, aside, over, delivery(5), delivery(6)], Cursor(6))
    assert await kept.following(WebhookId("w1"), "i1", Cursor(0), 2) == [delivery(1), delivery(5)]
    assert await kept.following(WebhookId("w1"), "i1", Cursor(1), 9) == [delivery(5), delivery(6)]
    assert await kept.following(WebhookId("w1"), "i2", Cursor(0), 9) == [other]
    assert await kept.following(WebhookId("w2"), "i1", Cursor(0), 9) == []
    assert await kept.delivery(aside.id) == aside
    changed = msgspec.structs.replace(aside, step=5, aside=False)
    await kept.put_deliveries([changed])
    assert await kept.delivery(aside.id) == changed


async def test_what_is_live_is_found_however_much_waits_before_it(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    until = NOW + timedelta(minutes=1)
    rows = [
        msgspec.structs.replace(delivery(n), expires_at=at)
        for n, at in enumerate([None, until, NOW, until, None, until], 1)
    ]
    over = msgspec.structs.replace(delivery(7), expires_at=until, state=DeliveryState.DELIVERED)
    await kept.queue([*rows, over], Cursor(7))
    assert await kept.live(WebhookId("w1"), NOW, 9) == [rows[1], rows[3], rows[5]]
    assert await kept.live(WebhookId("w1"), NOW, 2) == [rows[1], rows[3]]
    assert await kept.live(WebhookId("w1"), until, 9) == []
    assert await kept.live(WebhookId("w2"), NOW, 9) == []


async def test_only_what_is_pending_is_hastened(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    over = msgspec.structs.replace(delivery(2), state=DeliveryState.DEAD)
    await kept.queue([delivery(1), over, delivery(3)], Cursor(3))
    ids = [delivery(1).id, over.id, DeliveryId("none")]
    assert await kept.hasten(ids, NOW) == 1
    assert await kept.hasten(ids, NOW + timedelta(hours=9)) == 1
    due = [one.next_attempt_at for one in await kept.deliveries(WebhookId("w1"), None, Cursor(0), 9)]
    assert due == [NOW, over.next_attempt_at, delivery(3).next_attempt_at]


async def test_making_due_never_puts_off(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    await kept.queue([delivery(1)], Cursor(1))
    for at in (NOW + timedelta(minutes=30), NOW + timedelta(hours=5)):
        await kept.make_due(WebhookId("w1"), at)
        (one,) = await kept.pending(WebhookId("w1"), Cursor(0), 10)
        assert one.next_attempt_at == NOW + timedelta(minutes=30)


async def test_a_deleted_webhook_takes_its_deliveries_along(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    await kept.put_webhook(webhook("w2"))
    await kept.queue([delivery(1), delivery(1, "w2")], Cursor(1))
    assert await kept.delete_webhook(WebhookId("w1"))
    assert not await kept.delete_webhook(WebhookId("w1"))
    assert await kept.delivery(DeliveryId("d-w1-1")) is None
    assert await kept.delivery(DeliveryId("d-w2-1")) is not None
    late = Attempt(delivery_id=DeliveryId("d-w1-1"), number=1, at=NOW, duration_ms=1)
    await kept.put_deliveries([delivery(1)])
    await kept.log_attempts([late])
    assert await kept.attempts(late.delivery_id) == []


async def test_pruning_deliveries_spares_pending_and_young_ones(store: Store) -> None:
    kept = store.deliveries
    await kept.put_webhook(webhook())
    over = msgspec.structs.replace(delivery(2), state=DeliveryState.DEAD)
    young = msgspec.structs.replace(
        over, id=DeliveryId("y"), cursor=Cursor(3), created_at=NOW + timedelta(days=9)
    )
    await kept.queue([delivery(1), over, young], Cursor(3))
    while await kept.prune(NOW + timedelta(days=1)):
        pass
    assert [one.cursor for one in await kept.deliveries(WebhookId("w1"), None, Cursor(0), 10)] == [1, 3]
