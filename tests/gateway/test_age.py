"""The clock leaps, slews, and is set while the gateway is stopped: age goes on as if nothing had been."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.runtime.age import Mark, RunningTime
from gateway.security.access import ANONYMOUS
from gateway.store.deliveries import DeliveryState, WebhookStatus
from gateway.store.epochs import Place
from schemas.commands import BlockCompletion, Complete
from schemas.errors import RefusedError
from schemas.events import AnyEvent, ClockLeapt, CommandFinished
from schemas.ids import Cursor
from schemas.interaction import InteractionState
from schemas.results import ErrorCode, NeedsInfo
from tests.fakes import START, FakeClock, until
from tests.gateway.commands import dial, failure
from tests.gateway.handmade import Bench, P, bench, call
from tests.gateway.test_dispatch_restart import SKILL
from tests.gateway.webhook_world import receiving
from tests.gateway.webhook_world import running as delivering

DAYS = timedelta(days=1)
HOUR = timedelta(hours=1)
_leapt = msgspec.json.Decoder(ClockLeapt)


class Settable(FakeClock):
    """A clock whose time of day somebody sets; the steady time goes on."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)
        self.set_by = timedelta()

    def now(self) -> datetime:
        """The time of day."""
        return super().now() + self.set_by


async def test_a_leap_moves_no_age_and_is_told_once() -> None:
    clock = Settable()
    time = RunningTime(clock)
    clock.set_by = 8 * DAYS
    assert time.now() == START
    (told,) = time.look()
    assert (told.seconds, told.while_stopped, told.time) == (8 * 86400, False, START + 8 * DAYS)
    assert time.look() == ()
    await clock.advance(60)
    assert (time.now(), time.leapt()) == (START + timedelta(minutes=1), 8 * DAYS)
    clock.set_by = timedelta()
    (back,) = time.look()
    assert back.seconds == -8 * 86400
    assert time.now() == clock.now()


async def test_small_steps_are_followed_without_a_word() -> None:
    clock = Settable()
    time = RunningTime(clock)
    for _ in range(10):
        clock.set_by += timedelta(seconds=20)
        await clock.advance(60)
        assert time.look() == ()
    assert time.now() == clock.now()


async def test_a_clock_set_back_while_stopped_lets_nothing_grow_younger() -> None:
    clock = Settable(START - 8 * DAYS)
    time = RunningTime(clock)
    (told,) = time.begin(Mark(START, timedelta()))
    assert (told.seconds, told.while_stopped) == (-8 * 86400, True)
    assert time.now() == START
    assert time.shown(time.now()) == clock.now()


async def test_a_late_start_forgets_nothing_for_a_day_and_then_as_ever() -> None:
    clock = Settable(START + 30 * DAYS)
    time = RunningTime(clock)
    (told,) = time.begin(Mark(START, timedelta()))
    assert told.kept_until == clock.now() + DAYS
    assert time.before(7 * DAYS) == START - 7 * DAYS
    await clock.advance(86399)
    assert time.before(7 * DAYS) == START - 7 * DAYS
    await clock.advance(2)
    assert time.before(7 * DAYS) == clock.now() - 7 * DAYS


async def test_a_start_within_a_day_counts_the_time_between() -> None:
    time = RunningTime(clock := Settable(START + 23 * HOUR))
    assert time.begin(Mark(START, 3 * HOUR)) == ()
    assert time.now() == clock.now() - 3 * HOUR


async def test_a_clock_that_is_put_right_in_the_day_of_doubt_was_wrong_at_the_start() -> None:
    clock = Settable(START + 8 * DAYS)
    time = RunningTime(clock)
    time.begin(Mark(START, timedelta()))
    await clock.advance(3600)
    clock.set_by = -8 * DAYS
    time.look()
    await clock.advance(86400)
    assert time.leapt() == timedelta()
    assert time.before(7 * DAYS) == clock.now() - 7 * DAYS  # and not eight days more


# --- the gateway


async def upkept(standing: Bench, clock: FakeClock) -> None:
    """Let the upkeep have its turn: its writes are real ones, and it sleeps only when they are done."""

    def asleep() -> bool:  # the upkeep and the reaper
        return sum(30.0 < left_s <= 60.0 for left_s in clock.waiting()) >= 2

    for _ in range(2):
        await until(asleep)
        await clock.advance(61)
    await until(asleep)
    await standing.gateway.store.barrier()


async def kept(standing: Bench) -> int:
    """The first event that is still there."""
    await standing.gateway.store.barrier()
    return await standing.gateway.store.first_cursor()


async def leaps(standing: Bench) -> list[float]:
    """All that were told, in seconds."""
    await standing.gateway.store.barrier()
    events = await standing.gateway.store.read(Cursor(0), 1_000)
    return [_leapt.decode(one.body).seconds for one in events if one.type == "gateway.clock_leapt"]


