"""What is kept no longer, or in no greater number, than configured."""

from datetime import timedelta

from gateway.app import Gateway, running
from gateway.config import parse
from gateway.outbound.signature import new_secret
from gateway.store.deliveries import Delivery, DeliveryState, Webhook, WebhookSecret
from gateway.store.memory import MemoryStore
from schemas.ids import Cursor, DeliveryId, PlatformId, WebhookId
from schemas.values import Json
from tests.fakes import START, FakeClock

WEBHOOK = WebhookId("whk_1")


def gateway(clock: FakeClock, store: MemoryStore, **limits: Json) -> Gateway:
    raw: dict[str, Json] = {
        "server": {"port": 0},
        "store": {"path": ":memory:"},
        "platforms": {"p": {"dialect": "softswitch"}},
        "limits": limits,
    }
    return Gateway(parse(raw, "test"), clock=clock, store=store)


def delivery(name: str, cursor: int, days_ago: float) -> Delivery:
    at = START - timedelta(days=days_ago)
    return Delivery(
        id=DeliveryId(name),
        webhook_id=WEBHOOK,
        cursor=Cursor(cursor),
        type="agent.updated",
        key="k",
        state=DeliveryState.DELIVERED,
        created_at=at,
        next_attempt_at=at,
    )


async def test_deliveries_that_are_over_are_forgotten_after_the_configured_days() -> None:
    clock, store = FakeClock(), MemoryStore()
    async with running(gateway(clock, store, commands_days=2)):
        await store.deliveries.put_webhook(
            Webhook(
                id=WEBHOOK,
                url="https://subscriber.example",
                secrets=(WebhookSecret(secret=new_secret()),),
                created_at=START,
            )
        )
        kept = [delivery("dlv_old", 1, 3), delivery("dlv_young", 2, 1)]
        await store.deliveries.queue(kept, Cursor(2))
        await clock.advance(61.0)
        left = await store.deliveries.deliveries(WEBHOOK, None, Cursor(0), 10)
        assert [one.id for one in left] == ["dlv_young"]


async def test_so_many_unreadable_frames_are_described_and_all_are_counted() -> None:
    platform = gateway(FakeClock(), MemoryStore(), malformed_kept=2).platforms[PlatformId("p")]
    for number in range(3):
        platform.note_malformed(START, f"frame {number}", 1)
    assert [one.what for one in platform.bad_frames] == ["frame 1", "frame 2"]
    assert platform.malformed == 3
