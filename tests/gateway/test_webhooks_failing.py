"""What becomes of a webhook that only fails, and who is told."""

import asyncio
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from gateway.outbound.post import Posted
from gateway.store.deliveries import Attempt, DeliveryState, Webhook, WebhookStatus
from gateway.store.memory import MemoryStore
from gateway.store.memory_audit import MemoryAudit
from gateway.store.memory_deliveries import MemoryDeliveries
from gateway.store.sqlite import SqliteStore
from gateway.telemetry.metrics import Metrics
from gateway.webhooks import failing
from gateway.webhooks.attemptlog import BOUND, AttemptLog
from gateway.webhooks.spec import WebhookSpec
from schemas.errors import StoreError
from schemas.events import AnyEvent, WebhookDisabled, WebhookExhausted, WebhookFailing
from schemas.ids import DeliveryId, WebhookId
from tests.contract.records import webhook
from tests.fakes import START, FakeClock, until
from tests.gateway.handmade import bench, call
from tests.gateway.webhook_world import Receiver, World, running

HOUR_S = 3600
SAID_NO = Posted(START, 1, 500, "answered 500", "", None)
SAID_GONE = Posted(START, 1, 410, "answered 410", "", None)
LONGEST_PAUSE_S = 601


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def brief(event: AnyEvent) -> object:
    match event:
        case WebhookFailing(percent=percent):
            return percent
        case WebhookDisabled(reason=reason):
            return reason
        case _:
            return type(event)


# --- how it is counted


def failures(hook: Webhook, *at: float) -> tuple[Webhook, list[tuple[float, object]]]:
    told: list[tuple[float, object]] = []
    for hour in at:
        hook, events = failing.failed(hook, START + hours(hour), SAID_NO)
        told += [(hour, brief(event)) for event in events]
    return hook, told


def test_operators_are_told_each_step_once_and_then_it_is_disabled() -> None:
    hook, told = failures(webhook(), *range(130))
    reason = f"nothing but failures since {START.isoformat()}"
    assert told == [(60, 50), (84, 70), (108, 90), (120, reason)]
    assert (hook.status, hook.reason, hook.failing_since) == (WebhookStatus.DISABLED, reason, START)


def test_steps_that_were_leapt_over_are_told_together() -> None:
    assert failures(webhook(), 0, 100)[1] == [(100, 50), (100, 70)]
    assert [hour for hour, _ in failures(webhook(), 0, 200)[1]] == [200]


def test_one_answer_begins_the_count_anew() -> None:
    hook, _ = failures(webhook(), 0, 61)
    assert failing.well(hook) == webhook()
    assert failures(failing.well(hook), 62, 150)[1] == [(150, 50), (150, 70)]


def test_time_in_which_nothing_waited_does_not_count() -> None:
    hook, _ = failures(webhook(), 0, 50)
    assert failing.quiet(webhook(), START) == webhook()  # it does not fail
    hook = failing.quiet(hook, START + hours(50))
    assert failing.quiet(hook, START + hours(80)) == hook  # it was quiet already
    hook, told = failures(hook, 1000, 1009, 1010)
    assert told == [(1010, 50)]
    assert hook.failing_since == START


def test_gone_disables_at_once_and_is_told_once() -> None:
    hook, told = failing.failed(webhook(), START, SAID_GONE)
    assert [brief(one) for one in told] == ["it answered 410 Gone"]
    assert failing.failed(hook, START, SAID_GONE) == (hook, [])


# --- with deliveries


async def fails(world: World, hook: WebhookId, *at: float) -> None:
    """An event at each of these hours, tried at least once; retries fail as they fall due."""
    for hour in at:
        await world.clock.advance((START + hours(hour) - world.clock.now()).total_seconds())
        before = tried(world)
        await world.happen(f"i{hour}")
        await world.clock.advance(LONGEST_PAUSE_S)  # the endpoint may have been left alone
        await until(
            lambda before=before: (  # type: ignore[misc]  # it is bound at once
                tried(world) > before or world.subscriptions.get(hook).status is WebhookStatus.DISABLED
            )
        )


def tried(world: World) -> int:
    return sum(world.count(outcome) for outcome in ("failed", "dead"))


async def test_who_names_it_is_told_but_the_failing_webhook_itself_is_not(
    receiver: Receiver,
) -> None:
    receiver.answers["/bad"] = 500
    async with running() as world:
        spec = WebhookSpec(url=f"{receiver.url}/bad", name="crm", events=["*"])
        hook = (await world.subscriptions.create(spec, "test")).webhook.id
        operators = await world.subscribe(f"{receiver.url}/operators", ["webhook.*"])
        everything = await world.subscribe(f"{receiver.url}/everything")
        await fails(world, hook, 0, 30, 61, 85, 109, 121)
        assert {one.of_type for one in world.told if isinstance(one, WebhookExhausted)} == {
            "interaction.held"
        }
        assert [brief(one) for one in world.told if brief(one) not in (0, WebhookExhausted)] == [
            50,
            70,
            90,
            world.subscriptions.get(hook).reason,
        ]
        assert world.subscriptions.get(hook).status is WebhookStatus.DISABLED
        about = await world.all(operators)
        kinds = [one.type for one in about if one.type != "webhook.exhausted"]
        assert kinds == ["webhook.failing"] * 4 + ["webhook.disabled"]
        for other in (hook, everything):
            assert not [one for one in await world.all(other) if one.type.startswith("webhook.")]
        first = world.told[0]
        assert isinstance(first, WebhookFailing)
        assert (first.webhook_id, first.name, first.platform_id) == (hook, "crm", "")
        shown = world.metrics.render().decode()
        assert 'trunkline_webhooks{condition="disabled"} 1.0' in shown
        assert 'trunkline_webhooks{condition="well"} 2.0' in shown