@pytest.mark.parametrize("days", [8, -8])
async def test_nothing_is_forgotten_by_a_leap(tmp_path: Path, days: int) -> None:
    clock = Settable()
    async with bench(clock=clock, path=str(tmp_path / "t.db")) as standing:
        page = await standing.page()
        await standing.shown(page, call(state=InteractionState.CONNECTED))
        record = await standing.submit(dial(standing), ANONYMOUS, key="k")
        asked = await page.called()
        await page.socket.close()
        await standing.finished(record)
        assert b"trunkline_clock_leaps_total 0.0" in (await standing.request("GET", "/metrics")).body
        for set_by in (days * DAYS, timedelta()):
            clock.set_by = set_by
            later = await standing.gateway.dispatch.submit(dial(standing), ANONYMOUS, key=f"k{set_by}")
            await upkept(standing, clock)
            assert (await leaps(standing))[-1] == (1 if set_by else -1) * days * 86400
            assert await kept(standing) == 1
            for one, key in ((record, "k"), (later, f"k{set_by}")):
                again = await standing.gateway.dispatch.submit(dial(standing), ANONYMOUS, key=key)
                assert again.id == one.id
        assert asked.verb == "interaction.dial"


async def test_what_is_old_by_running_time_is_forgotten_though_the_clock_was_set_back(
    tmp_path: Path,
) -> None:
    clock = Settable()
    async with bench(clock=clock, path=str(tmp_path / "t.db")) as standing:
        await standing.page()
        clock.set_by = -8 * DAYS
        await clock.advance(8 * 86400)
        await upkept(standing, clock)
        assert await kept(standing) > 1


async def test_a_start_days_later_keeps_all_for_a_day_and_tells_it(tmp_path: Path) -> None:
    path, clock = str(tmp_path / "t.db"), Settable()
    async with bench(clock=clock, path=path) as standing:
        await standing.page()
    clock = Settable(START + 30 * DAYS)
    async with bench(clock=clock, path=path) as standing:
        await upkept(standing, clock)
        assert await kept(standing) == 1
        assert await leaps(standing) == [30 * 86400]
        await clock.advance(86400)
        await upkept(standing, clock)
        assert await kept(standing) > 1


async def test_a_question_lives_no_longer_for_a_clock_set_back_while_stopped(tmp_path: Path) -> None:
    path, clock = str(tmp_path / "t.db"), Settable()
    async with bench(clock=clock, path=path) as standing:
        page = await standing.page()
        record = await standing.submit(dial(standing), ANONYMOUS)
        await page.carry_out(SKILL)
        result = (await standing.finished(record)).result
        assert isinstance(result, NeedsInfo)
        asked = result.needinfo
        await clock.advance(100)
    clock = Settable(START - 8 * DAYS)
    async with bench(clock=clock, path=path) as standing:
        told: list[AnyEvent] = []
        standing.gateway.router.on_commit(lambda batch: told.extend(batch.events))
        await clock.advance(21)
        await until(lambda: any(isinstance(one, CommandFinished) for one in told))
        failed = failure(await standing.gateway.dispatch.find(record.id, ANONYMOUS))
        assert failed.code.value == "expired"
        with pytest.raises(RefusedError):
            await standing.gateway.dispatch.pending.find(asked.id)


async def test_nobody_is_given_up_for_a_leap() -> None:
    clock = Settable()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=InteractionState.CONNECTED))
        await page.socket.close()
        await until(lambda: standing.gateway.platforms[P].links == 0)
        await upkept(standing, clock)
        clock.set_by = DAYS
        await upkept(standing, clock)
        assert standing.gateway.state.snapshots.open_interaction(one.id) is not None


async def test_a_veto_stands_for_its_time_whatever_the_clock_does() -> None:
    clock = Settable()
    async with bench(clock=clock) as standing:
        page = await standing.page()
        (one,) = await standing.shown(page, call(state=InteractionState.WRAP_UP))
        block = BlockCompletion(interaction_id=one.id, message="save first", limit_s=60)
        await standing.finished(await standing.submit(block, ANONYMOUS))
        for set_by in (8 * DAYS, -8 * DAYS):
            clock.set_by = set_by
            record = await standing.submit(Complete(interaction_id=one.id), ANONYMOUS)
            assert failure(await standing.finished(record)).code is ErrorCode.COMPLETION_BLOCKED
            await clock.advance(29)
        await clock.advance(3)
        (one,) = standing.gateway.state.snapshots.interactions()
        assert not one.completion_blocked


# --- webhooks


async def test_a_leap_disables_no_webhook_and_moves_no_attempt() -> None:
    clock = Settable()
    async with receiving() as receiver, delivering(clock=clock) as world:
        receiver.answers["/"] = 500
        hook = await world.subscribe(receiver.url)
        await world.happen("int_1")
        await world.counted("failed", 1)
        clock.set_by = 8 * DAYS
        await clock.advance(6)
        await world.counted("failed", 2)
        (view,) = world.subscriptions.all()
        assert view.status is WebhookStatus.ACTIVE
        assert view.failing_since is not None
        assert clock.now() - view.failing_since < timedelta(minutes=1)  # as the clock goes now
        assert world.told == []
        (shown,) = await world.subscriptions.deliveries(hook, None, Place(Cursor(0)), 10)
        assert timedelta(minutes=3) < shown.next_attempt_at - clock.now() < timedelta(minutes=7)


async def test_a_leap_expires_no_live_event() -> None:
    clock = Settable()
    async with receiving() as receiver, delivering(clock=clock) as world:
        receiver.answers["/"] = 500
        hook = await world.subscribe(receiver.url)
        await world.happen("int_1", kind="interaction.alerting")
        await world.counted("failed", 1)
        receiver.answers.clear()
        clock.set_by = 8 * DAYS
        await clock.advance(2)
        await world.counted("delivered", 1)
        (one,) = await world.all(hook)
        assert one.state is DeliveryState.DELIVERED