async def test_what_was_told_is_not_told_again_after_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answers["/bad"] = 500
    path = str(tmp_path / "trunkline.db")
    clock = FakeClock()
    async with running(SqliteStore(path), clock) as world:
        hook = await world.subscribe(f"{receiver.url}/bad")
        await fails(world, hook, 0, 30, 61, 85, 100)
        assert sorted(one.percent for one in world.told if isinstance(one, WebhookFailing)) == [0, 50, 70]
    async with running(SqliteStore(path), clock) as world:
        await fails(world, hook, 104, 110)
        assert [brief(one) for one in world.told if brief(one)] == [90]


async def test_a_silent_week_between_two_failures_is_no_failure(receiver: Receiver) -> None:
    receiver.answers["/bad"] = 500
    async with running() as world:
        hook = await world.subscribe(f"{receiver.url}/bad")
        for week in range(1, 4):
            await world.happen("i1", kind="interaction.alerting")
            while world.count("expired") < week:
                await world.clock.advance(1)
            await world.clock.advance(7 * 24 * HOUR_S)
        view = world.subscriptions.get(hook)
        assert view.status is WebhookStatus.ACTIVE
        assert {brief(one) for one in world.told} == {0}
        assert view.failing_since is not None


async def test_a_client_that_asks_for_it_is_told_as_it_happens(receiver: Receiver) -> None:
    receiver.answers["/hook"] = 410
    async with bench() as one:
        stream = await one.stream(filter={"types": ["webhook.*"]})
        body = {"url": f"{receiver.url}/hook", "name": "crm"}
        made = (await one.request("POST", "/v1/webhooks", body)).body
        await one.shown(await one.page(), call())
        told = await stream.until(lambda event: isinstance(event, WebhookDisabled))
        assert isinstance(told, WebhookDisabled)
        assert told.name == "crm"
        assert f'"id":"{told.webhook_id}"'.encode() in made


# --- the log of attempts


class Forgetful(MemoryDeliveries):
    """Deliveries whose log of attempts cannot be written, or not at present."""

    def __init__(self) -> None:
        super().__init__(MemoryAudit())
        self.stuck: asyncio.Event | None = None

    async def log_attempts(self, attempts: Sequence[Attempt]) -> None:
        """Wait where it is stuck; else fail."""
        if self.stuck is not None:
            await self.stuck.wait()
        raise StoreError(f"no room for {len(attempts)}")


async def test_deliveries_do_not_depend_on_the_log_of_attempts(receiver: Receiver) -> None:
    store = MemoryStore()
    store.deliveries = kept = Forgetful()
    async with running(store) as world:
        hook = await world.subscribe(receiver.url)
        await world.happen("a")
        await world.counted("delivered", 1)
        assert missing(world) == 1
        kept.stuck = asyncio.Event()
        receiver.answers["/"] = 500
        await world.subscriptions.update(hook, WebhookSpec(url=f"{receiver.url}/"))
        await world.happen("b", "c")
        await world.counted("failed", 2)
        receiver.answers["/"] = 204
        await world.clock.advance(5)
        await world.counted("delivered", 3)
        assert {one.state for one in await world.all(hook)} == {DeliveryState.DELIVERED}
        assert await world.subscriptions.attempts(hook, (await world.all(hook))[0].id) == []
        assert world.deliverer.problem() == ""
        kept.stuck.set()
    assert missing(world) == 5


def missing(world: World) -> int:
    (count,) = re.findall(r"attempts_unlogged_total ([0-9.]+)", world.metrics.render().decode())
    return int(float(count))


async def test_a_log_that_cannot_be_written_harms_no_other_write(tmp_path: Path, receiver: Receiver) -> None:
    path = str(tmp_path / "trunkline.db")
    async with running(SqliteStore(path)) as world:
        hook = await world.subscribe(receiver.url)
        with closing(sqlite3.connect(path)) as other:
            other.execute("drop table attempts")
        await world.happen("a", "b")
        await world.counted("delivered", 2)
        await until(lambda: missing(world) == 2)
        await world.happen("c")
        await world.counted("delivered", 3)
        assert {one.state for one in await world.all(hook)} == {DeliveryState.DELIVERED}


async def test_attempts_beyond_the_bound_are_counted_not_kept() -> None:
    store, metrics = Forgetful(), Metrics()
    log = AttemptLog(store, metrics)
    for number in range(BOUND + 3):
        log.note(Attempt(delivery_id=DeliveryId("d"), number=number, at=START, duration_ms=1))
    assert "trunkline_attempts_unlogged_total 3.0" in metrics.render().decode()
